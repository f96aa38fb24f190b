"""People of several hats walk through a case: no payment leaves while one stands on both sides."""

import os
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import pytest

from domain.messages import SERVICE, Actor, Message, Role
from domain.parties.sides import on_both_sides, persons_named
from tests.domain.chance import choose
from tests.domain.play import (
    AUTHORITY,
    RECIPIENT,
    T_,
    E,
    Play,
    Seeded,
    measure,
    order,
    power,
    reach,
    report,
    signing,
)
from tests.support.amount import in_proportion

WALKS = in_proportion(250)
STEPS = 40
# Everybody may hold a token of any role; most walks have few who hold two.
PEOPLE = (RECIPIENT, "person-2", "person-5", "signer-1", "signer-2", "clerk-1", "clerk-2")
SUPPLIERS = ("supplier-1", "supplier-2")


@dataclass
class Town:
    """The people of one case, what the portal knows of them, and what left it."""

    whim: Seeded
    play: Play = field(default_factory=lambda: reach("choosing"))
    known: dict[str, set[str]] = field(default_factory=dict)
    sent: int = 0

    @property
    def mixed(self) -> bool:
        """Now and then somebody takes up another's role."""
        return not self.whim.below(6)

    def person(self, usual: str) -> str:
        return choose(self.whim, PEOPLE) if self.mixed else usual

    def both(self) -> set[str]:
        """Who stands on both sides of the live order, by what is known: said independently."""
        measure_, placed = self.play.case.measure, self.play.period.order
        assert measure_ is not None
        if placed is None:
            return set()
        mine = {measure_.recipient, *(one.person for one in measure_.acting.representatives)}
        return mine & self.known.get(placed.supplier, set())

    def facts(self, actor: Actor) -> dict[str, Any]:
        """As the door takes them: of the persons of the case those who act for suppliers."""
        named = set(persons_named(self.play.case, actor))
        return {"acts_for": {one: sorted(self.known.get(one, set()) & named) for one in SUPPLIERS}}

    def send(self, name: str, actor: Actor, data: dict[str, Any], **facts: Any) -> None:
        """A command, and what the door tells the case of both sides where it is refused."""
        if actor.role == Role.SUPPLIER and actor.id and actor.on_behalf_of:
            self.known.setdefault(actor.on_behalf_of, set()).add(actor.id)
        known = self.facts(actor)
        (first, *_) = self.play.send(name, actor, data, {**known, **facts})
        if first.type == "refused" and on_both_sides(
            self.play.case, self.play.period, known["acts_for"], actor
        ):
            self.play.send("conflict_found", SERVICE, {}, known)

    def supplier(self) -> Actor:
        placed = self.play.period.order
        name = placed.supplier if placed else "supplier-1"
        usual = "signer-1" if name == "supplier-1" else "signer-2"
        return Actor(role=Role.SUPPLIER, id=self.person(usual), on_behalf_of=name)

    def recipient(self) -> Actor:
        person = self.person(RECIPIENT)
        whom = None if person == RECIPIENT else RECIPIENT
        return Actor(role=Role.RECIPIENT, id=person, on_behalf_of=whom)

    def clerk(self) -> Actor:
        usual = choose(self.whim, ("clerk-1", "clerk-2", "clerk-3"))
        return Actor(role=Role.CASEWORKER, id=self.person(usual), on_behalf_of=AUTHORITY)


def representation(town: Town) -> None:
    """E-Собес, or two caseworkers, tell of a representative."""
    play, held = town.play, town.play.case.measure
    assert held is not None
    who = power(id=f"power-{len(play.seen)}", person=choose(town.whim, PEOPLE[1:]))
    if town.whim.below(2):
        revision = measure(revision=held.revision + 1, acting={"representatives": [who]})
        play.send("measure_arrived", E, {"measure": revision})
        return
    data = {"representative": who, "evidence": True}
    town.send("begin_representation", town.clerk(), data)
    for one in list(play.case.measure.acting.proposed if play.case.measure else ()):
        town.send("confirm_representation", town.clerk(), {"proposal": one.id})


