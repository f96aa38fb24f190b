"""The chains of cases proven: what was recorded of each and what it was asked, and its money.

Events and messages are proven against the hashes that they have, each other and `case_head`; the
year under which they lie apart against what was put away. Cases come in their order, some at a
time: a million take time, and little memory.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from pydantic import ValidationError
from sqlalchemy import Connection, Row, text

from db.chains import GENESIS, MESSAGE, Written, hash_of_row, is_hash_of
from db.events import event_of
from db.rebuild import compare_money
from db.record import RecordFault
from domain.messages import Event

AT_ONCE: Final = 100
# Of each case the last message that a head covers.
_COVERED: Final = (
    "(SELECT l.told FROM leaf l WHERE l.case_id = h.case_id ORDER BY l.head DESC LIMIT 1)"
)
_HEADS: Final = (
    f"SELECT h.case_id, h.seq, h.hash, h.told, {_COVERED} AS covered FROM case_head h"
    " WHERE h.case_id > :after{only} ORDER BY h.case_id LIMIT :most"
)
# Those that have grown since a head, and what none covers yet.
_ONLY: Final = (
    " AND (EXISTS (SELECT 1 FROM leaf l WHERE l.case_id = h.case_id AND l.head >= :since)"
    " OR NOT EXISTS (SELECT 1 FROM leaf l WHERE l.case_id = h.case_id"
    "  AND l.seq = h.seq AND l.told = h.told))"
)
_EVENTS: Final = text(
    "SELECT case_id, seq, type, row, message_id, at, actor_role, actor_id, on_behalf_of, period,"
    " data, previous, hash, recorded_at, xid, salt, year FROM event"
    " WHERE case_id = ANY(CAST(:cases AS uuid[])) ORDER BY case_id, seq"
)
_MESSAGES: Final = text(
    f"SELECT {MESSAGE}, i.hash, i.year, k.place AS linked, k.hash AS linked_hash,"
    " k.case_id AS linked_case, w.inbox_id IS NOT NULL AS unlinked,"
    " u.inbox_id IS NOT NULL AS unheard FROM inbox i LEFT JOIN linked k ON k.inbox_id = i.id"
    " LEFT JOIN unlinked w ON w.case_id = i.case_id AND w.inbox_id = i.id"
    " LEFT JOIN unheard u ON u.inbox_id = i.id"
    " WHERE i.case_id = ANY(CAST(:cases AS uuid[]))"
    " ORDER BY i.case_id, coalesce(k.place, i.place)"
)
_APART: Final = text(
    "SELECT case_id, seq, place, year FROM put_away_case"
    " WHERE case_id = ANY(CAST(:cases AS uuid[])) ORDER BY case_id, place, seq"
)
_PAPERS: Final = text(
    "SELECT coalesce(d.case_id, p.case_id) AS case_id, coalesce(d.year, p.year) AS year FROM"
    " (SELECT case_id, year, count(*) AS many FROM document WHERE year <> 0 GROUP BY 1, 2) d"
    " FULL JOIN (SELECT case_id, year, sum(documents) AS many FROM put_away_case GROUP BY 1, 2) p"
    " USING (case_id, year) WHERE coalesce(d.many, 0) <> coalesce(p.many, 0) ORDER BY 1"
)
_STRAY: Final = text(
    "SELECT k.case_id, k.inbox_id FROM linked k LEFT JOIN inbox i ON i.id = k.inbox_id"
    " WHERE i.case_id IS DISTINCT FROM k.case_id ORDER BY 1, 2"
)
# Places up to which the newest head has everything: whoever had one then has written since.
_SETTLED: Final = text(
    "SELECT coalesce(max(h.until_place), 0) FROM record_head h WHERE h.at <"
    " (SELECT max(at) FROM record_head) - interval '10 minutes'"
)


def prove_chains(connection: Connection, since: int | None = None) -> Iterator[list[RecordFault]]:
    """What is wrong in the cases, some cases at a time; `prove_heads` has left the leaves.

    `since`: of those alone that have grown since this head.
    """
    asked = text(_HEADS.format(only="" if since is None else _ONLY))
    settled: int = connection.execute(_SETTLED).scalar_one()
    after = UUID(int=0)
    named = {"most": AT_ONCE} | ({} if since is None else {"since": since})
    while heads := connection.execute(asked, {**named, "after": after}).all():
        yield list(_prove(connection, heads, settled))
        after = heads[-1].case_id
    yield list(_apart(connection))


def _apart(connection: Connection) -> Iterator[RecordFault]:
    for row in connection.execute(_PAPERS):
        yield RecordFault("document", {"year": row.year}, "year", str(row.case_id))
    for row in connection.execute(_STRAY):
        key = {"inbox_id": str(row.inbox_id)}
        yield RecordFault("linked", key, "no message of this case", str(row.case_id))


def _prove(
    connection: Connection, heads: Sequence[Row[Any]], settled: int
) -> Iterator[RecordFault]:
    cases = {"cases": [one.case_id for one in heads]}
    events, messages, apart = (
        _by_case(connection.execute(asked, cases)) for asked in (_EVENTS, _MESSAGES, _APART)
    )
    for head in heads:
        lines = events[head.case_id]
        case = _Case(head, apart[head.case_id])
        yield from case.prove_events(lines)
        yield from case.prove_messages(messages[head.case_id], settled)
        if case.events is not None:
            for damage in compare_money(connection, str(head.case_id), case.events):
                yield RecordFault("money", damage.key, damage.column, str(head.case_id))


def _by_case(found: Any) -> Mapping[UUID, list[Row[Any]]]:
    made: defaultdict[UUID, list[Row[Any]]] = defaultdict(list)
    for row in found:
        made[row.case_id].append(row)
    return made


class _Case:
    """A case while its chains are walked; `events` once they could be read."""

    def __init__(self, head: Row[Any], apart: Sequence[Row[Any]]) -> None:
        self.head, self.apart = head, apart
        self.id = str(head.case_id)
        self.events: list[Event] | None = None
        self.known: set[str] = set()

    def prove_events(self, lines: Sequence[Row[Any]]) -> Iterator[RecordFault]:
        """Numbers, hashes and places of the events, and that they end where the head says."""
        previous, number = GENESIS, 0
        events: list[Event] = []
        wrong: list[RecordFault] = []
        for line in lines:
            number += 1
            if line.seq != number:
                wrong.append(self._event(line, "seq"))
                number = line.seq
            if bytes(line.previous) != previous:
                wrong.append(self._event(line, "previous"))
            try:
                event = event_of(line._mapping)
            except ValidationError:
                wrong.append(self._event(line, "unreadable"))
            else:
                written = Written.of(self.id, line)
                if not is_hash_of(bytes(line.hash), bytes(line.previous), event, written):
                    wrong.append(self._event(line, "hash"))
                events.append(event)
                self.known.add(line.message_id)
            if line.year != self._year("seq", line.seq):
                wrong.append(self._event(line, "year"))
            previous = bytes(line.hash)
        if (number, previous) != (self.head.seq, bytes(self.head.hash)):
            wrong.append(RecordFault("case_head", {"seq": self.head.seq}, "events", self.id))
        # Nothing is made of events that do not hold together.
        self.events = None if wrong else events
        yield from wrong

    def prove_messages(self, rows: Sequence[Row[Any]], settled: int) -> Iterator[RecordFault]:
        """Hashes and places of the messages, that each has an event where it was not refused, and
        that they end where the head says.
        """
        end, late = GENESIS, self.head.covered in (None, GENESIS)
        for row in rows:
            found = row.linked_hash if row.linked is not None else row.hash
            if found is None:
                refused = row.refused is not None and settled > 0
                if not row.unlinked or refused or row.place <= settled:
                    yield self._message(row, "in no chain")
            else:
                made = hash_of_row(end, row, row.linked)
                if bytes(found) != made or (row.linked is not None and row.hash is not None):
                    yield self._message(row, "hash")
                end = bytes(found)
                if late and (row.linked or row.place) <= settled:
                    yield self._message(row, "no head has it")
                late = late or end == self.head.covered
            if row.refused is None and not row.unheard and str(row.id) not in self.known:
                yield self._message(row, "has no event")
            if row.year != self._year("place", row.place):
                yield self._message(row, "year")
        if end != bytes(self.head.told):
            yield RecordFault(
                "case_head", {"told": bytes(self.head.told).hex()}, "messages", self.id
            )

    def _year(self, name: str, value: int) -> int:
        """Under which year a row lies that has this number or place."""
        return next((one.year for one in self.apart if value <= getattr(one, name)), 0)

    def _event(self, line: Row[Any], what: str) -> RecordFault:
        return RecordFault("event", {"seq": line.seq}, what, self.id)

    def _message(self, row: Row[Any], what: str) -> RecordFault:
        return RecordFault("inbox", {"id": str(row.id)}, what, self.id)
