"""Who acts next, by when, and what each may do: what is shown is what happens when it is asked."""

from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from domain.case.awaited import waits_for
from domain.case.context import Context
from domain.case.options import OPTIONS, said
from domain.case.outlook import PEOPLE as ROLES
from domain.case.outlook import choices
from domain.case.periods import due
from domain.messages import Actor, Message
from domain.rules import GUARDS, NAMING
from tests.domain.chance import choose
from tests.domain.play import (
    ACTORS,
    C2,
    CALENDAR,
    CURRENT,
    MOMENT,
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
from tests.support.amount import in_proportion
from tests.support.door import looked_up

PEOPLE = (R, S, C, C2, A, K, STRANGER)


def allowed(play: Play, actor: Actor) -> list[str]:
    shown = choices(play.case, actor, play.now, CURRENT, CALENDAR, looked_up({}))
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
    assert waits_for(play.case, play.period, CURRENT, CALENDAR) == (who,)
    assert (deadline.term if deadline else None) == term
    assert deadline is None or deadline.expires_at > play.now


def test_what_waits_for_signatures_names_those_that_are_missing_and_the_portal_that_checks() -> (
    None
):
    play = reach("choosing")
    data, facts = order()
    play.send("place_order", R, data, {**facts, "signature": {"reason": "unchecked"}})
    play.send("confirm", S)
    play.send("mark_delivered", S, {"on": play.today(), "quantity": 2, "evidence": True})
    play.send("accept", R, {"quantity": 2})
    assert waits_for(play.case, play.period, CURRENT, CALENDAR) == ("supplier",)
    play.send("sign", S, *signing(play))
    assert waits_for(play.case, play.period, CURRENT, CALENDAR) == ("service",)
    play.answer("verify", reason="signature_wrong")
    assert waits_for(play.case, play.period, CURRENT, CALENDAR) == ("recipient",)


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
        ("completed", C, ["propose_correction", "enter_statement"]),
        ("delivered", A, ["escalate"]),
    ],
)
def test_each_person_is_shown_what_is_open_to_them(
    status: str, actor: Actor, may: list[str]
) -> None:
    play = reach("payment_pending", 1) if status == "payment_failed" else reach(status)
    if status == "payment_failed":
        payment = play.period.payments[0]
        play.send("payment_reported", T_, {"key": payment.key, "outcome": "not_executed"})
    shown = allowed(play, actor)
    assert set(may) <= set(shown)
    anywhere = {"answer_escalation", "change_contacts"}
    assert set(shown) - set(may) <= anywhere | ({"sign"} if actor is S else set())


def test_every_command_of_a_role_is_listed_with_the_reason_why_not() -> None:
    play = reach("choosing")
    shown = choices(play.case, R, play.now, CURRENT, CALENDAR, looked_up({}))
    assert [choice["name"] for choice in shown] == list(CURRENT.process.commands[R.role])
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
    shown = choices(play.case, S, play.now, CURRENT, CALENDAR, looked_up({}))
    confirm = next(choice for choice in shown if choice["name"] == "confirm")
    assert [reason["code"] for reason in confirm["reasons"]] == ["late"]


def test_a_supplier_is_offered_no_dispute_about_terms_that_it_is_not_shown() -> None:
    play = reach("ordered")
    hidden = [[1, one.term, one.revision] for one in play.period.deadlines.values()]
    facts = {**looked_up({}), "terms_hidden": hidden}
    for actor, offered in ((S, False), (R, True)):
        shown = choices(play.case, actor, play.now, CURRENT, CALENDAR, facts)
        allowed_ = [choice["name"] for choice in shown if choice["allowed"]]
        assert ("contest_deadline" in allowed_) == offered


def test_before_a_measure_has_arrived_there_is_nothing_to_choose() -> None:
    assert choices(Play().case, R, Play().now, CURRENT, CALENDAR) == []


