"""Tell people by SMS and e-mail: rounds of notices, which must be proven, and news."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine
from temporalio import activity

from activities.orders import EffectKey, EffectOrder
from activities.outcomes import Result, once
from db.addresses import Address, addresses_of_recipient, addresses_of_supplier
from db.casefile import Look
from db.dispatches import (
    Dispatch,
    Group,
    begin,
    finish,
    group_of,
    legal_now,
    note_sent,
    read_cause,
    shared_number,
)
from db.reference import read_case
from db.sealing import Seal
from definitions.editions import edition
from definitions.wording import NoticeText, for_another, notice, notice_facts
from domain.asking import audience, round_stands
from domain.case import Case
from domain.messages import Role
from domain.terms import local_day
from integrations.email import MailGateway
from integrations.errors import Refused, Unavailable
from integrations.sms import SmsGateway

ARRIVED = "measures_arrived"
# Of these the recipient learns in person, whoever acts for them.
OF_REPRESENTATION = (
    "representation_proposed",
    "representation_changed",
    "representation_refused",
)


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
class Posting:
    """A letter that has been written down; its number, if a case of the group sent it already."""

    letter: Letter
    dispatch: Dispatch
    number: str | None


@dataclass(frozen=True)
class NoticeActivities:
    """Sends through the gateways; what a gateway refuses is a channel less, not an error."""

    engine: Engine
    seal: Seal
    sms: SmsGateway
    email: MailGateway

    @activity.defn(name="notify")
    def notify(self, asked: EffectKey) -> Look:
        """One round of notices on every channel; the outcome names those that were taken."""
        return once(self.engine, asked, self._round, self._notify)

    @activity.defn(name="tell")
    def tell(self, asked: EffectKey) -> Look:
        """News for the recipient, the supplier or both."""
        return once(self.engine, asked, self._news, self._tell)

    def _notify(self, order: EffectOrder, postings: list[Posting] | None) -> Result:
        if postings is None:
            data = {"round": order.data["round"], "channels": [], "not_wanted": True}
            return Result("notice_sent", Role.SERVICE, data)
        channels, keep = self._send(postings)
        data = {"round": order.data["round"], "channels": channels}
        return Result("notice_sent", Role.SERVICE, data, keep)

    def _tell(self, order: EffectOrder, postings: list[Posting] | None) -> Result:
        if postings is None:
            return Result("told", Role.SERVICE, {"channels": [], "not_wanted": True})
        channels, keep = self._send(postings)
        return Result("told", Role.SERVICE, {"channels": channels}, keep)

    def _round(self, connection: Connection, order: EffectOrder) -> list[Posting] | None:
        """The measures that came for one person in one request share one text (row N1).

        None if another round took its place, or nobody is to be told any more.
        """
        case = read_case(connection, order.case_id)
        assert case.measure is not None
        message, _ = read_cause(connection, order.case_id, order.key)
        group = group_of(connection, case.measure.recipient, message)
        count = len({order.case_id, *(group.cases if group else ())})
        if not round_stands(case, order.period, order.data):
            return None
        made = []
        today = local_day(legal_now(connection))
        for address in addresses_of_recipient(connection, self.seal, case.measure, today):
            text = _to(address, notice(ARRIVED, address.language, count=count))
            made.append(_letter(order, address, text, {"round": order.data["round"]}, group))
        return _write_down(connection, made)

    def _news(self, connection: Connection, order: EffectOrder) -> list[Posting] | None:
        """Told is what holds when the text goes out: its dates are those of the file now.

        None if it would ask for what can no longer be done.
        """
        case, now = read_case(connection, order.case_id), legal_now(connection)
        assert case.measure is not None
        code, law = order.data["text"], edition(case.edition)
        to = audience(case, order.period, order.data, law, now)
        if not to:
            return None
        found: list[Address] = []
        if Role.RECIPIENT in to:
            today = local_day(now)
            found += addresses_of_recipient(
                connection,
                self.seal,
                case.measure,
                today,
                themselves=code in OF_REPRESENTATION,
            )
        if Role.SUPPLIER in to and "supplier" in order.data:
            found += addresses_of_supplier(connection, self.seal, order.data["supplier"])
        asking = law.process.asking.get(code)
        term = order.data.get("term") or (asking.term if asking else None)
        facts = _facts(case, order.period, code, term)
        said = {"text": code}
        return _write_down(
            connection,
            [
                _letter(order, address, _to(address, notice(code, address.language, **facts)), said)
                for address in found
            ],
        )

    def _send(self, postings: list[Posting]) -> tuple[list[str], Callable[[Connection], None]]:
        """The channels that took something, and what is to be written down of it.

        One that is down does not keep the others waiting, and what those took is kept at once.
        """
        taken = {one.letter.address.channel for one in postings if _was_taken(one.dispatch)}
        posted: list[tuple[Posting, str]] = []
        refused: list[tuple[str, str]] = []
        down: Unavailable | None = None
        for posting in (one for one in postings if one.dispatch.outcome is None):
            try:
                number = posting.number or self._hand_over(posting.letter)
            except Refused as error:
                refused.append((posting.letter.key, error.code))
            except Unavailable as error:
                down = down or error
            else:
                posted.append((posting, number))

        def keep(connection: Connection) -> None:
            for key, code in refused:
                finish(connection, key, {"refused": code})
            for posting, number in posted:
                note_sent(connection, self.seal, posting.dispatch, number)

        if down is not None:
            with self.engine.begin() as connection:
                keep(connection)
            raise down
        taken |= {posting.letter.address.channel for posting, _ in posted}
        return sorted(taken), keep

    def _hand_over(self, letter: Letter) -> str:
        """The same key again sends nothing again."""
        key, to, text = letter.gateway_key, letter.address.to, letter.text
        if letter.address.channel == "sms":
            return self.sms.send(key, to, text.sms)
        return self.email.send(key, to, text.email_subject, text.email_body)


def _write_down(connection: Connection, letters: list[Letter]) -> list[Posting]:
    """Before they are sent."""
    made = []
    for letter in letters:
        channel, group = letter.address.channel, letter.group
        dispatch = begin(connection, letter.key, letter.case_id, letter.kind, letter.data, channel)
        number = None
        if group is not None:
            number = shared_number(connection, group.cases, channel, letter.gateway_key)
        made.append(Posting(letter, dispatch, number))
    return made


def _to(address: Address, text: NoticeText) -> NoticeText:
    """A representative is told whom it is about, and nothing more of them."""
    return (
        text if address.for_whom is None else for_another(text, address.for_whom, address.language)
    )


def _was_taken(dispatch: Dispatch) -> bool:
    return dispatch.outcome is not None and "sent" in dispatch.outcome


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


def _facts(case: Case, period: int, code: str, term: str | None) -> dict[str, Any]:
    """The facts that a text names; its last day is that of a term."""
    assert case.measure is not None
    deadline = case.periods[period].deadlines.get(term) if term else None
    known: dict[str, Any] = {"reference": case.measure.reference}
    if deadline is not None:
        known["until"] = deadline.last_day
    return {name: known[name] for name in notice_facts(code)}
