"""Envelopes of the gateway are read under any prefix, and nothing unsigned passes as signed."""

import copy
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from integrations.shep import NoEnvelope, read_notification
from integrations.signatures import Issuer, Trust
from tests.integrations.ca import LIST, Owner, authority, rsa_key, two_steps
from tests.support.envelopes import SOAP_11, SOAP_12, TYPES, envelope, gateway_of, signed

TEXT = '{"message_id": "gateway-1"}'


def fault_of(content: bytes) -> str | None:
    return read_notification(content).fault


@pytest.mark.parametrize("prefix", ["S", "soapenv", "SOAP-ENV"])
@pytest.mark.parametrize("soap", [SOAP_11, SOAP_12])
def test_a_notification_is_read_under_any_prefix(prefix: str, soap: str) -> None:
    found = read_notification(envelope(TEXT, prefix=prefix, soap=soap))
    assert (found.message_id, found.correlation_id, found.text) == ("gateway-1", "1000001", TEXT)
    assert (found.soap, found.fault) == (soap, None)


def test_an_envelope_without_a_message_says_what_is_missing() -> None:
    assert fault_of(envelope()) == "envelope_data_empty"
    assert fault_of(envelope(" ")) == "envelope_data_empty"
    assert fault_of(envelope(TEXT, kind="REQUEST")) == "envelope_not_notification"
    nested = envelope("MARK").replace(b"MARK", b"<measure/>")
    assert fault_of(nested) == "envelope_data_not_json"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<a/>",
        b"<Envelope/>",
        envelope(TEXT).replace(b"sendMessage", b"getMessages"),
        envelope(TEXT).replace(b"gateway-1</messageId>", b"</messageId>"),
        envelope(TEXT).replace(TYPES.encode(), b"http://example.kz"),
        b'<!DOCTYPE a [<!ENTITY b "c">]>' + envelope(TEXT).split(b"\n", 1)[1],
        b"<a>" * 10_000,
    ],
)
def test_what_is_no_envelope_is_told_apart(content: bytes) -> None:
    with pytest.raises(NoEnvelope):
        read_notification(content)


def test_a_signature_over_the_body_is_proven() -> None:
    found = read_notification(signed(envelope(TEXT)))
    assert (found.text, found.fault) == (TEXT, None)


def test_the_certificate_must_hold_on_the_day_of_receipt_and_not_for_ever() -> None:
    content, later = signed(envelope(TEXT)), datetime.now(UTC) + timedelta(days=60)
    trust = authority().trust()
    assert read_notification(content, datetime.now(UTC), trust).fault is None
    assert read_notification(content, later, trust).fault == "signature_invalid"
    assert read_notification(content).fault is None


def test_a_certificate_of_an_authority_that_is_not_pinned_vouches_for_nothing() -> None:
    now, national = datetime.now(UTC), authority().trust()
    foreign = signed(envelope(TEXT), by=gateway_of("foreign"))
    own = signed(envelope(TEXT))
    assert read_notification(foreign, now, national).fault == "signature_untrusted"
    assert read_notification(foreign, now, authority("foreign").trust()).fault is None
    assert read_notification(own, now, None).fault == "signature_untrusted"
    assert read_notification(envelope(TEXT), now, None).fault is None


def test_an_anchor_counts_for_envelopes_from_when_to_when_it_is_used() -> None:
    now, content = datetime.now(UTC), signed(envelope(TEXT))
    (anchor,) = authority().trust().anchors
    for span, fault in (
        ((now - timedelta(days=9), now + timedelta(days=9)), None),
        ((now - timedelta(days=9), now - timedelta(days=1)), "signature_untrusted"),
        ((now + timedelta(days=1), now + timedelta(days=9)), "signature_untrusted"),
    ):
        trust = Trust((replace(anchor, use_from=span[0], use_until=span[1]),))
        assert read_notification(content, now, trust).fault == fault


def test_an_intermediate_authority_that_is_named_completes_the_chain() -> None:
    root, between = two_steps()
    now = datetime.now(UTC).replace(microsecond=0)
    day = timedelta(days=1)
    owner = Owner(key=rsa_key("gateway"), not_before=now - day, not_after=now + day)
    content = signed(envelope(TEXT), by=between.issue(owner))
    alone = root.trust()
    whole = replace(alone, intermediates=(Issuer(between.certificate, LIST),))
    assert read_notification(content, now, alone).fault == "signature_untrusted"
    assert read_notification(content, now, whole).fault is None
    # An intermediate authority is no anchor.
    other = replace(authority("foreign").trust(), intermediates=whole.intermediates)
    assert read_notification(content, now, other).fault == "signature_untrusted"


def test_one_changed_letter_breaks_the_signature() -> None:
    changed = signed(envelope("first")).replace(b">first<", b">other<")
    assert fault_of(changed) == "signature_invalid"


def test_what_was_signed_elsewhere_does_not_vouch_for_another_body() -> None:
    """The signed body is moved aside, and one that nobody signed takes its place."""

    def wrap(document: etree._Element) -> None:
        body = document[1]
        forged = copy.deepcopy(body)
        for name in list(forged.attrib):
            del forged.attrib[name]
        forged.find(".//messageId").text = "forged"  # type: ignore[union-attr]
        document.replace(body, forged)
        etree.SubElement(document[0], "Aside").append(body)

    assert fault_of(signed(envelope(TEXT), wrap)) == "signature_elsewhere"


def test_gost_is_said_to_be_beyond_us() -> None:
    def gost(document: etree._Element) -> None:
        for method in document.iter("{http://www.w3.org/2000/09/xmldsig#}SignatureMethod"):
            method.set("Algorithm", "urn:pkigovkz:gostr34102015")

    assert fault_of(signed(envelope(TEXT), gost)) == "signature_unsupported"


@given(st.binary(max_size=300))
def test_any_damage_is_an_envelope_or_none(damage: bytes) -> None:
    whole = signed(envelope(TEXT))
    place = len(damage) * 7 % len(whole)
    for content in (damage, whole[:place] + damage + whole[place:]):
        try:
            read_notification(content)
        except NoEnvelope:
            continue
