"""The treasury: takes each order once, settles it once, and reports what became of it."""

import time
from dataclasses import dataclass, replace
from datetime import date
from sqlite3 import Row
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from sandbox.callbacks import Callback, Callbacks
from sandbox.camt import Movement, write_notification, write_statement
from sandbox.clock import LegalClock
from sandbox.faults import Fault, Faults
from sandbox.identities import check_iban, read_base36
from sandbox.pain import Malformed, Order, Status, read_order, write_report
from sandbox.speech import Speech
from sandbox.store import Store

XML = "application/xml"
# The payee's account is closed.
REJECTED = "AC04"
SETTLED = "ACSC"
# What an order that the faults named here strikes goes through, each a delay after the one before:
# a status that is told, or one of the acts below.
SETTLED_AGAIN, ANOTHER_SUM = "settled again", "another sum"
RETURNED, PART_RETURNED = "returned", "part returned"
COURSES: dict[str | None, tuple[str, ...]] = {
    "reject": ("RJCT",),
    "pending": ("PDNG", SETTLED),
    "blocked": ("BLCK",),
    "reject_then_settle": ("RJCT", SETTLED),
    "settle_then_reject": (SETTLED, "RJCT"),
    "settle_twice": (SETTLED, SETTLED_AGAIN),
    "another_sum": (SETTLED, ANOTHER_SUM),
    "return": (SETTLED, RETURNED),
    "return_part": (SETTLED, PART_RETURNED),
}
# What comes back of an order when only a part does, in tiyn.
PART = 100_000
# A row with the account that the payment leaves from, which older rows have not.
PAID_FROM = (
    "select t.*, coalesce(q.account, '') as paid_from from {} t left join payer q using (key)"
)
ZONE = ZoneInfo("Asia/Almaty")
REPORTS = "/v1/treasury/status-reports"
UNTOLD = frozenset({"silent", "no_receipt"})


class KeyReused(Exception):
    """The key came before with another amount, account or payee."""


@dataclass(frozen=True)
class Entry:
    """An order as it goes into the ledger: what was ordered, and what the reports will say."""

    order: Order
    reported: Order
    reference: str


