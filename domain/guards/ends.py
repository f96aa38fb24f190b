"""What may be undone after a case has closed, and what warns of an end (rows C9, L12)."""

from collections.abc import Mapping
from typing import Final

from domain.case import Decision, Measure
from domain.context import Context
from domain.guards.registry import by_another, naming, unless
from domain.messages import Refusal
from domain.selectors import body_selector, naming_selector, selector

# Which grounds re-open what; from other ends every ground of the edition does.
FITTING: Final[Mapping[str, tuple[str, ...]]] = {
    "refused": ("appeal", "court"),
    "withdrawn": ("appeal", "court"),
    "to_procurement": ("appeal", "court", "procurement_failed"),
    "to_employer": ("appeal", "court", "employer_gone"),
}
OTHERWISE: Final = ("appeal", "court", "new_application")
TOLD: Final = ("choosing", "choice_expired")


# --- which row fits ---


@selector
def implementation_first(c: Context) -> bool:
    """The implementation term ends before the choice, and nobody has been warned of it yet."""
    choice = c.deadline("choice")
    ends_first = choice is not None and c.measure.implement_until < choice.last_day
    return ends_first and "implementation_warned" not in c.period.flags


def _proposed(c: Context) -> list[Decision]:
    """Who wants to re-open the case as it is closed now, on this ground."""
    return [one for one in c.proposed("reopen", "ground") if one.at >= c.period.since]


@naming_selector("ground")
def no_reopening_yet(c: Context) -> bool:
    return not _proposed(c)


@selector
def closed_in_review(c: Context) -> bool:
    return c.period.closed_from == "under_review"


@selector
def closed_when_told(c: Context) -> bool:
    """The recipient had been notified: there is a choice that goes on."""
    return c.period.closed_from in TOLD


@body_selector
def programme_runs_again(c: Context) -> bool:
    """The revision brings a programme that has not ended."""
    until = Measure.model_validate(c.data["measure"]).valid_until
    return until is None or until >= c.today


# --- what must hold ---


@naming("ground")
def reopening_ground_fits(c: Context) -> Refusal | None:
    """A ground of the edition that undoes this end."""
    ground = c.data.get("ground")
    fits = ground in FITTING.get(c.period.status, OTHERWISE)
    return unless(fits and ground in c.edition.reopening_grounds, "ground_not_listed")


@naming("ground")
def second_reopener(c: Context) -> Refusal | None:
    return by_another(c, _proposed(c))
