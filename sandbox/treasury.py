"""The treasury: takes each order once, settles it once, and reports what became of it."""

import time
from dataclasses import dataclass, replace
from sqlite3 import Row

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from sandbox.callbacks import Callback, Callbacks
from sandbox.clock import LegalClock
from sandbox.faults import Fault, Faults
from sandbox.identities import check_iban, read_base36
from sandbox.pain import Malformed, Order, Status, read_order, write_report
from sandbox.store import Store

XML = "application/xml"
# The payee's account is closed.
REJECTED = "AC04"
SETTLED = "ACSC"
# What an order that the faults named here strikes goes through, each a delay after the one before.
COURSES: dict[str | None, tuple[str, ...]] = {
    "reject": ("RJCT",),
    "pending": ("PDNG", SETTLED),
    "reject_then_settle": ("RJCT", SETTLED),
    "settle_then_reject": (SETTLED, "RJCT"),
}
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
            known = self._store.row("select * from payment where key = ?", order.key)
            if known is not None:
                self._store.run(
                    "update payment set received = received + 1 where key = ?", order.key
                )
            if known is None or not known["known"]:
                self._start(order, self._faults.take_work("treasury", document))
        if known is not None and known["known"] and ordered_in(known) != order:
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
        if name == "forget":
            return
        due_at = time.time()
        self._step(entry, "ACSP", due_at, told=0)
        due_at += self._delay
        pause = self._delay if fault is None or fault.seconds is None else fault.seconds
        for status in COURSES.get(name, (SETTLED,)):
            self._step(entry, status, due_at, told=times_told(name))
            due_at += pause

    def _step(self, entry: Entry, code: str, due_at: float, told: int) -> None:
        """Write down what happens at an instant: the status, the money, and whom it is told."""
        reason = REJECTED if code == "RJCT" else None
        report = write_report(
            entry.reported, Status(code, reason, entry.reference, self._clock.at(due_at))
        )
        self._store.run(
            "insert into step (key, status, reason, due_at, report) values (?, ?, ?, ?, ?)",
            entry.order.key,
            code,
            reason,
            due_at,
            report,
        )
        if code == SETTLED:
            self._store.run(
                "insert into settlement (key, amount, account, payee, due_at)"
                " values (?, ?, ?, ?, ?)",
                entry.order.key,
                entry.reported.amount,
                entry.reported.account,
                entry.reported.payee,
                due_at,
            )
        for _ in range(told):
            self._callbacks.put(
                Callback("treasury", "/v1/treasury/status-reports", XML, report, due_at)
            )

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
            " (select count(*) from settlement where key = p.key and due_at <= ?1) as settled,"
            " (select sum(amount) from settlement where key = p.key and due_at <= ?1)"
            "  as settled_amount"
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


def ordered_in(row: Row) -> Order:
    """The order that a row of the ledger began with."""
    return Order(row["key"], row["amount"], row["account"], row["scheme"], row["payee"])


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

    @router.get("/orders")
    async def list_orders(key: str | None = None) -> list[dict[str, str | int | None]]:
        return treasury.list_orders(key)

    return router


def refuse(status: int, error: Malformed) -> JSONResponse:
    """The refusal of a whole document, in the words of a pain.002."""
    reason = {"code": error.code, "place": error.place, "message": error.message}
    return JSONResponse({"group_status": "RJCT", "reasons": [reason]}, status_code=status)
