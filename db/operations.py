"""What officials look at: one file in full, what is stuck, and samples of all files."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple, TypeVar
from uuid import UUID

from pydantic import Field
from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Text,
    Uuid,
    and_,
    cast,
    exists,
    func,
    literal_column,
    or_,
    true,
    union_all,
)
from sqlalchemy import select as select_columns
from sqlalchemy.dialects.postgresql import array, distinct_on
from sqlalchemy.orm import aliased
from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from db.casefile import to_message
from db.holds import held_kinds, held_now
from db.operation_tables import RunReset
from db.projection_tables import CaseState, CaseViewRow, EscalationRow, OwedEffect, WorkRow
from db.resets import read_open
from db.rows import models, part, rows
from db.tables import CaseHead, DispatchRow, EventRow, Inbox, UnheardRow, Wake
from domain.case.state import Case
from domain.messages import Frozen, Message

# A message that is older has not been heard in time (seconds, wall clock).
UNHEARD_AFTER: Final = 30
# Less than the first attempts of an activity take: nothing younger can be parked.
ASKED_AFTER: Final = 5
# While Temporal cannot say how often it was tried, an effect this old is named all the same.
UNANSWERED_AFTER: Final = 60
# The law gives a desk no term but that of the status; work that lies longer is overdue (policy).
DESK_DAYS: Final = 7
LAST_EVENTS: Final = 20
# SHA-256 as it is written.
_HASH: Final = 64


class Trouble(Frozen):
    """One thing that holds a case up: its cause, since when, who must act, what can be done.

    A message that became no case has an `intake_task` instead, and its own id as `reference`; a
    report of the treasury that is not understood a `treasury_report`.
    `who` are roles, or the person or desk of an escalation; `remedies` names of operations and
    commands. `since` is wall time where a machine is late, legal time where a person is.
    """

    case_id: str | None
    reference: str
    status: str
    cause: str
    since: datetime
    age_seconds: int
    who: tuple[str, ...]
    remedies: tuple[str, ...]
    detail: dict[str, Any] = Field(default_factory=dict)
    intake_task: str | None = None
    treasury_report: str | None = None


class KnownCase(NamedTuple):
    """A case as lists of troubles name it."""

    case_id: UUID
    reference: str
    status: str
    authority: UUID | None


@dataclass(frozen=True)
class Opened:
    """A file in full: its head, the folded case and its row in lists if it has an event, what waits
    and for how long, its last lines.
    """

    head: CaseHead
    view: CaseViewRow | None
    case: Case | None
    waiting: Sequence[tuple[Inbox, timedelta]]
    events: Sequence[EventRow]
    asked_at: Mapping[str, datetime]
    resets: list[RunReset]


S = TypeVar("S", bound=Select[*tuple[Any, ...]])
MACHINE: Final = ("administrator",)
RUN_AGAIN: Final = ("inspect", "retry", "restart")
FIRST: Final = UUID(int=0)
_WALL: Final = func.clock_timestamp()
_LEGAL: Final = select(func.legal_now()).scalar_subquery()
_STATUS: Final = func.coalesce(CaseViewRow.status, "none")


def read_opened(connection: Connection, case_id: UUID) -> Opened | None:
    """Everything that the file itself knows of a case; None if there is no such file."""
    head = models(connection, select(CaseHead).where(CaseHead.case_id == case_id)).one_or_none()
    if head is None:
        return None
    view = select(CaseViewRow).where(CaseViewRow.case_id == case_id)
    state = select(cast(CaseState.state, Text)).where(CaseState.case_id == case_id)
    folded = connection.scalar(state)
    waiting = select(Inbox, _WALL - Inbox.received_at).join(
        UnheardRow, col(UnheardRow.inbox_id) == Inbox.id
    )
    last = select(EventRow).where(EventRow.case_id == case_id).order_by(col(EventRow.seq).desc())
    owed = select(OwedEffect.key, OwedEffect.asked_at).where(OwedEffect.case_id == case_id)
    return Opened(
        head=head,
        view=models(connection, view).one_or_none(),
        case=Case.model_validate_json(folded) if folded else None,
        waiting=rows(
            connection, waiting.where(Inbox.case_id == case_id).order_by(col(Inbox.place))
        ).all(),
        events=models(connection, last.limit(LAST_EVENTS)).all(),
        asked_at=dict(connection.execute(owed).all()),
        resets=read_open(connection, case_id),
    )


def read_known(connection: Connection, case_ids: Sequence[str]) -> dict[str, KnownCase]:
    """Reference, status and authority of cases by id."""
    asked = select(CaseHead.case_id, CaseHead.reference, _STATUS, CaseViewRow.authority_id)
    known = asked.outerjoin(CaseViewRow, _of_view(CaseHead.case_id))
    found = connection.execute(known.where(col(CaseHead.case_id).in_(case_ids)))
    return {str(row[0]): KnownCase(*row) for row in found}


def overdue(connection: Connection, authority: UUID | None, most: int) -> list[Trouble]:
    """Whoever let a deadline pass, the oldest first. `authority` None: of every authority."""
    if authority is None:
        return _late(connection, CaseViewRow, true(), most)
    # They are few whatever the order is, and must not be met by walking over all others (OFFSET 0).
    few = select(CaseViewRow).where(_paid_by(authority))
    paid = aliased(CaseViewRow, few.offset(0).subquery())
    own = _late(connection, CaseViewRow, col(CaseViewRow.authority_id) == _told(authority), most)
    others = _late(connection, paid, col(paid.authority_id) != _told(authority), most)
    return sorted([*own, *others], key=lambda one: one.since)[:most]


def _late(
    connection: Connection, view: type[CaseViewRow], whose: ColumnElement[bool], most: int
) -> list[Trouble]:
    due: Any = col(view.due_at)
    late = _cases(view, view.waits_for, view.due_term, due, _LEGAL - due)
    late = late.where(~col(view.closed), due <= _LEGAL, whose)
    return [
        _trouble(KnownCase(*one), "overdue", (since, age), who, {"term": term})
        for *one, who, term, since, age in connection.execute(_oldest(late, due, most))
    ]


def late_desks(connection: Connection, authority: UUID | None, most: int) -> list[Trouble]:
    """Whoever leaves work on a desk; as above."""
    work, since, allowed = WorkRow, col(WorkRow.since), timedelta(days=DESK_DAYS)
    told = (work.role, work.code, since, _LEGAL - since)
    # Along the index of what is no term; an approval named by a term is what a term waits for.
    desk = and_(
        col(work.main),
        col(work.kind) != literal_column("'term'"),
        or_(
            col(work.kind).in_(("task", "contest")),
            and_(col(work.kind) == "approval", col(work.code).is_distinct_from(col(work.term))),
        ),
    )
    lying = _cases(CaseViewRow, *told).where(_of_view(work.case_id), desk)
    late = lying.where(~col(CaseViewRow.closed), since <= _LEGAL - allowed, _mine(authority))
    return [
        _trouble(
            KnownCase(*one), "task_overdue", (at + allowed, age - allowed), (role,), {"task": code}
        )
        for *one, role, code, at, age in connection.execute(_oldest(late, since, most))
    ]


def unanswered(connection: Connection, authority: UUID | None, most: int) -> list[Trouble]:
    """Whoever was asked and has not answered; as above."""
    asked, other, at = EscalationRow, aliased(EscalationRow), col(EscalationRow.asked_at)
    # A question that names a desk is one, however many hold the desk.
    again = exists().where(
        col(other.case_id) == asked.case_id,
        col(other.key) == asked.key,
        col(other.address) < asked.address,
    )
    told = (asked.named, asked.key, asked.reason, at, _LEGAL - at)
    found = _cases(CaseViewRow, *told).where(_of_view(asked.case_id), ~again, _mine(authority))
    return [
        _trouble(
            KnownCase(*one),
            "escalated",
            (since, age),
            (named,),
            {"escalation": key, "reason": reason},
            ("answer_escalation",),
        )
        for *one, named, key, reason, since, age in connection.execute(_oldest(found, at, most))
    ]


def unheard(connection: Connection, authority: UUID | None, most: int) -> list[Trouble]:
    """Cases whose runs have not looked for 30 seconds at what was recorded."""
    late = select(Wake).where(col(Wake.since) < _WALL - timedelta(seconds=UNHEARD_AFTER))
    if authority is None:
        # While Temporal is away they are many; looked up are the cases of those that are told.
        late = _oldest(late, col(Wake.since), most)
    wake, head, view = aliased(Wake, late.subquery()), CaseHead, CaseViewRow
    since = col(wake.since)
    case: tuple[Any, ...] = (head.case_id, head.reference, _STATUS, view.authority_id)
    told = select_columns(*case, since, _WALL - since).where(col(head.case_id) == wake.case_id)
    mine = told.outerjoin(CaseViewRow, _of_view(CaseHead.case_id)).where(_mine(authority))
    return [
        _trouble(KnownCase(*one), "unheard_message", (at, age), MACHINE, {}, RUN_AGAIN)
        for *one, at, age in connection.execute(_oldest(mine, since, most))
    ]


def held_effects(connection: Connection, authority: UUID | None, most: int) -> list[Trouble]:
    """Effects that wait because an administrator holds them."""
    kinds = held_kinds(held_now(connection))
    found = _owed(connection, authority, most, col(OwedEffect.kind).in_(kinds))
    return [as_held(one) for one in found]


def as_held(one: Trouble) -> Trouble:
    """The same effect, told as one that waits for a release."""
    return one.model_copy(update={"cause": "held", "remedies": ("release_hold",)})


def owed(connection: Connection, authority: UUID | None, most: int) -> list[Trouble]:
    """Effects asked for more than five seconds ago that nobody holds: among them are all that may
    be parked.
    """
    kinds = held_kinds(held_now(connection))
    old = col(OwedEffect.asked_at) < _WALL - literal_column(f"interval '{ASKED_AFTER} s'")
    return _owed(connection, authority, most, old, col(OwedEffect.kind).not_in(kinds))


def _owed(
    connection: Connection, authority: UUID | None, most: int, *which: ColumnElement[bool]
) -> list[Trouble]:
    at = col(OwedEffect.asked_at)
    asked = _cases(CaseViewRow, OwedEffect.key, OwedEffect.kind, at, _WALL - at)
    chosen = asked.where(_of_view(OwedEffect.case_id), _mine(authority), *which)
    return [
        _trouble(
            KnownCase(*one),
            "unanswered",
            (since, age),
            MACHINE,
            {"effect": key, "kind": kind},
            RUN_AGAIN,
        )
        for *one, key, kind, since, age in connection.execute(_oldest(chosen, at, most))
    ]


def _cases(view: type[CaseViewRow], *more: Any) -> Select[*tuple[Any, ...]]:
    """Cases as they are told of (`KnownCase`), each with `more`: whole rows are slow to make."""
    case: tuple[Any, ...] = (view.case_id, view.reference, view.status, view.authority_id)
    return select_columns(*case, *more)


def _oldest(asked: S, since: Any, most: int) -> S:
    """How many stands in the statement, as in `_told`."""
    return asked.order_by(since).limit(literal_column(str(most)))


def _of_view(case_id: UUID | None) -> ColumnElement[bool]:
    return col(CaseViewRow.case_id) == case_id


def _mine(authority: UUID | None) -> ColumnElement[bool]:
    if authority is None:
        return true()
    return (col(CaseViewRow.authority_id) == _told(authority)) | _paid_by(authority)


def _paid_by(authority: UUID) -> ColumnElement[bool]:
    """As the index of payers has it: without the first part all cases are walked."""
    payers = col(CaseViewRow.payer_ids)
    return and_(payers != literal_column("'{}'"), payers.contains(array([_told(authority)])))


def _told(authority: UUID) -> ColumnElement[UUID]:
    """It stands in the statement, not beside it: a plan that is made for all of them walks over
    what waits for any, where one has none.
    """
    return literal_column(f"CAST('{authority}' AS uuid)", Uuid())


def _trouble(
    of: KnownCase,
    cause: str,
    since: tuple[datetime, timedelta],
    who: Sequence[str],
    detail: dict[str, Any],
    remedies: tuple[str, ...] = ("escalate",),
) -> Trouble:
    at, age = since
    return Trouble(
        case_id=str(of.case_id),
        reference=of.reference,
        status=of.status,
        cause=cause,
        since=at,
        age_seconds=max(0, round(age.total_seconds())),
        who=tuple(who),
        remedies=remedies,
        detail=detail,
    )


def page(connection: Connection, after: UUID, most: int, *, every: bool = False) -> list[str]:
    """The ids of cases that are open or owe something, in their order."""
    parts = (part(one, one.selected_columns.case_id, after, most) for one in _listed(every))
    found = union_all(*(one.subquery().select() for one in parts))
    whole = connection.scalars(found.order_by("case_id").limit(most))
    return [str(case_id) for case_id in whole]


def count(connection: Connection, *, every: bool = False) -> int:
    """How many such cases there are."""
    counted = select(func.count()).select_from(union_all(*_listed(every)).subquery())
    return connection.execute(counted).scalar_one()


def _listed(every: bool) -> list[SelectOfScalar[UUID]]:
    """What was received and has no event yet is told to a run (`wake`) in the same transaction."""
    if every:
        return [select(CaseHead.case_id)]
    begun = exists().where(col(CaseState.case_id) == Wake.case_id)
    live = select(CaseState.case_id).where(CaseState.live)
    return [live, select(Wake.case_id).where(~begun)]


def shapes(connection: Connection, most: int | None) -> list[str]:
    """One open case of every distinct shape: the newest.

    Two files of one shape were written by the same rows in the same order under the same law: what
    replays of one replays of the other.
    """
    # In rows that were written long ago the hash lies beside the row: so it is fetched once for
    # each, and not at every comparison.
    shape = func.left(CaseState.edition, _HASH), col(CaseState.shape)
    newest = select(CaseState.case_id).where(CaseState.live).ext(distinct_on(*shape))
    chosen = newest.order_by(*shape, col(CaseState.case_id).desc()).limit(most)
    return [str(one) for one in connection.scalars(chosen)]


def read_messages(connection: Connection, case_id: str) -> dict[str, Message]:
    """Everything that was ever asked of a case or reported to it, by its id."""
    asked = select(Inbox).where(col(Inbox.case_id) == case_id)
    return {str(row.id): to_message(row) for row in connection.execute(asked)}


def read_outcomes(connection: Connection, case_id: str) -> dict[str, dict[str, Any]]:
    """How effects ended, by their keys: in more detail than the events tell it."""
    ended = select(DispatchRow.key, col(DispatchRow.outcome)).where(
        DispatchRow.case_id == case_id,
        col(DispatchRow.kind).startswith("effect:"),
        col(DispatchRow.outcome).is_not(None),
    )
    return {key.partition("/")[2]: outcome for key, outcome in connection.execute(ended)}
