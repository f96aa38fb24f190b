"""Who did what to which row from outside the process of a case, and who read what is personal.

One line each, never changed.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Annotated, Any, Final
from uuid import UUID

from pydantic import StringConstraints
from sqlalchemy import Connection, Row, insert, text

from db.reference_tables import OPERATIONS, Audit
from domain.messages import Actor
from domain.terms.counting import ZONE

_NOTE = insert(Audit)
Action = Annotated[str, StringConstraints(pattern=r"^[a-z_]{1,40}$")]
_LIST: Final = (
    "SELECT a.id, a.at, a.action, a.actor_role, a.actor_id, a.subject, a.case_id, h.reference,"
    " o.switch FROM audit a LEFT JOIN case_head h ON h.case_id = coalesce(a.case_id, a.subject)"
    f" LEFT JOIN hold o ON o.id = a.subject WHERE {OPERATIONS}"
)
# What a list is narrowed to, by the name of what is given.
_ONLY: Final = {
    "after": "a.id < :after",
    "case": "(a.case_id = :case OR a.subject = :case)",
    "person": "a.actor_id = :person",
    "action": "a.action = :action",
    "begin": "a.at >= :begin AND a.at < :end",
}


@dataclass(frozen=True)
class Wanted:
    """Which operations are asked for: of one case, one official, one kind, one local day."""

    case: UUID | None = None
    person: UUID | None = None
    action: str | None = None
    day: date | None = None


def list_operations(
    connection: Connection, wanted: Wanted, after: int | None, most: int
) -> list[Row[Any]]:
    """Who changed what from outside the process, the newest first."""
    named: dict[str, Any] = {"after": after, "most": most}
    named |= {name: getattr(wanted, name) for name in ("case", "person", "action")}
    if wanted.day is not None:
        begin = datetime.combine(wanted.day, time(), ZONE)
        named |= {"begin": begin, "end": begin + timedelta(days=1)}
    only = "".join(f" AND {_ONLY[name]}" for name in _ONLY if named.get(name) is not None)
    asked = text(f"{_LIST}{only} ORDER BY a.id DESC LIMIT :most")
    given = {name: value for name, value in named.items() if value is not None}
    return list(connection.execute(asked, given))


def note(
    connection: Connection,
    actor: Actor,
    action: str,
    subject: UUID,
    case_id: UUID | None = None,
    sha256: str | None = None,
) -> None:
    """Write it down, in the transaction in which it is done.

    `case_id`: in which case it was; `sha256`: of the bytes that it was about.
    """
    by = {"actor_id": actor.id, "actor_role": actor.role.value}
    of = {"case_id": case_id, "on_behalf_of": actor.on_behalf_of if case_id else None}
    connection.execute(_NOTE, {"action": action, "subject": subject, "sha256": sha256, **by, **of})
