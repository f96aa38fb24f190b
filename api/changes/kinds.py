"""What each kind of change is to the API: how it is proposed, counted, and told."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from datetime import date
from typing import Any, Final
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import Connection

from api.changes.erasures import Erasures
from api.changes.models import (
    NewAuthorities,
    NewCalendar,
    NewCatalogue,
    NewEdition,
    NewErasure,
    NewRemoval,
    PublishedCalendar,
)
from api.changes.rooms import ByTwo, Filters, Room, cursor, read_cursor
from api.changes.suppliers import Removals
from api.language import said
from api.mistakes import Mistake, mistake_at
from api.problems import Invalid, Problem, Refused
from db import calendars, edition_changes, reference_changes
from db.catalogues import VersionTaken
from db.columns import ProposedChange
from db.dispatches import legal_now
from db.open_deadlines import BEGIN
from db.recounts import RecountedTerm, count_outcomes, list_outcomes
from db.reference_tables import CalendarChange, EditionChange, ReferenceChange
from db.sealing import Seal
from definitions.authorities import AuthoritiesInvalid
from definitions.calendars import (
    CalendarFault,
    CalendarInvalid,
    calendar_before,
    calendar_data,
    calendar_text,
    prove_announced,
    published_calendars,
)
from definitions.catalogues import CatalogueInvalid
from definitions.editions import edition, editions
from domain.process import Edition
from domain.terms.counting import Calendar, local_day

OUTCOMES: Final = ("moves", "unchanged", "earlier", "outside")


class Calendars(ByTwo):
    """Days off: whatever ends later by them does so."""

    proposals = calendars.CHANGES
    passed_over: tuple[str, ...] = ()

    def propose(
        self, connection: Connection, _: Seal, person: UUID, wish: NewCalendar
    ) -> ProposedChange:
        """A calendar that must know every day that the current one knows, and be newer."""
        content = wish.content
        days = _published(content.version) if isinstance(content, PublishedCalendar) else content
        try:
            prove_announced(days)
        except CalendarInvalid as error:
            raise Invalid(_of_calendar(error.mistakes, days)) from None
        if refusal := calendars.not_newer(connection, days["version"]):
            raise Refused([refusal.model_dump(mode="json")])
        return calendars.propose(connection, person, days)

    def named(self, _: Connection, change: CalendarChange) -> dict[str, Any]:
        """By its version, and the days that it makes others."""
        days = [one["code"] for one in _days_changed(calendars.calendar_of(change))]
        return {"kind": "calendar", "version": change.version, "days": days}

    def counted(self, connection: Connection, _: Seal, change: CalendarChange) -> dict[str, Any]:
        """What open deadlines become, exactly."""
        counts = count_outcomes(connection, calendars.calendar_of(change))
        each = [(one.authority, one.name, one.outcomes) for one in counts]
        return {
            "deadlines": _sum(outcomes for _, _, outcomes in each),
            "authorities": [
                {"authority": authority, "name": name, "deadlines": outcomes}
                for authority, name, outcomes in each
            ],
            "differences": list(_days_changed(calendars.calendar_of(change))),
        }

    def effects(
        self, connection: Connection, change: CalendarChange, filters: Filters
    ) -> tuple[list[dict[str, Any]], str | None]:
        """Every open deadline with its old and its new day, and why those stay that do not move."""
        found = list_outcomes(
            connection,
            calendars.calendar_of(change),
            after=read_cursor(filters.after) if filters.after else BEGIN,
            most=filters.limit,
            authority=filters.authority,
            outcome=filters.outcome,
        )
        after = cursor(found[-1].place) if len(found) == filters.limit else None
        return [_of_deadline(one) for one in found], after


class Editions(ByTwo):
    """A later edition: the open cases that it knows go on under it."""

    proposals = edition_changes.MOVES
    # A case is told with all of its deadlines.
    passed_over: tuple[str, ...] = ("outcome",)

    def propose(
        self, connection: Connection, _: Seal, person: UUID, wish: NewEdition
    ) -> ProposedChange:
        """It must be in force, and published so that open cases move."""
        after = _in_force(connection, wish.content.edition)
        return edition_changes.propose_move(connection, person, after)

    def named(self, _: Connection, change: EditionChange) -> dict[str, Any]:
        """By its code."""
        return {"kind": "edition", "edition": edition(change.edition).code}

    def counted(self, connection: Connection, _: Seal, change: EditionChange) -> dict[str, Any]:
        """Cases that move, by status, those that stay, and what deadlines become."""
        counts = edition_changes.count_moving(connection, edition(change.edition))
        return {
            "moving": sum(one.moving for one in counts),
            "staying": sum(one.staying for one in counts),
            "deadlines": _sum(one.deadlines for one in counts),
            "authorities": [_of_authority(one) for one in counts],
        }

    def effects(
        self, connection: Connection, change: EditionChange, filters: Filters
    ) -> tuple[list[dict[str, Any]], str | None]:
        """Every open case that is concerned, with its deadlines: no day becomes an earlier one."""
        found = edition_changes.list_moving(
            connection,
            edition(change.edition),
            after_case=read_cursor(filters.after)[0] if filters.after else edition_changes.BEGIN,
            most=filters.limit,
            authority=filters.authority,
        )
        after = str(found[-1].case_id) if len(found) == filters.limit else None
        return [_of_case(one) for one in found], after


class References(ByTwo):
    """Authorities and catalogues: whole versions, told value by value."""

    proposals = reference_changes.CHANGES
    passed_over: tuple[str, ...] = ()

    def propose(
        self, connection: Connection, seal: Seal, person: UUID, wish: NewCatalogue | NewAuthorities
    ) -> ProposedChange:
        """One mistake, and nothing of it is taken."""
        try:
            return reference_changes.propose(
                connection, seal, person, wish.kind, wish.content, only_shown=wish.dry_run
            )
        except (AuthoritiesInvalid, CatalogueInvalid) as invalid:
            errors = [
                {**asdict(mistake), "pointer": f"/content{mistake.pointer}"}
                for mistake in invalid.mistakes
            ]
            raise Problem("form_invalid", errors=errors) from None
        except VersionTaken:
            raise Problem("catalogue_conflict") from None

    def named(self, connection: Connection, change: ReferenceChange) -> dict[str, Any]:
        """By the hash of its content, and how much of it is another."""
        values = len(reference_changes.differences(connection, change))
        return {"kind": change.kind, "sha256": change.sha256, "values": values}

    def counted(self, connection: Connection, _: Seal, change: ReferenceChange) -> dict[str, Any]:
        """Every value that it changes now, or changed then."""
        return {"differences": reference_changes.differences(connection, change)}

    def effects(
        self, _: Connection, __: ReferenceChange, ___: Filters
    ) -> tuple[list[dict[str, Any]], str | None]:
        """None: a case keeps what it snapshot."""
        return [], None

    def woken(self, _: Connection, __: ProposedChange) -> list[str]:
        """None: nothing of it is in a case."""
        return []


ROOMS: Final[Mapping[type[BaseModel], Room]] = {
    NewCalendar: Calendars(),
    NewEdition: Editions(),
    NewCatalogue: References(),
    NewAuthorities: References(),
    NewRemoval: Removals(),
    NewErasure: Erasures(),
}
KINDS: Final[Mapping[str, Room]] = {
    "calendar": ROOMS[NewCalendar],
    "edition": ROOMS[NewEdition],
    "reference": ROOMS[NewCatalogue],
    "suppliers": ROOMS[NewRemoval],
    "erasure": ROOMS[NewErasure],
}


def _published(version: str) -> dict[str, Any]:
    if version not in published_calendars():
        allowed = ", ".join(published_calendars())
        raise Invalid([mistake_at("content/version", "not_allowed_value", allowed=allowed)])
    return calendar_data(calendar_text(version))


def _days_changed(new: Calendar) -> Iterator[dict[str, Any]]:
    """Every day that is another one than in the calendar before."""
    try:
        before, after = _days(calendar_before(new.version)), _days(new)
    except ValueError:
        return
    for day in sorted({*before, *after}):
        old, now = before.get(day, {}), after.get(day, {})
        fields = [
            {"field": name, "before": old.get(name), "after": now.get(name)}
            for name in ("reason", "source")
            if old.get(name) != now.get(name)
        ]
        if fields:
            what = "changed" if old and now else "added" if now else "removed"
            yield {"group": "day", "code": day.isoformat(), "what": what, "fields": fields}


def _days(calendar: Calendar) -> dict[date, dict[str, str]]:
    """The days that differ from the week: why they are off, or that they are worked."""
    reasons = {**dict.fromkeys(calendar.on, "worked"), **calendar.off}
    return {day: {"reason": why, "source": calendar.sources[day]} for day, why in reasons.items()}


def _of_calendar(mistakes: Iterable[CalendarFault], days: Mapping[str, Any]) -> Iterator[Mistake]:
    """Each at its place; of a contradiction that is the row of its day."""
    for one in mistakes:
        if one.shape is not None:
            shape = one.shape
            yield Mistake(shape.code, shape.text, pointer=f"/content{shape.pointer}")
            continue
        # What contradicts itself is of the right shape: every row has its date.
        row = None if one.day is None else _row_of(days, one.day.isoformat())
        path = "content" if row is None else f"content/day/{row}"
        yield mistake_at(path, "calendar_invalid", faults=one.words)


def _row_of(days: Mapping[str, Any], day: str) -> int | None:
    return next((at for at, row in enumerate(days["day"]) if row["date"] == day), None)


def _in_force(connection: Connection, code: str) -> Edition:
    """The edition of this code, if it takes open cases over today."""
    today = local_day(legal_now(connection))
    moving = [
        one
        for one in editions().values()
        if one.open_cases == "move" and one.valid_from <= today
        if one.valid_to is None or today <= one.valid_to
    ]
    found = next((one for one in moving if one.code == code), None)
    if found is None:
        allowed = ", ".join(one.code for one in moving) or "-"
        raise Invalid([mistake_at("content/edition", "not_allowed_value", allowed=allowed)])
    return found


def _sum(each: Iterable[Mapping[Any, int]]) -> dict[str, int]:
    held = list(each)
    return {name: sum(one.get(name, 0) for one in held) for name in OUTCOMES}


def _of_authority(one: edition_changes.AuthorityCount) -> dict[str, Any]:
    shown = ("authority", "name", "moving", "staying", "statuses", "deadlines")
    return {name: getattr(one, name) for name in shown}


def _of_deadline(one: RecountedTerm) -> dict[str, Any]:
    of_case = {name: getattr(one, name) for name in ("case_id", "reference", "authority")}
    return {**of_case, "deadlines": [_recounted(one)]}


def _of_case(one: edition_changes.MovingCase) -> dict[str, Any]:
    shown = ("case_id", "reference", "authority", "status", "edition", "moves")
    deadlines = [_recounted(deadline) for deadline in one.deadlines]
    return {**{name: getattr(one, name) for name in shown}, "deadlines": deadlines}


def _recounted(one: Any) -> dict[str, Any]:
    shown = ("period", "term", "revision", "old", "new", "outcome")
    told = {name: getattr(one, name) for name in shown}
    return {**told, "text": said(f"recount.{one.outcome}")}
