"""Pay through the treasury under permanent keys: never blindly twice, and ask what became of it."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final, Literal

from sqlalchemy import Connection, Engine
from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.effects import EffectKeys, EffectOrder
from activities.holds import prove_free
from activities.outcomes import Result, WantedEffect, once
from db.authorities import payer_of
from db.casefile import Look
from db.dispatches import OutsideRequest, begin, read_effect
from db.documents import Paper, keep, read_account, read_document, supplier_identifier
from db.engine import reads
from db.holds import held_until_end
from db.payment_parties import parties_of
from db.payments import claim_post, find_payments, payments_of
from db.reports import describe_word
from db.sealing import Seal
from db.sides import facts_of
from db.suppliers import read_supplier
from domain.case.state import Case, Order, Payment, Period
from domain.messages import SERVICE, Role
from domain.money.payer import Payer
from domain.parties.sides import FOUND, ActsFor, on_both_sides
from domain.terms.counting import local_day
from integrations.errors import MalformedOrder, OutsideRefusal, Unavailable
from integrations.treasury import (
    SYSTEM,
    Outcome,
    Party,
    PaymentOrder,
    Treasury,
    build_pain001,
)
from integrations.words import counts_on

FILE: Final = "payment_order"
REPORTED: Final = "payment_reported"
# The treasury could be asked and did not say anything about the payment.
UNKNOWN: Final = "UNKN"
# The order itself was refused: it is as if the treasury had reported a rejection.
REJECTED: Final = "RJCT"
# Longer than a request of ours lives, with the enquiry after it: whoever sent an order may have
# died or been given up, and yet it is still on its way.
ON_ITS_WAY: Final = timedelta(minutes=2)
# A bank that says settled, and nothing else, often says the rest by itself a moment later.
REST: Final = timedelta(seconds=10)


@dataclass(frozen=True)
class PaymentSending:
    """A payment file that has been written down. `doubtful`: it may have been sent before.

    `posted_at` is when this order to pay left last. `acts_for`: one person stands on both sides of
    the order, and it must not go out (row L15).
    """

    file: bytes = field(repr=False)
    sha256: str
    doubtful: bool
    posted_at: str | None = None
    acts_for: ActsFor | None = None


@dataclass(frozen=True)
class PaymentActivities:
    """Sums come from the case file, the account from the annex that the supplier signed."""

    engine: Engine
    seal: Seal
    treasury: Treasury
    on_its_way: timedelta = ON_ITS_WAY

    @activity.defn(name="pay", no_thread_cancel_exception=True)
    def pay(self, asked: EffectKeys) -> Look:
        """Send the payment that the event asked for; ask first where it may have been sent."""
        return once(self.engine, asked, self._write_down, self._pay, writes=True)

    @activity.defn(name="enquire", no_thread_cancel_exception=True)
    def enquire(self, asked: EffectKeys) -> Look:
        """The treasury's word on a payment; “never received” is one too."""
        return once(self.engine, asked, _when_ripe, self._enquire)

    def _pay(self, order: EffectOrder, sending: PaymentSending | MalformedOrder | None) -> Result:
        key = order.data["key"]
        if isinstance(sending, MalformedOrder):
            return self._rejected(order, sending.code)
        if sending is None:  # called off before it was sent
            return Result("payment_never_received", Role.TREASURY, {"key": key})
        sent = Result("payment_sent", Role.SERVICE, {"key": key, "file_sha256": sending.sha256})
        if sending.doubtful:
            try:
                said = self._ask(key)
            except OutsideRefusal:
                # Its fate cannot be found out now: it is not sent again, and asked about later.
                return sent
            if said is not None:
                under_way = said["outcome"] == Outcome.UNDER_WAY and not said.get("at_odds")
                return sent if under_way else Result(REPORTED, Role.TREASURY, said)
        if sending.acts_for is not None:
            return Result(FOUND, Role.SERVICE, {"key": key, "acts_for": sending.acts_for})
        with self.engine.begin() as connection:
            # Whoever holds payments after this is told of this one as on its way.
            prove_free(order.kind, held_until_end(connection))
            free = claim_post(connection, _key(order), sending.posted_at, self.on_its_way)
        if not free:
            # "Never received" proves nothing of what is still on its way: it is asked again.
            raise Unavailable(SYSTEM, "the order may be on its way")
        try:
            self.treasury.send(sending.file)
        except OutsideRefusal as refused:
            return self._rejected(order, refused.code)
        return sent

    def _enquire(self, order: EffectOrder, _: None) -> Result:
        key = order.data["key"]
        try:
            said = self._ask(key)
        except OutsideRefusal as refused:
            data = {
                "key": key,
                "outcome": Outcome.UNSAID.value,
                "status": UNKNOWN,
                "reason": refused.code,
            }
            return Result(REPORTED, Role.TREASURY, data)
        if said is None:
            return Result("payment_never_received", Role.TREASURY, {"key": key})
        return Result(REPORTED, Role.TREASURY, said)

    def _ask(self, key: str) -> dict[str, Any] | None:
        """What the treasury says of a payment, as its case is told it; None: never received.

        An entry of another account says nothing of it: that is an OutsideRefusal too.
        """
        word = self.treasury.enquire(key)
        if word is None:
            return None
        with reads(self.engine) as connection:
            known = find_payments(connection, (key,))
            ordered = parties_of(connection, self.seal, known.values())[key]
        if not counts_on(word.account, ordered):
            raise OutsideRefusal(SYSTEM, "another_account")
        return describe_word(word, ordered)

    def _write_down(self, asked: WantedEffect) -> PaymentSending | MalformedOrder | None:
        """File and hash are committed before it is sent; a repetition sends the same bytes."""
        connection, order = asked.connection, asked.order
        key = order.data["key"]
        now = asked.case
        then, _ = read_effect(connection, asked.stands, order.key)
        payment = _payment(now, order.period, key)
        if (
            order.key not in now.outbox
            or not payment.unanswered
            or _in_doubt(now, order.period, key)
        ):
            return None
        earlier = payments_of(connection, order.case_id, key)
        mine = [one for one in earlier if one.key == _key(order)]
        try:
            if mine:
                sha256 = mine[0].data["sha256"]
                kept = read_document(connection, self.seal, order.case_id, sha256)
                assert kept is not None, "the file was kept with its hash"
                file = kept.content
            else:
                paper = self._keep_file(asked, then)
                sha256, file = paper.sha256, paper.content
        except MalformedOrder as malformed:
            return malformed
        acts_for = facts_of(connection, now, SERVICE).get("acts_for", {})
        period = now.periods[order.period]
        held = period.held or on_both_sides(now, period, acts_for, SERVICE)
        posted_at = mine[0].data.get("posted_at") if mine else None
        return PaymentSending(file, sha256, bool(earlier), posted_at, acts_for if held else None)

    def _keep_file(self, asked: WantedEffect, case: Case) -> Paper:
        connection, order = asked.connection, asked.order
        period = case.periods[order.period]
        payment = _payment(case, order.period, order.data["key"])
        assert period.application is not None
        assert period.application.account is not None
        account = period.application.account.sha256
        ordered = _ordered(period, payment)
        sellers = tuple(filter(None, (ordered.supplier, ordered.successor)))
        payee = self._payee(connection, case.id, sellers, account)
        file = build_pain001(self._order(asked, case, ordered, payment, payee))
        paper = Paper(FILE, file)
        keep(connection, self.seal, case.id, paper)
        data = {"payment": payment.key, "account": account, "sha256": paper.sha256}
        begin(connection, case.id, [OutsideRequest(_key(order), "pay", data)])
        return paper

    def _order(
        self, asked: WantedEffect, case: Case, ordered: Order, payment: Payment, payee: Party
    ) -> PaymentOrder:
        assert case.measure is not None
        payer, now = _payer(asked.connection, ordered), asked.now
        return PaymentOrder(
            key=payment.key,
            amount=payment.amount,
            payer=Party(payer.name["kk"], payer.bin, "BIN", payer.iban, payer.bic),
            payee=payee,
            eknp=payer.eknp,
            application_number=f"{case.measure.reference}-{payment.order}-{payment.version}",
            execute_on=local_day(now),
            created_at=now,
        )

    def _payee(
        self, connection: Connection, case_id: str, suppliers: tuple[str, ...], account: str
    ) -> Party:
        """Supplier or successor, whose account it is, under its own name."""
        said = read_account(connection, self.seal, case_id, account)
        if said is None:
            raise LookupError("the annex of a payment is not on file")
        payee = next(
            one
            for one in suppliers
            if supplier_identifier(connection, self.seal, one)[0] == said.supplier
        )
        held = read_supplier(connection, self.seal, payee)
        if held is None or held.contacts is None:
            raise LookupError("the payee of a payment is not on file")
        kind: Literal["BIN", "IIN"] = "BIN" if held.bin else "IIN"
        return Party(held.contacts.name, said.supplier, kind, said.iban, said.bic)

    def _rejected(self, order: EffectOrder, reason: str) -> Result:
        status = {"outcome": Outcome.NOT_EXECUTED.value, "status": REJECTED}
        data = {"key": order.data["key"], **status, "reason": reason}
        return Result(REPORTED, Role.TREASURY, data)


