"""What a case waits for: terms that somebody can meet, and work on desks; the soonest first."""

from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any, Final

from domain.case.application import unsigned_by
from domain.case.context import Context
from domain.case.outlook import may_be_asked
from domain.case.periods import open_periods
from domain.case.state import PLANNED, Case, Deadline, Period, Task
from domain.messages import PERSONS, Actor, Frozen, Message, Role
from domain.parties.representatives import NOBODY
from domain.process import Edition, Process
from domain.terms.agenda import OVER
from domain.terms.counting import Calendar, Term, certify, local_day

CASEWORKER: Final = Role.CASEWORKER.value
NO_ONE: Final = "nobody"
OFFICIALS: Final = (Role.CASEWORKER, Role.COMMISSION, Role.ADMINISTRATOR)
SOMEBODY: Final = "somebody"
# Work in which a party disputes something, or a second person looks at what a first one did.
CONTESTS: Final = frozenset(("deadline_contested",))
APPROVALS: Final = frozenset(("representation_to_confirm", "correction_proposed"))
# Work that asks two for a decision.
DECISIONS: Final = frozenset(("hearing_ended", "review_overdue"))
# A term of the law that no row begins: nothing of the case waits for its end.
APPEAL: Final = "appeal"
# No row stops it: what it runs out on is asked about once more, or noted (rows P8, P15).
DOUBT: Final = "payment_doubt"
# Of somebody against whom nothing stands: what the portal knows beside the case.
UNDISPUTED: Final[dict[str, Any]] = {
    "acts_for": {},
    "without_account": [],
    "supplier_active": True,
    "terms_hidden": [],
    "representative_conflict": None,
    "addressees": [],
}
_MOMENT: Final = timedelta(microseconds=1)
_NEVER: Final = datetime.max.replace(tzinfo=UTC)
Law = tuple[Edition, Calendar]
# Whether a role can meet a term of a period by one of these commands.
Able = Callable[[Period, Deadline, str, Sequence[str]], bool]


class Awaiting(Frozen):
    """What a period waits for, and who acts: a `term` that can be met, or a `task` on a desk, which
    has a term where the same commands keep it.

    Neither: the status alone says whom it waits for. `since` is when the work began to lie there;
    `first` who has done their part where two decide, and the second is waited for.
    """

    period: int
    who: tuple[str, ...]
    since: datetime
    term: str | None = None
    task: str | None = None
    last_day: date | None = None
    expires_at: datetime | None = None
    first: str | None = None


def awaited(case: Case, edition: Edition, calendar: Calendar) -> tuple[Awaiting, ...]:
    """Everything that a case with a measure waits for, the soonest first; empty: nobody acts.

    Of several terms that the same role can meet in a period the first to run out is told; one that
    is over already only where none runs. While a period is held, its parties can do nothing for the
    order: what it waits for lies on a desk.
    """
    assert case.measure is not None, "a case with a status has a measure"
    process = edition.process
    able = partial(_somebody_can, case, edition.of(case.measure.entitlement), calendar)
    live = {one.number for one in live_or_planned(case, process)}
    found: list[Awaiting] = []
    for period in case.periods.values():
        terms = list(terms_awaited(case, period, edition, able))
        if not terms and period.number in live and not period.held:
            terms = list(_status_awaits(case, period, edition))
        found += _with_terms(terms, _tasks_awaited(case, period, process), process)
    return tuple(sorted((_second(case, one, process) for one in found), key=soonest))


def _second(case: Case, one: Awaiting, process: Process) -> Awaiting:
    """Of two who decide, the second sees who was first."""
    if one.who != (CASEWORKER,):
        return one
    term = process.terms.get(one.term or "")
    commands = term.met_by.get(CASEWORKER, ()) if term else ()
    period = case.periods[one.period]
    kinds = {*commands, *(row.confirms for row in process.rows if row.on in commands)}
    said = [d for d in period.decisions if d.kind in kinds and d.at >= period.since]
    return one.model_copy(update={"first": said[-1].by}) if said else one


def live_or_planned(case: Case, process: Process) -> list[Period]:
    """The periods that have begun and not ended; where there is none, one that is to come."""
    found = open_periods(case, process)
    begun = [one for one in found if one.status != PLANNED]
    return begun or found[:1]


def soonest(one: Awaiting) -> tuple[datetime, bool, datetime, int, str]:
    """What runs out is first; of what does not, what has lain longest, work on desks last."""
    name = one.task or one.term or ""
    return (one.expires_at or _NEVER, one.task is not None, one.since, one.period, name)


def everybody(found: Sequence[Awaiting]) -> tuple[str, ...]:
    """Who acts next, in the order of what is awaited."""
    return tuple(dict.fromkeys(who for one in found for who in one.who)) or (NO_ONE,)


