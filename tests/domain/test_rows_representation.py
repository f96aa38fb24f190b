"""Rows of who acts for the recipient (L6): whose word counts, and since when."""

from typing import Any

import pytest

from domain.decide import decide
from domain.errors import MissingFact
from domain.messages import Actor, Message, Role
from domain.terms.counting import local_day
from tests.domain.play import (
    C2,
    C9,
    CALENDAR,
    CURRENT,
    RECIPIENT,
    C,
    K,
    R,
    S,
    V,
    order,
    power,
    reach,
    signing,
)
from tests.domain.reading import refusals, rows
from tests.domain.representing import (
    NEW,
    OPEN,
    PROVEN,
    confirmed,
    ended,
    entered,
    guarded,
    open_proposal,
    paused_for,
    proposed,
    told,
)
from tests.support.door import looked_up

# --- L6: who may act, at the moment of the act ---


@pytest.mark.parametrize("status", OPEN)
def test_l6_e_tells_of_another_representative_and_the_status_stays(status: str) -> None:
    play = reach(status)
    assert rows(told(play, id="power-2", person="person-5"))[0] == "L6"
    assert play.status == status
    assert play.case.measure is not None
    held = play.case.measure.acting
    assert [one.person for one in held.present(local_day(play.now))] == ["person-5"]


def test_l6_who_has_a_power_acts_and_who_had_one_does_not() -> None:
    play = reach("choosing")
    told(play, id="power-2", person="person-5")
    assert "power_ended" in refusals(play.send("decline", V, {"reason": True}))
    assert rows(play.send("decline", NEW, {"reason": True})) == ["C3"]


def test_l6_the_day_of_the_act_decides_not_the_day_it_is_processed() -> None:
    play = reach("choosing")
    last = play.today(3)
    told(play, id="power-1", until=last)
    at = play.period.deadlines["representation"].expires_at
    assert rows(play.copy().send("decline", V, {"reason": True}, at=play.now)) == ["C3"]
    play.wait(at)
    assert "power_ended" in refusals(play.send("decline", V, {"reason": True}))


def test_l6_a_power_that_has_not_begun_is_none_yet() -> None:
    play = reach("choosing")
    told(play, id="power-2", person="person-5", since=play.today(3))
    assert "power_not_begun" in refusals(play.send("decline", NEW, {"reason": True}))


def test_l6_a_power_for_some_acts_covers_no_others() -> None:
    play = reach("delivered")
    told(play, id="power-2", person="person-5", scope=["order"])
    assert "outside_power" in refusals(play.send("accept", NEW, {"quantity": 2}))
    told(play, id="power-3", person="person-5", scope=["receive"])
    assert rows(play.send("accept", NEW, {"quantity": 2})) == ["F5"]


def test_l6_who_is_represented_acts_only_through_the_guardian() -> None:
    play = guarded("choosing")
    data, facts = order()
    assert "represented" in refusals(play.send("place_order", R, data, facts))
    assert rows(play.send("place_order", NEW, data, facts)) == ["C1"]
    assert play.events[-1].actor.on_behalf_of == RECIPIENT


def test_l6_what_an_incapable_recipient_opens_proves_no_notice() -> None:
    play = guarded("notifying")
    assert rows(play.send("open_case", R)) == ["-"]
    assert play.status == "notifying"
    assert rows(play.send("open_case", NEW)) == ["N2"]


@pytest.mark.parametrize("conflict", ["supplier", "caseworker"])
def test_l6_a_representative_in_another_interest_is_refused_with_a_way_out(conflict: str) -> None:
    play = reach("delivered")
    facts = {"representative_conflict": conflict}
    found = refusals(play.send("accept", V, {"quantity": 2}, facts))
    assert set(found) == {f"representative_is_{conflict}"}


