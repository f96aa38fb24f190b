"""What is played: each story takes one measure from E-Собес to its end, as its parties live it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from cli.demo.cast import MARK, Item, StoryKind, write_revocation
from cli.demo.decisions import be_refused, be_revised, complain, gain_a_day
from cli.demo.payments import have_a_part_back, hear_two_words, lose_the_reply, pay_again
from cli.demo.portal import Differs
from cli.demo.scene import Scene
from cli.demo.troupe import Troupe

WHEELCHAIR = Item(
    "MOBILITY-WHEELCHAIR-OUTDOOR",
    "MOBILITY_AID",
    "Серуендеуге арналған кресло-арба",
    "Кресло-коляска прогулочная",
)
MAGNIFIER = Item(
    "TYPHLO-MAGNIFIER", "TYPHLO_AID", "Электрондық бейнеұлғайтқыш", "Электронный видеоувеличитель"
)
DIAPERS = Item(
    "HYGIENE-DIAPER-L",
    "HYGIENE",
    "Ересектерге арналған жөргек, L өлшемі",
    "Подгузники для взрослых, размер L",
    quantity=730,
)
CRUTCHES = Item(
    "AID-ELBOW-CRUTCHES",
    "TECHNICAL_AID",
    "Шынтақ тірегі бар балдақтар",
    "Костыли с опорой под локоть",
    unit="PAIR",
)
SIGNALLER = Item(
    "SURDO-SIGNALLER",
    "SURDO_AID",
    "Дыбысты жарықпен білдіретін құрылғы",
    "Сигнализатор звука световой",
)
SANATORIUM = Item(
    "SANATORIUM-STAY",
    "SANATORIUM",
    "Санаторий-курорттық емдеу",
    "Санаторно-курортное лечение",
    unit="STAY",
)
CANE = Item("TYPHLO-CANE", "TYPHLO_AID", "Тактильді таяқ", "Трость тактильная")
TONOMETER = Item(
    "TYPHLO-TONOMETER-TALKING", "TYPHLO_AID", "Сөйлейтін тонометр", "Тонометр с речевым выходом"
)


@dataclass(frozen=True)
class Story:
    """A story: its name, what it is about, where it must end."""

    name: str
    title: str
    item: Item
    expected: str
    play: Callable[[Scene, Troupe], Awaitable[None]]
    kind: StoryKind = StoryKind.PLAIN
    # What fails at first when the recipient is told: (system, fault).
    faults: tuple[tuple[str, str], ...] = ()
    # Time passes for all: a story that lets it pass waits until those before its turn have ended.
    turn: int = 0


async def buy(scene: Scene, troupe: Troupe) -> None:
    """From the notice to the payment; who has approved once may not approve again."""
    await scene.watch.until("choosing")
    scene.say("notified, chooses")
    supplier = troupe.supplier("Үлгі-Қозғалыс")
    await scene.order(supplier)
    await scene.fulfil()
    await scene.sign()
    first, second = scene.caseworkers
    await scene.act(first, "approve")
    if "same_person" not in await first.refused(scene.case, "approve"):
        raise Differs("the same caseworker was not refused for being the same")
    await scene.act(second, "approve")
    await scene.settle()


async def choose_again(scene: Scene, troupe: Troupe) -> None:
    """The first supplier refuses, the second delivers."""
    await scene.watch.until("choosing")
    await scene.order(troupe.supplier("Пример-Оптика"))
    await scene.act(
        troupe.supplier("Пример-Оптика").player, "refuse_order", reason=f"Қоймада жоқ, {MARK}"
    )
    await scene.watch.until("choosing")
    scene.say("supplier refused, chooses again")
    await scene.supply(troupe.supplier("Образец-Мед"))
    await scene.settle()


async def pay_the_rest(scene: Scene, troupe: Troupe) -> None:
    """The price rises while the recipient reads; above the guaranteed sum they pay themselves."""
    await scene.watch.until("choosing")
    supplier = troupe.supplier("Қымбат-Арба")
    stale = scene.write_order(await scene.draft(supplier))
    await scene.stage.offer(supplier, scene.item.code, 31_500_000)
    refused = await scene.recipient.refused(scene.case, "place_order", **stale)
    if refused.get("price_changed") != {"shown": 31_000_000, "current": 31_500_000}:
        raise Differs("the change of price was not shown with both prices")
    draft = await scene.draft(supplier)
    silent = {**scene.write_order(draft), "co_payment_confirmed": 0}
    refused = await scene.recipient.refused(scene.case, "place_order", **silent)
    if refused.get("co_payment_not_confirmed") != {"amount": draft["co_payment"]}:
        raise Differs("the recipient was not asked to agree to pay the rest")
    scene.say("new price and own part shown and agreed to")
    await scene.supply(supplier)
    await scene.settle()


async def act_for_another(scene: Scene, troupe: Troupe) -> None:
    """A guardian opens the case, orders and signs in the recipient's place."""
    await scene.watch.until("notifying")
    await scene.act(scene.recipient, "open_case")
    await scene.watch.until("choosing")
    scene.say("guardian opened the case")
    await scene.supply(troupe.supplier("Мысал-Шипа"))
    await scene.settle()


