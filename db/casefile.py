"""The case file: `take` is the only way to change a case, whoever asks.

Under the lock of the file's head a message is decided on the file as it is, and what it makes is
recorded in the same transaction. Neither a run of Temporal nor a process holds anything that could
decide.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from secrets import token_bytes
from typing import Any, Final

from sqlalchemy import Connection, Engine, Row, text

from db.calendars import learn
from db.chains import SALT_BYTES, Written
from db.crowds import turn
from db.engine import reads
from db.events import actor_of, chained
from db.lateness import note_lateness
from db.links import link, next_place
from db.money import write_money
from db.projections import Recorded, projected, record, to_write
from db.putting import PLANNED_ONCE
from db.wakes import Untold
from definitions.calendars import current_calendar
from definitions.editions import edition
from domain.apply import fold
from domain.case.norms import TAKING, own_use, year_of
from domain.case.periods import is_closed
from domain.case.projection import Heading, Projection
from domain.case.state import Case
from domain.decide import decide
from domain.messages import Event, Frozen, Message
from domain.money.ledger import moves_money
from domain.process import Edition
from domain.terms.agenda import DueMessage, soonest

# What a run shows of a file that it did not see grow.
MOST_LINES: Final = 20


class NoSuchCase(Exception):
    """There is no file of this id."""


_OPEN = text(
    f"SELECT f.*, {PLANNED_ONCE}"
    " FROM open_file(:case_id, CAST(:shown AS int), :sender, :under, :durable) f"
)
_OF_MESSAGE = text("SELECT 1 FROM event WHERE case_id = :case_id AND message_id = :id LIMIT 1")
_WAITING = text(
    "WITH heard AS (DELETE FROM unheard WHERE case_id = :case_id RETURNING inbox_id)"
    " SELECT id, name, submitted_at, actor_role, actor_id, on_behalf_of, period, data, facts"
    " FROM inbox WHERE id IN (SELECT inbox_id FROM heard) ORDER BY place"
)
_LOCK_NORM = text("SELECT pg_advisory_xact_lock(hashtextextended(:person || :item, 0))")
_NORM = text(
    "SELECT coalesce(sum(quantity), 0) FROM norm_use WHERE person_id = :person AND item = :item"
    " AND year = :year AND case_id <> :case_id"
)


class Owed(Frozen):
    """An effect that the outbox of a file holds; `about` is the code of a text."""

    key: str
    kind: str
    about: str = ""


class Look(Frozen):
    """What a run has to see to: effects that the outbox holds, and the next instant.

    `seq` is the length of the file, `now` the legal time. At `wake_at` the run looks by itself
    after what is `wake_for`, which in a crowd came minutes before. `over`: the case is closed and
    owes nothing. `heading` and `lines`, what was recorded last, are for whoever looks at the run.
    """

    seq: int
    now: datetime
    effects: tuple[Owed, ...] = ()
    wake_at: datetime | None = None
    wake_for: str = ""
    over: bool = False
    heading: Heading | None = None
    lines: tuple[str, ...] = ()


@dataclass
class File:
    """A case file under the lock of its head, for as long as the transaction lasts.

    `row` is what was read with it: whose case it was (the columns of its view, null before its
    first event), the key of its person, and when the lock was asked for (`arrived`). What it has
    taken is written when it is left. `hash` and `told` end its chains of events and of messages.
    """

    connection: Connection
    case: Case
    hash: bytes = field(repr=False)
    row: Row[Any] = field(repr=False)
    # Something was left in the inbox.
    waits: bool
    told: bytes = field(repr=False)
    # What its run has not shown yet: `12 C1`.
    lines: list[str] = field(default_factory=list)
    before: Case = field(init=False)
    # Events that it has taken; messages and what came of effects by which it was told, as rows.
    made: list[Event] = field(init=False, default_factory=list)
    words: list[dict[str, Any]] = field(init=False, default_factory=list, repr=False)
    answers: list[dict[str, Any]] = field(init=False, default_factory=list)
    # When that came which it has taken by itself.
    rung: list[datetime] = field(init=False, default_factory=list)
    # Known when the file was left: its run is to be told.
    wakes: bool = field(init=False, default=False)
    # For so long its run may look by itself, before it is told.
    patience: timedelta = field(init=False, default=timedelta(0))
    _place: int | None = field(init=False)
    _projected: Projection | None = field(init=False, default=None, repr=False)

    def __post_init__(self) -> None:
        self.before = self.case
        self._place = self.row.place

    @property
    def now(self) -> datetime:
        """The legal time at which the lock was had."""
        at: datetime = self.row.now
        return at

    @property
    def law(self) -> Edition:
        """The edition that the case is bound to. UnknownEdition where this build has it not."""
        return edition(self.case.edition)

    def take(self, message: Message) -> tuple[Event, ...]:
        """Decide a message and record what it makes; nothing where the file has heard of it."""
        return () if self.knows(message.id) else self.take_new(message)

    def take_new(self, message: Message) -> tuple[Event, ...]:
        """The same of a message that is new for certain."""
        events = self.decided(message)
        self.record(events)
        return tuple(events)

    def knows(self, message_id: str) -> bool:
        """Whether an event of this message stands in the file, or was made just now."""
        if any(one.message_id == message_id for one in self.made):
            return True
        named = {"case_id": self.case.id, "id": message_id}
        return self.connection.execute(_OF_MESSAGE, named).first() is not None

    def hear(self) -> None:
        """Take what waits in the inbox, in the order in which it came."""
        self.chain_left()
        if self.waits:
            for row in self.connection.execute(_WAITING, {"case_id": self.case.id}).all():
                self.take_new(to_message(row))
            self.waits = False

    def chain_left(self) -> None:
        """Chain what was left in the inbox, heard or not."""
        if self.row.loose:
            self.told = link(self.connection, self.case.id, self.told)

    def place(self) -> int:
        """The place in all inboxes of the next message that is written."""
        place, self._place = self._place, None
        return place or next_place(self.connection)

    def ring(self, until: datetime | None = None) -> None:
        """Take what has come by itself (`until` then), soonest first: each may move the others."""
        while (due := self.coming) and due.wake_at <= (until or self.now):
            if not self.take(due.message):
                return  # known and held all the same: nobody loops under a lock
            self.rung.append(due.wake_at)

    def record(self, events: Sequence[Event]) -> None:
        """Take events over, to be written when the file is left."""
        self.lines += (f"{one.seq} {one.type if one.row == '-' else one.row}" for one in events)
        self.case, self._projected = fold(self.case, list(events)), None
        self.made += events

    def write(self) -> None:
        """Chain the new events to the file, and bring in step what is made from it."""
        record(self.connection, [self.to_write()])
        if any(map(moves_money, self.made)):
            write_money(self.connection, self.before, self.made)
        note_lateness(self.rung, self.now)

    def to_write(self) -> dict[str, Any]:
        """What `record` takes of it."""
        written = Written(self.case.id, self.row.wall, self.row.xid, token_bytes(SALT_BYTES))
        made = chained(self.hash, self.told, self.made, written)
        recorded = Recorded(made, self.words, self.answers, self.wakes, self.patience)
        return to_write(self.connection, self.case, self.projection, self.made, recorded)

    @property
    def projection(self) -> Projection:
        """The case, which has an event, as lists have it: made once of what was taken."""
        self._projected = self._projected or projected(self.case)
        return self._projected

    @property
    def due(self) -> DueMessage | None:
        """What comes by itself and has come."""
        coming = self.coming
        return coming if coming and coming.wake_at <= self.now else None

    @property
    def coming(self) -> DueMessage | None:
        """What comes by itself next."""
        return _first(self.case, self.law)

    @property
    def untold(self) -> Untold | None:
        """That its run is to be told, once the file was left."""
        return Untold(self.case.id, self.case.seq) if self.wakes else None

    @property
    def seen(self) -> Look:
        """The same as `look` with what its run has not shown yet."""
        return self.look.model_copy(update={"lines": tuple(self.lines[-MOST_LINES:])})

    @property
    def look(self) -> Look:
        """The file as its run sees it."""
        due = self.coming
        return Look(
            seq=self.case.seq,
            now=self.now,
            effects=tuple(
                Owed(key=key, kind=one.kind, about=one.data.get("text", ""))
                for key, one in self.case.outbox.items()
            ),
            wake_at=due.wake_at + turn(self.connection, self.case.id, due.wake_at) if due else None,
            wake_for=due.about if due else "",
            over=self._over(self.case),
            heading=self.projection.heading(self.law) if self.case.seq else None,
        )

    @property
    def asks_for_run(self) -> bool:
        """Whether the run must hear of what was recorded: an effect, a sooner instant, the end."""
        was, now = _first(self.before, self.law), self.coming
        sooner = now is not None and (was is None or now.wake_at < was.wake_at)
        asked = self.case.outbox.keys() - self.before.outbox.keys()
        return bool(asked) or sooner or self._over(self.case) != self._over(self.before)

    def decided(self, message: Message) -> list[Event]:
        """What a message makes, not recorded yet: `refused` alone where it changes nothing.

        Decided again with what other cases hold of the norm, or with a calendar new to us.
        """
        while True:
            events = decide(self.case, message, self.law, current_calendar())
            used = self._norm_used(message, events)
            if used is not None:
                message = message.model_copy(update={"facts": {**message.facts, "norm_used": used}})
            elif not self._outdated(events):
                return events

    def _outdated(self, events: Sequence[Event]) -> bool:
        made = (one for event in events for one in event.data.get("deadlines", ()))
        certificate = next((one["certificate"] for one in made), None)
        newest = self.row.calendar
        if certificate is None or newest is None or newest <= certificate["calendar"]:
            return False
        learn(self.connection)
        return True

    def _norm_used(self, message: Message, events: Sequence[Event]) -> int | None:
        """What other cases hold, if this order would go beyond the norm; under a lock."""
        taking = next((event.period for event in events if event.type in TAKING), None)
        measure = self.case.measure
        if taking is None or measure is None:
            return None
        # What was received before the norm was a fact of the message has the measure's own.
        norm = message.facts.get("yearly_norm", measure.yearly_norm)
        after = fold(self.case, list(events))
        order = after.periods[taking].order
        if norm is None or order is None:
            return None
        year = year_of(order)
        person = str(self.row.person_id)
        self.connection.execute(_LOCK_NORM, {"person": person, "item": measure.item})
        named = {"person": person, "item": measure.item, "year": year}
        used = int(self.connection.execute(_NORM, {**named, "case_id": self.case.id}).scalar_one())
        over = used + own_use(after, year) > norm
        return used if over and used != message.facts.get("norm_used") else None

    def _over(self, case: Case) -> bool:
        """It is closed, and nothing is owed to the outside or comes by itself any more."""
        closed = case.seq > 0 and is_closed(case, self.law.process)
        return closed and not case.outbox and _first(case, self.law) is None


@contextmanager
def opened(
    connection: Connection,
    case_id: str,
    *,
    tells: bool = True,
    shown: int | None = None,
    durable: bool = True,
    request: tuple[str | None, str | None] = (None, None),
) -> Iterator[File]:
    """Lock a file. Raises NoSuchCase. The transaction is the caller's.

    On leaving, what it has taken is written, and that its run must hear of it (`wake`), unless
    `tells` is False: then the run itself asks, and has `shown` so many lines. It has heard, where
    its asking is `durable`. Whether a `request` (sender, key) stands in an inbox already,
    `row.answered` says.
    """
    file = locked(connection, case_id, shown, durable, request)
    yield file
    if file.made:
        file.wakes = tells and file.asks_for_run
        file.write()


def locked(
    connection: Connection,
    case_id: str,
    shown: int | None = None,
    durable: bool = True,
    request: tuple[str | None, str | None] = (None, None),
) -> File:
    """The same, and what it takes is written by nobody."""
    sender, under = request
    named = {"case_id": case_id, "shown": shown, "durable": durable}
    named |= {"sender": sender, "under": under}
    row = connection.execute(_OPEN, named).one_or_none()
    if row is None:
        raise NoSuchCase("no case file of this id")
    begun = Case(id=case_id, edition=row.edition)
    case = Case.model_validate_json(row.state) if row.state else begun
    return File(connection, case, bytes(row.hash), row, row.waits, bytes(row.told), row.lines[::-1])


def take(connection: Connection, case_id: str, message: Message) -> tuple[Event, ...]:
    """Hear what came before, then take a message that has no row in the inbox."""
    with opened(connection, case_id) as file:
        file.hear()
        return file.take(message)


def look(connection: Connection, case_id: str, after: int = 0, durable: bool = True) -> Look:
    """What the run of a case has to see to, once all that waited and has come was taken.

    `after`: how much of the file it has shown. `durable`: what asks comes again if the answer is
    lost; else the run is told of what the file takes now, too.
    """
    with opened(connection, case_id, tells=not durable, shown=after, durable=durable) as file:
        file.hear()
        file.ring()
        return file.seen


def glance(engine: Engine, case_id: str, after: int, durable: bool) -> Look:
    """The same in one statement where nothing waits and nothing has come, as mostly.

    Else it is opened once more; whoever dies between has not answered, and is asked again.
    """
    with (
        reads(engine) as connection,
        opened(connection, case_id, tells=False, shown=after, durable=durable) as file,
    ):
        if not (file.waits or file.row.loose or file.due):
            return file.seen
    with engine.begin() as connection:
        return look(connection, case_id, after, durable)


def _first(case: Case, law: Edition) -> DueMessage | None:
    return soonest(case, law.process) if case.seq else None


def to_message(row: Row[Any]) -> Message:
    """An inbox row as the decider sees it."""
    return Message(
        id=str(row.id),
        name=row.name,
        at=row.submitted_at,
        actor=actor_of(row._mapping),
        period=row.period,
        data=row.data,
        facts=row.facts,
    )
