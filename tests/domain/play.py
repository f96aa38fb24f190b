"""A model player: it sends a case what people, systems and terms may send, sensible or not."""

import os
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final, Protocol, TypeVar

from definitions.calendars import current_calendar, load_calendar
from definitions.editions import edition_on, editions
from domain.apply import apply
from domain.canonical import sha256_hex
from domain.case.state import Case, Effect, Period
from domain.decide import decide
from domain.messages import SERVICE, Actor, Event, Message, Role
from domain.process import Edition, TermLength
from domain.terms.agenda import agenda
from domain.terms.counting import Calendar, local_day
from tests.support.door import looked_up

T = TypeVar("T")

# Names the edition under which everything is played; without it that of the day of `BEGIN`.
EDITION: Final = "OZHB_EDITION"
BEGIN = datetime(2026, 11, 23, 5, tzinfo=UTC)
TODAYS = edition_on(BEGIN.date())
CURRENT = next(
    one for one in editions().values() if one.code == os.environ.get(EDITION, TODAYS.code)
)
CALENDAR = current_calendar()
# As days off were announced later: every Wednesday, then every Thursday too.
_WEDNESDAYS = [date(2026, 11, 25) + timedelta(weeks=n) for n in range(200)]
_OFF = dict.fromkeys(_WEDNESDAYS, "holiday:walk")
CHANGED = (
    replace(CALENDAR, version="kz-2027-01", off={**CALENDAR.off, **_OFF}),
    replace(
        CALENDAR,
        version="kz-2027-02",
        off={**CALENDAR.off, **_OFF, **{day + timedelta(days=1): "holiday:walk" for day in _OFF}},
    ),
)


def varied(edition: Edition, **changed: Any) -> Edition:
    """The edition with other values, as if it had been read so: nothing computed is kept."""
    return Edition(**{**{name: getattr(edition, name) for name in Edition.model_fields}, **changed})


def _with_lengths(edition: Edition, **lengths: str) -> dict[str, TermLength]:
    changed = {
        name: edition.terms[name].model_copy(update={"length": length})
        for name, length in lengths.items()
    }
    return {**edition.terms, **changed}


# As the law may be changed while cases run: longer terms and shorter ones.
LATER = varied(
    CURRENT,
    code="later",
    cites_as=CURRENT.citing,
    hash=sha256_hex(b"later"),
    open_cases="move",
    valid_from=date(2026, 11, 1),
    precedence=1,  # new cases are opened under the current one
    terms=_with_lengths(CURRENT, choice="P3M", supplier_answer="5wd", acceptance="7cd"),
)
# Where a case may go on: as above, and under every published edition that takes cases over.
MOVING = (
    LATER,
    *(
        one
        for one in editions().values()
        if one.open_cases == "move" and one.valid_from > CURRENT.valid_from
    ),
)


MOMENT = timedelta(microseconds=1)

RECIPIENT, REPRESENTATIVE = "person-1", "person-2"
AUTHORITY, ELSEWHERE = "authority-1", "authority-2"
E, T_, GATEWAY = (Actor(role=r) for r in (Role.ESOBES, Role.TREASURY, Role.GATEWAY))
R = Actor(role=Role.RECIPIENT, id=RECIPIENT)
V = Actor(role=Role.RECIPIENT, id=REPRESENTATIVE, on_behalf_of=RECIPIENT)
S = Actor(role=Role.SUPPLIER, id="signer-1", on_behalf_of="supplier-1")
S2 = Actor(role=Role.SUPPLIER, id="signer-2", on_behalf_of="supplier-2")
C = Actor(role=Role.CASEWORKER, id="clerk-1", on_behalf_of=AUTHORITY)
C2 = Actor(role=Role.CASEWORKER, id="clerk-2", on_behalf_of=AUTHORITY)
C3 = Actor(role=Role.CASEWORKER, id="clerk-3", on_behalf_of=AUTHORITY)
C9 = Actor(role=Role.CASEWORKER, id="clerk-9", on_behalf_of=ELSEWHERE)
ABOVE = Actor(role=Role.CASEWORKER, id="clerk-0", on_behalf_of="authority-0")
SUPERIOR = {"superior_of": [AUTHORITY, ELSEWHERE]}
K = Actor(role=Role.COMMISSION, id="member-1")
A = Actor(role=Role.ADMINISTRATOR, id="admin-1")
ACTORS = {
    Role.RECIPIENT: (R, R, V, R, Actor(role=Role.RECIPIENT, id="person-9")),
    Role.SUPPLIER: (S, S, S, S2),
    Role.CASEWORKER: (C, C2, C3, C, C2,
                      C9, ABOVE,
                      Actor(role=Role.CASEWORKER, id=REPRESENTATIVE, on_behalf_of=AUTHORITY)),
    Role.COMMISSION: (K,),
    Role.ADMINISTRATOR: (A,),
    Role.ESOBES: (E,),
    Role.TREASURY: (T_,),
    Role.GATEWAY: (GATEWAY,),
    Role.SERVICE: (SERVICE,),
    Role.DEADLINE: (Actor(role=Role.DEADLINE),),
}  # fmt: skip


