"""A treasury that tells the truth, late or not at all, is never made to pay one order twice."""

from dataclasses import dataclass, field

import pytest

from domain.case import Effect
from domain.messages import SERVICE
from tests.domain.chance import choose
from tests.domain.play import C2, T_, C, Choices, Play, S, Seeded, reach
from tests.support.amount import in_proportion

WALKS, STEPS = in_proportion(600), 30
Letter = tuple[str, str, dict[str, object]]


@dataclass
class Treasury:
    """What it received under each key, and what became of that; told only when somebody asks."""

    fate: dict[str, str] = field(default_factory=dict)
    settled: dict[str, str] = field(default_factory=dict)

    def receive(self, key: str, whim: Choices) -> None:
        self.fate.setdefault(key, choose(whim, ("settled", "settled", "settled", "not_executed")))

    def work(self, whim: Choices) -> None:
        """One order that it has comes to its end."""
        if waiting := [key for key in self.fate if key not in self.settled]:
            key = choose(whim, waiting)
            self.settled[key] = self.fate[key]

    @property
    def paid(self) -> list[str]:
        return [key for key, status in self.settled.items() if status == "settled"]


@dataclass
class World:
    """A case whose payment is due, the treasury, and letters and outcomes on their way."""

    play: Play
    whim: Choices
    treasury: Treasury = field(default_factory=Treasury)
    begun: dict[str, Effect] = field(default_factory=dict)
    outcomes: list[tuple[Effect, str, dict[str, object]]] = field(default_factory=list)

    def step(self) -> None:
        for key, effect in self.play.case.outbox.items():
            if effect.kind in ("pay", "enquire"):
                self.begun.setdefault(key, effect)
        choose(self.whim, STEPS_OF_THE_WORLD)(self)
        assert len(self.treasury.paid) <= 1

    def perform(self) -> None:
        """An activity does its work once more, whether or not the case still wants it."""
        if not self.begun:
            return
        effect = choose(self.whim, list(self.begun.values()))
        asked = effect.data["key"]
        if effect.kind == "pay":
            fault = self.whim.below(4)
            if fault != 1:  # else the treasury is down
                self.treasury.receive(asked, self.whim)
            if fault > 1:  # else the answer is lost, or there is none
                self.end(effect, "payment_sent", {"key": asked})
        elif asked not in self.treasury.fate:
            self.end(effect, "payment_never_received", {"key": asked})
        else:
            self.end(effect, "payment_reported", self.line(asked))

    def end(self, effect: Effect, name: str, data: dict[str, object]) -> None:
        del self.begun[effect.key]
        self.outcomes.append((effect, name, data))

    def line(self, key: str) -> dict[str, object]:
        amount = next(p.amount for p in self.play.period.payments if p.key == key)
        status = self.treasury.settled.get(key, "under_way")
        told = {"outcome": status, "amount": amount, "payee": "same", "account": "same"}
        return {"key": key, **told}

    def deliver(self) -> None:
        """An outcome reaches the case, in any order."""
        if self.outcomes:
            one = choose(self.whim, self.outcomes)
            self.outcomes.remove(one)
            effect, name, data = one
            actor = SERVICE if name == "payment_sent" else T_
            self.play.outcome(effect, name, actor, data)

    def call_back(self) -> None:
        """The treasury reports by itself, perhaps again."""
        if self.treasury.fate:
            line = self.line(choose(self.whim, list(self.treasury.fate)))
            self.play.send("payment_reported", T_, line)

    def work(self) -> None:
        self.treasury.work(self.whim)

    def wait(self) -> None:
        self.play.wait()

    def read_the_statement(self) -> None:
        """Two caseworkers enter what the statement truly says."""
        if not self.treasury.settled:
            return
        key = choose(self.whim, list(self.treasury.settled))
        said = "settled" if self.treasury.settled[key] == "settled" else "rejected"
        told = {"key": key, "outcome": said, "amount": self.line(key)["amount"]}
        for caseworker in (C, C2):
            self.play.send("enter_statement", caseworker, told)

    def try_again(self) -> None:
        self.play.send("retry_payment", C)

    def take_another_account(self) -> None:
        application = self.play.period.application
        assert application is not None
        body = {"account": "acc-2", "account_signature": "cms", "application": application.sha256}
        self.play.send("change_account", S, body, {"account_signature": {"reason": None}})
        for caseworker in (C, C2):
            self.play.send("check_account", caseworker)


STEPS_OF_THE_WORLD = (
    World.perform,
    World.perform,
    World.deliver,
    World.deliver,
    World.call_back,
    World.work,
    World.wait,
    World.read_the_statement,
    World.try_again,
    World.take_another_account,
)


@pytest.mark.walks
def test_a_treasury_that_tells_the_truth_never_pays_twice() -> None:
    fresh, asked = reach("payment_pending"), reach("payment_pending")
    asked.wait()
    ends = set()
    for seed in range(WALKS):
        world = World((asked if seed % 2 else fresh).copy(), Seeded(seed))
        try:
            for _ in range(STEPS):
                world.step()
        except AssertionError as error:
            error.add_note(f"seed {seed}")
            raise
        ends.add(world.play.status)
        if world.play.status in ("paid", "completed"):
            assert len(world.treasury.paid) == 1
        assert world.play.status != "recovering"
    assert {"payment_pending", "payment_failed", "paid"} <= ends


@pytest.mark.walks
def test_what_the_treasury_paid_is_found_out_in_the_end() -> None:
    begun = reach("payment_pending")
    for seed in range(WALKS // 6):
        world = World(begun.copy(), Seeded(seed))
        for _ in range(STEPS):
            world.step()
        while world.treasury.settled.keys() != world.treasury.fate.keys():
            world.work()
        for _ in range(3):
            for key in world.treasury.fate:
                world.play.send("payment_reported", T_, world.line(key))
        assert (world.play.status == "paid") == (len(world.treasury.paid) == 1)
