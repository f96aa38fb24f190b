"""Decisions of the authority, revocation, and changes of the law."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from domain.case import Measure
from domain.context import Change, Context, Start
from domain.deadlines import certified
from domain.moves import moved_by_edition
from domain.records.orders import voided
from domain.records.payment import begin_payment
from domain.records.registry import decided, recorder, undecided, with_flag
from domain.recount import concerned, moved


@recorder
def approve_first(c: Context) -> Change:
    return Change(period={"decisions": decided(c, "approve")})


@recorder
def approve_second(c: Context) -> Change:
    return Change(period={"decisions": decided(c, "approve", funds_lacking=True)})


@recorder
def approve_and_pay(c: Context) -> Change:
    paying = begin_payment(c)
    return Change(period={**paying.period, "decisions": decided(c, "approve")})


@recorder
def withdraw_approval(c: Context) -> Change:
    return Change(period={"decisions": undecided(c, "approve")})


@recorder
def flag_revoked(c: Context) -> Change:
    """From which day the measure is gone: the day the message names, at latest the one it came."""
    on = min(c.today, date.fromisoformat(c.data.get("effective_on") or c.today.isoformat()))
    flags = with_flag(c, "revoked", f"revoked_on:{on.isoformat()}")
    return Change(case=revoked_measure(c), period={"flags": flags})


@recorder
def withdraw(c: Context) -> Change:
    written: dict[str, Any] = {"orders": voided(c), "flags": with_flag(c, "revoked")}
    if c.period.dispute:
        written["dispute"] = None
    return Change(case=revoked_measure(c), period=written)


@recorder
def note_death(c: Context) -> Change:
    """Nothing changes but that nobody writes to the dead any more."""
    return Change(case=revoked_measure(c))


def revoked_measure(c: Context) -> dict[str, Any]:
    """What a revocation changes of the measure, if it does."""
    told = told_of(c.measure, c.data)
    return {} if told == c.measure else {"measure": told}


def told_of(measure: Measure, revocation: Mapping[str, Any]) -> Measure:
    """The measure with what a revocation says: that the recipient died; up to which revision.

    A revision that is older than the revocation comes too late, whenever it comes (row R3).
    """
    update: dict[str, Any] = {}
    if revocation.get("ground") == "person_died" and not measure.acting.died:
        update["acting"] = measure.acting.model_copy(update={"died": True})
    if revocation.get("revision", 0) > measure.revision:
        update["revision"] = revocation["revision"]
    return measure.model_copy(update=update)


@recorder
def recount_terms(c: Context) -> Change:
    """Another calendar holds: what ends later under it is certified anew (row L13)."""
    found = moved(c)
    made = tuple(certified(c, term, one) for term, one in found.items())
    return Change(moved=made, tells=concerned(c, found))


@recorder
def move_edition(c: Context) -> Change:
    """The case goes on under this edition (row L14).

    A term that limits the status and did not exist before begins today.
    """
    found, period = moved_by_edition(c), c.period
    limit = c.edition.process.statuses[period.status].term
    begun = {limit: Start()} if limit and limit not in period.deadlines else {}
    return Change(
        case={"edition": c.edition.hash},
        extends=begun,
        moved=tuple(certified(c, term, one) for term, one in found.items()),
        tells=concerned(c, found),
    )
