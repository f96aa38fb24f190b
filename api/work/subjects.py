"""What a piece of work beside cases is about: by this its line differs from others of its kind."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection

from api.changes.kinds import KINDS
from api.money.reports import told_unclear
from api.work.intake import told_mistakes
from api.work.lines import WorkSubject
from db.intake_tasks import read_tasks
from db.registration import read_application
from db.report_tasks import find_task
from db.sealing import Seal

# So much of what is wrong tells one from another.
MOST_WRONG: Final = 3
Subjects = Mapping[UUID, dict[str, Any]]


def subjects_of(connection: Connection, seal: Seal, found: Sequence[Any]) -> Subjects:
    """Of the rows of a list those beside cases, by their ids."""
    told: dict[UUID, dict[str, Any]] = {}
    for kind, read in _READS.items():
        mine = [row for row in found if row.kind == kind and row.case_id is None]
        if mine:
            told |= read(connection, seal, mine)
    return told


def _messages(connection: Connection, _: Seal, found: Sequence[Any]) -> Subjects:
    return {
        one.id: {"message": one.message_id, "wrong": told_mistakes(one.mistakes[:MOST_WRONG])}
        for one in read_tasks(connection, [row.id for row in found])
    }


def _reports(connection: Connection, _: Seal, found: Sequence[Any]) -> Subjects:
    tasks = (find_task(connection, row.id) for row in found)
    return {one.id: {"wrong": _placed(one.unclear[:MOST_WRONG])} for one in tasks if one}


def _placed(unclear: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    told = told_unclear(unclear)
    return [{"pointer": one["place"], "code": one["code"], "text": one["text"]} for one in told]


def _applications(connection: Connection, seal: Seal, found: Sequence[Any]) -> Subjects:
    told = (read_application(connection, seal, row.id) for row in found)
    return {one.row.id: {"name": one.contacts.name} for one in told if one and one.contacts}


def _changes(connection: Connection, _: Seal, found: Sequence[Any]) -> Subjects:
    told = {}
    for row in found:
        for room in KINDS.values():
            if room.proposals.called == row.code:
                change = room.proposals.read(connection, row.id)
                named = room.named(connection, change) if change else {}
                told[row.id] = {n: one for n, one in named.items() if n in _OF_CHANGE}
    return told


_OF_CHANGE: Final = frozenset(WorkSubject.model_fields)
_READS: Final[Mapping[str, Callable[[Connection, Seal, Sequence[Any]], Subjects]]] = {
    "intake": _messages,
    "treasury_report": _reports,
    "registration": _applications,
    "change": _changes,
}