@pytest.mark.parametrize(
    ("status", "name", "actor", "fact"),
    [
        ("delivered", "accept", V, "representative_conflict"),
        ("choosing", "begin_representation", C, "representative_conflict"),
        ("delivered", "accept", R, "acts_for"),
        ("ordered", "confirm", S, "acts_for"),
        ("ordered", "confirm", S, "supplier_active"),
        ("under_review", "approve", C, "acts_for"),
        ("under_review", "approve", C, "without_account"),
        ("paid", "find_breach", K, "acts_for"),
    ],
)
def test_a_fact_that_nobody_looked_up_is_a_mistake_and_no_yes(
    status: str, name: str, actor: Actor, fact: str
) -> None:
    play = reach(status)
    data = {"quantity": 2, "ground": "fraud", "amount": 1, "still_needed": False, **PROVEN}
    data["representative"] = power(id="power-2", person="person-5")
    facts = {known: value for known, value in looked_up(data).items() if known != fact}
    message = Message(id="m", name=name, at=play.now, actor=actor, data=data, facts=facts)
    with pytest.raises(MissingFact, match=f"{name} came without the fact {fact}"):
        decide(play.case, message, CURRENT, CALENDAR)


def test_c1_a_representative_does_not_order_from_themselves() -> None:
    play = reach("choosing")
    data, facts = order(supplier_is_party=True)
    facts["supplier_is_representative"] = True
    assert "representative_is_supplier" in refusals(play.send("place_order", V, data, facts))


# --- L6: what caseworkers enter ---


def test_l6_a_caseworker_enters_a_guardian_and_the_recipient_acts_through_them() -> None:
    play = reach("choosing")
    assert rows(entered(play, id="power-g", person="person-5", kind="GUARDIAN"))[0] == "L6"
    assert "represented" in refusals(play.send("decline", R, {"reason": True}))
    assert rows(play.send("decline", NEW, {"reason": True})) == ["C3"]


@pytest.mark.parametrize(
    ("changed", "conflict", "reason"),
    [
        ({"person": RECIPIENT}, None, "representative_is_recipient"),
        ({"since": "2027-01-01"}, None, "day_wrong"),
        ({"until": "2026-01-20"}, None, "day_wrong"),
        ({"person": C.id}, None, "representative_is_caseworker"),
        ({"person": "person-5"}, "caseworker", "representative_is_caseworker"),
    ],
)
def test_l6_a_wrong_representative_is_refused(
    changed: dict[str, Any], conflict: str | None, reason: str
) -> None:
    play = reach("choosing")
    assert reason in refusals(proposed(play, conflict, id="power-2", **changed))


def test_l6_a_message_of_e_ends_no_power_that_a_caseworker_entered() -> None:
    play = reach("choosing")
    entered(play, id="power-c", person="person-5")
    told(play, id=None)
    assert "power_ended" in refusals(play.send("decline", V, {"reason": True}))
    assert rows(play.send("decline", NEW, {"reason": True})) == ["C3"]


def test_l6_an_ended_power_is_over_at_once_and_earlier_acts_stand() -> None:
    play = reach("choosing")
    play.send("place_order", V, *order())
    assert set(rows(ended(play, "power-1"))) == {"L6"}
    assert play.status == "ordered"
    assert "power_ended" in refusals(play.send("cancel_order", V, {"reason": True}))
    assert "nothing_to_do" in refusals(ended(play, "power-1"))


def test_l6_a_power_of_attorney_is_taken_back_by_who_gave_it() -> None:
    play = reach("choosing")
    said = {"representative": "power-1", "on": play.today()}
    stranger = Actor(role=Role.RECIPIENT, id="person-9")
    assert "not_your_case" in refusals(play.send("end_representation", stranger, said))
    assert rows(play.send("end_representation", R, said)) == ["L6"]


def test_l6_the_power_of_a_guardian_is_not_laid_down_on_the_portal() -> None:
    play = guarded("choosing")
    entered(play, id="power-1")
    said = {"representative": "power-g", "on": play.today()}
    assert "power_by_law" in refusals(play.send("end_representation", NEW, said))


def test_l6_a_recipient_who_comes_of_age_acts_alone_and_the_parent_no_more() -> None:
    play = reach("ordered")
    told(play, id="power-p", person="person-5", kind="PARENT")
    assert rows(play.send("record_capacity", C, {"capacity": "full", **PROVEN})) == ["L6"]
    assert "represented" in refusals(play.send("cancel_order", R, {"reason": True}))
    assert rows(confirmed(play)) == ["L6", "L6"]
    assert "power_ended" in refusals(play.send("cancel_order", NEW, {"reason": True}))
    assert rows(play.send("cancel_order", R, {"reason": True})) == ["O3"]


