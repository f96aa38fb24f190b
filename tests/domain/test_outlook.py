"""Who acts next, by when, and what each may do: what is shown is what happens when it is asked."""

from typing import Any

import pytest

from domain.context import Context
from domain.guards import NAMING
from domain.messages import Actor, Message
from domain.options import OPTIONS
from domain.outlook import choices, commands, waits_for
from domain.periods import due
from tests.domain.chance import choose
from tests.domain.play import (
    C2,
    CALENDAR,
    CURRENT,
    T_,
    A,
    C,
    K,
    Play,
    R,
    S,
    Seeded,
    order,
    reach,
    signing,
)
from tests.domain.reading import PROVEN, STATED, STRANGER
from tests.domain.rounds import side_by_side
from tests.domain.starts import STARTS
from tests.domain.whims import BODIES, step

PEOPLE = (R, S, C, C2, A, K, STRANGER)


def allowed(play: Play, actor: Actor) -> list[str]:
    shown = choices(play.case, actor, play.now, CURRENT, CALENDAR)
    return [choice["name"] for choice in shown if choice["allowed"]]


@pytest.mark.parametrize(
    ("status", "who", "term"),
    [
        ("notifying", "recipient", "notice"),
        ("choosing", "recipient", "choice"),
        ("ordered", "supplier", "supplier_answer"),
        ("in_fulfilment", "supplier", "delivery"),
        ("delivered", "recipient", "acceptance"),
        ("awaiting_signatures", "supplier", "signatures"),
        ("under_review", "caseworker", "review"),
        ("payment_pending", "treasury", "payment_answer"),
        ("paid", "esobes", None),
        ("completed", "nobody", None),
    ],
)
def test_each_status_says_whom_it_waits_for_and_until_when(
    status: str, who: str, term: str | None
) -> None:
    play = reach(status)
    deadline = due(play.period, CURRENT.process)
    assert waits_for(play.case, play.period, CURRENT) == (who,)
    assert (deadline.term if deadline else None) == term
    assert deadline is None or deadline.expires_at > play.now


def test_what_waits_for_signatures_names_those_that_are_missing() -> None:
    play = reach("choosing")
    data, facts = order()
    play.send("place_order", R, data, {**facts, "signature": {"reason": "unchecked"}})
    play.send("confirm", S)
    play.send("mark_delivered", S, {"on": play.today(), "quantity": 2, "evidence": True})
    play.send("accept", R, {"quantity": 2})
    assert waits_for(play.case, play.period, CURRENT) == ("recipient", "supplier")
    play.send("sign", S, *signing(play))
    assert waits_for(play.case, play.period, CURRENT) == ("recipient",)


# What a caseworker may do in every open status.
ALWAYS = (
    *("revoke", "escalate", "pause", "move", "propose_correction"),
    *("begin_representation", "end_representation", "record_capacity"),
)
# What the parties may do.
PARTY = ("contest_deadline",)
# In the review.
IN_REVIEW = ("approve", "intend_refusal", "return_application", "extend_review")
# And once something was delivered.
OF_SUPPLIER = ("supplier_ceased", "enter_successor")
# What a recipient may who has given a power of attorney.
MINE = ("open_case", "end_representation")


@pytest.mark.parametrize(
    ("status", "actor", "may"),
    [
        ("choosing", R, [*PARTY, "place_order", "decline", "report_no_supplier", *MINE]),
        ("choosing", S, []),
        ("choosing", STRANGER, []),
        ("ordered", S, [*PARTY, "confirm", "refuse_order", "sign"]),
        ("ordered", R, [*PARTY, "cancel_order", "sign", *MINE]),
        ("delivered", R, [*PARTY, "accept", "sign", "complain", *MINE]),
        ("under_review", C, [*IN_REVIEW, *ALWAYS, *OF_SUPPLIER]),
        ("payment_failed", C, ["retry_payment", "extend_term", *ALWAYS, *OF_SUPPLIER]),
        ("payment_failed", S, [*PARTY, "change_account"]),
        ("completed", C, ["propose_correction"]),
        ("delivered", A, ["escalate"]),
    ],
)
def test_each_person_is_shown_what_is_open_to_them(
    status: str, actor: Actor, may: list[str]
) -> None:
    play = reach("paid") if status == "payment_failed" else reach(status)
    if status == "payment_failed":
        payment = play.period.payments[0]
        play.send("payment_reported", T_, {"key": payment.key, "outcome": "not_executed"})
    shown = allowed(play, actor)
    assert set(may) <= set(shown)
    anywhere = {"answer_escalation", "change_contacts"}
    assert set(shown) - set(may) <= anywhere | ({"sign"} if actor is S else set())


def test_every_command_of_a_role_is_listed_with_the_reason_why_not() -> None:
    play = reach("choosing")
    shown = choices(play.case, R, play.now, CURRENT, CALENDAR)
    assert [choice["name"] for choice in shown] == list(commands(CURRENT.process.rows, R.role))
    accept = next(choice for choice in shown if choice["name"] == "accept")
    assert [reason["code"] for reason in accept["reasons"]] == ["status_does_not_allow"]


