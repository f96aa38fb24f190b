"""A case whose payments are due, a treasury with a truth of its own, and words on their way.

What the treasury answers to an enquiry is true when it says it, and a statement is true. All else
may be lost, late, repeated, out of order, incomplete or a plain contradiction. One order follows
another, here or elsewhere, and its authority decides about its money.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from domain.case.state import Case, Effect, Payment
from domain.messages import SERVICE, Actor
from domain.money.ledger import DUE, OF_ORDER, OPEN, entries_of, places
from tests.domain import money_orders
from tests.domain.chance import choose
from tests.domain.money_orders import AUTHORITIES, REASONS
from tests.domain.money_treasury import LIES, OTHERWISE, Treasury, Word
from tests.domain.play import T_, C, Choices, K, Play, S


@dataclass
class World:
    """One run. `ledger` holds the balances of each attempt, as the entries make them, and `due`
    what is due of each order; `approved` and `claimed` are sums by order.
    """

    play: Play
    whim: Choices
    treasury: Treasury = field(default_factory=Treasury)
    begun: dict[str, Effect] = field(default_factory=dict)
    words: list[Word] = field(default_factory=list)
    outcomes: list[tuple[Effect, str, Word]] = field(default_factory=list)
    due: dict[int, int] = field(default_factory=dict)
    ledger: dict[str, dict[str, int]] = field(default_factory=dict)
    approved: dict[int, int] = field(default_factory=dict)
    claimed: dict[int, int] = field(default_factory=dict)
    folded: int = 0
    lying: bool = True

    def __post_init__(self) -> None:
        for event in self.play.events:
            if event.type == "claimed":
                self.claimed[1] = event.data["period"]["claim"]["amount"]
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
                more = entry.amount * ((entry.credit == DUE) - (entry.debit == DUE))
                self.due[entry.order] = self.due.get(entry.order, 0) + more
                mine = self.ledger.setdefault(entry.payment, {})
                for account, sign in ((entry.debit, -1), (entry.credit, 1)):
                    if account not in OF_ORDER:
                        mine[account] = mine.get(account, 0) + sign * entry.amount
                        assert mine[account] >= 0, "nothing is taken from where it does not lie"
                if entry.kind == "approved":
                    self.approved[entry.order] = entry.amount
                if entry.credit == "reserved":
                    assert self.open_money(entry.order) == entry.amount, "one attempt at a time"
                    assert self.due[entry.order] >= 0, "no more is reserved than is due"

    def open_money(self, order: int | None = None) -> int:
        mine = (p.key for p in self.play.period.payments if order in (None, p.order))
        held = (self.ledger.get(key, {}) for key in mine)
        return sum(lies.get(account, 0) for lies in held for account in OPEN)

    def net(self, order: int) -> int:
        """What the supplier truly holds of an order."""
        keys = (p.key for p in self.play.period.payments if p.order == order)
        return sum(self.treasury.orders[key].net for key in keys if key in self.treasury.orders)

    def check(self) -> None:
        """Never a double payment, the ledger is where the attempts are, and nothing lies about."""
        for order, amount in self.approved.items():
            assert self.net(order) <= amount, "paid twice"
        for payment in self.play.period.payments:
            lies = {k: v for k, v in self.ledger.get(payment.key, {}).items() if v}
            assert lies == places(payment), "the ledger is not what the attempts are"
        money_orders.on_a_desk(self.play)

    def deciding(self, order: int | None = None) -> tuple[Actor, Actor]:
        """Two caseworkers of the authority that pays an order, or the one that stands."""
        placed = self.play.period.of_number(order)
        return AUTHORITIES[placed.authority if placed else self.play.period.payer or ""]

    def by_two(self, name: str, said: Word | None = None, order: int | None = None) -> None:
        for caseworker in self.deciding(order):
            self.play.send(name, caseworker, said)

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
            word = {"key": key, "outcome": "unsaid", "status": "UNKN"}
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
            self.receive(key)
        if fault > 1:
            self.end(effect, "payment_sent", {"key": key})

    def receive(self, key: str) -> None:
        """What is new to the treasury is no more than was approved, and nobody claimed."""
        payment = self.payment(key)
        if key not in self.treasury.orders:
            most = self.approved[payment.order] - self.claimed.get(payment.order, 0)
            assert self.net(payment.order) + payment.amount <= most, "paid again"
        self.treasury.receive(key, payment.amount)

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
        aside = {self.payment(k).order for k, held in self.treasury.orders.items() if held.aside}
        settled = {
            key: held
            for key, held in self.treasury.orders.items()
            if held.net and not held.returned and self.payment(key).order not in aside
        }
        if settled and self.whim.below(3) == 0:
            key = choose(self.whim, list(settled))
            whole = settled[key].net
            settled[key].returns.append(choose(self.whim, (whole, whole // 3 or 1)))
            self.words.append(self.treasury.returns(key)[-1])

    def pay_back(self) -> None:
        """The supplier pays what is claimed; a caseworker confirms it, the treasury may tell it."""
        period = self.play.period
        if not self.approved:
            return
        order = choose(self.whim, list(self.approved))
        owed = period.owed_back(order, period.payments)
        keys = [p.key for p in period.payments if p.order == order]
        mine = {key: self.treasury.orders[key] for key in keys if key in self.treasury.orders}
        # Only what is truly owed is paid back.
        if not owed or owed != self.net(order) - period.payable(order):
            return
        # Beside what a caseworker confirmed, no rule can know that untold money is other money.
        untold = any(held.returns for held in mine.values())
        aside = any(held.aside for held in mine.values())
        under_keys = untold or (not aside and self.whim.below(2))
        confirmed = not under_keys or bool(self.whim.below(3))
        if confirmed:
            said = {"evidence": True, "order": order}
            self.play.send("confirm_return", self.deciding(order)[0], said)
        period = self.play.period
        if not under_keys and period.owed_back(order, period.payments):
            return
        for key, held in mine.items():
            if (part := min(owed, held.net)) > 0:
                owed -= part
                if not confirmed and self.whim.below(2):
                    part = part // 2 or part
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
            if self.lying and word["outcome"] == "returned" and not self.whim.below(4):
                word = {**word, **choose(self.whim, OTHERWISE)}
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
            said = {"key": key, "outcome": wrong, "amount": 1}
            self.play.send("enter_statement", C, said)
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
        self.by_two("enter_statement", said, self.payment(key).order)

    def claim_back(self) -> None:
        """The commission finds a breach, rarely; what is claimed may prove uncollectable."""
        if self.play.status in ("paid", "completed") and not self.whim.below(3):
            application = self.play.period.application
            order = application.order if application else 0
            left = sum(p.left for p in self.play.period.payments if p.order == order)
            needed = self.whim.below(2) == 0
            amount = choose(self.whim, (left, left // 2 or 1))
            said = {"ground": "fraud", "amount": amount, "still_needed": needed, "reason": True}
            if self.play.send("find_breach", K, said)[0].type == "claimed":
                self.claimed[order] = self.claimed.get(order, 0) + amount
        elif self.approved and not self.whim.below(6):
            order = choose(self.whim, list(self.approved))
            self.by_two("write_off", {**REASONS, "order": order}, order)

    def try_again(self) -> None:
        self.by_two("retry_payment")

    def go_on(self) -> None:
        """What happens beside the money: the next order, a move, one on both sides."""
        money_orders.go_on(self.play, self.whim)

    def act_alone(self) -> None:
        """One caseworker, of whatever authority, tries alone, and once more."""
        money_orders.act_alone(self.play, self.whim)

    def take_another_account(self) -> None:
        application = self.play.period.application
        if application is None:
            return
        body = {"account": "acc-2", "account_signature": "cms", "application": application.sha256}
        self.play.send("change_account", S, body, {"account_signature": {"reason": None}})
        self.by_two("check_account")

    # --- the end of a run ---

    def calm(self) -> None:
        """Nobody lies any more, everything arrives, and caseworkers decide what is in doubt."""
        self.lying, self.words = False, []
        for _ in range(150):
            if self.calmed():
                return
            before = self.play.case
            self.calm_once()
            self.post(before)
            self.check()
        raise AssertionError(f"not known in the end: {self.play.status}, {self.open_money()}")

    def calmed(self) -> bool:
        """Nothing is open, asked, awaited or unclear, and the file knows what the treasury paid."""
        self.gather()
        if "1:payment_unclear" in self.play.case.tasks:
            return False
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
                line = {"key": payment.key, "outcome": "rejected", "amount": payment.amount}
                self.by_two("enter_statement", line, payment.order)
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
    World.go_on,
    World.go_on,
    World.go_on,
    World.act_alone,
)
