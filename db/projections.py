"""What a take writes beside the events: lists, deadlines, desks, the norm; all rebuildable."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from functools import reduce
from hashlib import sha256
from operator import xor
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection

from db.escalations import addresses
from db.events import read_events
from db.putting import RECORD, WRITE
from db.work import rows_of
from definitions.calendars import current_calendar
from definitions.editions import edition
from domain.case.desks import place
from domain.case.norms import uses
from domain.case.periods import waited
from domain.case.projection import Projection, project
from domain.case.state import Case
from domain.messages import Event
from domain.parties.sight import all_stand, concerns, sight, standing, suppliers, with_ends
from domain.terms.agenda import OVER, soonest

# What an event writes of these may change to whom the questions of a desk go.
_OF_ADDRESSES: Final = frozenset(("measure", "escalations", "orders", "payments"))


class Recorded(NamedTuple):
    """Events as they are `chained` to a file; the messages (rows of the inbox) and what came of
    effects by which it was told; whether its run is to hear of them, and how long it may look by
    itself before.
    """

    chained: Mapping[str, Any]
    words: Sequence[Mapping[str, Any]] = ()
    answers: Sequence[Mapping[str, Any]] = ()
    wakes: bool = False
    patience: timedelta = timedelta(0)


def projected(case: Case) -> Projection:
    """A case that has at least one event as lists have it now."""
    return project(case, edition(case.edition), current_calendar())


def write_projections(
    connection: Connection,
    case: Case,
    seen: Projection,
    events: Sequence[Event],
) -> None:
    """Bring the projections of a case in step with events that stand in the file. `case` includes
    them, and `seen` is made of it.
    """
    connection.execute(WRITE, to_write(connection, case, seen, events, None))


def to_write(
    connection: Connection,
    case: Case,
    seen: Projection,
    events: Sequence[Event],
    recorded: Recorded | None,
) -> dict[str, Any]:
    """The values of all that stands for a case, with the events that are `recorded` with it."""
    values = _values(case, seen, events)
    values["sights"] = _dumps(list(_sights(connection, case, events, recorded)))
    if recorded is not None:
        values |= recorded.chained
        values |= {"words": _dumps(recorded.words), "answers": _dumps(recorded.answers)}
        values |= {"wakes": recorded.wakes, "patience": recorded.patience}
    return values


def record(connection: Connection, files: Sequence[Mapping[str, Any]]) -> None:
    """Write events to files, with all that stands for their cases: one statement a file."""
    if files:
        connection.execute(RECORD, files)


def _dumps(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _values(case: Case, projection: Projection, events: Iterable[Event]) -> dict[str, Any]:
    running = () if projection.closed else _running(case)
    owed, asked = _outbox_keys(events), _question_keys(events)
    coming = soonest(case, edition(case.edition).process)
    return {
        **projection.model_dump(exclude={"seq", "awaited"}),
        "case_id": case.id,
        "seq": case.seq,
        "waits_for": list(projection.waits_for),
        "representatives": list(projection.representatives),
        "payers": list(projection.payers),
        "suppliers": list(projection.suppliers),
        "edition": case.edition,
        "live": not projection.closed or bool(case.outbox),
        "shape": shape_of(events),
        "rings_at": coming and coming.wake_at,
        "state": case.model_dump_json(),
        "made": _dumps(list(_made(events))),
        "used": _dumps(list(_used(case))),
        "owed": json.dumps(
            [
                {"key": key, "kind": case.outbox[key].kind, "seq": place(key)[0]}
                for key in owed
                if key in case.outbox
            ]
        ),
        "owed_only": owed,
        "asked": json.dumps(list(_asked(case, asked))),
        "asked_only": asked,
        "deadlines": json.dumps(list(running)),
        "work": _dumps(list(rows_of(case, projection.awaited))),
    }


def shape_of(events: Iterable[Event]) -> int:
    """Of which rows in which order events are: what several takes make adds up by exclusive or."""
    return reduce(xor, map(_mark, events), 0)


def _mark(event: Event) -> int:
    told = f"{event.seq}:{event.type}:{event.row}"
    return int.from_bytes(sha256(told.encode()).digest()[:8], signed=True)


def _outbox_keys(events: Iterable[Event]) -> list[str]:
    """The effects that events ask for, are done with or call off."""
    found: dict[str, None] = {}
    for data in (event.data for event in events):
        done = (data["done"],) if "done" in data else ()
        made = (effect["key"] for effect in data.get("effects", ()))
        found |= dict.fromkeys((*made, *done, *data.get("cancels", ())))
    return list(found)


def _question_keys(events: Iterable[Event]) -> list[str] | None:
    """The questions that events put or answer; None, all of them: whom they reach has changed."""
    found: list[str] = []
    for event in events:
        told, period = event.data.get("case", {}), event.data.get("period", {})
        if not _OF_ADDRESSES.isdisjoint((*told, *period)):
            return None
        put = told.get("question", {}).get("id")
        found += [key for key in (put, told.get("answers")) if key]
    return found


def _asked(case: Case, only: list[str] | None) -> Iterator[dict[str, Any]]:
    for key in case.escalations if only is None else only:
        if (one := case.escalations.get(key)) is None:
            continue
        told = {"named": one.to, "reason": one.reason, "asked_at": one.at.isoformat()}
        for address in addresses(case, one.to):
            yield {"key": key, "address": address, **told}


def _running(case: Case) -> Iterator[dict[str, Any]]:
    """Deadlines whose end may still come."""
    for period, one in case.deadlines():
        if not one.stopped and OVER not in one.fired:
            yield {
                **one.model_dump(
                    mode="json", include={"term", "revision", "expires_at", "last_day"}
                ),
                "period": period.number,
                "start": one.certificate["start"],
                "length": one.certificate["term"],
                "calendar": one.certificate["calendar"],
            }


def _sights(
    connection: Connection, case: Case, events: Sequence[Event], recorded: Recorded | None
) -> Iterator[dict[str, Any]]:
    """What each supplier sees of the case; once an order of its own has ended, by a walk over the
    file, if there is anything new to it.
    """
    law, whole = edition(case.edition), None
    for supplier in suppliers(case):
        if not concerns(case, supplier, events):
            continue
        if all_stand(case, supplier):
            seen = standing(case, supplier, events, law.process)
        else:
            new = events if recorded else ()
            whole = whole or [*read_events(connection, case.id), *new]
            begun = Case(id=case.id, edition=case.edition)
            seen = sight(begun, whole, supplier, law.process).case
        if seen.seq:
            projection = project(seen, with_ends(law), current_calendar())
            yield {"supplier": supplier, **projection.model_dump(mode="json", include=_SEEN)}


_SEEN: Final = {
    "seq",
    "reference",
    "status",
    "since",
    "closed",
    "waits_for",
    "due_at",
    "item",
}


def _made(events: Iterable[Event]) -> Iterator[dict[str, Any]]:
    """The deadlines that events begin or move, each value of them."""
    kept = ("term", "revision", "expires_at", "last_day", "certificate")
    for event in events:
        for made in event.data.get("deadlines", ()):
            yield {"period": event.period, **{name: made[name] for name in kept}}


def _used(case: Case) -> Iterator[dict[str, Any]]:
    """What the live orders hold of the norm of a year, by period; and how long they took."""
    measure = case.measure
    assert measure is not None
    for use in uses(case):
        supplier, days = waited(case.periods[use.period]) or (None, None)
        yield {
            "period": use.period,
            "person_id": measure.recipient,
            "item": measure.item,
            "year": use.year,
            "quantity": use.quantity,
            "supplier_id": supplier,
            "days": days,
        }