def test_the_first_approver_is_not_shown_the_second_approval() -> None:
    play = reach("under_review", 1)
    assert "approve" not in allowed(play, C)
    assert "withdraw_approval" in allowed(play, C)
    assert "approve" in allowed(play, C2)


def test_a_late_command_is_shown_as_late() -> None:
    play = reach("ordered")
    play.now = play.period.deadlines["supplier_answer"].expires_at
    shown = choices(play.case, S, play.now, CURRENT, CALENDAR)
    confirm = next(choice for choice in shown if choice["name"] == "confirm")
    assert [reason["code"] for reason in confirm["reasons"]] == ["late"]


def test_before_a_measure_has_arrived_there_is_nothing_to_choose() -> None:
    assert choices(Play().case, R, Play().now, CURRENT, CALENDAR) == []


def test_a_command_shown_as_not_allowed_is_refused_when_it_is_asked() -> None:
    asked = 0
    for seed in range(400):
        whim = Seeded(seed)
        play = choose(whim, STARTS).copy()
        for _ in range(6):
            step(play, whim)
        if not play.case.periods:
            continue
        for actor in PEOPLE:
            closed = {
                (choice["name"], choice["period"])
                for choice in choices(play.case, actor, play.now, CURRENT, CALENDAR)
                if not choice["allowed"]
            }
            for name, period in closed:
                play.about = period
                body = BODIES.get(name)
                data, facts = body(play, whim) if body else (STATED, {})
                events = play.copy().send(name, actor, data, facts)
                # The same signature once more is answered as before, and changes nothing.
                once = [] if name == "sign" and events[0].type == "noted" else events
                told = (seed, name, play.status)
                assert {event.type for event in once} <= {"refused"}, told
                asked += 1
    assert asked > 5_000


# Reasons that lie in the case and in who asks: whoever was shown a command never hears them of it.
KNOWN = {
    *("status_does_not_allow", "case_closed", "unknown_command", "not_your_case", "late"),
    *("nothing_to_do", "party_cannot_decide", "represented", "consent_missing", "power_ended"),
    *("power_not_begun", "outside_power", "representative_unconfirmed", "request_pending"),
    *("case_paused", "already_decided", "hearing_pending", "not_heard", "objections_open"),
    *("term_is_statutory",),
}
TRIES = 24


def asked_for(play: Play, actor: Actor, choice: dict[str, Any], whim: Seeded) -> list[set[str]]:
    """Why a command that is shown as open was refused, at each try; empty where it was not."""
    name, number = choice["name"], choice["period"]
    fields = {
        NAMING[guard]
        for row in CURRENT.process.rows
        if row.on == name
        for guard in row.guards
        if guard in NAMING and NAMING[guard] != "quantity"
    }
    body, found = BODIES.get(name), []
    for turn in range(TRIES):
        other = play.copy()
        other.about = number
        data, facts = body(other, whim) if body else ({}, {})
        data = {**PROVEN, "to": "authority_lead", **data}
        message = Message(id="", name=name, at=play.now, actor=actor)
        context = Context(play.case, other.period, message, CURRENT, CALENDAR)
        for field in fields:
            options = list(OPTIONS[field](context))
            data[field] = options[turn % len(options)]
        events = other.send(name, actor, data, facts)
        if events[0].type != "refused":
            return []
        found.append({reason["code"] for reason in events[0].data["reasons"]})
    return found


@pytest.mark.timeout(300)
def test_a_command_shown_as_open_is_not_refused_for_what_could_have_been_known() -> None:
    asked = 0
    for seed in range(150):
        whim = Seeded(seed)
        play = choose(whim, STARTS).copy()
        for _ in range(whim.below(9)):
            step(play, whim)
        if not play.case.periods:
            continue
        for actor in PEOPLE:
            for choice in choices(play.case, actor, play.now, CURRENT, CALENDAR):
                if choice["allowed"]:
                    tries = asked_for(play, actor, choice, whim)
                    told = (seed, choice["name"], actor.role, play.status, tries)
                    assert not tries or any(KNOWN.isdisjoint(one) for one in tries), told
                    asked += 1
    assert asked > 3_000


def test_nothing_is_offered_that_would_have_nothing_to_be_about() -> None:
    play = reach("under_review")
    assert "answer_escalation" not in allowed(play, C)
    assert "extend_term" not in allowed(play, C), "the review is a term of the law"
    play.send("escalate", C, {"reason": "stated", "to": "authority_lead"})
    assert "answer_escalation" in allowed(play, C)
    assert "sign" not in allowed(play, R), "the same signature again is answered, and not asked for"


def test_what_one_proposed_for_several_periods_is_confirmed_once() -> None:
    play = side_by_side()[-3].copy()
    while sum(one.status != "planned" for one in play.case.periods.values()) < 2:
        play.wait()
    play.send("record_capacity", C, {**PROVEN, "capacity": "represented"})
    (made,) = play.case.measure.acting.proposed if play.case.measure else ()
    events = play.send("confirm_representation", C2, {"proposal": made.id})
    assert events[0].type == "representation_changed"
    assert play.case.measure is not None
    assert play.case.measure.acting.proposed == ()
