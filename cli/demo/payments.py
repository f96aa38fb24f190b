"""Stories of the treasury: it rejects, loses a reply, contradicts itself, gives a part back."""

import asyncio
from typing import Final

from cli.demo.portal import ASK_EVERY, PATIENCE, Differs
from cli.demo.scene import Scene
from cli.demo.troupe import Troupe

# Seconds between two words of the treasury: one that overtakes the other is another story.
STEP: Final = 3.0


async def pay_again(scene: Scene, troupe: Troupe) -> None:
    """The treasury rejects the first payment; a second attempt under another key settles."""
    await _supply(scene, troupe, "Қайта-Төлем", "reject")
    await scene.watch.until("payment_failed")
    scene.say("treasury rejected the payment; two caseworkers repeat it")
    await _repeat(scene)
    await scene.settle()


async def lose_the_reply(scene: Scene, troupe: Troupe) -> None:
    """The treasury takes the order and the connection breaks: it is asked, not sent again."""
    await _supply(scene, troupe, "Алыс-Сигнал", "lost_reply")
    await scene.settle()


async def hear_two_words(scene: Scene, troupe: Troupe) -> None:
    """What was settled is rejected afterwards: it is held, and two read what the statement says."""
    first, second = scene.caseworkers
    await _supply(scene, troupe, "Екі-Сөз", "settle_then_reject")
    await scene.watch.until("paid")
    await _until_task(scene, there=True)
    scene.say("treasury rejected what it had settled; nothing is paid, two have to decide")
    if not await first.refused(scene.case, "retry_payment", period=scene.period):
        raise Differs("a payment in doubt could be repeated")
    key = (await scene.see_period(first))["payments"][-1]["key"]
    line = {"key": key, "outcome": "settled", "amount": scene.due}
    await scene.act(first, "enter_statement", **line)
    if "same_person" not in await first.refused(
        scene.case, "enter_statement", period=scene.period, **line
    ):
        raise Differs("one caseworker alone decided what stands")
    await scene.act(second, "enter_statement", **line)
    await _until_task(scene, there=False)
    scene.say("two caseworkers entered the statement: it was paid")
    await scene.watch.until("completed")
    await scene.end_paid()


async def have_a_part_back(scene: Scene, troupe: Troupe) -> None:
    """A part of what was paid comes back: so much is paid again, and no more (P7, P9)."""
    await _supply(scene, troupe, "Жарты-Қайтарым", "return_part")
    await scene.watch.until("paid")
    await scene.watch.until("payment_failed")
    scene.say("a part came back; two caseworkers pay so much again")
    await _repeat(scene)
    await scene.settle()


async def _supply(scene: Scene, troupe: Troupe, name: str, fault: str) -> None:
    """All from the order to the approval, of a supplier whose payment meets a fault."""
    supplier = troupe.supplier(name)
    await scene.stage.outside.arm("treasury", fault, supplier.firm.iban, STEP)
    await scene.watch.until("choosing")
    await scene.supply(supplier)


async def _repeat(scene: Scene) -> None:
    first, second = scene.caseworkers
    await scene.act(first, "retry_payment")
    if "same_person" not in await first.refused(scene.case, "retry_payment", period=scene.period):
        raise Differs("one caseworker alone repeated a payment")
    await scene.act(second, "retry_payment")


async def _until_task(scene: Scene, *, there: bool) -> None:
    """Wait until two caseworkers have to decide, or have decided."""
    try:
        async with asyncio.timeout(PATIENCE):
            while await _doubted(scene) is not there:
                await asyncio.sleep(ASK_EVERY)
    except TimeoutError:
        raise Differs(f"the task of a payment in doubt is {'not ' if there else ''}there") from None


async def _doubted(scene: Scene) -> bool:
    seen = await scene.caseworkers[0].see(f"/v1/cases/{scene.case}")
    return any(task["code"] == "payment_doubt" for task in seen["tasks"])
