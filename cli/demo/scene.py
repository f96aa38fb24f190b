"""One case being played: what its parties do, step by step, each for itself over HTTP."""

import asyncio
import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from cli.demo.board import StoryCourse
from cli.demo.cast import BANK, MARK, CastPerson, Item
from cli.demo.papers import handover_act
from cli.demo.portal import ASK_EVERY, PATIENCE, Differs, Player
from cli.demo.stage import Stage, StagedSupplier
from cli.demo.watch import Watch

TO = {"address": "Алматы, Абай даңғылы 10, 5-пәтер"}


@dataclass
class Scene:
    """A case, whoever acts as its recipient, and the two caseworkers who decide on it.

    `turn` is set when every story has ended for which no time may pass.
    """

    stage: Stage
    course: StoryCourse
    key: str
    item: Item
    person: CastPerson = field(repr=False)
    watch: Watch
    recipient: Player
    caseworkers: tuple[Player, Player]
    turn: asyncio.Event
    supplier: StagedSupplier | None = None
    due: int = 0
    period: int = 1

    @property
    def case(self) -> str:
        if self.course.case is None:
            raise Differs("there is no case yet")
        return self.course.case

    def say(self, words: str) -> None:
        self.stage.board.say(words, self.course)

    async def act(self, player: Player, command: str, **body: Any) -> Any:
        """A command of a party to the period that is played."""
        return await player.act(self.case, command, period=self.period, **body)

    async def draw_up(self, player: Player, draft: str, **body: Any) -> Any:
        """What a party is to sign, of the period that is played."""
        return await player.draft(self.case, draft, period=self.period, **body)

    async def see_period(self, player: Player) -> dict[str, Any]:
        """The period that is played, as a party sees it."""
        seen = await player.see(f"/v1/cases/{self.case}")
        found: dict[str, Any] = next(p for p in seen["periods"] if p["number"] == self.period)
        return found

    def turn_to(self, period: int) -> None:
        """Play another period from now on."""
        self.period = period
        self.watch.turn_to(period)

    async def draft(self, supplier: StagedSupplier) -> dict[str, Any]:
        """The supplier's offer for this case with the application that an order would make."""
        answer = await self.recipient.see("/v1/offers", case_id=self.case)
        offer = next(one for one in answer["offers"] if one["supplier_id"] == supplier.id)
        wanted = {"offer_id": offer["id"], "quantity": self.item.quantity}
        made = await self.draw_up(self.recipient, "application", **wanted, deliver_to=TO)
        return {**wanted, **made}

    def write_order(self, draft: Mapping[str, Any]) -> dict[str, Any]:
        """The order on a draft, signed."""
        return {
            "offer_id": draft["offer_id"],
            "quantity": draft["quantity"],
            "price_shown": draft["unit_price"],
            "co_payment_confirmed": draft["co_payment"],
            "deliver_to": TO,
            "application_sha256": draft["sha256"],
            "signature": self.recipient.sign(base64.b64decode(draft["bytes"])),
        }

    async def order(self, supplier: StagedSupplier) -> None:
        """The recipient reads the application, signs it and orders."""
        draft = await self.draft(supplier)
        await self.act(self.recipient, "place_order", **self.write_order(draft))
        self.supplier, self.due = supplier, draft["amount"]
        self.say(f"ordered from {supplier.firm.name}, application signed")

    async def deliver(self) -> None:
        """The supplier confirms and hands over."""
        supplier, quantity = self._supplier(), self.item.quantity
        await self.act(supplier.player, "confirm")
        self.say("supplier confirmed")
        today = await self.stage.outside.today()
        paper = await asyncio.to_thread(handover_act, self.course.reference or "")
        act = await supplier.player.upload(self.case, "handover_act", paper)
        await self.act(
            supplier.player,
            "mark_delivered",
            on=today.isoformat(),
            quantity=quantity,
            evidence=f"Акт 1, {MARK}",
            documents=[act],
        )

    async def fulfil(self) -> None:
        """The supplier confirms and hands over, the recipient accepts."""
        await self.deliver()
        await self.act(self.recipient, "accept", quantity=self.item.quantity)
        self.say("handed over and accepted")

    async def sign(self) -> None:
        """The supplier signs the application, and the annex with the account to be paid."""
        supplier = self._supplier()
        seen = await self.see_period(supplier.player)
        application = seen["application"]["sha256"]
        account = {"iban": supplier.firm.iban, "bic": BANK}
        annex = await self.draw_up(supplier.player, "account", **account)
        document = await supplier.player.fetch(f"/v1/cases/{self.case}/documents/{application}")
        await self.act(
            supplier.player,
            "sign",
            application_sha256=application,
            signature=supplier.player.sign(document),
            account=account,
            account_signature=supplier.player.sign(base64.b64decode(annex["bytes"])),
        )
        self.say("supplier signed the application and the account")

    async def approve(self) -> None:
        """Two caseworkers approve."""
        first, second = self.caseworkers
        await self.act(first, "approve")
        await self.act(second, "approve")
        self.say("approved by two caseworkers")

    async def supply(self, supplier: StagedSupplier) -> None:
        """Everything from the order to the second approval."""
        await self.order(supplier)
        await self.fulfil()
        await self.sign()
        await self.approve()

    async def let_pass(self, term: str) -> None:
        """Move the legal clock for everybody to the end of a term, once it is this story's turn."""
        await self.turn.wait()
        day, end = await self.last_day(term)
        self.say(f"time passes: the term “{term}” ends on {day}")
        if late := await self.stage.outside.advance(end + timedelta(minutes=1)):
            raise Differs(f"{late} cases did not come along with the clock")

    async def be_reminded(self, term: str) -> int:
        """Move the clock from one reminder of a term to the next, each when the last has arrived.

        In one leap there would be one text at most: none names a past day as one to come.
        """
        await self.turn.wait()
        outside, phone = self.stage.outside, self.person.phone
        reminders = (await self._deadline(term))["reminders"]
        for instant in map(datetime.fromisoformat, reminders):
            before = await outside.messages_to(phone)
            await outside.advance(instant + timedelta(minutes=1))
            try:
                async with asyncio.timeout(PATIENCE):
                    while await outside.messages_to(phone) == before:
                        await asyncio.sleep(ASK_EVERY)
            except TimeoutError:
                raise Differs(f"no SMS came at {instant}") from None
        self.say(f"{len(reminders)} reminders came by SMS")
        return len(reminders)

    async def last_day(self, term: str) -> tuple[str, datetime]:
        """Last day and end of a term of the case."""
        found = await self._deadline(term)
        return found["last_day"], datetime.fromisoformat(found["expires_at"])

    async def _deadline(self, term: str) -> dict[str, Any]:
        seen = await self.recipient.see(f"/v1/cases/{self.case}")
        wanted = (self.period, term)
        found: dict[str, Any] = next(
            one for one in seen["deadlines"] if (one["period"], one["term"]) == wanted
        )
        return found

    async def settle(self) -> None:
        """Wait until E-Собес knows that it is paid; the ledger must say that it was paid once."""
        await self.watch.until("paid")
        self.say("paid")
        await self.watch.until("completed")
        await self.end_paid()

    async def end_paid(self) -> None:
        """It was paid once, and E-Собес learns it."""
        await self.check_paid_once()
        await self.told_esobes("paid")
        self.say("paid once, E-Собес knows")

    async def told_esobes(self, status: str) -> None:
        """Wait until E-Собес has learnt how it ended; that follows the end by itself."""
        try:
            async with asyncio.timeout(PATIENCE):
                while len(told := await self.stage.outside.results(self.case)) < self.period:
                    await asyncio.sleep(ASK_EVERY)
        except TimeoutError:
            raise Differs(f"E-Собес was not told that it is {status}") from None
        # What was paid again after a return is told again.
        if set(told[self.period - 1 :]) != {status}:
            raise Differs(f"E-Собес was told {', '.join(told)} instead of {status}")

    async def check_paid_once(self) -> None:
        """Over all attempts of this case so much has left and not come back as was applied for."""
        seen = await self.see_period(self.caseworkers[0])
        keys = {payment["key"] for payment in seen["payments"]}
        orders = [one for one in await self.stage.outside.orders() if one["key"] in keys]
        left = sum((one["settled_amount"] or 0) - (one["returned_amount"] or 0) for one in orders)
        if left != self.due or any(one["settled"] > 1 for one in orders):
            raise Differs(f"the treasury has paid {left}, not {self.due} once")
        if any(one["received"] != 1 for one in orders):
            raise Differs("an order was sent to the treasury again without asking first")

    def _supplier(self) -> StagedSupplier:
        if self.supplier is None:
            raise Differs("nothing was ordered yet")
        return self.supplier
