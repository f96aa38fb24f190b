"""What happens beside the money: orders that follow each other, moves, caseworkers alone."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from domain.messages import SERVICE, Actor
from tests.domain.chance import choose
from tests.domain.play import (
    AUTHORITY,
    C2,
    C9,
    ELSEWHERE,
    REPRESENTATIVE,
    C,
    Choices,
    E,
    Play,
    R,
    S,
    measure,
    order,
    signing,
)

C8 = Actor(role=C9.role, id="clerk-8", on_behalf_of=ELSEWHERE)
AUTHORITIES: Final = {AUTHORITY: (C, C2), ELSEWHERE: (C8, C9)}
CASEWORKERS: Final = (C, C2, C8, C9)
REASONS: Final = {"reason": True, "evidence": True}
BOTH_SIDES: Final = {"acts_for": {"supplier-1": [REPRESENTATIVE]}}
APPLICATION: Final = {"application": "app-1"}


def on_a_desk(play: Play) -> None:
    """Whatever is owed, by whom, is somebody's work, or two have to say first what stands."""
    period, tasks = play.period, play.case.tasks
    standing = period.application.order if period.application else None
    for number in {payment.order for payment in period.payments}:
        if any(p.doubtful or p.unanswered for p in period.payments if p.order == number):
            continue
        owed = period.owed_back(number, period.payments)
        due = period.due(number, period.payments)
        if number == standing:
            assert not owed or period.status == "recovering", "owed back, and nobody asks for it"
            failed = period.status == "payment_failed" and "1:payment_failed" in tasks
            assert not due or failed or period.status == "payment_pending", "due, and on no desk"
        else:
            assert not (owed or due) or "1:earlier_money" in tasks, "of an order that is gone"


def _confirm(play: Play) -> None:
    play.send("confirm", S)


def _deliver(play: Play) -> None:
    play.send("mark_delivered", S, {"on": play.today(), "quantity": 2, "evidence": True})


def _accept(play: Play) -> None:
    play.send("accept", R, {"quantity": 2}, APPLICATION)


def _sign(play: Play) -> None:
    play.send("sign", S, *signing(play))


def _approve(play: Play) -> None:
    for caseworker in AUTHORITIES[play.period.payer or ""]:
        play.send("approve", caseworker)


ONWARD: Final[Mapping[str, Callable[[Play], None]]] = {
    "choosing": lambda play: _order(play),
    "ordered": _confirm,
    "in_fulfilment": _deliver,
    "delivered": _accept,
    "awaiting_signatures": _sign,
    "under_review": _approve,
}


def _order(play: Play) -> None:
    play.send("place_order", R, *order())


def _move(play: Play) -> None:
    held = play.case.measure
    assert held is not None
    other = ELSEWHERE if held.authority == AUTHORITY else AUTHORITY
    told = measure(authority=other, revision=held.revision + 1)
    play.send("measure_arrived", E, {"measure": told})


def _hold(play: Play) -> None:
    """One person is found on both sides, and two end the order if they may."""
    play.send("conflict_found", SERVICE, {}, BOTH_SIDES)
    for caseworker in AUTHORITIES[play.period.payer or AUTHORITY]:
        play.send("end_order", caseworker, REASONS)


def go_on(play: Play, whim: Choices) -> None:
    """The order goes on to its payment; rarely the recipient moves, or the order is held."""
    if not whim.below(12):
        _move(play)
    elif not whim.below(40) or play.period.held:
        _hold(play)
    for _ in range(whim.below(len(ONWARD) + 1)):
        if play.status in ONWARD:
            ONWARD[play.status](play)


ALONE: Final[tuple[tuple[str, dict[str, Any]], ...]] = (
    ("retry_payment", {}),
    ("write_off", REASONS),
    ("write_off", {**REASONS, "order": 1}),
    ("check_account", {}),
    ("end_order", REASONS),
)


def act_alone(play: Play, whim: Choices) -> None:
    """Nothing of what two decide moves by one, however often."""
    name, said = choose(whim, ALONE)
    caseworker = choose(whim, CASEWORKERS)
    play.send(name, caseworker, said)
    before = play.case
    play.send(name, caseworker, said)
    assert play.period.payments == before.periods[1].payments, "one decided alone"
    assert play.status == before.status, "one decided alone"