@pytest.mark.walks
def test_a_command_shown_as_not_allowed_is_refused_when_it_is_asked() -> None:
    asked, walks = 0, in_proportion(100)
    for seed in range(walks):
        whim = Seeded(seed)
        play = choose(whim, STARTS).copy()
        for _ in range(6):
            step(play, whim)
        if not play.case.periods:
            continue
        for actor in PEOPLE:
            known = (play.case, actor, play.now, CURRENT, CALENDAR, looked_up({}))
            told_all, open_ = choices(*known), choices(*known, every=False)
            assert [one for one in told_all if one["allowed"]] == open_
            assert all(bool(one["reasons"]) != one["allowed"] for one in told_all)
            closed = {(one["name"], one["period"]) for one in told_all if not one["allowed"]}
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
    assert asked > 12 * walks


TRIES = 200
# Sensible words where those of a walk are often silly.
SENSIBLE: tuple[dict[str, Any], ...] = (
    {},
    {"field": "developed_on", "until": "2027-01-20"},
    {"amount": 1},
    {"ground": "merged", "successor": "supplier-4"},
)


def nameable(context: Context, name: str) -> dict[str, list[Any]]:
    """By field, what may be named in a command as far as guards that look at it alone can say."""
    guards: dict[str, set[str]] = {}
    for row in CURRENT.process.rows:
        for guard in row.guards if row.on == name else ():
            if guard in NAMING:
                guards.setdefault(NAMING[guard], set()).add(guard)

    def fits(field: str, option: Any) -> bool:
        message = context.message.model_copy(update={"data": said({field: option})})
        return not any(GUARDS[one](replace(context, message=message)) for one in guards[field])

    found = {one: [o for o in OPTIONS[one](context) if fits(one, o)] for one in guards}
    return {field: options for field, options in found.items() if options}


def refused_whatever_is_said(
    play: Play, actor: Actor, choice: dict[str, Any], whim: Seeded
) -> list[set[str]]:
    """Why a command that is shown as open was refused at each try; empty once one was taken."""
    name, number, found = choice["name"], choice["period"], []
    body, about = BODIES.get(name), play.copy()
    about.about = number
    message = Message(id="", name=name, at=play.now, actor=actor, facts=looked_up({}))
    options = nameable(Context(play.case, about.period, message, play.edition, CALENDAR), name)
    for turn in range(TRIES):
        other = about.copy()
        data, facts = body(other, whim) if body else ({}, {})
        data = {**PROVEN, "to": "authority_lead", **data, **SENSIBLE[turn % len(SENSIBLE)]}
        if turn % 3:
            data |= said({field: choose(whim, known) for field, known in options.items()})
        if name == "extend_term" and (held := about.period.deadlines.get(data["term"])):
            data["until"] = (held.last_day + timedelta(days=5)).isoformat()
        facts |= {"offer_regions": ["7"]}
        events = other.send(name, actor, data, facts)
        if events[0].type != "refused":
            return []
        found.append({reason["code"] for reason in events[0].data["reasons"]})
    return found


@pytest.mark.walks
def test_of_every_command_that_is_offered_something_may_be_said_that_is_taken() -> None:
    """Every `may` of everybody at the end of every walk is tried."""
    people = {one.id: one for role in ROLES for one in ACTORS[role]}
    tried, walks = Counter[str](), in_proportion(60)
    for seed in range(walks):
        whim = Seeded(seed)
        play = choose(whim, STARTS).copy()
        for _ in range(whim.below(12)):
            step(play, whim)
        for actor in people.values():
            for choice in choices(
                play.case, actor, play.now, play.edition, play.calendar, looked_up({})
            ):
                if choice["allowed"]:
                    refused = refused_whatever_is_said(play, actor, choice, whim)
                    told = (seed, choice["name"], actor, play.status, refused)
                    assert not refused, told
                    tried[choice["name"]] += 1
    assert tried.total() > 30 * walks
    assert len(tried) > 40


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


def test_a_decline_is_not_offered_to_be_taken_back_once_the_choice_is_over() -> None:
    play = reach("choosing")
    play.send("decline", R, {"reason": "stated"})
    (period,) = play.case.periods.values()
    over = period.deadlines["choice"].expires_at

    def offered(at: datetime) -> bool:
        known = (play.edition, play.calendar, looked_up({}))
        (found,) = (
            one for one in choices(play.case, R, at, *known) if one["name"] == "take_back_decline"
        )
        return bool(found["allowed"])

    assert (offered(over - MOMENT), offered(over + MOMENT)) == (True, False)