def sign_in(town: Town) -> None:
    """Somebody signs in for a supplier: known from then on, and told to the case at times."""
    supplier, person = choose(town.whim, SUPPLIERS), choose(town.whim, PEOPLE)
    town.known.setdefault(supplier, set()).add(person)
    if town.whim.below(2):
        town.play.send("conflict_found", SERVICE, {}, {"acts_for": {supplier: [person]}})


def sensible(town: Town) -> None:
    """What moves the case on where it stands, by whoever takes it upon themselves."""
    play, today = town.play, {"on": town.play.today(), "quantity": 2, "evidence": True}
    said = {"reason": True}
    if play.period.held and town.whim.below(2):
        name = "end_order" if play.status != "payment_failed" else "reconsider"
        return town.send(name, town.clerk(), said)
    match play.status:
        case "choosing" | "choice_expired":
            supplier = choose(town.whim, SUPPLIERS)
            data, facts = order(supplier=supplier)
            acting = town.known.get(supplier, set())
            held = play.case.measure
            assert held is not None
            sides = {held.recipient, *(one.person for one in held.acting.representatives)}
            facts["supplier_is_party"] = bool(sides & acting)
            town.send("place_order", town.recipient(), data, **facts)
        case "ordered":
            town.send("confirm", town.supplier(), {})
        case "in_fulfilment":
            town.send("mark_delivered", town.supplier(), today)
        case "delivered":
            town.send("accept", town.recipient(), {"quantity": 2}, application="app-1")
        case "awaiting_signatures":
            data, facts = signing(play)
            town.send("sign", town.supplier(), data, **facts)
        case "under_review":
            town.send("approve", town.clerk(), {})
        case "payment_failed":
            town.send("retry_payment", town.clerk(), {})
        case "payment_pending":
            word = choose(town.whim, ("settled", "not_executed"))
            if play.period.payment and play.period.payment.status == "sent":
                play.send("payment_reported", T_, report(play, word))
    return None


def pays(town: Town) -> None:
    """The order to pay is about to be sent: the service looks once more at both sides."""
    play = town.play
    effect = next((one for one in play.case.outbox.values() if one.kind == "pay"), None)
    if effect is None:
        return sensible(town)
    known = town.facts(SERVICE)
    if play.period.held or on_both_sides(play.case, play.period, known["acts_for"], SERVICE):
        play.outcome(effect, "conflict_found", SERVICE, {**effect.data, **known})
        return None
    assert not town.both(), "money left while one person stood on both sides"
    town.sent += 1
    play.outcome(effect, "payment_sent", SERVICE, {"key": effect.data["key"]})
    return None


WHIMS = (*(sensible,) * 12, *(pays,) * 4, sign_in, representation)


def walked(seed: int) -> Town:
    """One walk from a seed."""
    town = Town(Seeded(seed))
    try:
        for _ in range(STEPS):
            choose(town.whim, WHIMS)(town)
            if town.play.period.held:
                assert town.both(), "an innocent case is held"
    except Exception as error:
        error.add_note(f"to repeat this walk: seed {seed}")
        raise
    return town


@pytest.mark.walks
def test_no_payment_leaves_while_one_stands_on_both_sides_and_no_innocent_case_is_held() -> None:
    first = int.from_bytes(os.urandom(4), "big")
    seen: Counter[str] = Counter()
    for seed in range(first, first + WALKS):
        town = walked(seed)
        events: list[Any] = town.play.events
        seen["paid"] += town.sent > 0
        seen["held"] += any(one.type == "conflict_found" for one in events)
        seen["stopped"] += any(one.type == "payment_stopped" for one in events)
        seen["ended"] += any((one.row, one.data.get("to")) == ("L15", "choosing") for one in events)
    assert min(seen[what] for what in ("paid", "held", "stopped", "ended")) > 0, seen


def test_a_walk_repeats_from_its_seed() -> None:
    told: list[list[Message]] = [list(walked(7).play.seen.values()) for _ in range(2)]
    assert told[0] == told[1]