class Choices(Protocol):
    """Where the player's whims come from."""

    def below(self, count: int) -> int:
        """A whole number from 0, less than `count`."""


@dataclass
class Seeded:
    """Whims of a seed; the same seed gives the same walk."""

    seed: int
    source: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self.source = random.Random(self.seed)

    def below(self, count: int) -> int:
        return int(self.source.random() * count)


@dataclass
class Listed:
    """Whims of a string of bytes, which hypothesis can shorten; after its end the first choice."""

    given: bytes
    place: int = 0

    def below(self, count: int) -> int:
        if self.place >= len(self.given):
            return 0
        self.place += 1
        return self.given[self.place - 1] % count

    @property
    def spent(self) -> bool:
        return self.place >= len(self.given)


def power(**changed: Any) -> dict[str, Any]:
    """A representative as messages tell of them: an attorney for all acts, without an end."""
    return {
        "id": "power-1",
        "person": REPRESENTATIVE,
        "kind": "ATTORNEY",
        "since": "2026-01-12",
        **changed,
    }


def measure(**changed: Any) -> dict[str, Any]:
    """A measure as intake hands it over."""
    return {
        "reference": "7XK2M9",
        "recipient": RECIPIENT,
        "acting": {"representatives": [power()]},
        "authority": AUTHORITY,
        "region": "751110000",
        "item": "wheelchair",
        "category": "aid",
        "quantity": 2,
        "unit": "piece",
        "unit_sum": 10_000_00,
        "developed_on": "2026-11-01",
        "valid_until": "2027-10-31",
        "implement_until": "2027-03-31",
        "revision": 1,
        "yearly_norm": 3,
        "catalogue": "2026-11",
        **changed,
    }


def calendar_of(version: str) -> Calendar:
    """One that was announced on a walk, or a published one."""
    return next((one for one in CHANGED if one.version == version), None) or load_calendar(version)


@dataclass
class Play:
    """One case with its host: the file, the legal clock, and that a message counts once."""

    edition: Edition = CURRENT
    calendar: Calendar = CALENDAR
    now: datetime = BEGIN
    case: Case = field(default_factory=lambda: Case(id="case-1", edition=CURRENT.hash))
    events: list[Event] = field(default_factory=list)
    seen: dict[str, Message] = field(default_factory=dict)
    watch: Callable[["Play", Message, Case, list[Event]], None] | None = None
    # The period that is spoken of; None: the first, and nobody names it.
    about: int | None = None
    # Facts that the portal knows by now, whatever is sent.
    known: dict[str, Any] = field(default_factory=dict)

    def copy(self) -> "Play":
        """The same file, to go another way from here."""
        return Play(
            self.edition,
            self.calendar,
            self.now,
            self.case,
            list(self.events),
            dict(self.seen),
            about=self.about,
            known=self.known,
        )

    @property
    def period(self) -> Period:
        return self.case.periods[self.about or 1]

    @property
    def status(self) -> str:
        return self.period.status if self.about else self.case.status

    def host(self, message: Message) -> list[Event]:
        """What a host does: nothing if the file has the message's id, else decide and apply."""
        if message.id in self.seen:
            return []
        self.seen[message.id] = message
        before = self.case
        events = decide(before, message, self.edition, self.calendar)
        for event in events:
            self.case = apply(self.case, event)
        self.events += events
        if self.watch:
            self.watch(self, message, before, events)
        return events

    def send(
        self, name: str, actor: Actor, data: dict[str, Any] | None = None,
        facts: dict[str, Any] | None = None, *, at: datetime | None = None,
        period: int | None = None,
    ) -> list[Event]:  # fmt: skip
        """A new message, now or at an instant of its own."""
        message = Message(
            id=f"m{len(self.seen)}",
            name=name,
            at=at or self.now,
            actor=actor,
            period=period or self.about,
            data=data or {},
            facts={**looked_up(data or {}), **self.known, **(facts or {})},
        )
        return self.host(message)

    def answer(self, kind: str, **data: Any) -> list[Event]:
        """The outcome of the oldest effect of a kind."""
        effect = next(effect for effect in self.case.outbox.values() if effect.kind == kind)
        return self.outcome(effect, *outcome(effect, data))

    def outcome(self, effect: Effect, name: str, actor: Actor, data: dict[str, Any]) -> list[Event]:
        return self.host(
            Message(
                id=f"effect:{effect.key}",
                name=name,
                at=self.now,
                actor=actor,
                period=effect.period,
                data={**data, "effect": effect.key},
            )
        )

    def wait(self, until: datetime | None = None) -> list[Event]:
        """Move the clock to an instant, or to the next deadline, and send every deadline due."""
        if until is None:
            soonest = next(iter(agenda(self.case, self.edition.process)), None)
            until = soonest.wake_at if soonest else self.now + timedelta(days=1)
        made: list[Event] = []
        while due := next(iter(agenda(self.case, self.edition.process)), None):
            if due.wake_at > until:
                break
            assert due.message.id not in self.seen, "a deadline whose message is spent never comes"
            self.now = max(self.now, due.wake_at)
            made += self.host(due.message)
        self.now = max(self.now, until)
        return made

    def today(self, days: int = 0) -> str:
        return (local_day(self.now) + timedelta(days=days)).isoformat()


