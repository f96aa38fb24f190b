"""In how many days an authority's payments came: what a supplier can expect, and whether it held.

A day counts from the one on which the application was complete (row A2) to the one on which the
treasury had settled the first of its money. Both stand in the file; nothing is kept for it.
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from math import ceil
from typing import Final
from uuid import UUID

from sqlalchemy import Connection, Engine, text

from db.dispatches import legal_now
from db.engine import reads
from db.figures import WAITED_SECONDS, find_kept, keep_figures
from domain.terms.counting import local_day

# What an authority did two years ago says nothing of this month.
BACK: Final = timedelta(days=365)
MOST: Final = 200
# Of fewer nobody can say what is usual.
LEAST: Final = 10
HALF: Final = 0.5
NEARLY_ALL: Final = 0.9

_PAID: Final = text("""
    WITH paid AS (
        SELECT case_id, period, order_number, min(on_day) AS on_day FROM money
        WHERE authority_id = :authority AND kind = 'settled' AND on_day > :since
        GROUP BY case_id, period, order_number ORDER BY min(on_day) DESC LIMIT :most
    )
    SELECT p.on_day, array_agg(e.at) AS complete FROM paid p
    JOIN event e ON e.case_id = p.case_id AND e.period = p.period AND e.type = 'registered'
    GROUP BY p.case_id, p.period, p.order_number, p.on_day
""")


@dataclass(frozen=True, slots=True)
class PaymentDays:
    """Of the last `of` payments half came within `half` days, nine of ten within `most`.

    `kept`: of how many in a hundred of them the money came within the days in which, when they
    were complete, it had come to nine of ten before them; None where there were too few before.
    """

    half: int
    most: int
    of: int
    kept: int | None


@dataclass(frozen=True, slots=True)
class Paid:
    """One order: when its application was complete, and when its money came."""

    complete: date
    on: date

    @property
    def days(self) -> int:
        """Calendar days."""
        return (self.on - self.complete).days


def payment_days(engine: Engine, authority: UUID) -> PaymentDays | None:
    """Of its last payments within a year; None where these are fewer than ten. Kept for an hour."""
    scope = f"paid:{authority}"
    with reads(engine) as connection:
        if (kept := find_kept(connection, scope, WAITED_SECONDS)) is not None:
            return PaymentDays(**kept) if kept else None
        found = reckon(_paid(connection, authority))
    with engine.begin() as connection:
        keep_figures(connection, scope, asdict(found) if found else {}, 0)
    return found


def reckon(paid: Sequence[Paid]) -> PaymentDays | None:
    """What payments say, in whatever order they come."""
    if len(paid) < LEAST:
        return None
    days = [one.days for one in paid]
    return PaymentDays(_within(days, HALF), _within(days, NEARLY_ALL), len(paid), _kept(paid))


def _kept(paid: Sequence[Paid]) -> int | None:
    """Each beside those that were paid before it was complete."""
    by_day = sorted(paid, key=lambda one: one.on)
    came = []
    for one in paid:
        before = by_day[: bisect_left(by_day, one.complete, key=lambda other: other.on)]
        if len(before) >= LEAST:
            came.append(one.days <= _within([other.days for other in before], NEARLY_ALL))
    return round(100 * sum(came) / len(came)) if came else None


def _within(days: Sequence[int], share: float) -> int:
    """In so many days or sooner it came to at least this share."""
    return sorted(days)[ceil(share * len(days)) - 1]


def _paid(connection: Connection, authority: UUID) -> list[Paid]:
    since = local_day(legal_now(connection)) - BACK
    rows = connection.execute(_PAID, {"authority": authority, "since": since, "most": MOST})
    return [
        Paid(max(before), row.on_day)
        for row in rows
        # One that was returned and came again is complete when it came for the last time.
        if (before := [day for at in row.complete if (day := local_day(at)) <= row.on_day])
    ]