@pytest.mark.parametrize("kind", ["GUARDIAN", "TRUSTEE", "PARENT", "ATTORNEY"])
def test_l6_who_was_entered_acts_only_after_a_second_caseworker_has_confirmed(kind: str) -> None:
    play = reach("choosing")
    found = proposed(play, id="power-g", person="person-5", kind=kind)
    assert [effect["data"]["text"] for effect in found[0].data["effects"]] == [
        "representation_proposed"
    ]
    assert "1:representation_to_confirm" in play.case.tasks
    refused = refusals(play.send("decline", NEW, {"reason": True}))
    assert list(refused) == ["representative_unconfirmed"]
    assert rows(play.copy().send("decline", R, {"reason": True})) == ["C3"]
    assert set(refusals(confirmed(play, C))) == {"same_person"}
    assert rows(confirmed(play)) == ["L6", "L6"]
    assert "1:representation_to_confirm" not in play.case.tasks
    assert rows(play.send("decline", NEW, {"reason": True})) == ["C3"]


def test_l6_what_is_not_confirmed_comes_to_nothing() -> None:
    play = reach("choosing")
    proposed(play, id="power-g", person="person-5", kind="GUARDIAN")
    said = {"proposal": open_proposal(play)}
    assert "reason_required" in refusals(play.send("refuse_representation", C2, said))
    assert rows(play.send("refuse_representation", C2, {**said, "reason": True})) == ["L6", "L6"]
    assert not play.case.tasks
    assert "nothing_to_do" in refusals(play.send("confirm_representation", C2, said))
    assert "not_your_case" in refusals(play.send("decline", NEW, {"reason": True}))
    assert rows(play.send("decline", R, {"reason": True})) == ["C3"]


def test_l6_what_is_confirmed_is_what_was_read() -> None:
    play = reach("choosing")
    proposed(play, id="power-g", person="person-5", kind="GUARDIAN")
    read = open_proposal(play)
    proposed(play, id="power-g", person="person-6", kind="GUARDIAN")
    assert open_proposal(play) != read
    assert rows(play.send("confirm_representation", C2, {"proposal": read})) == ["L6", "L6"]
    assert rows(play.send("decline", NEW, {"reason": True})) == ["C3"]


def test_l6_who_repeats_what_another_entered_does_not_become_its_author() -> None:
    play = reach("choosing")
    proposed(play, id="power-g", person="person-5", kind="GUARDIAN")
    data = {"representative": power(id="power-g", person="person-5", kind="GUARDIAN"), **PROVEN}
    play.send("begin_representation", C2, data, {})
    assert "same_person" in refusals(confirmed(play, C))
    assert rows(confirmed(play, C2)) == ["L6", "L6"]


def test_l6_a_caseworker_of_another_authority_confirms_nothing() -> None:
    play = reach("choosing")
    proposed(play, id="power-g", person="person-5", kind="GUARDIAN")
    assert "not_your_case" in refusals(confirmed(play, C9))


def test_l6_the_word_of_e_needs_no_second_person_and_answers_what_was_entered() -> None:
    play = reach("choosing")
    proposed(play, id="power-g", person="person-5", kind="GUARDIAN")
    assert rows(told(play, id="power-g", person="person-5", kind="GUARDIAN")) == ["L6", "L6"]
    assert play.case.measure is not None
    assert play.case.measure.acting.proposed == ()
    assert rows(play.send("decline", NEW, {"reason": True})) == ["C3"]


def test_l6_who_has_become_a_caseworker_there_is_confirmed_no_more() -> None:
    play = reach("choosing")
    proposed(play, id="power-g", person="person-5", kind="GUARDIAN")
    facts = {"representative_conflict": "caseworker"}
    said = {"proposal": open_proposal(play)}
    found = refusals(play.send("confirm_representation", C2, said, facts))
    assert list(found) == ["representative_is_caseworker"]


def test_l6_a_guardian_is_not_made_to_leave_by_one_caseworker() -> None:
    play = guarded("choosing")
    said = {"representative": "power-g", "on": play.today(), **PROVEN}
    play.send("end_representation", C, said)
    assert rows(play.send("decline", NEW, {"reason": True})) == ["C3"]


# --- L6: a trustee consents beside the ward ---


