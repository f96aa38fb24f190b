"""The rows of receipt and notice: what each makes of a case, and why it is refused."""

from datetime import timedelta
from typing import Any

import pytest

from domain.messages import Actor
from tests.domain.play import C, E, Play, R, V, measure, reach
from tests.domain.reading import ELSEWHERE, STRANGER, WRONG_CLOCKS, notify, refusals, rows, told

# --- receipt ---


def test_r1_r6_a_measure_is_received_and_its_first_round_begins_at_once() -> None:
    play = Play()
    events = play.send("measure_arrived", E, {"measure": measure()})
    assert rows(events) == ["R1", "R6"]
    assert play.status == "notifying"
    assert told(events) == [("notify", ())]
    assert play.period.deadlines["notice"].last_day.isoformat() == "2026-11-30"


@pytest.mark.parametrize(
    ("changed", "row", "status"),
    [({"procured": True}, "R4", "to_procurement"), ({"payer": "EMPLOYER"}, "R5", "to_employer")],
)
def test_r4_r5_what_the_state_buys_or_an_employer_pays_ends_here_and_is_told(
    changed: dict[str, Any], row: str, status: str
) -> None:
    play = Play()
    events = play.send("measure_arrived", E, {"measure": measure(**changed)})
    assert rows(events) == ["R1", row]
    assert play.status == status
    assert told(events) == [(status, ("recipient",)), ("report", ())]


@pytest.mark.parametrize("status", ["notifying", "in_fulfilment", "paid", "completed"])
def test_r3_a_revision_that_is_not_newer_changes_nothing(status: str) -> None:
    play = reach(status)
    before = play.case
    assert rows(play.send("measure_arrived", E, {"measure": measure(quantity=1)})) == ["R3"]
    assert play.case == before.model_copy(update={"seq": before.seq + 1})


def test_before_a_measure_has_arrived_nothing_else_is_taken() -> None:
    assert "status_does_not_allow" in refusals(Play().send("revoked", E))


# --- notice ---


def test_n1_a_round_goes_out_on_a_usable_channel() -> None:
    play = reach("notifying")
    assert rows(play.answer("notify")) == ["N1"]
    assert play.period.round is not None
    assert play.period.round.sent


def test_n3_without_any_contact_the_caseworker_gets_a_task_at_once() -> None:
    play = reach("notifying")
    assert rows(play.answer("notify", channels=[])) == ["N3"]
    assert play.status == "notice_failed"
    assert list(play.case.tasks) == ["1:notice_failed"]


def test_n1_what_became_of_an_earlier_round_says_nothing_of_this_one() -> None:
    play = reach("notifying")
    assert rows(play.answer("notify", channels=[], round=0)) == ["-"]
    assert play.status == "notifying"


def test_n2_the_first_proof_fixes_the_day_and_a_later_one_moves_nothing() -> None:
    play = reach("notifying", 1)
    assert rows(notify(play)) == ["N2"]
    first = play.period.deadlines["choice"]
    assert first.last_day.isoformat() == "2027-01-25"  # two months end on a Saturday
    play.now += timedelta(days=3)
    assert rows(notify(play)) == ["-"]
    assert play.period.deadlines["choice"] == first


@pytest.mark.parametrize("changed", [{"confirmed": False}, {"round": 0}])
def test_n2_an_unconfirmed_contact_or_an_earlier_round_proves_nothing(
    changed: dict[str, Any],
) -> None:
    play = reach("notifying", 1)
    assert rows(notify(play, **changed)) == ["-"]
    assert play.status == "notifying"


@pytest.mark.parametrize("on", WRONG_CLOCKS)
def test_n2_by_a_clock_that_says_what_cannot_be_the_day_of_the_receipt_counts(on: str) -> None:
    play = reach("notifying", 1)
    play.now += timedelta(days=2)
    notify(play, on=on)
    assert play.period.round is not None
    assert str(play.period.round.notified_on) == play.today()
    assert play.period.deadlines["choice"].certificate["start"] == play.today()


def test_n2_by_a_clock_that_can_be_right_its_day_counts() -> None:
    play = reach("notifying", 1)
    sent = play.today()
    play.now += timedelta(days=2)
    notify(play, on=sent)
    assert play.period.deadlines["choice"].certificate["start"] == sent


@pytest.mark.parametrize("who", [R, V])
def test_n2_opening_the_case_in_a_signed_in_session_proves_it(who: Actor) -> None:
    play = reach("notifying")
    assert rows(play.send("open_case", who)) == ["N2"]
    assert play.status == "choosing"


def test_n2_a_stranger_who_opens_the_case_proves_nothing() -> None:
    play = reach("notifying")
    assert "not_your_case" in refusals(play.send("open_case", STRANGER))


def test_n2_a_letter_entered_late_leaves_at_least_ten_working_days() -> None:
    play = reach("notifying", 1)
    play.wait(play.now + timedelta(days=70))
    assert play.status == "notice_failed"
    events = play.send(
        "enter_proof", C, {"on": "2026-11-24", "channel": "registered_letter", "evidence": True}
    )
    assert rows(events) == ["N2"]
    choice = play.period.deadlines["choice"]
    assert choice.certificate["term"] == "10wd"
    assert choice.certificate["start"] == play.today()
    assert play.period.round is not None
    assert str(play.period.round.notified_on) == "2026-11-24"
    assert play.case.tasks == {}


LETTER = {"channel": "registered_letter"}


@pytest.mark.parametrize(
    ("actor", "data", "code"),
    [
        (ELSEWHERE, {"on": "2026-11-23", **LETTER, "evidence": True}, "not_your_case"),
        (C, {"on": "2026-11-23", **LETTER}, "evidence_required"),
        (C, {"on": "2026-11-22", **LETTER, "evidence": True}, "day_wrong"),
        (C, {"on": "2026-11-24", **LETTER, "evidence": True}, "day_wrong"),
    ],
)
def test_n2_a_proof_is_entered_by_the_authority_with_evidence_of_a_possible_day(
    actor: Actor, data: dict[str, Any], code: str
) -> None:
    assert list(refusals(reach("notifying").send("enter_proof", actor, data))) == [code]


def test_n3_n5_without_proof_it_lies_with_the_caseworker_and_then_with_the_lead() -> None:
    play = reach("notifying", 1)
    assert rows(play.wait()) == ["N3"]
    assert list(play.case.tasks) == ["1:notice_failed"]
    assert rows(play.wait()) == ["N5"]
    assert [one.to for one in play.case.escalations.values()] == ["authority_lead"]
    assert play.status == "notice_failed"


def test_n4_new_contacts_begin_a_new_round_that_old_receipts_do_not_prove() -> None:
    play = reach("notifying", 1)
    play.wait()
    assert rows(play.send("change_contacts", C)) == ["N4"]
    assert (play.status, play.case.tasks) == ("notifying", {})
    assert rows(notify(play, round=1)) == ["-"]
    assert rows(notify(play, round=2)) == ["N2"]


def test_n4_a_revision_with_contacts_begins_a_new_round() -> None:
    play = reach("notifying", 1)
    play.wait()
    assert rows(play.send("measure_arrived", E, {"measure": measure(revision=2)})) == ["N4"]
    assert play.status == "notifying"
