"""What a supplier sees: its own order while it stands, how it ended, and nothing afterwards."""

import json
from dataclasses import dataclass
from typing import Any

import pytest

from domain.case.outlook import choices
from domain.case.periods import meant
from domain.case.projection import project, view_of
from domain.case.state import Case, Order
from domain.messages import Event, Message, Refusal
from domain.parties.sight import (
    ORDER_ENDED,
    Sight,
    all_stand,
    concerns,
    sight,
    standing,
    stands,
    suppliers,
    with_ends,
)
from tests.domain.chance import choose
from tests.domain.play import (
    CALENDAR,
    CURRENT,
    S2,
    WAY,
    C,
    E,
    K,
    Play,
    R,
    S,
    Seeded,
    order,
    power,
    reach,
)
from tests.domain.reading import PROVEN, STATED
from tests.domain.rounds import side_by_side
from tests.domain.starts import STARTS
from tests.domain.whims import BODIES, step
from tests.support.door import looked_up

EVERYBODY = ("supplier-1", "supplier-2", "supplier-3", "supplier-9")
ENDINGS = (("refuse_order", S), ("cancel_order", R), ("withdraw_order", S), ("complain", R))


@dataclass(frozen=True)
class Seen:
    """All that the reads of a supplier are made of."""

    view: dict[str, Any]
    lines: dict[int, str | None]
    terms: frozenset[tuple[int, str, int]]
    sight: Sight


def look(play: Play, supplier: str) -> Seen:
    begun = Case(id=play.case.id, edition=CURRENT.hash)
    found = sight(begun, play.events, supplier, CURRENT.process)
    law = with_ends(CURRENT)
    view = view_of(found.case, project(found.case, law, CALENDAR), law)
    return Seen(view, found.lines, found.terms, found)


def without_money(view: dict[str, Any]) -> dict[str, Any]:
    periods = [{**one, "payments": None} for one in view["periods"]]
    return {**view, "version": None, "periods": periods}


def ended(case: Case, supplier: str) -> bool:
    """Whether all its orders ended: none is live."""
    return supplier in suppliers(case) and not any(
        stands(period, supplier) for period in case.periods.values()
    )


def turn(play: Play, whim: Seeded) -> None:
    """One more thing happens; orders end more often than in life, and others are chosen."""
    if not whim.below(4):
        name, actor = choose(whim, ENDINGS)
        play.send(name, actor, {**STATED, "known_on": play.today()})
    if not whim.below(4):
        play.send("decide_for_recipient", K, STATED)
    if not whim.below(3):
        data, facts = order(supplier=choose(whim, ("supplier-1", "supplier-2")))
        play.send("place_order", R, data, facts)
    step(play, whim)


def walked(seed: int) -> int:
    """How often something happened after all orders of a supplier had ended."""
    whim, found = Seeded(seed), 0
    play = choose(whim, STARTS).copy()
    stood: set[str] = set()

    def watch(now: Play, _: Message, __: Case, ___: list[Event]) -> None:
        stood.update(one for one in suppliers(now.case) if not ended(now.case, one))

    play.watch = watch
    seen = {one: look(play, one) for one in suppliers(play.case)}
    for _ in range(10):
        before, known = play.case, seen
        stood.clear()
        turn(play, whim)
        seen = {one: look(play, one) for one in suppliers(play.case)}
        for supplier, now in seen.items():
            check(play, supplier, now)
            if not concerns(play.case, supplier, play.events[before.seq :]):
                assert now.lines == known[supplier].lines
            if supplier in known and ended(before, supplier) and supplier not in stood:
                unchanged(known[supplier], now)
                found += play.case.seq > before.seq
    return found


def unchanged(before: Seen, now: Seen) -> None:
    assert without_money(now.view) == without_money(before.view)
    assert now.terms == before.terms
    added = now.lines.keys() - before.lines.keys()
    assert not added or now.view["periods"] != before.view["periods"], "only money is added"


def one_of(order: Order) -> tuple[str | None, str | None]:
    return order.supplier, order.successor