def waits_for(case: Case, period: Period, edition: Edition, calendar: Calendar) -> tuple[str, ...]:
    """Who acts next in a period."""
    found = awaited(case, edition, calendar)
    return everybody([one for one in found if one.period == period.number])


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads a case, `now`: their role, and what they may ask for (name, period; None: of the
    whole case).
    """

    role: Role
    may: Set[tuple[str, int | None]]
    now: datetime


@dataclass(frozen=True, slots=True)
class Step:
    """What is awaited, told to a reader: whether it is for them to do."""

    awaited: Awaiting
    yours: bool


def steps_of(case: Case, law: Law, everything: Sequence[Awaiting], reader: Reader) -> list[Step]:
    """What the reader can do first, then what others do; desks are the business of officials."""
    known = {_about(one): one for one in everything}
    mine = {_about(one): known.get(_about(one), one) for one in _of(case, law, reader)}
    others = (one for one in everything if _about(one) not in mine)
    return [
        *(Step(one, yours=True) for one in mine.values()),
        *(Step(one, yours=False) for one in others if reader.role in OFFICIALS or not one.task),
    ]


def _about(one: Awaiting) -> tuple[int, bool, str | None]:
    return one.period, one.task is not None, one.task or one.term


def _of(case: Case, law: Law, reader: Reader) -> list[Awaiting]:
    """The terms that one of the reader's commands meets, or that are met outside the portal; the
    work on their desk; what they may still appeal. The soonest first.
    """
    edition, calendar = law

    def able(period: Period, _: Deadline, who: str, commands: Sequence[str]) -> bool:
        asked = {(name, number) for name in commands for number in (period.number, None)}
        return who == reader.role and (not commands or not reader.may.isdisjoint(asked))

    found: list[Awaiting] = []
    for period in case.periods.values():
        terms = terms_awaited(case, period, edition, able)
        tasks = _tasks_awaited(case, period, edition.process)
        found += [*_with_terms(terms, tasks, edition.process), *_appeals(period, edition, calendar)]
    mine = (one for one in found if reader.role in one.who and _still(one, reader.now))
    theirs = (one for one in mine if not _left_to_another(case, one, edition.process, reader))
    return sorted(theirs, key=soonest)


def _left_to_another(case: Case, one: Awaiting, process: Process, reader: Reader) -> bool:
    """Whether a decision that work asks for is half made, and the reader cannot be the second:
    whoever has done their part is not told to do it.
    """
    if one.task not in DECISIONS or reader.role != Role.CASEWORKER:
        return False
    period = case.periods[one.period]
    said = {d.kind for d in period.decisions if d.at >= period.since}
    second = {row.on for row in process.rows if {row.on, row.confirms} & said}
    asked = {(name, number) for name in second for number in (period.number, None)}
    return bool(said) and reader.may.isdisjoint(asked)


def _still(one: Awaiting, now: datetime) -> bool:
    return one.term != APPEAL or (one.expires_at is not None and now < one.expires_at)


def _appeals(period: Period, edition: Edition, calendar: Calendar) -> Iterator[Awaiting]:
    """Until when at least an end may be appealed that was decided after a hearing (APPC 92).

    The days run from when it became known, which is never before the decision. An appeal goes to
    the superior authority, beside the portal: the case itself waits for nobody.
    """
    who = edition.process.statuses[period.status].appealed_by
    if who and period.hearing is not None:
        length = Term.parse(edition.values[APPEAL])
        made = certify(local_day(period.since), length, calendar, edition.bases[APPEAL])
        yield Awaiting(
            period=period.number,
            who=tuple(one.value for one in who),
            since=period.since,
            term=APPEAL,
            last_day=made.last_day,
            expires_at=made.expires_at,
        )


def terms_awaited(case: Case, period: Period, edition: Edition, able: Able) -> Iterator[Awaiting]:
    """The terms that stand where the period stands, each for those who have none before it."""
    served: set[str] = set()
    for deadline in _standing(period, edition.process):
        met_by = edition.process.terms[deadline.term].met_by
        if deadline.term == DOUBT and not _in_doubt(period):
            continue
        who = [
            one
            for one, commands in met_by.items()
            if one not in served and _owes(case, period, edition, one, commands)
            if able(period, deadline, one, commands)
        ]
        if who:
            served |= set(who)
            yield _term(period, deadline, tuple(who))


def _in_doubt(period: Period) -> bool:
    """Whether two have to say what stands of a payment: its term runs on when they have."""
    return any(one.doubtful or one.status == "void" for one in period.payments)


def _owes(case: Case, period: Period, edition: Edition, who: str, commands: Sequence[str]) -> bool:
    """Who has signed may sign again, with another certificate; nothing is waited for from them."""
    return "sign" not in commands or who in _unsigned(case, period, edition)


def _unsigned(case: Case, period: Period, edition: Edition) -> tuple[str, ...]:
    """Who has not signed, or whose signature over the account was no good. While a signature is
    being checked, the portal is at work.
    """
    assert case.measure is not None, "a case with a status has a measure"
    application = period.application
    missing = unsigned_by(application, edition, case.measure.category)
    if application is None:
        return missing
    left = [one for one in missing if one not in application.signatures]
    if application.account is None:
        left.append(Role.SUPPLIER.value)
    return tuple(dict.fromkeys(left))


def _standing(period: Period, process: Process) -> list[Deadline]:
    """The terms of the status that have not been stopped: those that run, then those over."""
    found = (
        one
        for one in period.deadlines.values()
        if not one.stopped and period.status in process.terms[one.term].runs_in
    )
    return sorted(found, key=lambda one: (OVER in one.fired, one.expires_at, one.term))


def _term(period: Period, deadline: Deadline, who: tuple[str, ...]) -> Awaiting:
    return Awaiting(
        period=period.number,
        who=who,
        since=period.since,
        term=deadline.term,
        last_day=deadline.last_day,
        expires_at=deadline.expires_at,
    )


def _status_awaits(case: Case, period: Period, law: Edition) -> Iterator[Awaiting]:
    """Whom the status waits for, where no term of it can be met.

    Where the recipient cannot act any more or nobody can for them, the caseworker does.
    """
    assert case.measure is not None, "a case with a status has a measure"
    status = law.process.statuses[period.status]
    wanted: tuple[str, ...] = (status.waits_for,)
    if status.waits_for == "signers":
        wanted = _unsigned(case, period, law) or (Role.SERVICE.value,)
    nobody = period.pause is not None and period.pause.ground == NOBODY
    idle = case.measure.acting.died or nobody
    who = tuple(CASEWORKER if one == Role.RECIPIENT and idle else one for one in wanted)
    if who == (NO_ONE,):
        return
    limit = next((one for one in _standing(period, law.process) if one.term == status.term), None)
    if limit is not None:
        yield _term(period, limit, who)
    else:
        yield Awaiting(period=period.number, who=who, since=period.since)


def _tasks_awaited(case: Case, period: Period, process: Process) -> Iterator[Awaiting]:
    # The map has no order of its own, and of two that keep one term the older is told with it.
    for task in sorted(case.tasks.values(), key=lambda one: (one.opened_at, one.code)):
        if task.period == period.number:
            yield Awaiting(
                period=period.number,
                who=(_desk(task, process),),
                since=task.opened_at,
                task=task.code,
            )


def _with_terms(
    terms: Iterable[Awaiting], tasks: Iterable[Awaiting], process: Process
) -> list[Awaiting]:
    """Work on a desk that the commands end which keep a term is told once, with its last day."""
    left, made = list(terms), []
    for task in tasks:
        (who,) = task.who
        ends = {row.on for row in process.ends.get(str(task.task), ()) if who in row.by}
        for place, one in enumerate(left):
            kept = process.terms[one.term].met_by.get(who, ()) if one.term in process.terms else ()
            if who in one.who and not ends.isdisjoint(kept):
                others = tuple(role for role in one.who if role != who)
                left[place : place + 1] = [one.model_copy(update={"who": others})] if others else []
                limit = {"term": one.term, "last_day": one.last_day, "expires_at": one.expires_at}
                task = task.model_copy(update=limit)
                break
        made.append(task)
    return [*left, *made]


def _desk(task: Task, process: Process) -> str:
    """Who does the work: its owner, or the officials whose commands alone end it."""
    ends = process.ends.get(task.code, ())
    can = [role for role in OFFICIALS if any(role in row.by for row in ends)]
    return can[0].value if can and task.owner not in can else task.owner


def _somebody_can(
    case: Case,
    law: Edition,
    calendar: Calendar,
    period: Period,
    deadline: Deadline,
    who: str,
    commands: Sequence[str],
) -> bool:
    """Whether at the last instant of the term somebody of the role could meet it.

    So the answer follows from the file alone, and no clock changes it. What is met outside the
    portal, and by systems, has no commands.
    """
    if who not in PERSONS or not commands:
        return True
    at = deadline.expires_at if OVER in deadline.fired else deadline.expires_at - _MOMENT
    return any(
        may_be_asked(Context(case, period, message, law, calendar))
        for actor in _actors(case, period, Role(who))
        for name in commands
        for message in (Message(id="", name=name, at=at, actor=actor, facts=UNDISPUTED),)
    )


def _actors(case: Case, period: Period, role: Role) -> Iterator[Actor]:
    assert case.measure is not None, "a case with a status has a measure"
    measure = case.measure
    match role:
        case Role.RECIPIENT:
            yield Actor(role=role, id=measure.recipient)
            for one in measure.acting.representatives:
                yield Actor(role=role, id=one.person, on_behalf_of=measure.recipient)
        case Role.SUPPLIER:
            if period.order is not None:
                yield Actor(role=role, id=SOMEBODY, on_behalf_of=period.order.acting)
        case Role.CASEWORKER:
            authority = period.payer or measure.authority
            yield Actor(role=role, id=SOMEBODY, on_behalf_of=authority)
        case _:
            yield Actor(role=role, id=SOMEBODY)
