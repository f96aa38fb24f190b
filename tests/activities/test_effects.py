"""Results reach E-Собес once; a signature that nobody could check is checked later."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from sqlalchemy import Engine

from activities.esobes import EsobesActivities
from activities.signatures import SignatureActivities
from db.documents import SIGNATURE, Paper, draft_order, keep
from db.evidence import keeps_lists, read_evidence
from db.reference import read_case as read_state
from db.signers import TOLD
from definitions.wording import text
from domain.canonical import sha256_hex
from domain.messages import Actor, Role
from integrations.errors import Unavailable
from integrations.esobes import Esobes
from integrations.signatures import PyhankoVerifier, SignatureFault
from tests.integrations.ca import Owner, authority, ec_key
from tests.integrations.ca import verifier as verifier_of
from tests.support.casework import File, Said, read_case, say
from tests.support.effect_play import (
    PRICE,
    Wire,
    arrived,
    come_of,
    outcome_of,
    placed,
    wanted,
    with_supplier,
)
from tests.support.intake import SEAL, iin, measure


def declined(engine: Engine) -> File:
    """A case that its recipient has renounced: its end is to be reported."""
    (file,) = arrived(engine, measure())
    with engine.begin() as connection:
        say(connection, file, Said("decline", file.recipient, {"reason": True}))
    return file


def test_the_end_of_a_measure_is_reported_under_a_key_of_its_own(engine: Engine) -> None:
    file = declined(engine)
    wire = Wire(lambda _: httpx.Response(200, json={"acknowledged": True}))
    activities = EsobesActivities(engine, Esobes(wire.client()))
    order = wanted(engine, file, "report")
    outcome = outcome_of(engine, order, activities.report(order))
    assert (outcome.name, outcome.data) == ("result_reported", {"status": "declined"})
    assert outcome_of(engine, order, activities.report(order)) == outcome
    (request,) = wire.requests
    told = json.loads(request.content)
    assert told["key"] == f"{file.id}/{order.keys[0]}"
    assert (told["programme_number"], told["measure_id"]) == ("OZHB-2026-00001", "M-00001")
    assert order.keys[0] not in come_of(engine, file, order, outcome).outbox


def test_a_result_is_told_again_until_it_is_acknowledged(engine: Engine) -> None:
    file = declined(engine)
    answers = iter([httpx.Response(503), httpx.Response(200, json={"acknowledged": True})])
    wire = Wire(lambda _: next(answers))
    activities = EsobesActivities(engine, Esobes(wire.client()))
    order = wanted(engine, file, "report")
    with pytest.raises(Unavailable):
        activities.report(order)
    assert outcome_of(engine, order, activities.report(order)).data == {"status": "declined"}


def test_a_result_that_is_refused_holds_nothing_up_and_leaves_a_mark(engine: Engine) -> None:
    file = declined(engine)
    wire = Wire(lambda _: httpx.Response(422))
    order = wanted(engine, file, "report")
    outcome = outcome_of(
        engine, order, EsobesActivities(engine, Esobes(wire.client())).report(order)
    )
    assert outcome.data == {"status": "declined", "refused": "http_422"}


def signed_unchecked(engine: Engine, signer: int) -> File:
    """An order signed by the person `signer` while the certificate authority was down."""
    (file,) = arrived(engine, measure())
    file = with_supplier(engine, file)
    now = datetime.now(UTC).replace(microsecond=0)
    owner = Owner(
        iin=iin(signer),
        not_before=now - timedelta(days=1),
        not_after=now + timedelta(days=300),
        key=ec_key(f"effects-{signer}"),
    )
    proven = {"round": 1, "channel": "sms", "confirmed": True}
    with engine.begin() as connection:
        say(connection, file, Said("delivery_proven", Actor(role=Role.GATEWAY), proven))
        case = read_state(connection, file.id)
        draft = draft_order(connection, SEAL, case, 1, placed(file))
        cms = authority("national").issue(owner).sign(draft.content)
        signature = Paper(SIGNATURE, cms)
        keep(connection, SEAL, file.id, draft, signature)
        asked = {
            "offer": file.supplier,
            "quantity": 1,
            "price_shown": PRICE,
            "co_payment_confirmed": 0,
            "application": draft.sha256,
            "signature": signature.sha256,
        }
        facts = {
            "supplier": file.supplier,
            "supplier_active": True,
            "offer_item": file.measure["item"],
            "offer_regions": ["71"],
            "price": PRICE,
            "supplier_is_party": False,
            "norm_used": 0,
            "application": draft.sha256,
            "signature": {"reason": "unchecked", "certificate": None},
        }
        say(connection, file, Said("place_order", file.recipient, asked, facts))
    return file


def verifier(
    *, up: bool = True, keep: Callable[[str, bytes], None] = lambda *_: None
) -> PyhankoVerifier:
    certificates = authority("national")
    begun = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1)
    revoked = certificates.revocation_list({}, begun)

    def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200 if up else 503, content=revoked)

    return verifier_of(certificates.trust(), httpx.MockTransport(answer), keep)


def test_a_signature_taken_unchecked_is_checked_when_the_authority_answers(
    engine: Engine,
) -> None:
    file = signed_unchecked(engine, signer=1)
    order = wanted(engine, file, "verify")
    with pytest.raises(Unavailable):
        SignatureActivities(engine, SEAL, verifier(up=False)).verify(order)
    outcome = outcome_of(engine, order, SignatureActivities(engine, SEAL, verifier()).verify(order))
    assert (outcome.name, outcome.data["reason"]) == ("signature_checked", None)
    case = come_of(engine, file, order, outcome)
    application = case.periods[1].application
    assert application is not None
    assert application.signatures["recipient"].checked


def test_what_a_signature_was_checked_by_is_kept_with_the_case(engine: Engine) -> None:
    file = signed_unchecked(engine, signer=1)
    order = wanted(engine, file, "verify")
    asked = verifier(keep=keeps_lists(engine))
    outcome = outcome_of(engine, order, SignatureActivities(engine, SEAL, asked).verify(order))
    come_of(engine, file, order, outcome)
    with engine.connect() as connection:
        (kept,) = read_evidence(connection, SEAL, str(file.id))
    assert kept.verdict.ok
    assert kept.verdict.cert_sha256 == outcome.data["certificate"]
    assert len(kept.verdict.certificates) == 2
    ((sha256, content),) = kept.lists.items()
    assert sha256_hex(content) == sha256
    assert kept.verdict.revocation_source == f"crl:sha256:{sha256}"


def test_somebody_elses_signature_is_taken_out(engine: Engine) -> None:
    file = signed_unchecked(engine, signer=2)
    order = wanted(engine, file, "verify")
    outcome = outcome_of(engine, order, SignatureActivities(engine, SEAL, verifier()).verify(order))
    assert outcome.data["reason"] == "wrong_signer"
    come_of(engine, file, order, outcome)
    with engine.connect() as connection:
        application = read_case(connection, file).periods[1].application
    assert application is not None
    assert "recipient" not in application.signatures


@pytest.mark.parametrize("reason", list(SignatureFault))
def test_every_reason_of_a_verifier_has_words_for_people(reason: SignatureFault) -> None:
    for language in ("kk", "ru", "en"):
        assert text(f"signature.{TOLD[reason]}", language)
