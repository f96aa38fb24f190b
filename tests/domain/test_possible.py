"""What a form offers in a case: of each kind of field what can be said there, and no more."""

from datetime import timedelta
from typing import Any

from domain.case.possible import bounds, needed, possible
from domain.messages import Actor
from tests.domain.every_option import context_of
from tests.domain.hearings import heard
from tests.domain.play import C2, CURRENT, C, E, Play, R, S, order, reach
from tests.domain.reading import PROVEN, STATED, refusals
from tests.domain.test_money_of_gone_orders import paid_beside
from tests.domain.test_words_repeated import recovering


def can(play: Play, name: str, actor: Actor, *fields: str) -> dict[str, list[Any]]:
    return possible(context_of(play, name, actor), fields)


def within(play: Play, name: str, actor: Actor, field: str) -> tuple[Any, Any]:
    """The first and the last of what is offered."""
    found = bounds(context_of(play, name, actor), [field])[field]
    return found.first, found.last


def test_only_the_grounds_that_fit_what_was_heard_can_be_named() -> None:
    play = reach("under_review")
    grounds = set(CURRENT.refusal_grounds) - {"unsigned"}
    assert set(can(play, "intend_refusal", C, "ground")["ground"]) == grounds
    told = heard("not_delivered")
    assert can(told, "refuse", C, "ground") == {"ground": ["not_delivered"]}


def test_a_term_that_has_stopped_is_not_offered_to_be_disputed() -> None:
    play = reach("choosing")
    assert "notice" in play.period.deadlines
    assert "notice" not in can(play, "contest_deadline", R, "term")["term"]
    play.send("contest_deadline", R, {"term": "choice", "start": play.today(-1), **STATED})
    assert "choice" not in can(play, "contest_deadline", R, "term")["term"], "disputed already"


def test_what_one_entered_is_offered_to_another_alone() -> None:
    play = reach("choosing")
    play.send("record_capacity", C, {**PROVEN, "capacity": "represented"})
    assert play.case.measure is not None
    (made,) = play.case.measure.acting.proposed
    assert can(play, "confirm_representation", C, "proposal") == {"proposal": []}
    assert can(play, "confirm_representation", C2, "proposal") == {"proposal": [made.id]}


def test_days_and_quantities_are_offered_between_their_bounds() -> None:
    play = reach("in_fulfilment")
    ordered = play.period.order
    assert ordered is not None
    assert within(play, "mark_delivered", S, "quantity") == (2, 2)
    assert within(play, "mark_delivered", S, "on") == (play.today(), play.today())
    assert within(reach("choosing"), "place_order", R, "quantity") == (None, 2)
    first, last = within(reach("choosing"), "pause", C, "until")
    assert (first, last > play.today(30)) == (play.today(1), True)


def test_of_goods_a_part_may_be_accepted_and_after_it_all_that_is_left() -> None:
    play = reach("delivered")
    assert within(play, "accept", R, "quantity") == (1, 2)
    play.send("accept", R, {"quantity": 1}, {"application": "app-part"})
    rest = next(one.number for one in play.case.periods.values() if one.part_of)
    play.about = rest
    play.send("mark_delivered", S, {"on": play.today(), "quantity": 1, **PROVEN})
    assert within(play, "accept", R, "quantity") == (1, 1)


def test_after_a_revocation_only_days_before_it_are_offered_and_named() -> None:
    play = reach("in_fulfilment")
    placed = play.today()
    play.now += timedelta(days=4)
    play.send("revoked", E, {"ground": "programme_revoked"})
    assert within(play, "mark_delivered", S, "on") == (placed, play.today(-1))
    late = {"on": play.today(), "quantity": 2, **PROVEN}
    told = refusals(play.send("mark_delivered", S, late))
    assert told == {"programme_not_in_force": {"latest": play.today(-1)}}


def test_what_a_term_may_be_extended_to_depends_on_the_term() -> None:
    play = reach("in_fulfilment")
    play.now += timedelta(days=4)
    play.send("revoked", E, {"ground": "programme_revoked"})
    found = bounds(context_of(play, "extend_term", C), ["until"])["until"]
    assert (found.by, set(found.each)) == ("term", {"delivery", "handover_proof"})
    for term, one in found.each.items():
        assert one.first == _day_after(play, term)
    only = bounds(context_of(play, "extend_term", C), ["until"], {"term": "delivery"})["until"]
    assert (only.first, only.last) == (found.each["delivery"].first, found.each["delivery"].last)


def _day_after(play: Play, term: str) -> str:
    return (play.period.deadlines[term].last_day + timedelta(days=1)).isoformat()


def test_what_is_not_there_cannot_be_corrected_and_what_is_so_cannot_be_recorded() -> None:
    play = reach("choosing")
    fields = can(play, "propose_correction", C, "field")["field"]
    assert set(fields) == {*CURRENT.correctable_fields} - {"delivered_on"}
    assert "delivered_on" in can(reach("delivered"), "propose_correction", C, "field")["field"]
    play.send("record_capacity", C, {**PROVEN, "capacity": "assisted"})
    (made,) = play.case.measure.acting.proposed if play.case.measure else ()
    play.send("confirm_representation", C2, {"proposal": made.id})
    assert can(play, "record_capacity", C, "capacity") == {"capacity": ["full", "represented"]}


def test_a_statement_is_offered_for_what_it_may_decide_alone() -> None:
    play = reach("paid")
    offered = can(play, "enter_statement", C, "key", "outcome", "differs")
    assert list(offered["outcome"]) == ["returned"]
    assert offered["differs"] == [], "of what came back it says nothing"


def test_an_order_that_is_gone_is_named_where_no_other_can_be_meant() -> None:
    play = paid_beside()
    context = context_of(play, "confirm_return", C)
    assert needed(context, ["order"]) == ["order"]
    assert refusals(play.copy().send("confirm_return", C, PROVEN)) == {
        "incomplete": {"fields": "order"}
    }
    assert needed(context_of(recovering(), "confirm_return", C), ["order"]) == []


def test_who_proposed_a_second_return_is_not_offered_to_confirm_it() -> None:
    play = reach("under_review")
    asked = {"what": "attachment", "until": play.today(10), **STATED}
    play.send("return_application", C, asked)
    play.send("provide_attachment", S, PROVEN)
    play.send("return_application", C, asked)
    assert can(play, "return_application", C, "what") == {"what": ["content"]}
    assert can(play, "return_application", C2, "what") == {"what": ["content", "attachment"]}


def test_what_other_cases_hold_of_the_norm_is_not_offered() -> None:
    play = reach("choosing")
    play.known = {"norm_used": 2}
    assert within(play, "place_order", R, "quantity") == (None, 1)
    told = refusals(play.send("place_order", R, *order(norm_used=2)))
    assert told["over_norm"]["most"] == 1


def test_days_of_an_order_that_fell_through_and_of_a_power_are_between_bounds() -> None:
    play = reach("ordered")
    play.send("refuse_order", S, STATED)
    assert within(play, "enter_proof", C, "on") == (play.today(), play.today())
    assert within(play, "end_representation", R, "on") == ("2026-01-12", play.today())
