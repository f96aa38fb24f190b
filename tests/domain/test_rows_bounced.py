"""Row N6: what had been delivered came back."""

from datetime import date

import pytest

from domain.messages import Event
from tests.domain.play import GATEWAY, C, K, Play, R, order, reach, varied
from tests.domain.reading import PROVEN, STATED, last_day, rows

LETTER = "2.1/recipient/sms"


def told(**changed: object) -> dict[str, object]:
    return {"round": 1, "channel": "sms", "letter": LETTER, **changed}


def prove(play: Play, **changed: object) -> list[Event]:
    data = told(confirmed=True, on=play.today(), **changed)
    return play.send("delivery_proven", GATEWAY, data)


def choosing() -> Play:
    play = reach("notifying")
    prove(play)
    assert play.status == "choosing"
    return play


def looked_into() -> Play:
    """The edition has a person look into it."""
    play = choosing()
    values = {**play.edition.values, "bounced_proof": "task"}
    play.edition = varied(play.edition, values=values)
    return play


def test_n6_a_bounce_of_the_proof_is_kept_makes_a_task_and_begins_another_round() -> None:
    play = choosing()
    events = play.send("delivery_bounced", GATEWAY, told())
    assert (rows(events), play.status) == (["N6"], "notifying")
    assert events[0].data["bounced"] == {"round": 1, "channel": "sms"}
    assert "1:proof_doubted" in play.case.tasks
    assert play.period.round is not None
    assert (play.period.round.number, play.period.round.notified_on) == (2, None)
    assert [one.kind for one in play.case.outbox.values()][-1] == "notify"


def test_n6_the_two_months_run_from_the_next_proof_and_never_end_earlier() -> None:
    play = choosing()
    before = play.period.deadlines["choice"]
    play.send("delivery_bounced", GATEWAY, told())
    assert play.period.deadlines["choice"].last_day == before.last_day
    play.wait(play.now.replace(day=26))
    assert rows(prove(play, round=2, letter="9.1/recipient/sms")) == ["N2"]
    after = play.period.deadlines["choice"]
    assert (play.status, play.period.round and play.period.round.notified_on) == (
        "choosing",
        date(2026, 11, 26),
    )
    assert after.last_day > before.last_day
    assert after.revision == before.revision + 1
    assert "1:proof_doubted" not in play.case.tasks


def test_n6_a_proof_of_the_same_day_leaves_the_deadline_where_it_was() -> None:
    play = choosing()
    before = last_day(play, "choice")
    play.send("delivery_bounced", GATEWAY, told())
    assert rows(play.send("open_case", R)) == ["N2"]
    assert last_day(play, "choice") == before


@pytest.mark.parametrize(
    "other",
    [{"letter": "2.1/representative/sms"}, {"letter": "2.1/recipient/email", "channel": "email"}],
)
def test_n6_what_was_not_the_proof_doubts_nothing(other: dict[str, object]) -> None:
    play = choosing()
    assert rows(play.send("delivery_bounced", GATEWAY, told(**other))) == ["-"]
    assert play.status == "choosing"


def test_n6_a_bounce_of_an_earlier_round_or_a_second_one_is_only_kept() -> None:
    play = choosing()
    play.send("delivery_bounced", GATEWAY, told())
    assert rows(play.send("delivery_bounced", GATEWAY, told())) == ["-"]
    prove(play, round=2, letter="9.1/recipient/sms")
    assert rows(play.send("delivery_bounced", GATEWAY, told())) == ["-"]
    assert play.status == "choosing"


def test_n6_what_comes_back_again_is_looked_into_by_a_person() -> None:
    play = choosing()
    play.send("delivery_bounced", GATEWAY, told())
    prove(play, round=2, letter="9.1/recipient/sms")
    again = told(round=2, letter="9.1/recipient/sms")
    assert rows(play.send("delivery_bounced", GATEWAY, again)) == ["N6"]
    assert (play.status, list(play.case.tasks)) == ("choosing", ["1:proof_doubted"])


def test_n6_whoever_opened_the_case_or_signed_for_the_letter_is_not_in_doubt() -> None:
    for name, actor, data in (
        ("open_case", R, {}),
        ("enter_proof", C, {**PROVEN, "on": None, "channel": "registered_letter"}),
    ):
        play = reach("notifying")
        play.send(name, actor, {**data, **({"on": play.today()} if "on" in data else {})})
        assert play.status == "choosing"
        assert rows(play.send("delivery_bounced", GATEWAY, told())) == ["-"]


@pytest.mark.parametrize("status", ["ordered", "in_fulfilment", "paid", "completed"])
def test_n6_an_order_says_more_than_a_receipt(status: str) -> None:
    play = reach(status)
    tasks = play.case.tasks
    assert rows(play.send("delivery_bounced", GATEWAY, told())) == ["-"]
    assert (play.status, play.case.tasks) == (status, tasks)


def test_n6_after_an_order_that_fell_through_nobody_doubts_the_notice() -> None:
    play = reach("ordered")
    play.send("cancel_order", R, STATED)
    assert play.status == "choosing"
    assert rows(play.send("delivery_bounced", GATEWAY, told())) == ["-"]


def test_n6_who_said_that_there_is_no_supplier_knows() -> None:
    play = choosing()
    play.send("report_no_supplier", R, STATED)
    assert rows(play.send("delivery_bounced", GATEWAY, told())) == ["-"]
    assert rows(play.send("deny_no_supplier", K, STATED))[0] == "C4"


def test_n6_a_proof_from_before_messages_were_told_apart_is_known_by_its_channel() -> None:
    play = reach("choosing")
    assert play.period.round is not None
    assert play.period.round.letter is None
    assert rows(play.send("delivery_bounced", GATEWAY, told(channel="email"))) == ["-"]
    assert rows(play.send("delivery_bounced", GATEWAY, told())) == ["N6"]


# --- the other value of the edition: a person looks into it ---


def test_n6_as_a_task_the_choice_goes_on_until_there_is_another_proof() -> None:
    play = looked_into()
    assert rows(play.send("delivery_bounced", GATEWAY, told())) == ["N6"]
    assert (play.status, list(play.case.tasks)) == ("choosing", ["1:proof_doubted"])
    before = last_day(play, "choice")
    play.wait(play.now.replace(day=26))
    assert rows(play.send("open_case", R)) == ["N6"]
    assert last_day(play, "choice") > before
    assert play.case.tasks == {}
    assert rows(play.send("open_case", R)) == ["-"]


def test_n6_as_a_task_a_caseworker_enters_a_proof_or_notifies_anew() -> None:
    play = looked_into()
    play.send("delivery_bounced", GATEWAY, told())
    other = play.copy()
    proof = {**PROVEN, "on": play.today(), "channel": "hand_over"}
    assert rows(play.send("enter_proof", C, proof)) == ["N6"]
    assert play.case.tasks == {}
    assert rows(other.send("change_contacts", C)) == ["N6"]
    assert other.status == "notifying"


def test_n6_as_a_task_an_order_answers_it() -> None:
    play = looked_into()
    play.send("delivery_bounced", GATEWAY, told())
    play.send("place_order", R, *order())
    assert (play.status, play.case.tasks) == ("ordered", {})
