"""A later edition takes open cases over: once each, and no term ends earlier."""

from datetime import timedelta

from domain.apply import fold
from domain.case.state import Case
from domain.forecasts.decided_again import rehearse
from domain.messages import SERVICE, Event
from domain.process import Edition, Process
from domain.terms.counting import Certificate, recompute
from domain.terms.later_edition import edition_message, fits, outcomes
from domain.terms.recount import calendar_message
from tests.domain.play import CALENDAR, CHANGED, CURRENT, LATER, C, Play, R, S, order, reach, varied
from tests.domain.reading import STATED, expired, refusals, rows

EDITIONS = {CURRENT.hash: CURRENT, LATER.hash: LATER}


def move(play: Play, edition: Edition = LATER) -> list[Event]:
    before, play.edition = play.edition, edition
    return play.host(edition_message(edition.hash, before, play.now))


def test_l14_the_case_goes_on_under_the_new_edition_with_the_later_day() -> None:
    play = reach("choosing")
    old = play.period.deadlines["choice"]
    (event,) = move(play)
    new = play.period.deadlines["choice"]
    assert (event.row, event.type, play.case.edition) == ("L14", "edition_moved", LATER.hash)
    assert (old.certificate["term"], new.certificate["term"]) == ("P2M", "P3M")
    assert new.certificate["start"] == old.certificate["start"]
    assert (new.revision, new.last_day > old.last_day) == (old.revision + 1, True)
    held = Certificate.from_json(new.certificate)
    assert recompute(held, CALENDAR) == held
    assert [one["data"] for one in event.data["effects"]] == [
        {"text": "term_extended", "to": ["recipient"], "term": "choice"}
    ]


def test_l14_what_would_end_earlier_keeps_its_day() -> None:
    play = reach("delivered")
    old = play.period.deadlines["acceptance"]
    (event,) = move(play)
    assert play.period.deadlines["acceptance"] == old
    assert play.case.edition == LATER.hash
    assert "deadlines" not in event.data or "acceptance" not in str(event.data["deadlines"])


def test_l14_what_was_not_counted_by_the_edition_stays() -> None:
    """After the order fell through there were ten working days, whatever two months become."""
    play = fallen()
    ten = play.period.deadlines["choice"]
    assert ten.certificate["term"] == "10wd"
    (event,) = move(play)
    assert play.period.deadlines["choice"] == ten
    assert "effects" not in event.data


def fallen() -> Play:
    """An order that fell through in the last days of the choice."""
    play = reach("choosing")
    play.wait(play.period.deadlines["choice"].reminders["7cd"])
    play.send("place_order", R, *order())
    play.send("refuse_order", S, STATED)
    play.send("open_case", R)
    return play


def test_l14_a_term_that_stands_still_and_one_that_is_over_stay_as_they_are() -> None:
    play = reach("choosing")
    until = play.today(40)
    play.send("pause", C, {"ground": "court", "reason": True, "until": until})
    still = play.period.deadlines["choice"]
    move(play)
    assert play.period.deadlines["choice"] == still
    over = expired()
    ended = over.period.deadlines["choice"]
    move(over)
    assert over.period.deadlines["choice"] == ended


def test_l14_the_old_day_rings_in_vain_and_the_new_one_counts() -> None:
    play = reach("ordered")
    old = play.period.deadlines["supplier_answer"]
    move(play)
    new = play.period.deadlines["supplier_answer"]
    assert new.last_day > old.last_day
    assert play.wait(old.expires_at + timedelta(minutes=1)) == []
    assert rows(play.wait(new.expires_at + timedelta(minutes=1))) == ["O2"]


def test_l14_a_case_moves_once_and_a_closed_one_stays() -> None:
    play = reach("choosing")
    assert rows(move(play)) == ["L14"]
    assert move(play) == []
    again = play.send("edition_moved", SERVICE, {"edition": LATER.hash})
    assert list(refusals(again)) == ["nothing_to_do"]
    assert "case_closed" in refusals(move(reach("completed")))
    other = reach("choosing").send("edition_moved", SERVICE, {"edition": LATER.hash})
    assert list(refusals(other)) == ["nothing_to_do"]


def test_l14_a_case_whose_status_or_term_the_edition_does_not_know_stays() -> None:
    play = reach("choosing")
    process = LATER.process
    lost = {code: one for code, one in process.statuses.items() if code != "choosing"}
    known = {code: one for code, one in process.terms.items() if code != "notice"}
    for update in ({"statuses": lost}, {"terms": known}):
        edition = varied(LATER, process=process.model_copy(update=update))
        assert not fits(play.case, edition)
        assert outcomes(play.case, CURRENT, edition, CALENDAR, play.now) == []


def test_l14_a_term_that_the_status_did_not_have_before_begins_that_day() -> None:
    play = reach("paid")
    process = LATER.process
    paid = process.statuses["paid"].model_copy(update={"term": "recovery", "untimed": None})
    recovery = process.terms["recovery"].model_copy(update={"runs_in": ("paid", "recovering")})
    changed = Process(
        statuses={**process.statuses, "paid": paid},
        terms={**process.terms, "recovery": recovery},
        messages=process.messages,
        whole_case=process.whole_case,
        rows=process.rows,
    )
    move(play, varied(LATER, process=changed))
    begun = play.period.deadlines["recovery"]
    assert (begun.certificate["start"], begun.certificate["term"]) == (play.today(), "10wd")


def test_l14_the_preview_tells_every_deadline_and_what_becomes_of_it() -> None:
    play = reach("delivered")
    found = outcomes(play.case, CURRENT, LATER, CALENDAR, play.now)
    told = {deadline.term: outcome for _, deadline, outcome, _ in found}
    assert told == {"choice": "moves", "acceptance": "earlier", "programme": "unchanged"}


def test_l14_a_calendar_that_changes_afterwards_counts_the_new_length() -> None:
    play = reach("ordered")
    move(play)
    play.calendar = CHANGED[0]
    play.host(calendar_message(CHANGED[0].version, play.now))
    assert play.period.deadlines["supplier_answer"].certificate["term"] == "5wd"


def test_l14_a_moved_file_is_decided_again_under_the_edition_of_each_message() -> None:
    play = reach("ordered")
    move(play)
    play.send("refuse_order", S, STATED)
    play.send("open_case", R)
    empty = Case(id=play.case.id, edition=CURRENT.hash)
    found = rehearse(empty, play.events, {}, EDITIONS.__getitem__, lambda _: CALENDAR)
    kept = {id_: m for id_, m in play.seen.items() if not id_.startswith("edition:")}
    again = rehearse(empty, play.events, kept, EDITIONS.__getitem__, lambda _: CALENDAR)
    assert again.differences == ()
    assert again.unknown == ()
    assert found.messages == again.messages
    assert fold(empty, play.events) == play.case