def outcome(effect: Effect, changed: dict[str, Any]) -> tuple[str, Actor, dict[str, Any]]:
    """The message that an effect ends in when all goes well: name, actor, data."""
    asked = effect.data
    match effect.kind:
        case "notify":
            return "notice_sent", SERVICE, {"round": asked["round"], "channels": ["sms"], **changed}
        case "tell":
            return "told", SERVICE, changed
        case "pay":
            return "payment_sent", SERVICE, {"key": asked["key"], **changed}
        case "enquire":
            return "payment_never_received", T_, {"key": asked["key"], **changed}
        case "report":
            return "result_reported", SERVICE, {"status": asked["status"], **changed}
        case _:
            return "signature_checked", SERVICE, {**asked, **changed}


GOOD_SIGNATURE = {"signature": {"reason": None, "certificate": "cert"}}
GOOD_ACCOUNT = {**GOOD_SIGNATURE, "account_signature": {"reason": None}}


def order(**changed: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """The body of an order of two pieces above the guaranteed sum, and its facts."""
    data = {
        "offer": "offer-1",
        "price_shown": 12_000_00,
        "quantity": 2,
        "co_payment_confirmed": 4_000_00,
        "application": "app-1",
        "signature": "cms-r",
    }
    facts = {
        "supplier": "supplier-1",
        "supplier_active": True,
        "offer_item": "wheelchair",
        "offer_regions": ["75"],
        "price": 12_000_00,
        "supplier_is_party": False,
        "norm_used": 0,
        "application": "app-1",
        **GOOD_SIGNATURE,
    }
    for name, value in changed.items():
        (facts if name in facts and name not in data else data)[name] = value
    return data, facts


def signing(play: Play, **changed: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """The body of a supplier's signature with its account, and its facts."""
    assert play.period.application is not None
    data = {
        "application": play.period.application.sha256,
        "signature": "cms-s",
        "account": "acc-1",
        "account_signature": "cms-a",
    }
    return {**data, **changed}, GOOD_ACCOUNT


def report(play: Play, outcome: str, **changed: Any) -> dict[str, Any]:
    """A status report of the treasury about the latest attempt."""
    payment = play.period.payment
    assert payment is not None
    told = {"outcome": outcome, "amount": payment.amount, "payee": "same", "account": "same"}
    return {"key": payment.key, **told, **changed}


# The straight way, one step a line: from each step on, a walk may leave it.
WAY: Sequence[tuple[str, Callable[[Play], object]]] = (
    ("notifying", lambda p: p.send("measure_arrived", E, {"measure": measure()})),
    ("notifying", lambda p: p.answer("notify")),
    ("choosing", lambda p: p.send("delivery_proven", GATEWAY, {
        "round": 1, "confirmed": True, "on": p.today(), "channel": "sms"})),
    ("ordered", lambda p: p.send("place_order", R, *order())),
    ("in_fulfilment", lambda p: p.send("confirm", S)),
    ("delivered", lambda p: p.send("mark_delivered", S, {
        "on": p.today(), "quantity": 2, "evidence": True})),
    ("awaiting_signatures", lambda p: p.send("accept", R, {"quantity": 2})),
    ("under_review", lambda p: p.send("sign", S, *signing(p))),
    ("under_review", lambda p: p.send("approve", C)),
    ("payment_pending", lambda p: p.send("approve", C2)),
    ("payment_pending", lambda p: p.answer("pay")),
    ("paid", lambda p: p.send("payment_reported", T_, report(p, "settled"))),
    ("completed", lambda p: p.answer("report")),
)  # fmt: skip


def reach(status: str, steps: int = 0) -> Play:
    """A case on the straight way, where it first has a status, and `steps` further."""
    play, left = Play(), -1
    for expected, step in WAY:
        play.now += timedelta(hours=1)
        step(play)
        assert play.status == expected
        left = steps if play.status == status and left < 0 else left - 1
        if left == 0:
            return play
    raise LookupError(status)