async def gain_a_guardian(scene: Scene, troupe: Troupe) -> None:
    """One caseworker enters a guardian, who acts once a second one has confirmed it (L6)."""
    first, second = scene.caseworkers
    await scene.watch.until("choosing")
    person = scene.stage.casting.person("Қамқор")
    guardian = await scene.stage.person(person, "recipient")
    paper = {
        "iin": person.iin,
        "kind": "GUARDIAN",
        "basis_number": "77-5",
        "basis_date": (await scene.stage.outside.today()).isoformat(),
        "phone": person.phone,
        "evidence": f"Сот шешімі, {MARK}",
    }
    told = await scene.act(first, "begin_representation", **paper)
    entered = {"proposal": told["acting"]["proposed"][0]["id"]}
    scene.say("a caseworker entered a guardian; the recipient is told")
    wish = {"reason": f"Керек емес, {MARK}"}
    if "representative_unconfirmed" not in await guardian.refused(scene.case, "decline", **wish):
        raise Differs("a guardian acted whom nobody had confirmed")
    if "same_person" not in await first.refused(scene.case, "confirm_representation", **entered):
        raise Differs("who entered the guardian could confirm it alone")
    await scene.act(second, "confirm_representation", **entered)
    scene.say("a second caseworker confirmed; the guardian acts")
    scene.recipient = guardian
    await scene.supply(troupe.supplier("Мысал-Шипа"))
    await scene.settle()


async def decline(scene: Scene, troupe: Troupe) -> None:
    """The recipient does not want it."""
    await scene.watch.until("choosing")
    await scene.act(scene.recipient, "decline", reason=f"Керек емес, {MARK}")
    await scene.watch.until("declined")
    await scene.told_esobes("declined")
    scene.say("declined")


async def revoke(scene: Scene, troupe: Troupe) -> None:
    """E-Собес takes the measure back before anything is delivered."""
    await scene.watch.until("choosing")
    await scene.order(troupe.supplier("Үлгі-Қозғалыс"))
    await troupe.esobes.send("/v1/esobes/messages", [write_revocation(scene.key)])
    await scene.watch.until("withdrawn")
    await scene.told_esobes("withdrawn")
    scene.say("taken back by E-Собес")


async def buy_by_the_quarter(scene: Scene, troupe: Troupe) -> None:
    """Two months pass without an order; the authority opens the choice again. Then the next quarter
    comes (Q1), and it is bought and paid by itself.
    """
    scene.item = replace(scene.item, quantity=365)
    await scene.watch.until("choosing")
    scene.say("notified, does nothing; waits for the other stories")
    if (reminded := await scene.be_reminded("choice")) != 3:
        raise Differs(f"{reminded} reminders in two months")
    await scene.let_pass("choice")
    await scene.watch.until("choice_expired")
    await scene.act(scene.caseworkers[0], "reopen", reason=f"Ауруханада болған, {MARK}")
    await scene.watch.until("choosing")
    scene.say("reminded, expired, re-opened by the caseworker")
    await scene.supply(troupe.supplier("Образец-Мед"))
    await scene.settle()
    scene.turn_to(2)
    if (await scene.see_period(scene.recipient))["status"] == "planned":
        await scene.let_pass("period_begin")
    await scene.watch.until("choosing")
    scene.say("the next quarter may be ordered")
    await scene.supply(troupe.supplier("Образец-Мед"))
    await scene.settle()


async def be_rejected(scene: Scene, troupe: Troupe) -> None:
    """The message never becomes a case: nothing is left to play."""


STORIES = (
    Story("wheelchair", "Wheelchair, paid", WHEELCHAIR, "completed", buy),
    Story("vision-aid", "Vision aid, first supplier refuses", MAGNIFIER, "completed", choose_again),
    Story("rejected-payment", "Crutches, treasury rejects once", CRUTCHES, "completed", pay_again),
    Story("co-payment", "Dearer wheelchair, own part paid", WHEELCHAIR, "completed", pay_the_rest),
    Story(
        "contradiction",
        "Crutches, treasury rejects what it had settled",
        CRUTCHES,
        "completed",
        hear_two_words,
    ),
    Story(
        "part-returned",
        "Crutches, a part of the payment comes back",
        CRUTCHES,
        "completed",
        have_a_part_back,
    ),
    Story("lost-reply", "Signaller, treasury's reply lost", SIGNALLER, "completed", lose_the_reply),
    Story(
        "guardian",
        "Sanatorium, a guardian acts",
        SANATORIUM,
        "completed",
        act_for_another,
        kind=StoryKind.GUARDED,
    ),
    Story(
        "new-guardian",
        "Sanatorium, a guardian confirmed by a second caseworker",
        SANATORIUM,
        "completed",
        gain_a_guardian,
    ),
    Story(
        "declined",
        "Cane, declined; gateways falter",
        CANE,
        "declined",
        decline,
        faults=(("sms", "down"), ("email", "lost_reply")),
    ),
    Story("revoked", "Crutches, measure taken back", CRUTCHES, "withdrawn", revoke),
    Story("dispute", "Crutches, complained of and replaced", CRUTCHES, "completed", complain),
    Story(
        "revision",
        "Crutches, programme revised while choosing",
        replace(CRUTCHES, quantity=2),
        "completed",
        be_revised,
    ),
    Story("calendar", "Crutches, a day off is announced", CRUTCHES, "completed", gain_a_day),
    Story(
        "five-mistakes",
        "Message with five mistakes",
        TONOMETER,
        "rejected",
        be_rejected,
        kind=StoryKind.MISTAKEN,
    ),
    Story("hearing", "Cane, refused after a hearing", CANE, "refused", be_refused, turn=1),
    Story(
        "hygiene",
        "Hygiene means, two months run out; two quarters paid",
        DIAPERS,
        "completed",
        buy_by_the_quarter,
        turn=2,
    ),
)
