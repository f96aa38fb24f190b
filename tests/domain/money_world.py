"""A case whose payment is due, a treasury with a truth of its own, and words on their way.

What the treasury answers to an enquiry is true when it says it, and a statement is true. All else
may be lost, late, repeated, out of order, incomplete or a plain contradiction.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from domain.case import Case, Effect, Payment
from domain.ledger import OPEN, entries_of, places
from domain.messages import SERVICE
from tests.domain.chance import choose
from tests.domain.play import C2, T_, C, Choices, K, Play, S

Word = dict[str, Any]
FULL = {"payee": "same", "account": "same"}
# What a word may say against the truth, or leave out.
LIES: tuple[Word, ...] = (
    {"outcome": "not_executed"},
    {"outcome": "settled", "reference": "T-lie"},
    {"outcome": "settled", "amount": 1},
    {"outcome": "under_way", "amount": 1},
    {"outcome": "returned", "amount": 10**12},
    {"outcome": "returned", "amount": None},
    {"payee": "other"},
    {"account": "other"},
    {"amount": None, "account": None},
    {"payee": None, "reference": None},
)


@dataclass
class Truth:
    """What became of one order to pay: its sum, whether it settled, and what came back.

    `returns` are told by the treasury under its key; what the supplier paid back `aside` is not.
    """

    amount: int
    outcome: str = "under_way"
    returns: list[int] = field(default_factory=list)
    aside: int = 0

    @property
    def returned(self) -> int:
        return sum(self.returns)

    @property
    def net(self) -> int:
        back = self.returned + self.aside
        return self.amount - back if self.outcome == "settled" else 0


@dataclass
class Treasury:
    """It counts an order once, however often it comes."""

    orders: dict[str, Truth] = field(default_factory=dict)

    def receive(self, key: str, amount: int) -> None:
        self.orders.setdefault(key, Truth(amount))

    def word(self, key: str) -> Word:
        """What it says of a payment now; a return is told apart."""
        held = self.orders[key]
        number = f"T-{key}" if held.outcome == "settled" else None
        return {"key": key, "outcome": held.outcome, "amount": held.amount, "reference": number,
                **FULL}  # fmt: skip

    def returns(self, key: str) -> list[Word]:
        """What it says of each sum that came back under a key."""
        word = {**self.word(key), "outcome": "returned"}
        parts = enumerate(self.orders[key].returns)
        return [{**word, "amount": part, "reference": f"R{n}-{key}"} for n, part in parts]

    @property
    def paid(self) -> int:
        return sum(held.net for held in self.orders.values())


@dataclass
class World:
    """One run. `ledger` holds the balances of each attempt, as the entries make them."""

    play: Play
    whim: Choices
    treasury: Treasury = field(default_factory=Treasury)
    begun: dict[str, Effect] = field(default_factory=dict)
    words: list[Word] = field(default_factory=list)
    outcomes: list[tuple[Effect, str, Word]] = field(default_factory=list)
    due: int = 0
    ledger: dict[str, dict[str, int]] = field(default_factory=dict)
    folded: int = 0
    lying: bool = True
    payable: int = field(init=False)

    def __post_init__(self) -> None:
        application = self.play.period.application
        assert application is not None, "the payment of an order is due"
        self.payable = application.amount
        self.post(Case(id=self.play.case.id, edition=self.play.case.edition))

    def step(self) -> None:
        before = self.play.case
        self.gather()
        choose(self.whim, STEPS)(self)
        self.post(before)
        self.check()

    def gather(self) -> None:
        for key, effect in self.play.case.outbox.items():
            if effect.kind in ("pay", "enquire"):
                self.begun.setdefault(key, effect)

    def post(self, before: Case) -> None:
        """The entries of what was recorded since, each as the database would take it."""
        events, self.folded = self.play.events[self.folded :], len(self.play.events)
        for _, entries in entries_of(before, events):
            for entry in entries:
                self.due += entry.amount * ((entry.credit == "due") - (entry.debit == "due"))
                mine = self.ledger.setdefault(entry.payment, {})
                for account, sign in ((entry.debit, -1), (entry.credit, 1)):
                    if account not in ("due", "approved"):
                        mine[account] = mine.get(account, 0) + sign * entry.amount
                        assert mine[account] >= 0, "nothing is taken from where it does not lie"
                if entry.credit == "reserved":
                    assert self.open_money() == entry.amount, "one attempt at a time"
                    assert self.due >= 0, "no more is reserved than is due"

    def open_money(self) -> int:
        return sum(mine.get(account, 0) for mine in self.ledger.values() for account in OPEN)

    def check(self) -> None:
        """Never a double payment, and the ledger is where the attempts are."""
        assert self.treasury.paid <= self.payable, "paid twice"
        for payment in self.play.period.payments:
            lies = {k: v for k, v in self.ledger.get(payment.key, {}).items() if v}
            assert lies == places(payment), "the ledger is not what the attempts are"

    # --- the outside ---

    def perform(self) -> None:
        """An activity does its work, perhaps once more after a kill."""
        if not self.begun:
            return
        effect = choose(self.whim, list(self.begun.values()))
        key = effect.data["key"]
        if effect.kind == "pay":
            self.pay(effect, key)
        elif self.whim.below(4) == 0 and self.lying:
            word = {"key": key, "outcome": "other", "status": "UNKN"}
            self.end(effect, "payment_reported", word)
        elif key not in self.treasury.orders:
            self.end(effect, "payment_never_received", {"key": key})
        else:
            self.end(effect, "payment_reported", self.treasury.word(key))

    def pay(self, effect: Effect, key: str) -> None:
        """Sent only while it is wanted; killed before or after the treasury has it."""
        if effect.key not in self.play.case.outbox:
            del self.begun[effect.key]
            return
        fault = self.whim.below(4) if self.lying else 3
        if fault != 1:
            self.treasury.receive(key, self.payment(key).amount)
        if fault > 1:
            self.end(effect, "payment_sent", {"key": key})

    def payment(self, key: str) -> Payment:
        return next(p for p in self.play.period.payments if p.key == key)

    def end(self, effect: Effect, name: str, data: Word) -> None:
        del self.begun[effect.key]
        self.outcomes.append((effect, name, data))

    def deliver(self) -> None:
        """An outcome reaches the case, in any order."""
        if self.outcomes:
            effect, name, data = self.outcomes.pop(self.whim.below(len(self.outcomes)))
            self.play.outcome(effect, name, SERVICE if name == "payment_sent" else T_, data)

    def work(self) -> None:
        """One order comes to its end."""
        if waiting := [o for o in self.treasury.orders.values() if o.outcome == "under_way"]:
            ends = ("settled", "settled", "not_executed")
            choose(self.whim, waiting).outcome = choose(self.whim, ends)

    def give_back(self) -> None:
        """Money comes back once, whole or in part."""
        settled = {k: o for k, o in self.treasury.orders.items() if o.net and not o.returned}
        aside = any(held.aside for held in self.treasury.orders.values())
        if settled and not aside and self.whim.below(3) == 0:
            key = choose(self.whim, list(settled))
            whole = settled[key].net
            settled[key].returns.append(choose(self.whim, (whole, whole // 3 or 1)))
            self.words.append(self.treasury.returns(key)[-1])

    def pay_back(self) -> None:
        """The supplier pays what is claimed; a caseworker confirms it, the treasury may tell it."""
        claim = self.play.period.claim
        owed = claim.amount - claim.returned if claim else 0
        if self.play.status != "recovering" or not 0 < owed <= self.treasury.paid:
            return
        # Beside what a caseworker confirmed, no rule can know that untold money is other money.
        untold = any(held.returns for held in self.treasury.orders.values())
        under_keys = untold or self.whim.below(2)
        if not under_keys or self.whim.below(3):
            self.play.send("confirm_return", C, {"evidence": True})
        if not under_keys and self.play.status == "recovering":
            return
        for key, held in self.treasury.orders.items():
            if (part := min(owed, held.net)) > 0:
                owed -= part
                if under_keys:
                    held.returns.append(part)
                    self.words.append(self.treasury.returns(key)[-1])
                else:
                    held.aside += part

    def speak(self) -> None:
        """The treasury says something by itself: true for now, or not at all."""
        if self.treasury.orders:
            word = self.treasury.word(choose(self.whim, list(self.treasury.orders)))
            lie = choose(self.whim, LIES) if self.lying and not self.whim.below(3) else {}
            self.words.append({**word, **lie})

    def hear(self) -> None:
        """A word arrives, perhaps not for the last time, or is lost."""
        if self.words:
            place = self.whim.below(len(self.words))
            word = self.words[place]
            if self.whim.below(3):
                del self.words[place]
            if not self.lying or self.whim.below(5):
                self.play.send("payment_reported", T_, word)

    # --- the portal ---

    def wait(self) -> None:
        self.play.wait()

    def state(self) -> None:
        """Two caseworkers enter what the statement truly says; one alone may be wrong."""
        if not self.treasury.orders:
            return
        if not self.whim.below(4) and self.lying:
            key = choose(self.whim, list(self.treasury.orders))
            wrong = choose(self.whim, ("settled", "rejected", "returned"))
            self.play.send("enter_statement", C, {"key": key, "outcome": wrong, "amount": 1})
            return
        self.state_truly(choose(self.whim, list(self.treasury.orders)))

    def state_truly(self, key: str) -> None:
        held = self.treasury.orders[key]
        if held.outcome == "under_way":
            return
        said = {"key": key, "outcome": "rejected", "amount": held.amount}
        if held.outcome == "settled":
            said["outcome"] = "returned" if held.returned else "settled"
            said["amount"] = held.returned or held.amount
        for caseworker in (C, C2):
            self.play.send("enter_statement", caseworker, said)

    def claim_back(self) -> None:
        """The commission finds a breach, rarely; what is claimed may prove uncollectable."""
        if self.play.status in ("paid", "completed") and not self.whim.below(3):
            left = sum(p.left for p in self.play.period.payments)
            needed = self.whim.below(2) == 0
            amount = choose(self.whim, (left, left // 2 or 1))
            said = {"ground": "fraud", "amount": amount, "still_needed": needed, "reason": True}
            self.play.send("find_breach", K, said)
        elif self.play.status == "recovering" and not self.whim.below(6):
            for caseworker in (C, C2):
                self.play.send("write_off", caseworker, {"reason": True, "evidence": True})

    def try_again(self) -> None:
        for caseworker in (C, C2):
            self.play.send("retry_payment", caseworker)

    def take_another_account(self) -> None:
        application = self.play.period.application
        if application is None:
            return
        body = {"account": "acc-2", "account_signature": "cms", "application": application.sha256}
        self.play.send("change_account", S, body, {"account_signature": {"reason": None}})
        for caseworker in (C, C2):
            self.play.send("check_account", caseworker)

    # --- the end of a run ---

    def calm(self) -> None:
        """Nobody lies any more, everything arrives, and caseworkers decide what is in doubt."""
        self.lying, self.words = False, []
        for _ in range(60):
            if self.calmed():
                return
            before = self.play.case
            self.calm_once()
            self.post(before)
            self.check()
        raise AssertionError(f"not known in the end: {self.play.status}, {self.open_money()}")

    def calmed(self) -> bool:
        """Nothing is open, asked or awaited, and the file knows what the treasury paid."""
        self.gather()
        wanted = [e for e in self.play.case.outbox.values() if e.kind in ("pay", "enquire")]
        places = ("settled", "written_off")
        known = sum(mine.get(one, 0) for mine in self.ledger.values() for one in places)
        waits = wanted or self.open_money() or self.play.status == "payment_pending"
        return not waits and known == self.treasury.paid

    def calm_once(self) -> None:
        for held in self.treasury.orders.values():
            if held.outcome == "under_way":
                held.outcome = "settled"
        for effect in list(self.begun.values()):
            if effect.key in self.play.case.outbox:
                self.perform_now(effect)
            else:
                del self.begun[effect.key]
        while self.outcomes:
            self.deliver()
        for payment in self.play.period.payments:
            if payment.key in self.treasury.orders:
                self.tell_all(payment)
            elif payment.doubtful:
                for caseworker in (C, C2):
                    line = {"key": payment.key, "outcome": "rejected", "amount": payment.amount}
                    self.play.send("enter_statement", caseworker, line)
        self.play.wait()

    def perform_now(self, effect: Effect) -> None:
        key = effect.data["key"]
        if effect.kind == "pay":
            self.pay(effect, key)
        elif key in self.treasury.orders:
            self.end(effect, "payment_reported", self.treasury.word(key))
        else:
            self.end(effect, "payment_never_received", {"key": key})

    def tell_all(self, payment: Payment) -> None:
        """The statement of the day: what stands of this payment."""
        key = payment.key
        self.play.send("payment_reported", T_, self.treasury.word(key))
        for word in self.treasury.returns(key):
            self.play.send("payment_reported", T_, word)
        now = self.payment(key)
        # What the treasury contradicted once proves nothing by itself: two read the statement.
        waited_for = "retrying" in self.play.period.flags and now.contrary and not now.proven
        if now.doubtful or now.status == "void" or waited_for:
            self.state_truly(key)


STEPS: tuple[Callable[[World], None], ...] = (
    World.perform,
    World.perform,
    World.perform,
    World.deliver,
    World.deliver,
    World.deliver,
    World.work,
    World.work,
    World.give_back,
    World.pay_back,
    World.claim_back,
    World.speak,
    World.speak,
    World.hear,
    World.hear,
    World.wait,
    World.state,
    World.try_again,
    World.try_again,
    World.take_another_account,
)
