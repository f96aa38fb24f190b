"""What readers and lists see of a case: computed from its state alone, so it can be rebuilt."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final

from domain.case.awaited import Awaiting, awaited, everybody
from domain.case.desks import place
from domain.case.periods import authorities_of, is_closed, leading, open_periods
from domain.case.state import Case, Effect, Escalation, Measure, Period, Task
from domain.messages import Frozen
from domain.parties.representatives import Acting, Capacity
from domain.parties.sight import suppliers
from domain.process import Edition, Process
from domain.terms.counting import Calendar

# However long a case grows: so much of its open work is shown, the oldest, which is to be done
# first; so many of its ended periods, and so much of what repeats in a period, the last.
MOST: Final = 20
PERIODS: Final = 4
LAST: Final = 10


class Heading(Frozen):
    """A case in a line of codes: where it stands, who acts, until when."""

    status: str
    waits_for: tuple[str, ...]
    due_at: datetime | None
    region: str
    edition: str


class Projection(Frozen):
    """The row of a case in the lists, and all that it waits for."""

    seq: int
    reference: str
    status: str
    since: datetime
    closed: bool
    waits_for: tuple[str, ...]
    due_at: datetime | None
    due_term: str | None
    item: str
    recipient: str
    representatives: tuple[str, ...]
    authority: str
    payers: tuple[str, ...]
    suppliers: tuple[str, ...]
    region: str
    awaited: tuple[Awaiting, ...]

    def heading(self, edition: Edition) -> Heading:
        """The heading of the case, which is bound to this edition."""
        named = ("status", "waits_for", "due_at", "region")
        return Heading(edition=edition.code, **{one: getattr(self, one) for one in named})


def project(case: Case, edition: Edition, calendar: Calendar) -> Projection:
    """The projection of a case that has at least one event."""
    assert case.measure is not None, "the first event takes the measure over"
    period = leading(case, edition.process)
    found = awaited(case, edition, calendar)
    due = found[0] if found else None
    return Projection(
        seq=case.seq,
        reference=case.measure.reference,
        status=period.status,
        since=period.since,
        closed=is_closed(case, edition.process),
        waits_for=everybody(found),
        due_at=due.expires_at if due else None,
        due_term=due.term if due and due.expires_at else None,
        item=case.measure.item,
        recipient=case.measure.recipient,
        representatives=_representatives(case.measure),
        authority=case.measure.authority,
        payers=authorities_of(case)[1:],
        suppliers=suppliers(case),
        region=case.measure.region,
        awaited=found,
    )


def _representatives(measure: Measure) -> tuple[str, ...]:
    """Those whose power has not been marked as over; on its day, the guards look."""
    persons = (one.person for one in measure.acting.representatives if not one.ended)
    return tuple(dict.fromkeys(persons))


def view_of(case: Case, seen: Projection, edition: Edition) -> dict[str, Any]:
    """The part of the page of a case that is the same for all who see this of it."""
    assert case.measure is not None, "the first event takes the measure over"
    found = seen.awaited
    tasks, asked = _by_age(case.tasks), _by_time(case.escalations)
    shown, earlier = _shown(case, edition.process)
    return {
        "id": case.id,
        "reference": case.measure.reference,
        "status": seen.status,
        "since": _text(seen.since),
        "closed": seen.closed,
        "waits_for": list(seen.waits_for),
        "due": _due(found[0]) if found else None,
        "edition": edition.code,
        "measure": case.measure.model_dump(mode="json", include=_PUBLIC),
        "acting": _acting(case.measure.acting),
        "periods": [told_period(case, one, edition, found) for one in shown],
        "earlier_periods": earlier,
        "tasks": [one.model_dump(mode="json") for one in tasks[:MOST]],
        "escalations": [one.model_dump(mode="json") for one in asked[:MOST]],
        "more": {"tasks": len(tasks[MOST:]), "escalations": len(asked[MOST:])},
        "pending": list(dict.fromkeys(one.kind for one in _by_place(case.outbox))),
        "version": case.seq,
    }


# A map comes back from the database in another order than it went there: what is listed of one is
# put in order here, by time where people read it. Periods are in the order of their numbers anyhow.


def _by_age(tasks: Mapping[str, Task]) -> list[Task]:
    return sorted(tasks.values(), key=lambda one: (one.opened_at, one.period, one.code))


def _by_time(escalations: Mapping[str, Escalation]) -> list[Escalation]:
    return sorted(escalations.values(), key=lambda one: (one.at, one.id))


def _by_place(outbox: Mapping[str, Effect]) -> list[Effect]:
    return [outbox[key] for key in sorted(outbox, key=place)]


def _shown(case: Case, process: Process) -> tuple[list[Period], list[int]]:
    """The periods that are open and the last that have ended; the numbers of those before."""
    live = {one.number for one in open_periods(case, process)}
    earlier = [number for number in case.periods if number not in live][:-PERIODS]
    return [one for one in case.periods.values() if one.number not in earlier], earlier


# Of an order, the account that pays it, and what has a read of its own, which is recorded.
_SEALED = {"deliver_to", "paid_from"}
# Of a revocation that was told ahead, the day alone.
_PUBLIC: Final[dict[str, Any]] = {
    "entitlement": True,
    "item": True,
    "category": True,
    "quantity": True,
    "unit": True,
    "unit_sum": True,
    "developed_on": True,
    "valid_until": True,
    "implement_until": True,
    "revision": True,
    "payer": True,
    "periodic": True,
    "share": True,
    "standing": True,
    "companion": True,
    "revocation": {"effective_on"},
}


def _acting(acting: Acting) -> dict[str, Any]:
    """Who acts, without who they are: that only their own cabinets say."""
    shown = {"id", "kind", "since", "until", "scope", "ended"}
    return {
        "capacity": acting.capacity or Capacity.FULL,
        "died": acting.died,
        "representatives": [
            one.model_dump(mode="json", include=shown) for one in acting.representatives[-LAST:]
        ],
        "proposed": [
            {
                "id": one.id,
                "at": _text(one.at),
                "begins": one.begins and one.begins.model_dump(mode="json", include=shown),
                "ends": one.ends,
                "on": one.on and one.on.isoformat(),
                "capacity": one.capacity,
            }
            for one in acting.proposed[:MOST]
        ],
    }


def _due(one: Awaiting) -> dict[str, Any] | None:
    if one.expires_at is None or one.last_day is None:
        return None
    return {
        "term": one.term,
        "last_day": one.last_day.isoformat(),
        "expires_at": _text(one.expires_at),
    }


def told_period(
    case: Case, period: Period, edition: Edition, found: Sequence[Awaiting]
) -> dict[str, Any]:
    """A period as its readers see it; of what it has not (days, a pause …) nothing is said.

    `found` is all that the case waits for.
    """
    assert case.measure is not None
    order, application = period.order, period.application
    mine = [one for one in found if one.period == period.number]
    told = {
        "number": period.number,
        "status": period.status,
        "since": _text(period.since),
        "closed": edition.process.statuses[period.status].closed,
        "waits_for": list(everybody(mine)),
        "due": mine[0].term if mine else None,
        "notified_on": _day(period),
        "order": order
        and {
            **order.model_dump(mode="json", exclude={"live", *_SEALED}),
            "ceiling": order.ceiling,
            "co_payment": order.co_payment,
        },
        "earlier_orders": _last([one for one in period.orders if not one.live], *_SEALED),
        "application": application
        and {
            "version": application.version,
            "sha256": application.sha256,
            "quantity": application.quantity,
            "amount": application.amount,
            "signed_by": sorted(r for r, s in application.signatures.items() if s.checked),
            "required": list(edition.signers(case.measure.category)),
        },
        "delivery": period.delivery and period.delivery.model_dump(mode="json"),
        "flags": list(period.flags),
        "hearing": period.hearing and period.hearing.model_dump(mode="json", exclude={"by"}),
        "payments": _last(period.payments),
        "corrections": _last(period.corrections, "by"),
        "contests": _last(period.contests),
        "consents": _last(period.consents, "by"),
    }
    parts = {
        "begins": period.begins,
        "ends": period.ends,
        "part_of": period.part_of,
        "pause": period.pause,
        "dispute": period.dispute,
        "claim": period.claim,
    }
    return told | {name: _json(one) for name, one in parts.items() if one is not None}


def _last(listed: Sequence[Frozen], *but: str) -> list[dict[str, Any]]:
    return [one.model_dump(mode="json", exclude=set(but)) for one in listed[-LAST:]]


def _json(one: Any) -> Any:
    match one:
        case Frozen():
            return one.model_dump(mode="json")
        case date():
            return one.isoformat()
    return one


def _day(period: Period) -> str | None:
    on = period.round.notified_on if period.round else None
    return on.isoformat() if on else None


def _text(instant: datetime) -> str:
    return instant.isoformat().replace("+00:00", "Z")
