"""Who acts next, by when, and what each may do: what is shown is what happens when it is asked."""

import pytest

from domain.messages import Actor
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
from tests.domain.reading import STATED, STRANGER
from tests.domain.starts import STARTS
from tests.domain.whims import BODIES, step
from tests.support.amount import in_proportion

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
    *("revoke", "escalate", "pause", "extend_term", "move", "propose_correction"),
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
        ("payment_failed", C, ["retry_payment", *ALWAYS, *OF_SUPPLIER]),
        ("payment_failed", S, [*PARTY, "change_account"]),
        ("completed", C, ["propose_correction"]),
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
                assert [event.type for event in events] == ["refused"], (seed, name, play.status)
                asked += 1
    assert asked > 12 * walks