def _when_ripe(asked: WantedEffect) -> None:
    """An enquiry writes nothing down beforehand: to ask twice harms nobody.

    One about what a word left out waits a moment. ApplicationError: it is too soon to ask.
    """
    _, event = read_effect(asked.connection, asked.stands, asked.order.key)
    early = event.at + REST - asked.now
    if event.type == "payment_incomplete" and early > timedelta():
        raise ApplicationError("the rest may come by itself", next_retry_delay=early)


def _key(order: EffectOrder) -> str:
    return f"{order.case_id}/{order.key}/order"


def _payment(case: Case, period: int, key: str) -> Payment:
    return next(payment for payment in case.periods[period].payments if payment.key == key)


def _in_doubt(case: Case, period: int, key: str) -> bool:
    """Nothing is paid while words of the treasury on an attempt of it do not fit (row P15)."""
    payments = case.periods[period].payments
    order = next(one.order for one in payments if one.key == key)
    return any(one.doubtful for one in payments if one.order == order)


def _ordered(period: Period, payment: Payment) -> Order:
    """The order that a payment is for."""
    return next(order for order in period.orders if order.number == payment.order)


def _payer(connection: Connection, ordered: Order) -> Payer:
    """As it was when it was ordered; for an order from before that was kept, as it is now."""
    if ordered.paid_from is not None:
        return ordered.paid_from
    found = payer_of(connection, ordered.authority)
    if found is None:
        raise MalformedOrder(("payer: an authority with an account",))
    return Payer(**found)
