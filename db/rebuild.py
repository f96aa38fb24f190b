"""A file proven against itself, its projections made again from the events and compared.

The scratch schema is PostgreSQL's own for temporary tables, `pg_temp`: the application may make no
schema, and names are looked up there first, so that the very code of the take writes into it.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final
from uuid import UUID

from pydantic import ValidationError
from sqlalchemy import Connection, Engine, Text, cast, exists, func, text
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select

from db.chains import GENESIS, LINKS, Written, event_hash, is_hash_of
from db.engine import reads
from db.events import read_events
from db.money import add_missing, lines_of, read_money
from db.projections import projected, write_projections
from db.registration import due_registrations
from db.rows import models
from db.tables import CaseHead, DispatchRow, EventRow, Inbox
from domain.apply import fold
from domain.case.state import Case
from domain.forecasts.decided_again import differences
from domain.messages import Event, Frozen

# Nothing was paid where nothing was ordered. In parts: with many cases it takes its time.
_WITHOUT_LEDGER = text(
    "SELECT case_id, jsonb_path_exists(s.state, '$.periods.*.payments[*]') AS paid FROM ("
    " SELECT v.case_id FROM case_view v WHERE v.supplier_ids <> '{}' AND v.case_id > :after"
    " AND NOT EXISTS (SELECT 1 FROM money m WHERE m.case_id = v.case_id)"
    " ORDER BY v.case_id LIMIT 2000) AS one JOIN case_state s USING (case_id) ORDER BY case_id"
)
# Those that wait for systems alone have no work, and are made again in vain.
_WITHOUT_WORK = text(
    "SELECT case_id FROM case_state one WHERE live AND case_id > :after AND NOT EXISTS"
    " (SELECT 1 FROM work w WHERE w.case_id = one.case_id) ORDER BY case_id LIMIT 500"
)
# Table → what tells the rows of one case apart.
KEYS: Final[Mapping[str, tuple[str, ...]]] = {
    "case_view": (),
    "case_state": (),
    "supplier_view": ("supplier_id",),
    "deadline": ("period", "term", "revision"),
    "open_deadline": ("period", "term"),
    "owed": ("key",),
    "work": ("id", "holder"),
    "escalation": ("key", "address"),
    "norm_use": ("period",),
}
# Whose the row is, and when it was written: not made from the events.
_NOT_MADE: Final = frozenset(("case_id", "xid"))


class Damage(Frozen):
    """One value that is not what it should be, named by table, key and column.

    `column` goes into JSON columns by dots; `row` is a whole row that is missing or too many.
    """

    case_id: str
    table: str
    key: dict[str, Any]
    column: str
    expected: Any = None
    found: Any = None


class BrokenFile(Exception):
    """The events themselves are damaged: nothing can be made from them."""

    def __init__(self, damages: Sequence[Damage]) -> None:
        super().__init__("the events of this file do not hold together")
        self.damages = tuple(damages)


@contextmanager
def scratch(engine: Engine) -> Iterator[Connection]:
    """A transaction that sees one instant of the database and has empty tables of its own for the
    projections; nothing of it stays.
    """
    with engine.connect().execution_options(isolation_level="REPEATABLE READ") as connection:
        for table in KEYS:
            made = f"CREATE TEMPORARY TABLE {table} (LIKE public.{table} INCLUDING ALL)"
            connection.execute(text(f"{made} ON COMMIT DROP"))
        try:
            yield connection
        finally:
            connection.rollback()


def compare(connection: Connection, case_id: str) -> list[Damage]:
    """Every difference between a file's projections and what its events make.

    An event whose message nobody has sent is named too. Where the events themselves are damaged,
    only that is named. `connection` is one of `scratch`.
    """
    try:
        case, events = prove(connection, case_id)
    except BrokenFile as broken:
        return list(broken.damages)
    if events:
        write_projections(connection, case, projected(case), events)
    found = [one for table in KEYS for one in _compared(connection, table, case_id)]
    found += _unsent(connection, case_id)
    return [*found, *compare_money(connection, case_id, events)]


def prove(connection: Connection, case_id: str, *, lock: bool = False) -> tuple[Case, list[Event]]:
    """The folded case and its events, once numbers and hashes hold. Raises BrokenFile."""
    asked = select(CaseHead).where(col(CaseHead.case_id) == case_id)
    head = models(connection, asked.with_for_update(key_share=True) if lock else asked).one()
    lines = connection.execute(LINKS, {"case_id": case_id}).all()
    try:
        events = read_events(connection, case_id)
    except ValidationError as error:
        column = ".".join(str(part) for part in error.errors()[0]["loc"])
        raise BrokenFile([_of_event(case_id, None, column, "an event", "not one")]) from error
    damages: list[Damage] = []
    previous, number = GENESIS, 0
    for line, event in zip(lines, events, strict=True):
        number += 1
        if line.seq != number:
            damages.append(_of_event(case_id, line.seq, "seq", number, line.seq))
            number = line.seq
        if line.previous != previous:
            damages.append(_of_event(case_id, line.seq, "previous", previous, line.previous))
        written = Written.of(case_id, line)
        if not is_hash_of(line.hash, line.previous, event, written):
            made = event_hash(line.previous, event, written)
            damages.append(_of_event(case_id, line.seq, "hash", made, line.hash))
        previous = line.hash
    found = {"seq": (number, head.seq), "hash": (previous, head.hash)}
    damages += [
        _damage(case_id, "case_head", {}, column, expected, held)
        for column, (expected, held) in found.items()
        if expected != held
    ]
    if damages:
        raise BrokenFile(damages)
    return fold(Case(id=case_id, edition=head.edition), events), events


def _unsent(connection: Connection, case_id: str) -> Iterator[Damage]:
    """Events of people and systems outside whose message lies neither in the inbox nor with what
    came of an effect. What terms fire, and what the service is told of the law, has none.
    """
    event, case = EventRow, col(EventRow.case_id)
    sent = exists().where(col(Inbox.case_id) == case, cast(Inbox.id, Text) == event.message_id)
    key = func.concat(case, "/", func.substr(event.message_id, 8))
    answered = exists().where(
        col(DispatchRow.case_id) == case,
        col(DispatchRow.key) == key,
        col(DispatchRow.kind).startswith("effect:"),
    )
    unsent = select(event.seq, event.message_id).where(case == case_id, ~sent, ~answered)
    of_others = unsent.where(col(event.actor_role).not_in(("deadline", "service")))
    for seq, message in connection.execute(of_others.order_by(col(event.seq))):
        yield _of_event(case_id, seq, "message_id", "a message", message)


def rewrite(connection: Connection, case_id: str) -> None:
    """Put what the events make in the place of a case's projections. Raises BrokenFile."""
    case, events = prove(connection, case_id, lock=True)
    for table in KEYS:
        connection.execute(
            text(f"DELETE FROM {table} WHERE case_id = :case_id"), {"case_id": case_id}
        )
    if events:
        add_missing(connection, case_id, events)
        write_projections(connection, case, projected(case), events)


