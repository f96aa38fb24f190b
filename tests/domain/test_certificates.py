"""A certificate as a document explains itself, and nothing in it can be changed unnoticed."""

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from definitions.calendars import load_calendar, published_calendars
from definitions.certificates import certificate_faults, verify_certificate
from domain.terms.certificates import CertificateLink, LinkKind, document
from domain.terms.counting import Term, certify

AT = datetime(2026, 3, 20, 5, tzinfo=UTC)


def link(kind: LinkKind, from_day: str, to_day: str, at: datetime = AT) -> CertificateLink:
    first, last = date.fromisoformat(from_day), date.fromisoformat(to_day)
    return CertificateLink(kind, first, last, "recipient_asked", "policy", at)


CHAIN = (
    link("extended", "2026-03-26", "2026-04-10"),
    link("paused", "2026-04-10", "2026-04-10", datetime(2026, 4, 1, tzinfo=UTC)),
    link("resumed", "2026-04-10", "2026-04-24", datetime(2026, 4, 15, tzinfo=UTC)),
)


def certificate(
    start: str = "2026-01-21",
    term: str = "P2M",
    calendar: str = "kz-2026-12",
    chain: tuple[CertificateLink, ...] = (),
    **known: Any,
) -> dict[str, Any]:
    """A full document, as it comes back from outside."""
    days = load_calendar(calendar)
    counted = certify(date.fromisoformat(start), Term.parse(term), days, "SC 168(2)")
    made = document(counted, days, chain=chain, **known)
    found: dict[str, Any] = json.loads(json.dumps(made))
    return found


def stored(start: str, term: str, calendar: str) -> dict[str, Any]:
    """What a case keeps, with the nine keys that it always had."""
    days = load_calendar(calendar)
    return certify(date.fromisoformat(start), Term.parse(term), days, "SC 168(2)").to_json()


def wrong_fields(held: dict[str, Any]) -> list[str]:
    assert certificate_faults(held) == []
    return [one.field for one in verify_certificate(held)]


def test_a_document_adds_rules_sources_and_what_came_later_to_what_a_case_keeps() -> None:
    kept = stored("2026-01-21", "P2M", "kz-2026-12")
    made = certificate(event="notice_delivered", instant=datetime(2026, 1, 21, 5, tzinfo=UTC))
    sources = [one.pop("source") for one in made["skipped"]]
    assert made == kept | {
        "event": "notice_delivered",
        "instant": "2026-01-21T05:00:00Z",
        "rules": [
            {"rule": "next_day", "article": "CC 173"},
            {"rule": "months", "article": "CC 174(3)"},
            {"rule": "carried_over", "article": "CC 175, APPC 76(5)"},
            {"rule": "midnight", "article": "CC 176(1)"},
        ],
        "provisional": False,
        "chain": [],
    }
    assert len(sources) == 5
    assert all(source.startswith("Law 267-II of 13.12.2001 on holidays") for source in sources)


@pytest.mark.parametrize(
    ("start", "provisional"), [("2026-10-15", False), ("2026-11-22", True), ("2025-11-22", False)]
)
def test_a_document_says_that_its_day_may_still_move(start: str, provisional: bool) -> None:
    assert certificate(start)["provisional"] is provisional


def test_the_result_is_the_end_of_the_chain() -> None:
    made = certificate(chain=CHAIN)
    assert (made["raw_last_day"], made["last_day"]) == ("2026-03-21", "2026-04-24")
    assert made["expires_at"] == "2026-04-24T19:00:00Z"
    assert wrong_fields(made) == []


days = st.dates(date(2022, 1, 1), date(2030, 6, 30))
terms = st.sampled_from(["P2M", "P1Y", "1wd", "15wd", "14cd", "30cd"])


@given(days, terms, st.sampled_from(published_calendars()))
def test_every_certificate_holds_as_it_is_kept_and_as_a_document(
    day: date, term: str, calendar: str
) -> None:
    assert wrong_fields(stored(day.isoformat(), term, calendar)) == []
    assert wrong_fields(certificate(day.isoformat(), term, calendar)) == []


def test_a_certificate_of_the_calendar_before_still_holds_under_it() -> None:
    kept = {
        "start": "2026-06-30", "term": "P2M", "first_day": "2026-07-01",
        "raw_last_day": "2026-08-30", "last_day": "2026-08-31",
        "expires_at": "2026-08-31T19:00:00Z",
        "skipped": [{"day": "2026-08-30", "reason": "weekend"}],
        "calendar": "kz-2026-11", "article": "SC 168(2)",
    }  # fmt: skip
    assert wrong_fields(kept) == []
    assert wrong_fields(kept | {"calendar": "kz-2025-12"}) == [
        "/last_day", "/expires_at", "/skipped",
    ]  # fmt: skip