def check(play: Play, supplier: str, now: Seen) -> None:
    """Its own periods alone, nobody else's name, and what its list would be told."""
    own = {
        number
        for number, one in play.case.periods.items()
        if any(supplier in one_of(o) for o in one.orders)
    }
    assert {one["number"] for one in now.view["periods"]} == own
    assert {period for period, _, _ in now.terms} <= own
    mine = [o for n in own for o in play.case.periods[n].orders]
    kin = {
        n for o in mine for n in (o.supplier, o.successor) if supplier in (o.supplier, o.successor)
    }
    said = json.dumps(now.view, default=str)
    assert [one for one in EVERYBODY if one not in kin and f'"{one}"' in said] == []
    if all_stand(play.case, supplier):
        listed = standing(play.case, supplier, play.events, CURRENT.process)
        row, walk = (project(one, with_ends(CURRENT), CALENDAR) for one in (listed, now.sight.case))
        told = ("seq", "status", "closed", "waits_for", "due_at")
        assert [getattr(row, name) for name in told] == [getattr(walk, name) for name in told]


@pytest.mark.timeout(300)
def test_after_its_order_has_ended_a_supplier_sees_nothing_change_but_its_money() -> None:
    assert sum(walked(seed) for seed in range(250)) > 150


def test_an_order_that_ended_is_a_status_of_its_own_while_the_case_goes_on() -> None:
    play = reach("ordered")
    play.send("refuse_order", S, STATED)
    view = look(play, "supplier-1").view
    (period,) = view["periods"]
    assert (view["status"], period["status"], period["closed"]) == (ORDER_ENDED, ORDER_ENDED, True)
    assert (view["waits_for"], view["due"], view["closed"]) == (["nobody"], None, True)
    assert (period["order"], len(period["earlier_orders"])) == (None, 1)
    assert look(play, "supplier-1").lines[play.case.seq] == ORDER_ENDED


def test_whose_order_is_the_second_of_a_period_sees_it_to_its_payment() -> None:
    play = reach("choosing")
    data, facts = order(supplier="supplier-2")
    play.send("place_order", R, data, facts)
    play.send("refuse_order", S2, STATED)
    for expected, onward in WAY[3:]:
        onward(play)
        assert (play.status, look(play, "supplier-1").view["status"]) == (expected, expected)
        assert look(play, "supplier-2").view["status"] == ORDER_ENDED
    (payment,) = look(play, "supplier-1").view["periods"][0]["payments"]
    assert payment["status"] == "settled"


def test_where_the_case_ends_with_the_order_the_supplier_sees_how() -> None:
    play = reach("ordered")
    play.send("revoked", E)
    assert look(play, "supplier-1").view["status"] == "withdrawn" == play.status


def test_a_supplier_of_one_period_sees_nothing_of_another_that_is_ordered_elsewhere() -> None:
    play = side_by_side()[3]
    data, facts = order(supplier="supplier-2", quantity=1, co_payment_confirmed=2_000_00)
    before = look(play, "supplier-1").view
    (event,) = play.send("place_order", R, data, facts, period=2)
    assert event.data["to"] == "ordered"
    assert look(play, "supplier-1").view == before
    assert [one["number"] for one in before["periods"]] == [1]
    assert [one["number"] for one in look(play, "supplier-2").view["periods"]] == [2]


def test_who_acts_and_what_is_measured_stay_as_they_were_when_the_order_ended() -> None:
    play = reach("ordered")
    play.send("refuse_order", S, STATED)
    before = look(play, "supplier-1")
    data, facts = order(supplier="supplier-2")
    play.send("place_order", R, data, facts)
    assert look(play, "supplier-1").view == before.view
    assert look(play, "supplier-2").view["status"] == "ordered"


def test_a_command_of_a_supplier_is_about_its_own_order_or_refused_without_a_word_on_others() -> (
    None
):
    play = reach("ordered")
    for actor in (S2, S):
        for name in ("confirm", "mark_delivered", "sign", "withdraw_order", "change_account"):
            body = BODIES.get(name)
            data, facts = body(play, Seeded(1)) if body else (STATED, {})
            other = play.copy()
            other.send("refuse_order", S, STATED)
            for case in (play.copy(), other) if actor is S2 else (other,):
                (event,) = case.send(name, actor, data, facts)
                assert event.data["reasons"] == [{"code": "not_your_case", "facts": {}}]
    assert isinstance(meant(play.case, 1, CURRENT.process, S2), Refusal)
    assert choices(play.case, S2, play.now, CURRENT, CALENDAR, looked_up({})) == []


def test_a_supplier_sees_nobody_who_is_only_proposed() -> None:
    """Whom a caseworker entered and a second one has not confirmed is no business of a seller."""
    play = reach("ordered")
    play.send("begin_representation", C, {**PROVEN, "representative": power(person="person-3")})
    assert play.case.measure is not None
    assert play.case.measure.acting.proposed
    assert look(play, "supplier-1").view["acting"]["proposed"] == []
