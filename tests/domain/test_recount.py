"""Another calendar moves a deadline forward or leaves it; the recipient who chooses is told."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from definitions.calendars import load_calendar
from domain.messages import SERVICE, Event
from domain.terms.counting import Term, certify
from domain.terms.recount import calendar_message, recount
from tests.domain.play import CALENDAR, CHANGED, Play, R, order, reach

WEDNESDAYS = CHANGED[0]


def told(event: Event) -> dict[str, tuple[str, tuple[str, ...]]]:
    """The text that an event has sent of each term, and to whom."""
    data = [effect["data"] for effect in event.data.get("effects", ())]
    return {one["term"]: (one["text"], tuple(one["to"])) for one in data}


def change(play: Play, calendar: Any = WEDNESDAYS) -> list[Event]:
    play.calendar = calendar
    return play.host(calendar_message(calendar.version, play.now))


@pytest.mark.parametrize(
    ("start", "term", "outcome"),
    [("2026-12-16", "10wd", "moves"), ("2026-11-23", "P2M", "unchanged")],
)
def test_a_term_moves_where_its_days_have_become_days_off(
    start: str, term: str, outcome: str
) -> None:
    held = certify(date.fromisoformat(start), Term.parse(term), CALENDAR, "policy")
    found, made = recount(held, WEDNESDAYS)
    assert found == outcome
    assert (made.last_day > held.last_day) is (outcome == "moves")


def test_what_would_end_earlier_stays_as_it_is() -> None:
    """30 August is no holiday from 2026: a case certified before keeps its day."""
    held = certify(date(2026, 6, 30), Term.parse("P2M"), load_calendar("kz-2025-12"), "SC 168(2)")
    assert held.last_day == date(2026, 9, 1)
    assert recount(held, load_calendar("kz-2026-11")) == ("earlier", held)


def test_what_another_calendar_does_not_know_stays_as_it_is() -> None:
    held = certify(date(2026, 11, 23), Term.parse("P2M"), CALENDAR, "policy")
    assert recount(held, replace(CALENDAR, last=date(2026, 12, 31))) == ("outside", held)


def test_l13_every_term_that_moves_is_certified_anew_in_one_event() -> None:
    play = reach("ordered")
    before = dict(play.period.deadlines)
    (event,) = change(play)
    moved = {one["term"] for one in event.data["deadlines"]}
    assert moved == {"supplier_answer"}
    after = play.period.deadlines
    assert after["supplier_answer"].revision == before["supplier_answer"].revision + 1
    assert after["supplier_answer"].certificate["calendar"] == WEDNESDAYS.version
    assert after["choice"] == before["choice"]
    assert (event.row, event.type, event.actor) == ("L13", "calendar_changed", SERVICE)
    assert told(event) == {"supplier_answer": ("order_term_extended", ("supplier",))}


def test_l13_who_chooses_is_told_of_the_later_day_and_reminded_before_it() -> None:
    play = reach("choosing")
    old = play.period.deadlines["choice"]
    day = old.last_day
    calendar = replace(CALENDAR, version="kz-2027-01", off={**CALENDAR.off, day: "holiday:walk"})
    (event,) = change(play, calendar)
    new = play.period.deadlines["choice"]
    assert new.last_day > day
    assert told(event) == {"choice": ("term_extended", ("recipient",))}
    assert new.reminders["30cd"] - old.reminders["30cd"] == new.last_day - old.last_day
    play.answer("tell")
    (reminded,) = [one for one in play.wait() if one.row == "C2"]
    assert reminded.at == new.reminders["30cd"]


def test_l13_who_has_ordered_is_not_told_of_a_choice_that_rests() -> None:
    play = reach("choosing")
    day = play.period.deadlines["choice"].last_day
    play.send("place_order", R, *order())
    calendar = replace(CALENDAR, version="kz-2027-01", off={**CALENDAR.off, day: "holiday:walk"})
    (event,) = change(play, calendar)
    assert [one["term"] for one in event.data["deadlines"]] == ["choice"]
    assert "effects" not in event.data


def test_l13_the_same_calendar_again_changes_nothing() -> None:
    play = reach("ordered")
    assert change(play)[0].type == "calendar_changed"
    assert change(play) == []
    again = play.send("calendar_changed", SERVICE, {"calendar": WEDNESDAYS.version})
    assert [reason["code"] for reason in again[0].data["reasons"]] == ["nothing_to_do"]


def test_a_term_that_ran_out_before_the_change_stays_over() -> None:
    play = reach("ordered")
    over = play.period.deadlines["supplier_answer"].expires_at
    play.now = over
    (refused,) = change(play)
    assert refused.type == "refused"
    play.wait(over + timedelta(minutes=1))
    assert play.status == "choosing"


def test_the_message_of_the_old_day_comes_out_of_turn_and_the_new_one_rings() -> None:
    play = reach("ordered")
    old = play.period.deadlines["supplier_answer"].expires_at
    change(play)
    new = play.period.deadlines["supplier_answer"].expires_at
    assert play.wait(old + timedelta(minutes=1)) == []
    assert play.status == "ordered"
    play.wait(new + timedelta(minutes=1))
    assert play.status == "choosing"


def test_l13_each_party_is_told_of_the_later_day_of_its_own_term() -> None:
    """The acceptance is the recipient's, the delivery the supplier's, the signatures of both."""
    whose = {
        "in_fulfilment": {"delivery": ("order_term_extended", ("supplier",))},
        "delivered": {"acceptance": ("term_extended", ("recipient",))},
    }
    for status, expected in whose.items():
        play = reach(status)
        (term,) = expected
        day = play.period.deadlines[term].last_day
        days = {**CALENDAR.off, day: "holiday:walk"}
        (event,) = change(play, replace(CALENDAR, version="kz-2027-01", off=days))
        assert told(event) == expected
    play = reach("awaiting_signatures")
    (event,) = change(play)
    assert [one["data"]["to"] for one in event.data["effects"]] == [["recipient"], ["supplier"]]


def test_l13_the_authority_is_not_written_to_of_its_own_term() -> None:
    play = reach("under_review")
    (event,) = change(play)
    assert [one["term"] for one in event.data["deadlines"]] == ["review"]
    assert "effects" not in event.data