class Treasury:
    """The ledger of payments, and its reports."""

    def __init__(
        self, store: Store, faults: Faults, callbacks: Callbacks, clock: LegalClock, delay: float
    ) -> None:
        self._store = store
        self._faults = faults
        self._callbacks = callbacks
        self._clock = clock
        self._delay = delay

    def receive(self, order: Order, document: str) -> None:
        """Count the order, and start it if its key is new.

        Raises KeyReused; a key that was forgotten is new.
        """
        with self._store.transaction():
            known = self._store.row(f"{PAID_FROM.format('payment')} where key = ?", order.key)
            if known is not None:
                self._store.run(
                    "update payment set received = received + 1 where key = ?", order.key
                )
            if known is None or not known["known"]:
                self._start(order, self._faults.take_work("treasury", document))
        same = (order, replace(order, paid_from=""))
        if known is not None and known["known"] and ordered_in(known) not in same:
            raise KeyReused
        self._callbacks.wake()

    def _start(self, order: Order, fault: Fault | None) -> None:
        name = fault.name if fault else None
        reported = spoil(order, name)
        count = self._store.scalar("select count(*) from payment")
        entry = Entry(order, reported, f"TR{count + 1:010d}")
        self._store.run(
            "insert into payment values (?, 1, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
            " on conflict (key) do update set known = excluded.known,"
            " scheme = excluded.scheme, amount = excluded.amount,"
            " account = excluded.account, payee = excluded.payee,"
            " reported_amount = excluded.reported_amount,"
            " reported_account = excluded.reported_account,"
            " reported_payee = excluded.reported_payee",
            order.key,
            int(name != "forget"),
            order.scheme,
            order.amount,
            order.account,
            order.payee,
            reported.amount,
            reported.account,
            reported.payee,
            entry.reference,
        )
        self._store.run(
            "insert into payer values (?, ?)"
            " on conflict (key) do update set account = excluded.account",
            order.key,
            order.paid_from,
        )
        if name == "forget":
            return
        due_at, told = time.time(), times_told(name)
        self._step(entry, "ACSP", due_at, told=0)
        due_at += self._delay
        pause = self._delay if fault is None or fault.seconds is None else fault.seconds
        for act in COURSES.get(name, (SETTLED,)):
            self._act(entry, act, due_at, told)
            due_at += pause

    def _act(self, entry: Entry, act: str, due_at: float, told: int) -> None:
        """Write down what happens at an instant: the status, the money, and whom it is told."""
        order, reference = entry.reported, entry.reference
        if act in (RETURNED, PART_RETURNED):
            part = min(PART, order.amount // 2)
            amount = order.amount if act == RETURNED else part
            back = Movement(order, True, amount, f"{reference}R", self._day(due_at))
            self._move(back, due_at)
            self._tell(self._notify(back, due_at), due_at, told)
        elif act == SETTLED_AGAIN:
            self._step(replace(entry, reference=f"{reference}B"), SETTLED, due_at, told)
        elif act == ANOTHER_SUM:
            other = replace(order, amount=order.amount + 10_000)
            self._step(replace(entry, reported=other), SETTLED, due_at, told, moves=False)
        else:
            self._step(entry, act, due_at, told)

    def _step(self, entry: Entry, code: str, due_at: float, told: int, moves: bool = True) -> None:
        """A status; when it is the settlement, the money that leaves with it, if it `moves`."""
        order, speech = entry.reported, Speech.read(self._store)
        reason = REJECTED if code == "RJCT" else None
        status = Status(code, reason, entry.reference, self._clock.at(due_at))
        whole = write_report(order, status, speech.model_copy(update={"level": "transaction"}))
        self._store.run(
            "insert into step (key, status, reason, due_at, report) values (?, ?, ?, ?, ?)",
            order.key,
            code,
            reason,
            due_at,
            whole,
        )
        document = write_report(order, status, speech)
        if code == SETTLED and moves:
            out = Movement(order, False, order.amount, entry.reference, self._day(due_at))
            self._move(out, due_at)
            if speech.settlement == "camt.054":
                document = self._notify(out, due_at)
        self._tell(document, due_at, told)

    def _move(self, movement: Movement, due_at: float) -> None:
        order = movement.order
        self._store.run(
            "insert into movement (key, credit, amount, account, scheme, payee, reference, due_at,"
            " booked_on) values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            order.key,
            int(movement.credit),
            movement.amount,
            order.account,
            order.scheme,
            order.payee,
            movement.reference,
            due_at,
            movement.booked_on.isoformat(),
        )

    def _notify(self, movement: Movement, due_at: float) -> bytes:
        return write_notification(movement, self._clock.at(due_at), Speech.read(self._store))

    def _tell(self, document: bytes, due_at: float, told: int) -> None:
        for _ in range(told):
            self._callbacks.put(Callback("treasury", REPORTS, XML, document, due_at))

    def _day(self, due_at: float) -> date:
        """The local day of an instant, as the legal clock stands."""
        return self._clock.at(due_at).astimezone(ZONE).date()

    def statement(self, day: date) -> bytes:
        """Everything that moved on a local day, as a camt.053."""
        rows = self._store.rows(
            f"{PAID_FROM.format('movement')} where booked_on = ? and due_at <= ? order by id",
            day.isoformat(),
            time.time(),
        )
        movements = [moved_in(row) for row in rows]
        return write_statement(day, movements, self._clock.now(), Speech.read(self._store))

    def report(self, key: str) -> bytes | None:
        """The latest report on an order; None when it was never received."""
        document: bytes | None = self._store.scalar(
            "select report from step where key = ? and due_at <= ? order by id desc",
            key,
            time.time(),
        )
        return document

    def list_orders(self, key: str | None) -> list[dict[str, str | int | None]]:
        """The ledger, oldest first; `settled` counts how often money left for the key."""
        rows = self._store.rows(
            "select p.key, received, amount, account, payee,"
            " (select status from step where key = p.key and due_at <= ?1 order by id desc limit 1)"
            "  as status,"
            " (select count(*) from movement where key = p.key and not credit and due_at <= ?1)"
            "  as settled,"
            " (select sum(amount) from movement where key = p.key and not credit and due_at <= ?1)"
            "  as settled_amount,"
            " (select sum(amount) from movement where key = p.key and credit and due_at <= ?1)"
            "  as returned_amount"
            " from payment p where ?2 is null or p.key = ?2 order by p.rowid",
            time.time(),
            key,
        )
        return [dict(row) for row in rows]


def spoil(order: Order, fault: str | None) -> Order:
    """What the treasury settles instead, when it errs."""
    if fault == "wrong_amount":
        return replace(order, amount=order.amount + 100)
    if fault == "wrong_payee":
        account = next_account(order.account)
        # A supplier that nobody asked to pay.
        return replace(order, scheme="BIN", payee="000140000002", account=account)
    return order


def next_account(iban: str) -> str:
    """Another account at the same bank."""
    digit = (int(iban[-1], 36) + 1) % 10
    body = f"{iban[4:-1]}{digit}"
    other = f"KZ{98 - read_base36(body + 'KZ00') % 97:02d}{body}"
    if not check_iban(other):
        raise AssertionError("the check digits were computed for this account")
    return other


def times_told(fault: str | None) -> int:
    """How often each status is posted to the product."""
    if fault in UNTOLD:
        return 0
    return 2 if fault == "duplicate" else 1


def moved_in(row: Row) -> Movement:
    """The movement that a row stands for."""
    order = ordered_in(row)
    booked_on = date.fromisoformat(row["booked_on"])
    return Movement(order, bool(row["credit"]), row["amount"], row["reference"], booked_on)


def ordered_in(row: Row) -> Order:
    """The order that a row of the ledger began with."""
    names = ("key", "amount", "account", "scheme", "payee", "paid_from")
    return Order(*(row[name] for name in names))


def routes(treasury: Treasury) -> APIRouter:
    """Orders, enquiries, and the ledger for tests."""
    router = APIRouter(prefix="/treasury", tags=["treasury"])

    @router.post("/payments", status_code=202)
    async def receive(request: Request) -> Response:
        body = await request.body()
        try:
            treasury.receive(read_order(body), body.decode())
        except Malformed as error:
            return refuse(400, error)
        except KeyReused:
            return refuse(409, Malformed("DU04", "EndToEndId", "the key has another order"))
        return JSONResponse({"received": True}, status_code=202)

    # A key may contain a slash.
    @router.get("/payments/{key:path}")
    async def enquire(key: str) -> Response:
        found = treasury.report(key)
        if found is None:
            return JSONResponse({"known": False}, status_code=404)
        return Response(found, media_type=XML)

    @router.get("/statement")
    async def tell_statement(day: date) -> Response:
        return Response(treasury.statement(day), media_type=XML)

    @router.get("/orders")
    async def list_orders(key: str | None = None) -> list[dict[str, str | int | None]]:
        return treasury.list_orders(key)

    return router


def refuse(status: int, error: Malformed) -> JSONResponse:
    """The refusal of a whole document, in the words of a pain.002."""
    reason = {"code": error.code, "place": error.place, "message": error.message}
    return JSONResponse({"group_status": "RJCT", "reasons": [reason]}, status_code=status)
