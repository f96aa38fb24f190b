"""What is photographed: the people of the samples, with a case at each place of the way.

It is played as the demonstration is: on a stack of its own, every party over HTTP alone.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, Final

from cli.demo.board import Board, StoryCourse
from cli.demo.cast import CastPerson, Firm, Item, with_five_mistakes
from cli.demo.decisions import with_day_off
from cli.demo.portal import Player
from cli.demo.scene import Scene
from cli.demo.stage import Stage, StagedSupplier
from cli.demo.stories import CANE, CRUTCHES, WHEELCHAIR
from cli.demo.watch import Watch
from cli.people import Person, people, sample
from domain.parties.suppliers import REQUIRED
from sandbox.identities import make_bin, make_iban, make_iin

INDOOR: Final = Item(
    "MOBILITY-WHEELCHAIR-INDOOR",
    "MOBILITY_AID",
    "Үйге арналған кресло-арба",
    "Кресло-коляска комнатная",
)
AT_ONCE: Final = 4
OLD_DAYS: Final = 24
BROKEN: Final = {"reason": "Дөңгелегі айналмайды, оң жағынан сызылған."}
REFUSED: Final = {"ground": "not_delivered", "reason": "Актідегі қол алушының қолына ұқсамайды."}


@dataclass(frozen=True)
class Part:
    """A case to be played: whose measure, of what, how far; `old` ones are played first."""

    name: str
    surname: str
    item: Item
    play: Callable[[Scene, "Set"], Awaitable[None]]
    old: bool = False
    contacts: bool = True


@dataclass(frozen=True)
class Set:
    """Everybody around the cases, and what they are named by in pictures."""

    stage: Stage
    supplier: StagedSupplier
    caseworkers: tuple[Player, Player]
    commission: Player
    administrators: tuple[Player, Player]
    esobes: Player
    references: dict[str, str]
    # A machine with other work carries no more at once.
    few: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))


async def choose(scene: Scene, around: Set) -> None:
    await scene.watch.until("choosing")


async def order(scene: Scene, around: Set) -> None:
    await choose(scene, around)
    await scene.order(around.supplier)


async def confirm(scene: Scene, around: Set) -> None:
    await order(scene, around)
    await scene.act(around.supplier.player, "confirm")


async def deliver(scene: Scene, around: Set) -> None:
    await confirm(scene, around)
    day = (await scene.stage.outside.today()).isoformat()
    said = {"on": day, "quantity": scene.item.quantity, "evidence": "№ 1 акт"}
    await scene.act(around.supplier.player, "mark_delivered", **said)


async def accept(scene: Scene, around: Set) -> None:
    await deliver(scene, around)
    await scene.act(scene.recipient, "accept", quantity=scene.item.quantity)


async def review(scene: Scene, around: Set) -> None:
    await accept(scene, around)
    await scene.sign()


async def approve_once(scene: Scene, around: Set) -> None:
    await review(scene, around)
    # The second of them was first: the caseworker of the pictures is asked to be the second.
    await scene.act(around.caseworkers[1], "approve")


async def be_paid(scene: Scene, around: Set) -> None:
    await review(scene, around)
    await scene.approve()
    await scene.watch.until("completed")


async def fail_payment(scene: Scene, around: Set) -> None:
    # An account of its own: the treasury's fault strikes no other payment.
    firm = replace(around.supplier.firm, iban=make_iban(8))
    await accept(scene, around)
    scene.supplier = replace(around.supplier, firm=firm)
    await scene.sign()
    await scene.stage.outside.arm("treasury", "reject", firm.iban)
    await scene.approve()
    await scene.watch.until("payment_failed")


async def complain(scene: Scene, around: Set) -> None:
    await deliver(scene, around)
    day = (await scene.stage.outside.today()).isoformat()
    await scene.act(scene.recipient, "complain", known_on=day, **BROKEN)
    said = {"reason": "Тапсырғанда бүтін еді, алушы қабылдап тексерді."}
    await scene.act(around.supplier.player, "state_position", **said)


async def hear(scene: Scene, around: Set) -> None:
    await review(scene, around)
    await scene.act(around.caseworkers[0], "intend_refusal", **REFUSED)
    await scene.act(scene.recipient, "open_case")
    await scene.act(scene.recipient, "raise_objection", reason="Актіге өзім қол қойдым.")


async def decline(scene: Scene, around: Set) -> None:
    await choose(scene, around)
    await scene.act(scene.recipient, "decline", reason="Қазір керек емес.")


async def lack_supplier(scene: Scene, around: Set) -> None:
    await choose(scene, around)
    said = {"reason": "Қаламызға ешкім жеткізбейді."}
    await scene.act(scene.recipient, "report_no_supplier", **said)


async def be_unknown(scene: Scene, around: Set) -> None:
    """No channel reaches them: the authority has to find another way."""
    await asyncio.sleep(0)


PARTS: Final = (
    Part("unreachable", "Макетова", INDOOR, be_unknown, old=True, contacts=False),
    Part("review-late", "Сынақова", INDOOR, review, old=True),
    Part("delivered", "Үлгібаев", CRUTCHES, deliver),
    Part("declined", "Үлгібаев", CANE, decline),
    Part("paid", "Үлгібаев", INDOOR, be_paid),
    Part("ordered", "Сынақова", WHEELCHAIR, order),
    Part("to-sign", "Сынақова", CRUTCHES, accept),
    Part("disputed", "Сынақова", CANE, complain),
    Part("to-deliver", "Пробникова", WHEELCHAIR, confirm),
    Part("review", "Пробникова", CRUTCHES, review),
    Part("approved-once", "Пробникова", CANE, approve_once),
    Part("hearing", "Макетова", CRUTCHES, hear),
    Part("payment-failed", "Макетова", CANE, fail_payment),
    Part("no-supplier", "Макетова", WHEELCHAIR, lack_supplier),
)


def message_of(part: Part, number: int) -> dict[str, Any]:
    """One more measure of somebody of the samples."""
    known = next(
        one for one in sample("programmes") if one.get("person", {}).get("surname") == part.surname
    )
    person = known["person"]
    if not part.contacts:
        nobody = {"phone": None, "phone_confirmed": False, "email": None, "email_confirmed": False}
        person = person | nobody
    return known | {
        "message_id": f"picture-{number:02}",
        "measure_id": f"{known['measure_id']}-{number:02}",
        "person": person,
        "item": part.item.told(),
    }


async def set_up(urls: Mapping[str, str], board: Board) -> dict[str, str]:
    """Play every part on the stack at these addresses; the references by the names of the parts."""
    async with Stage.opened(urls, board) as stage:
        around = await _gathered(stage)
        numbered = list(enumerate(PARTS, start=1))
        for old in (True, False):
            await asyncio.gather(*(_play(around, *one) for one in numbered if one[1].old is old))
            if old:
                await stage.outside.advance(await stage.outside.now() + timedelta(days=OLD_DAYS))
        await _beside_cases(around)
        sample_one = sample("programmes")[0]["message_id"]
        told = await around.esobes.see(f"/v1/esobes/messages/{sample_one}")
        around.references["choosing"] = told["reference"]
    return around.references


async def _gathered(stage: Stage) -> Set:
    """The people of the samples with keys of their own."""
    known = {one.title: one for one in people()}
    firm = next(one for one in sample("suppliers") if "bin" in one)
    signatory = _cast(known["supplier"])
    offers = {one["classifier_code"]: one["price_tiyn"] for one in firm["offers"]}
    staged = Firm(firm["bin"], firm["name"], signatory, make_iban(7), offers)
    titles = ("caseworker", "second_caseworker", "administrator", "second_administrator")
    officials = [await stage.person(_cast(known[one]), known[one].claims["role"]) for one in titles]
    player = await stage.person(signatory, "supplier", staged)
    me = await player.see("/v1/me")
    return Set(
        stage,
        StagedSupplier(staged, player, me["supplier"]["id"]),
        (officials[0], officials[1]),
        await stage.person(_cast(known["commission"]), "commission"),
        (officials[2], officials[3]),
        await stage.system("esobes"),
        {},
    )


def _cast(one: Person) -> CastPerson:
    name, _, surname = one.name.partition(" ")
    return CastPerson(one.claims["iin"], surname, name, "+77000000099", "mysal@example.com")


async def _play(around: Set, number: int, part: Part) -> None:
    async with around.few:
        await _play_one(around, number, part)


async def _play_one(around: Set, number: int, part: Part) -> None:
    stage, message = around.stage, message_of(part, number)
    (told,) = await around.esobes.send("/v1/esobes/messages", [message])
    course = StoryCourse(part.name, part.name, "", told["case_id"], told["reference"])
    around.references[part.name] = told["reference"]
    who = message["person"]
    person = CastPerson(who["iin"], who["surname"], who["name"], "", "")
    recipient = await stage.person(person, "recipient")
    watch = Watch(course)
    scene = Scene(
        *(stage, course, message["measure_id"], part.item, person, watch, recipient),
        caseworkers=around.caseworkers,
        turn=asyncio.Event(),
    )
    following = asyncio.create_task(watch.follow(recipient, told["case_id"]))
    try:
        await part.play(scene, around)
    finally:
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)


async def _beside_cases(around: Set) -> None:
    """Something on every desk: a rejected message, an application, a report, a proposed change."""
    stage = around.stage
    wrong = with_five_mistakes(message_of(replace(PARTS[0], contacts=True), 90))
    await around.esobes.send("/v1/esobes/messages", [wrong])
    person = CastPerson(make_iin(880), "Бастаушы", "Жаңа", "", "")
    firm = Firm(make_bin(77), "«Жаңа Қадам» ЖШС", person, "", {})
    newcomer = await stage.person(person, "supplier", firm)
    proofs = [{"condition": one, "evidence": "№ 14, 2026 ж. 12 қазан"} for one in REQUIRED]
    said = {"name": firm.name, "regions": ["71"], "proofs": proofs}
    await newcomer.send("/v1/suppliers", said)
    soon = await stage.outside.today() + timedelta(days=30)
    wednesday = soon + timedelta(days=(2 - soon.weekday()) % 7)
    content = {"kind": "calendar", "content": with_day_off(wednesday.isoformat())}
    await around.administrators[1].send("/v1/changes", content)
