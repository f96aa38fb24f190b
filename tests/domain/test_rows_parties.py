"""Rows of the parties: where they live (L7), and if the recipient has died (L3)."""

from typing import Any

import pytest

from tests.domain.play import (
    C2,
    C9,
    ELSEWHERE,
    T_,
    C,
    E,
    Play,
    R,
    S,
    V,
    measure,
    order,
    reach,
    report,
    signing,
)
from tests.domain.reading import refusals, rows
from tests.domain.representing import (
    OPEN,
    PROVEN,
    paused_for,
)

# --- L7 ---


@pytest.mark.parametrize("status", OPEN)
def test_l7_e_tells_that_the_recipient_moved_and_the_status_stays(status: str) -> None:
    play = reach(status)
    there = measure(revision=2, authority=ELSEWHERE, region="711110000")
    assert rows(play.send("measure_arrived", E, {"measure": there})) == ["L7"]
    assert play.status == status
    assert play.case.measure is not None
    assert (play.case.measure.authority, play.case.measure.region) == (ELSEWHERE, "711110000")


def moved(play: Play) -> list[Any]:
    said = {"authority": ELSEWHERE, "region": "711110000", **PROVEN}
    return play.send("move", C, said)


def test_l7_a_move_before_the_order_leaves_the_old_authority_nothing() -> None:
    play = reach("choosing")
    assert rows(moved(play)) == ["L7"]
    assert "not_your_case" in refusals(moved(play))
    data, facts = order()
    assert "region_not_served" in refusals(play.send("place_order", R, data, facts))
    play.send("place_order", R, data, {**facts, "offer_regions": ["71"]})
    assert play.period.order is not None
    assert play.period.order.authority == ELSEWHERE


def test_l7_the_authority_of_the_order_reviews_and_pays_it() -> None:
    play = reach("under_review")
    moved(play)
    assert "not_your_case" in refusals(play.send("approve", C9))
    assert rows(play.send("approve", C)) == ["V2"]
    assert rows(play.send("approve", C2)) == ["V3"]
    play.answer("pay")
    play.send("payment_reported", T_, report(play, "settled"))
    assert play.status == "paid"
    assert rows(play.send("escalate", C9, {"to": "lead", "reason": True})) == ["L10"]


def test_l7_the_same_place_is_no_move() -> None:
    play = reach("choosing")
    here = {"authority": "authority-1", "region": "751110000", **PROVEN}
    assert "nothing_to_do" in refusals(play.send("move", C, here))


# --- L3: the recipient died ---


def test_l3_after_delivery_the_act_of_hand_over_stands_for_the_dead() -> None:
    play = reach("delivered")
    assert "recipient_lives" in refusals(play.send("attest_handover", C, {"quantity": 2, **PROVEN}))
    assert rows(play.send("revoked", E, {"ground": "person_died"})) == ["L3"]
    assert "not_your_case" in refusals(play.send("accept", R, {"quantity": 2}))
    assert "not_your_case" in refusals(play.send("accept", V, {"quantity": 2}))
    assert not paused_for(play)
    assert rows(play.send("attest_handover", C, {"quantity": 2, **PROVEN})) == ["L3"]
    assert rows(play.send("sign", S, *signing(play))) == ["A1", "A2"]
    play.send("approve", C)
    play.send("approve", C2)
    play.answer("pay")
    assert rows(play.send("payment_reported", T_, report(play, "settled"))) == ["P2"]


def test_l3_the_act_stands_for_a_signature_that_was_not_good() -> None:
    play = reach("choosing")
    data, facts = order()
    play.send("place_order", R, data, {**facts, "signature": {"reason": "unchecked"}})
    play.send("confirm", S)
    play.send("mark_delivered", S, {"on": play.today(), "quantity": 2, "evidence": True})
    play.send("revoked", E, {"ground": "person_died"})
    play.send("attest_handover", C, {"quantity": 2, **PROVEN})
    play.answer("verify", reason="certificate_revoked")
    play.send("sign", S, *signing(play))
    assert play.status == "awaiting_signatures"
    assert rows(play.send("attest_handover", C, {"quantity": 2, **PROVEN})) == ["L3", "A2"]
    play.send("approve", C)
    assert rows(play.send("approve", C2)) == ["V3"]


def test_l3_a_death_that_is_told_twice_or_late_is_noted_once() -> None:
    play = reach("completed")
    assert rows(play.send("revoked", E, {"ground": "person_died"})) == ["-"]
    assert play.case.measure is not None
    assert play.case.measure.acting.died