DAMAGED: list[tuple[str, Any, list[str]]] = [
    ("/instant", "2026-01-21T20:00:00Z", ["/start"]),
    ("/start", "2026-01-22", ["/start", "/first_day", "/raw_last_day", "/skipped"]),
    ("/term", "P1M", ["/raw_last_day"]),
    ("/first_day", "2026-01-21", ["/first_day"]),
    ("/raw_last_day", "2026-03-20", ["/raw_last_day"]),
    ("/last_day", "2026-03-27", ["/last_day"]),
    ("/expires_at", "2026-03-26T18:59:59Z", ["/expires_at"]),
    ("/skipped/0/day", "2026-03-20", ["/skipped/0/day"]),
    ("/skipped/3/reason", "weekend", ["/skipped/3/reason"]),
    ("/skipped/3/source", "Law 1", ["/skipped/3/source"]),
    ("/skipped", [], ["/skipped"]),
    ("/calendar", "kz-1999-01", ["/calendar"]),
    ("/rules", [], ["/rules"]),
    ("/rules/1/rule", "years", ["/rules/1/rule"]),
    ("/rules/1/article", "CC 174(1)", ["/rules/1/article"]),
    ("/provisional", True, ["/provisional"]),
    ("/chain", [link("extended", "2026-03-26", "2026-04-10").to_json()],
     ["/last_day", "/expires_at"]),
]  # fmt: skip


def damage(held: dict[str, Any], pointer: str, value: Any) -> dict[str, Any]:
    """The certificate with another value at a JSON pointer."""
    changed = json.loads(json.dumps(held))
    *way, last = [int(step) if step.isdigit() else step for step in pointer[1:].split("/")]
    place = changed
    for step in way:
        place = place[step]
    place[last] = value
    assert changed != held
    found: dict[str, Any] = changed
    return found


@pytest.mark.parametrize(("pointer", "value", "wrong"), DAMAGED)
def test_a_damaged_field_is_named(pointer: str, value: Any, wrong: list[str]) -> None:
    held = certificate(instant=datetime(2026, 1, 21, 5, tzinfo=UTC))
    found = wrong_fields(damage(held, pointer, value))
    assert found[: len(wrong)] == wrong


DAMAGED_LINKS = [
    ("/chain/0/from", "2026-03-27", ["/chain/0/from"]),
    ("/chain/0/to", "2026-04-11", ["/chain/1/from"]),
    ("/chain/0/to", "2026-03-26", ["/chain/0/to", "/chain/1/from"]),
    ("/chain/0/to", "2026-03-20", ["/chain/0/to", "/chain/1/from"]),
    ("/chain/1/to", "2026-04-11", ["/chain/1/to", "/chain/2/from"]),
    ("/chain/2/to", "2026-04-25", ["/last_day", "/expires_at"]),
    ("/chain/2/to", "2026-04-09", ["/last_day", "/expires_at", "/chain/2/to"]),
    ("/chain/1/kind", "extended", ["/chain/1/to", "/chain/2/kind"]),
    ("/chain/2/kind", "corrected", ["/chain/2/kind"]),
    ("/chain/1/at", "2026-03-19T00:00:00Z", ["/chain/1/at"]),
]


@pytest.mark.parametrize(("pointer", "value", "wrong"), DAMAGED_LINKS)
def test_a_chain_that_does_not_hang_together_is_named(
    pointer: str, value: Any, wrong: list[str]
) -> None:
    assert wrong_fields(damage(certificate(chain=CHAIN), pointer, value)) == wrong


def test_a_day_outside_the_calendar_cannot_be_proven() -> None:
    held = damage(certificate(), "/start", "2019-12-31")
    (found,) = verify_certificate(held)
    assert found.field == "/calendar"
    assert "from 2020-01-01 to 2031-12-31" in str(found.computed)


MISTAKEN = [
    ("/start", "2026-02-30", "/start: '2026-02-30' is not a 'date'"),
    ("/start", 1, "/start: 1 is not of type 'string'"),
    ("/term", "P2M\n", "/term: "),
    ("/expires_at", "2026-03-26T19:00:00", "/expires_at: "),
    ("/expires_at", "2026-13-26T19:00:00Z", "/expires_at: "),
    ("/skipped/0", {"day": "2026-03-21", "reason": "weekend"}, "/skipped/0: 'source' is a req"),
    ("/rules", "none", "/rules: "),
    ("/chain", [{"kind": "paused"}], "/chain/0: 'from' is a required property"),
    ("/provisional", "no", "/provisional: "),
    ("/surplus", 1, "/: Additional properties"),
]


@pytest.mark.parametrize(("pointer", "value", "mistake"), MISTAKEN)
def test_a_mistake_of_shape_is_named_by_its_place(pointer: str, value: Any, mistake: str) -> None:
    faults = certificate_faults(damage(certificate(), pointer, value))
    assert [fault for fault in faults if fault.startswith(mistake)], faults


@pytest.mark.parametrize("field", sorted(certificate()))
def test_no_field_of_a_document_can_be_left_out(field: str) -> None:
    held = certificate()
    del held[field]
    assert certificate_faults(held)


def test_what_a_case_keeps_names_no_source() -> None:
    kept = stored("2026-01-21", "P2M", "kz-2026-12")
    assert certificate_faults(kept) == []
    assert certificate_faults(damage(kept, "/skipped/0/source", "Law"))
