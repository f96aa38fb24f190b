"""Tell people by SMS and e-mail: rounds of notices, which must be proven, and news."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine
from temporalio import activity

from activities.orders import EffectOrder, EffectOutcome
from activities.outcomes import Result, once
from db.addresses import Address, addresses_of_recipient, addresses_of_supplier
from db.dispatches import (
    Dispatch,
    Group,
    begin,
    finish,
    group_of,
    note_sent,
    read_effect,
    shared_number,
)
from db.sealing import Seal
from definitions.wording import NoticeText, notice, notice_facts
from domain.case import Case
from domain.messages import Role
from integrations.email import MailGateway
from integrations.errors import Refused, Unavailable
from integrations.sms import SmsGateway

ARRIVED = "measures_arrived"


@dataclass(frozen=True)
class Letter:
    """One text on its way to one address. `gateway_key` is what the gateway counts it by."""

    key: str
    gateway_key: str
    case_id: str
    kind: str
    address: Address
    text: NoticeText
    data: dict[str, Any]
    group: Group | None = None


@dataclass(frozen=True)
class NoticeActivities:
    """Sends through the gateways; what a gateway refuses is a channel less, not an error."""

    engine: Engine
    seal: Seal
    sms: SmsGateway
    email: MailGateway

    @activity.defn(name="notify")
    def notify(self, order: EffectOrder) -> EffectOutcome:
        """One round of notices on every channel; the outcome names those that were taken."""
        return once(self.engine, order, self._notify)

    @activity.defn(name="tell")
    def tell(self, order: EffectOrder) -> EffectOutcome:
        """News for the recipient, the supplier or both."""
        return once(self.engine, order, self._tell)

    def _notify(self, order: EffectOrder) -> Result:
        with self.engine.connect() as connection:
            letters = self._round(connection, order)
        data = {"round": order.data["round"], "channels": self._send(letters)}
        return Result("notice_sent", Role.SERVICE, data)

    def _tell(self, order: EffectOrder) -> Result:
        with self.engine.connect() as connection:
            letters = self._news(connection, order)
        return Result("told", Role.SERVICE, {"channels": self._send(letters)})

    def _round(self, connection: Connection, order: EffectOrder) -> list[Letter]:
        """The measures that came for one person in one request share one text (row N1)."""
        then, event, _ = read_effect(connection, order.case_id, order.key)
        assert then.measure is not None
        group = group_of(connection, then.measure.recipient, event.message_id)
        count = len({order.case_id, *(group.cases if group else ())})
        made = []
        for address in addresses_of_recipient(connection, self.seal, then.measure):
            text = notice(ARRIVED, address.language, count=count)
            made.append(_letter(order, address, text, {"round": order.data["round"]}, group))
        return made

    def _news(self, connection: Connection, order: EffectOrder) -> list[Letter]:
        then, _, _ = read_effect(connection, order.case_id, order.key)
        assert then.measure is not None
        code, to = order.data["text"], order.data["to"]
        found: list[Address] = []
        if Role.RECIPIENT in to:
            found += addresses_of_recipient(connection, self.seal, then.measure)
        if Role.SUPPLIER in to and "supplier" in order.data:
            found += addresses_of_supplier(connection, self.seal, order.data["supplier"])
        facts = _facts(then, order.period, code)
        return [
            _letter(order, address, notice(code, address.language, **facts), {"text": code})
            for address in found
        ]

    def _send(self, letters: list[Letter]) -> list[str]:
        """The channels that took something. One that is down does not keep the others waiting."""
        taken: set[str] = set()
        down: Unavailable | None = None
        for letter in letters:
            try:
                if self._deliver(letter):
                    taken.add(letter.address.channel)
            except Unavailable as error:
                down = down or error
        if down is not None:
            raise down
        return sorted(taken)

    def _deliver(self, letter: Letter) -> bool:
        """Whether the gateway has the message. The same key again sends nothing again."""
        dispatch, number = self._prepare(letter)
        if dispatch.outcome is not None:
            return "sent" in dispatch.outcome
        try:
            number = number or self._hand_over(letter)
        except Refused as refused:
            with self.engine.begin() as connection:
                finish(connection, letter.key, {"refused": refused.code})
            return False
        with self.engine.begin() as connection:
            note_sent(connection, self.seal, dispatch, number)
        return True

    def _prepare(self, letter: Letter) -> tuple[Dispatch, str | None]:
        """Written down before it is sent; its number, if a case of the group sent it already."""
        channel, group = letter.address.channel, letter.group
        with self.engine.begin() as connection:
            dispatch = begin(
                connection, letter.key, letter.case_id, letter.kind, letter.data, channel
            )
            number = None
            if group is not None:
                number = shared_number(connection, group.cases, channel, letter.gateway_key)
        return dispatch, number

    def _hand_over(self, letter: Letter) -> str:
        key, to, text = letter.gateway_key, letter.address.to, letter.text
        if letter.address.channel == "sms":
            return self.sms.send(key, to, text.sms)
        return self.email.send(key, to, text.email_subject, text.email_body)


def _letter(
    order: EffectOrder,
    address: Address,
    text: NoticeText,
    about: dict[str, Any],
    group: Group | None = None,
) -> Letter:
    """`data` of its dispatch is what a receipt will mean; it holds neither address nor text."""
    place = f"{address.who}/{address.channel}"
    own = f"{order.case_id}/{order.key}"
    gateway_key = f"{group.key if group else own}/{place}"
    data = {
        **about,
        "period": order.period,
        # What a supplier receives proves nothing about the recipient.
        "confirmed": address.confirmed and address.who != Role.SUPPLIER,
        "gateway_key": gateway_key,
    }
    return Letter(
        f"{own}/{place}", gateway_key, order.case_id, order.kind, address, text, data, group
    )


def _facts(case: Case, period: int, code: str) -> dict[str, Any]:
    """The facts that a text names, as they stood when it was called for."""
    assert case.measure is not None
    choice = case.periods[period].deadlines.get("choice")
    known: dict[str, Any] = {"reference": case.measure.reference}
    if choice is not None:
        known["until"] = choice.last_day
    return {name: known[name] for name in notice_facts(code)}
