"""Changes of the calendar as administrators propose, preview, approve and follow them."""

from datetime import date
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from api.operations import Asked
from api.proposals import ProposalView, told_proposal
from api.schemas import Answer, Texts
from db.calendars import CalendarChange
from db.open_deadlines import Place
from db.provisional import ProvisionalCount, ProvisionalDeadline
from db.recounts import Count, Recounted
from definitions.wording import every_language
from domain.terms import Calendar

OutcomeName = Literal["moves", "unchanged", "earlier", "outside"]
OUTCOMES: Final = ("moves", "unchanged", "earlier", "outside")
Version = Annotated[str, StringConstraints(pattern=r"^kz-[0-9]{4}-[0-9]{2}$")]
CURSOR: Final = r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.[0-9]{1,4}\.[a-z_]{1,40}$"


class Published(Asked):
    """A calendar that this build holds, by its version."""

    version: Version


class Announced(Asked):
    """A whole calendar, in the shape of `schemas/calendar.schema.json`."""

    calendar: dict[str, Any]


class Outcomes(Answer):
    """How many open deadlines come out how: only `moves` changes anything."""

    moves: int = 0
    unchanged: int = 0
    earlier: int = 0
    outside: int = 0


class AuthorityCount(Outcomes):
    """The same for one authority."""

    authority: UUID
    name: str | None


class ChangeView(ProposalView):
    """A change of the calendar; `extended` cases have a later day in their file."""

    version: str


class ChangePreview(ChangeView):
    """The change with exact counts of what it would still move now, in all and by authority."""

    counts: Outcomes
    authorities: list[AuthorityCount]


class ChangeList(Answer):
    """The newest first; `after` continues the list."""

    changes: list[ChangeView]
    after: UUID | None


class RecountedDeadline(Answer):
    """One open deadline, and what the change makes of it: `text` says why."""

    case_id: UUID
    reference: str
    authority: UUID
    period: int
    term: str
    revision: int
    old: date
    new: date
    outcome: OutcomeName
    text: Texts


class RecountedPage(Answer):
    """Part of the open deadlines; `after` continues it."""

    deadlines: list[RecountedDeadline]
    after: str | None = Field(description="null: this was the last part")


class ProvisionalDay(Answer):
    """A day of which nobody has decided yet, and how many deadlines depend on it."""

    day: date
    deadlines: int


class ProvisionalAuthority(Answer):
    """The provisional deadlines of one authority."""

    authority: UUID
    name: str | None
    deadlines: int
    days: list[ProvisionalDay]


class ProvisionalDeadlineView(Answer):
    """One open deadline that is counted anew once the calendar of its days is published."""

    case_id: UUID
    reference: str
    authority: UUID
    period: int
    term: str
    revision: int
    last_day: date
    days: list[date]


class Provisional(Answer):
    """Exact counts by authority, and part of the list; `after` continues it.

    From `provisional_from` on the current calendar is not yet decided.
    """

    calendar: str
    provisional_from: date
    total: int
    authorities: list[ProvisionalAuthority]
    deadlines: list[ProvisionalDeadlineView]
    after: str | None = Field(description="null: this was the last part")


def told_provisional(
    calendar: Calendar, counts: list[ProvisionalCount], found: list[ProvisionalDeadline]
) -> dict[str, Any]:
    """Provisional deadlines in JSON types."""
    shown = ProvisionalDeadlineView.model_fields.keys()
    return {
        "calendar": calendar.version,
        "provisional_from": calendar.provisional_from,
        "total": sum(one.deadlines for one in counts),
        "authorities": [
            {
                "authority": one.authority,
                "name": one.name,
                "deadlines": one.deadlines,
                "days": [{"day": day, "deadlines": many} for day, many in one.days.items()],
            }
            for one in counts
        ],
        "deadlines": [{name: getattr(one, name) for name in shown} for one in found],
    }


def told_change(change: CalendarChange) -> dict[str, Any]:
    """A change in JSON types."""
    return {**told_proposal(change), "version": change.version}


def told_counts(counts: list[Count]) -> dict[str, Any]:
    """Counts by authority, and their sum."""
    total = {name: sum(one.outcomes.get(name, 0) for one in counts) for name in OUTCOMES}
    each = [{"authority": one.authority, "name": one.name, **one.outcomes} for one in counts]
    return {"counts": total, "authorities": each}


def told_recounted(one: Recounted) -> dict[str, Any]:
    """One deadline in JSON types and words."""
    shown = RecountedDeadline.model_fields.keys() - {"text"}
    reason = every_language(f"recount.{one.outcome}")
    return {**{name: getattr(one, name) for name in shown}, "text": reason}


def cursor(place: Place) -> str:
    """After which deadline the next part begins."""
    return ".".join(map(str, place))


def read_cursor(text: str) -> Place:
    """The place that a cursor names; its form has been checked."""
    case_id, period, term = text.split(".")
    return UUID(case_id), int(period), term