def enter_missing(engine: Engine) -> list[str]:
    """Write the ledger of every file from before there was one; the ids of those it cannot be of.

    Such a file is left as it is: `ozhb money check` names its orders.
    """
    with reads(engine) as connection:
        bare = list(_without_ledger(connection))
    refused = []
    for case_id in bare:
        try:
            with engine.begin() as connection:
                add_missing(connection, case_id, prove(connection, case_id, lock=True)[1])
        except (BrokenFile, IntegrityError):
            refused.append(case_id)
    return refused


def list_missing(engine: Engine) -> list[str]:
    """Make the projections of every live file anew that is in no list of work; the ids of those
    whose events do not hold together.
    """
    broken, after = [], UUID(int=0)
    while True:
        with engine.begin() as connection:
            due_registrations(connection)
            found = connection.execute(_WITHOUT_WORK, {"after": after}).scalars().all()
            for case_id in map(str, found):
                try:
                    rewrite(connection, case_id)
                except BrokenFile:
                    broken.append(case_id)
        if not found:
            return broken
        after = found[-1]


def _without_ledger(connection: Connection) -> Iterator[str]:
    after = UUID(int=0)
    while rows := connection.execute(_WITHOUT_LEDGER, {"after": after}).all():
        yield from (str(row.case_id) for row in rows if row.paid)
        after = rows[-1].case_id


def compare_money(
    connection: Connection, case_id: str, events: Sequence[Event]
) -> Iterator[Damage]:
    """Where the ledger is not what the events make of it, by line."""
    empty = Case(id=case_id, edition="")
    made, held = (
        {(line["seq"], line["place"]): line for line in lines}
        for lines in (lines_of(empty, events), read_money(connection, case_id))
    )
    for key in sorted(made.keys() | held.keys()):
        named = {"seq": key[0], "place": key[1]}
        if key not in held or key not in made:
            row = ("present", None) if key not in held else (None, "present")
            yield _damage(case_id, "money", named, "row", *row)
        else:
            for column, expected, found in differences(made[key], held[key]):
                yield _damage(case_id, "money", named, column, expected, found)


def _compared(connection: Connection, table: str, case_id: str) -> Iterator[Damage]:
    made = _rows(connection, f"pg_temp.{table}", table, case_id)
    held = _rows(connection, f"public.{table}", table, case_id)
    for key in sorted(made.keys() | held.keys(), key=str):
        named = dict(zip(KEYS[table], key, strict=True))
        if key not in held:
            yield _damage(case_id, table, named, "row", "present", None)
        elif key not in made:
            yield _damage(case_id, table, named, "row", None, "present")
        else:
            for column, expected, found in differences(made[key], held[key]):
                yield _damage(case_id, table, named, column, expected, found)


def _rows(
    connection: Connection, place: str, table: str, case_id: str
) -> dict[tuple[Any, ...], dict[str, Any]]:
    asked = text(f"SELECT * FROM {place} WHERE case_id = :case_id")
    found = connection.execute(asked, {"case_id": case_id}).mappings()
    return {
        tuple(row[name] for name in KEYS[table]): {
            name: _plain(value) for name, value in row.items() if name not in _NOT_MADE
        }
        for row in found
    }


def _of_event(case_id: str, seq: int | None, column: str, expected: Any, found: Any) -> Damage:
    return _damage(case_id, "event", {"seq": seq}, column, expected, found)


def _damage(
    case_id: str, table: str, key: dict[str, Any], column: str, expected: Any, found: Any
) -> Damage:
    return Damage(
        case_id=case_id,
        table=table,
        key=key,
        column=column,
        expected=_plain(expected),
        found=_plain(found),
    )


def _plain(value: Any) -> Any:
    """As JSON, so that a report can carry it."""
    if isinstance(value, (bytes, memoryview)):
        return bytes(value).hex()
    return json.loads(json.dumps(value, default=str))
