"""A stay at a sanatorium is ordered in winter for the season (C1, O1, F1, F2)."""

from datetime import UTC, datetime

import pytest

from tests.domain.ends import arrived
from tests.domain.play import Play, R, S, order
from tests.domain.reading import notify, refusals, rows


def january(category: str = "SANATORIUM") -> Play:
    play = arrived(category=category)
    play.now = datetime(2027, 1, 12, 6, tzinfo=UTC)
    notify(play)
    return play


def test_c1_o1_a_voucher_for_may_is_ordered_in_january_and_its_term_is_the_day_agreed() -> None:
    play = january()
    assert rows(play.send("place_order", R, *order(deliver_by="2027-05-14"))) == ["C1"]
    play.send("confirm", S)
    delivery = play.period.deadlines["delivery"]
    assert delivery.last_day.isoformat() == "2027-05-14"
    assert delivery.certificate["article"] == "agreed in the order"
    # Nobody is overdue before May, and after it the term of delivery runs out as any other.
    assert rows(play.wait(datetime(2027, 5, 14, 6, tzinfo=UTC))) == []
    assert rows(play.wait()) == ["F2"]
    done = {"on": "2027-05-14", "quantity": 2, "evidence": True}
    assert rows(play.send("mark_delivered", S, done)) == ["F1"]


@pytest.mark.parametrize(
    ("category", "day"), [("MOBILITY_AID", "2027-05-14"), ("SANATORIUM", "2027-07-13")]
)
def test_c1_other_goods_come_within_their_term_and_no_stay_is_agreed_half_a_year_ahead(
    category: str, day: str
) -> None:
    refused = refusals(january(category).send("place_order", R, *order(deliver_by=day)))
    assert list(refused) == ["day_wrong"]
