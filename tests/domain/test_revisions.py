"""A deadline tells what began it, and every later day with its reason."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from definitions.calendars import load_calendar
from definitions.certificates import certificate_faults, verify_certificate
from domain.terms.counting import Term, certify
from domain.terms.revisions import Halt, Revision, as_document, begun, revision_of

DAYS = load_calendar("kz-2026-12")


def revision(number: int, event: str, at: str, term: str, on: str | None = None) -> Revision:
    instant = datetime.fromisoformat(at).replace(tzinfo=UTC)
    start = datetime.fromisoformat(on).date() if on else instant
    return Revision(number, certify(start, Term.parse(term), DAYS, "policy"), event, instant, None)


NOTIFIED = revision(1, "notified", "2026-11-23T05:00", "P2M")
VOID = revision(2, "order_void", "2027-01-20T05:00", "10wd")
TOLD = revision(3, "deadline_moved", "2027-01-22T05:00", "10wd")


def told(*revisions: Revision) -> dict[str, Any]:
    calendar = load_calendar(begun(revisions).certificate.calendar)
    found: dict[str, Any] = json.loads(json.dumps(as_document(revisions, calendar)))
    assert certificate_faults(found) == []
    assert verify_certificate(found) == ()
    return found


def test_a_deadline_that_was_never_moved_names_its_event_and_no_change() -> None:
    found = told(NOTIFIED)
    assert (found["event"], found["instant"]) == ("notified", "2026-11-23T05:00:00Z")
    assert (found["last_day"], found["chain"]) == ("2027-01-25", [])


def test_each_later_day_is_a_link_from_the_one_before() -> None:
    found = told(NOTIFIED, VOID, TOLD)
    assert found["event"] == "notified"
    assert found["last_day"] == TOLD.certificate.last_day.isoformat()
    assert [(one["why"], one["from"], one["to"]) for one in found["chain"]] == [
        ("order_void", "2027-01-25", "2027-02-03"),
        ("deadline_moved", "2027-02-03", "2027-02-05"),
    ]


def test_a_new_round_begins_a_new_chain() -> None:
    again = revision(4, "notified", "2027-03-01T05:00", "P2M")
    assert told(NOTIFIED, VOID, TOLD, again)["chain"] == []


def test_a_term_that_began_anew_on_an_earlier_day_was_not_moved() -> None:
    earlier = revision(2, "order_void", "2026-11-24T05:00", "10wd")
    assert told(NOTIFIED, earlier)["event"] == "order_void"


def halted(one: Revision, event: str, at: str) -> Revision:
    return replace(one, halt=Halt(event, datetime.fromisoformat(at).replace(tzinfo=UTC), None))


def kinds(found: dict[str, Any]) -> list[tuple[str, str, str, str]]:
    return [(one["kind"], one["why"], one["from"], one["to"]) for one in found["chain"]]


def test_l8_a_pause_keeps_the_day_and_what_goes_on_says_the_new_one() -> None:
    waits = halted(NOTIFIED, "paused", "2026-12-01T05:00")
    assert kinds(told(waits)) == [("paused", "paused", "2027-01-25", "2027-01-25")]
    on = revision(2, "resumed", "2026-12-10T05:00", "56cd")
    assert kinds(told(waits, on)) == [
        ("paused", "paused", "2027-01-25", "2027-01-25"),
        ("resumed", "resumed", "2027-01-25", "2027-02-04"),
    ]


def test_l8_what_goes_on_on_the_day_on_which_it_stopped_keeps_its_last_day_and_its_chain() -> None:
    waits = halted(NOTIFIED, "paused", "2026-12-01T05:00")
    on = replace(
        revision(2, "resumed", "2026-12-01T06:00", "P2M"), certificate=NOTIFIED.certificate
    )
    assert [kind for kind, *_ in kinds(told(waits, on))] == ["paused", "resumed"]


def test_a_term_that_began_anew_and_ends_on_the_same_day_was_not_moved() -> None:
    assert told(NOTIFIED, replace(NOTIFIED, number=2, event="order_void"))["event"] == "order_void"


def test_l9_v4_an_extension_continues_the_chain() -> None:
    review = revision(1, "registered", "2026-11-23T05:00", "15wd")
    later = revision(2, "review_extended", "2026-12-01T05:00", "60cd")
    assert kinds(told(review, later)) == [
        ("extended", "review_extended", "2026-12-14", "2027-02-01")
    ]


def test_v5_a_hearing_has_the_review_stand_still() -> None:
    review = halted(
        revision(1, "registered", "2026-11-23T05:00", "15wd"),
        "refusal_intended",
        "2026-11-24T05:00",
    )
    heard = revision(2, "heard", "2026-12-04T05:00", "15wd")
    assert [one[:2] for one in kinds(told(review, heard))] == [
        ("paused", "refusal_intended"),
        ("resumed", "heard"),
    ]


def test_l8_what_is_moved_while_it_stands_still_goes_on_and_stands_still_again() -> None:
    waits = halted(NOTIFIED, "paused", "2026-12-01T05:00")
    later = revision(2, "order_void", "2027-01-20T05:00", "10wd")
    moved = halted(later, "paused", "2027-01-20T05:00")
    on = revision(3, "resumed", "2027-02-01T05:00", "10wd")
    assert [one[:2] for one in kinds(told(waits, moved, on))] == [
        ("paused", "paused"),
        ("resumed", "order_void"),
        ("paused", "paused"),
        ("resumed", "resumed"),
    ]


def test_l8_a_term_that_begins_anew_after_a_pause_begins_a_new_chain() -> None:
    waits = halted(NOTIFIED, "paused", "2026-12-01T05:00")
    again = revision(2, "notified", "2027-03-01T05:00", "P2M")
    assert told(waits, again)["chain"] == []


def test_an_instant_is_named_only_on_the_day_from_which_the_term_counts() -> None:
    late = revision(1, "notified", "2026-11-23T05:00", "P2M", on="2026-11-20")
    assert "instant" not in told(late)


@pytest.mark.parametrize(
    ("read", "halt"),
    [
        ({"stands_still": False, "halted_by": None}, None),
        ({"stands_still": True, "halted_by": None}, Halt("paused", NOTIFIED.at, "SC 1")),
        (
            {
                "stands_still": False,
                "halted_by": "refusal_intended",
                "halted_at": VOID.at,
                "halted_on": "SC 2",
            },
            Halt("refusal_intended", VOID.at, "SC 2"),
        ),
    ],
)
def test_a_term_is_read_as_it_ran_as_it_began_still_or_as_it_was_halted_later(
    read: dict[str, Any], halt: Halt | None
) -> None:
    row = {"revision": 1, "type": "notified", "at": NOTIFIED.at, "basis": "SC 1", **read}
    found = revision_of(row, NOTIFIED.certificate.to_json())
    assert found == replace(NOTIFIED, basis="SC 1", halt=halt)