def test_l6_a_ward_orders_with_the_trustees_consent_to_this_very_order() -> None:
    play = reach("choosing")
    told(play, id="power-t", person="person-5", kind="TRUSTEE")
    data, facts = order()
    assert "consent_missing" in refusals(play.send("place_order", R, data, facts))
    assert "wrong_document" in refusals(play.send("consent", NEW, {"act": "place_order"}))
    other = {"act": "place_order", "application": "app-other"}
    assert rows(play.send("consent", NEW, other)) == ["L6"]
    assert "consent_missing" in refusals(play.send("place_order", R, data, facts))
    play.send("consent", NEW, {"act": "place_order", "application": data["application"]})
    assert rows(play.send("place_order", R, data, facts)) == ["C1"]


def test_l6_a_consent_counts_where_it_was_given_and_only_a_trustees() -> None:
    play = reach("choosing")
    told(play, id="power-t", person="person-5", kind="TRUSTEE")
    assert "not_your_case" in refusals(play.send("consent", R, {"act": "decline"}))
    assert "nothing_to_do" in refusals(play.send("consent", NEW, {"act": "accept"}))
    play.send("consent", NEW, {"act": "cancel_order"})
    play.now = play.now.replace(hour=23)
    play.send("place_order", NEW, *order())
    assert "consent_missing" in refusals(play.send("cancel_order", R, {"reason": True}))
    play.send("consent", NEW, {"act": "cancel_order"})
    assert rows(play.send("cancel_order", R, {"reason": True})) == ["O3"]


# --- L6: nobody can act ---


def test_l6_nobody_acts_terms_stand_still_until_a_new_guardian_comes() -> None:
    play = guarded("choosing")
    ended(play, "power-1")
    play.now = play.period.deadlines["choice"].expires_at.replace(day=10)
    before = play.period.deadlines["choice"].last_day
    left = (before - local_day(play.now)).days + 1
    assert set(rows(ended(play, "power-g"))) == {"L6"}
    assert paused_for(play) == "nobody_to_act"
    assert (paused_for(play), play.period.deadlines["choice"].rest) == (
        "nobody_to_act",
        f"{left}cd",
    )
    assert "1:nobody_to_act" in play.case.tasks
    assert "nobody_acts" in refusals(play.send("resume", C, {"reason": True}))
    asked = 0
    while asked < 2:
        asked += any(event.type == "overdue" for event in play.wait())
    assert paused_for(play)
    assert play.status == "choosing"
    found = entered(play, id="power-h", person="person-6", kind="GUARDIAN")
    assert rows(found)[:2] == ["L6", "L6"]
    assert not paused_for(play)
    assert "1:nobody_to_act" not in play.case.tasks
    choice = play.period.deadlines["choice"]
    assert choice.rest is None
    assert (choice.last_day - local_day(play.now)).days >= left


def test_l6_days_on_which_nobody_could_act_are_given_back_though_known_later() -> None:
    play = guarded("choosing")
    ended(play, "power-1")
    play.now = play.now.replace(day=26)
    last, died = play.period.deadlines["choice"].last_day, local_day(play.now)
    play.now = play.now.replace(month=12, day=20)
    said = {"representative": "power-g", "on": died.isoformat(), **PROVEN}
    play.send("end_representation", C, said)
    confirmed(play)
    assert play.period.deadlines["choice"].rest == f"{(last - died).days}cd"


def test_l6_a_power_that_ends_by_its_day_pauses_the_case() -> None:
    play = reach("choosing")
    ended(play, "power-1")
    told(play, id="power-g", person="person-5", kind="GUARDIAN", until=play.today(10))
    assert not paused_for(play)
    play.wait(play.period.deadlines["representation"].expires_at)
    play.wait()
    assert paused_for(play)


def test_l6_a_choice_that_ran_out_while_nobody_could_act_is_not_over() -> None:
    play = guarded("choosing")
    choice = play.period.deadlines["choice"]
    ended(play, "power-1")
    until = choice.last_day.isoformat()
    told(play, id="power-g", person="person-5", kind="GUARDIAN", until=play.today(50))
    play.wait(choice.expires_at)
    play.wait()
    assert play.status == "choosing"
    assert paused_for(play)
    assert until == choice.last_day.isoformat()


def test_l6_a_claim_under_review_does_not_wait_for_a_guardian() -> None:
    play = guarded("awaiting_signatures")
    ended(play, "power-1")
    ended(play, "power-g")
    assert paused_for(play)
    assert rows(play.send("sign", S, *signing(play))) == ["A1", "A2", "L6"]
    assert not paused_for(play)
    assert not play.period.deadlines["review"].stopped
