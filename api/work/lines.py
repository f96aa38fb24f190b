"""Work in a list: what is to be done, in which case, by when, and who has taken it."""

from datetime import date, datetime
from typing import Any, Final, Literal
from uuid import UUID

from pydantic import Field

from api.access import OFFICIALS
from api.auth import Caller
from api.language import Text, words
from api.schemas import Answer, Choice, Who
from db.work import ADMINISTRATORS, holder_of
from db.work_lists import WorkOf, due_of
from definitions.wording import codes
from domain.messages import Role

Kind = Literal[
    "term",
    "task",
    "approval",
    "contest",
    "question",
    "intake",
    "treasury_report",
    "registration",
    "change",
]
_OF_TASKS: Final = frozenset(("task", "contest", "intake", "treasury_report"))


class Assigned(Answer):
    """Who has taken a piece of work, or was given it."""

    person: UUID
    since: datetime
    by: UUID = Field(description="Who gave it; the same person, if they took it themselves")
    yours: bool


class LastInCase(Answer):
    """What happened last in a case, and who did it."""

    text: Text
    at: datetime
    actor: Who


class WrongPart(Answer):
    """Something that is wrong in what came from outside."""

    pointer: str = Field(description="Where: in a message a JSON pointer, in a report a path")
    code: str
    text: Text


class WorkSubject(Answer):
    """What a piece of work beside cases is about: by this it differs from others of its kind."""

    message: str | None = Field(None, description="Of a rejected message: its id in E-Собес")
    wrong: list[WrongPart] = Field([], description="The first of what is wrong with it")
    name: str | None = Field(None, description="Who applies to be registered as a supplier")
    kind: str | None = Field(None, description="Of what a change is")
    version: str | None = Field(None, description="Of a change of the calendar: its version")
    days: list[date] | None = Field(None, description="Of such a change: the days it makes others")
    edition: str | None = Field(None, description="Of a move of open cases: the edition's code")
    values: int | None = Field(None, description="How many values of reference data it changes")
    supplier: UUID | None = Field(None, description="Of a removal: which supplier")
    ground: str | None = Field(None, description="Of a removal or an erasure: on which ground")


class WorkLine(Answer):
    """Something that waits for somebody: in a case, or on a desk beside cases."""

    task: Literal["work"] = Field(description="A piece of work, whatever it is about")
    id: UUID
    kind: Kind = Field(
        description="`term`: a status or a term that waits for somebody; `approval`: the second of"
        " two; `question`: put to a person or a desk; `change`: of law or reference data"
    )
    role: str = Field(description="For whom it waits; `official`: whoever is asked")
    code: str
    text: Text = Field(description="What is to be done")
    case: UUID | None
    reference: str | None
    href: str = Field(description="Where it is read in full")
    period: int | None
    item: str | None
    person: str | None = Field(
        description="Where officials read who the recipient is, which is recorded; null: not theirs"
    )
    since: datetime
    age_seconds: int
    term: str | None
    due_at: datetime | None
    last_day: date | None
    lateness: Literal["late", "due_soon", "later"] = Field(
        description="`due_soon`: it ends within three days; `later` also what no term limits"
    )
    first: UUID | None = Field(description="Who was the first of two; null: it takes no second")
    assignee: Assigned | None = Field(description="Who has it; null: nobody has taken it")
    last: LastInCase | None = Field(
        None, description="To officials, what happened last in the case; null: it is about none"
    )
    about: WorkSubject | None = Field(None, description="Of work beside cases: what it is about")
    may: list[Choice] = Field(
        [], description="What you may do with who has it, and why not; empty: you are no official"
    )


def whose(reader: Caller, addresses: list[str], authority: UUID | None = None) -> WorkOf:
    """What a reader may see: the lists of the role where they stand, and questions put to them.

    Administrators see all, or what the caseworkers of one authority have.
    """
    asked = tuple(holder_of("asked", one) for one in addresses)
    region = reader.region or ""
    match reader.role:
        case Role.ADMINISTRATOR if authority is not None:
            return WorkOf((holder_of(Role.CASEWORKER, authority),))
        case Role.ADMINISTRATOR:
            return WorkOf(everything=True)
        case Role.COMMISSION:
            within = region if len(region) > 2 else None
            return WorkOf((holder_of(reader.role, region[:2]), *asked), region=within)
        case Role.RECIPIENT:
            return WorkOf((holder_of(reader.role, reader.person),))
        case Role.SUPPLIER:
            return WorkOf((holder_of(reader.role, reader.on_behalf_of),))
    return WorkOf((holder_of(reader.role, reader.on_behalf_of), *asked))


def own_desk(reader: Caller, addresses: list[str]) -> WorkOf:
    """What waits for a reader: the same, of administrators what waits for administrators alone."""
    if reader.role != Role.ADMINISTRATOR:
        return whose(reader, addresses)
    return WorkOf((ADMINISTRATORS, *(holder_of("asked", one) for one in addresses)))


def told_last(row: Any | None) -> dict[str, Any] | None:
    """The last event of a case in JSON types and words."""
    if row is None:
        return None
    official = row.actor_role in OFFICIALS and row.actor_id is not None
    actor = {"role": row.actor_role, **({"person": row.actor_id} if official else {})}
    return {"text": words("happened", row.type), "at": row.at, "actor": actor}


def told_line(row: Any, reader: Caller, now: datetime) -> dict[str, Any]:
    """A row of the list in JSON types and words."""
    case = row.case_id
    readable = case is not None and reader.role in OFFICIALS
    return {
        "task": "work",
        **{name: getattr(row, name) for name in _SAME},
        "text": _text(row),
        "case": case,
        "href": _href(row),
        "person": f"/v1/cases/{case}/person" if readable else None,
        "age_seconds": max(0, int((now - row.since).total_seconds())),
        "due_at": due_of(row),
        "lateness": "late" if row.late else "due_soon" if row.due_soon else "later",
        "first": row.first_id if reader.role in OFFICIALS else None,
        "assignee": _assigned(row, reader) if reader.role in OFFICIALS else None,
    }


_SAME: Final = (
    *("id", "kind", "role", "code", "reference", "period", "item", "since", "term", "last_day"),
)


def _text(row: Any) -> Any:
    if row.kind in _OF_TASKS or (row.kind == "approval" and row.code != row.term):
        return words("task", row.code)
    if row.kind not in ("term", "approval"):
        return words("work", row.code if f"work.{row.code}" in codes("work") else row.kind)
    # Where another has to act for who cannot, or no term runs, the status says whom it waits for.
    asked = f"act.{row.role}.{row.term}" in codes("act")
    return words(f"act.{row.role}", row.term) if asked else words("waits_for", row.role)


def _href(row: Any) -> str:
    if row.case_id is not None:
        return f"/v1/cases/{row.case_id}"
    if row.kind == "change" and row.code != "case_reset":
        return f"/v1/changes/{row.id}"
    return f"/v1/tasks/{row.id}"


def _assigned(row: Any, reader: Caller) -> dict[str, Any] | None:
    if row.assignee is None:
        return None
    return {
        "person": row.assignee,
        "since": row.assigned_at,
        "by": row.assigned_by,
        "yours": row.assignee == reader.person,
    }
