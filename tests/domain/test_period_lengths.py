"""A period is as long as the span by which the catalogue grants it (rows Q1, Q2)."""

from datetime import date
from typing import Any

import pytest

from domain.case.norms import uses
from domain.case.periods import span_of
from domain.case.state import Measure
from tests.domain.play import measure
from tests.domain.rounds import BY_QUARTER, MONTHS, QUARTERS, YEAR, granted
from tests.domain.test_rows_periods import days, wait_for
from tests.domain.whims import DAY


def test_q2_a_service_of_the_quarter_is_counted_by_quarters() -> None:
    """The share is that of a quarter: it is not granted each month."""
    play = granted("in_fulfilment", **BY_QUARTER)
    assert days(play, 1) == (date(2026, 11, 23), date(2026, 12, 31))
    wait_for(play, 3, "in_fulfilment")
    assert days(play, 2) == (date(2027, 1, 1), date(2027, 3, 31))
    assert days(play, 3) == (date(2027, 4, 1), date(2027, 6, 30))
    assert [(one.year, one.quantity) for one in uses(play.case)] == [
        (2026, 2),
        (2027, 2),
        (2027, 2),
    ]
    assert play.case.periods[3].orders[0].span == "quarter"


@pytest.mark.parametrize(
    ("granted_by", "ends", "second"),
    [
        (QUARTERS, date(2027, 2, 22), date(2027, 5, 22)),
        ({**QUARTERS, "periodic": "month"}, date(2026, 12, 22), date(2027, 1, 22)),
        ({**QUARTERS, "periodic": "year"}, date(2027, 11, 22), date(2028, 11, 22)),
        (MONTHS, date(2026, 11, 30), date(2026, 12, 31)),
        (BY_QUARTER, date(2026, 12, 31), date(2027, 3, 31)),
        (YEAR, date(2026, 11, 30), date(2026, 12, 31)),
    ],
)
def test_q1_q2_a_period_is_as_long_as_what_it_is_granted_by(
    granted_by: dict[str, Any], ends: date, second: date
) -> None:
    """Goods from the day of the notice; a service by calendar months, or by calendar quarters."""
    held = Measure.model_validate(measure(**granted_by))
    first = date(2026, 11, 23)
    assert span_of(held, first, 0) == (first, ends)
    assert span_of(held, first, 1) == (ends + DAY, second)
