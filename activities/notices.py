"""Tell people by SMS and e-mail: rounds of notices, which must be proven, and news."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from sqlalchemy import Connection, Engine
from temporalio import activity

from activities.effects import EffectKeys, EffectOrder
from activities.holds import Held
from activities.outcomes import Done, Result, WantedEffect, together
from db.addresses import Address, addresses_of_recipient, addresses_of_supplier
from db.casefile import Look
from db.dispatches import (
    Dispatch,
    Group,
    OutsideRequest,
    begin,
    group_of,
    note_refused,
    note_sent,
    shared_number,
)
from db.engine import reads
from db.persons import Profiles
from db.sealing import Seal
from db.suppliers import SupplierContacts, contacts_of, read_supplier
from definitions.editions import edition
from definitions.notices import facts_of_notice, term_of
from definitions.wording import NoticeText, for_another, notice
from domain.case.asking import audience, round_stands
from domain.messages import Role
from domain.terms.counting import local_day
from integrations.email import MailGateway
from integrations.errors import OutsideError, OutsideRefusal, Unavailable
from integrations.receipts import number_of
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
    # An administrator holds its channel.
    held: bool
    group: Group | None = None


@dataclass(frozen=True)
class Posting:
    """A letter that has been written down; its number, if a case of the group sent it already."""

    letter: Letter
    dispatch: Dispatch
    number: str | None


@dataclass
class Sending:
    """What gateways took and refused of several texts, and why not all of them went out.

    A channel that is down is not asked again for the texts that follow: time would run out.
    """

    taken: list[tuple[Posting, str]] = field(default_factory=list)
    refused: list[tuple[str, str]] = field(default_factory=list)
    down: dict[str, Unavailable] = field(default_factory=dict)
    failed: Exception | None = None


@dataclass(frozen=True)
class NoticeActivities:
    """Sends through the gateways; what a gateway refuses is a channel less, not an error."""

    engine: Engine
    seal: Seal
    sms: SmsGateway
    email: MailGateway

    @activity.defn(name="texts", no_thread_cancel_exception=True)
    def texts(self, asked: EffectKeys) -> Look:
        """Rounds of notices and news that one take asked for, on every channel.

        One that cannot be sent holds none of the others up, and is tried again without them.
        """
        try:
            return self._together(asked)
        except (OutsideError, Held):
            raise
        except Exception:
            if len(asked.keys) == 1:
                raise
            return self._one_by_one(asked)

    def _one_by_one(self, asked: EffectKeys) -> Look:
        """One of them cannot even be planned: which, is seen when each is tried alone."""
        failed: Exception | None = None
        for key in asked.keys:
            try:
                self._together(asked.model_copy(update={"keys": (key,)}), tells=True)
            except Exception as error:  # whatever it is, the others go out
                failed = failed or error
        if failed is not None:
            raise failed
        return self._together(asked)

    def _together(self, asked: EffectKeys, *, tells: bool = False) -> Look:
        return together(self.engine, asked, self._plan, self._send_all, tells=tells)

    def _plan(self, asked: WantedEffect) -> list[Letter] | None:
        return _PLANS[asked.order.kind](self, asked)

    def _send_all(self, planned: Sequence[tuple[EffectOrder, list[Letter] | None]]) -> Done:
        sending, done = Sending(), Done()
        written = self._write_down([one for _, letters in planned for one in letters or ()])
        # One that always fails must not always be the first: whoever stood behind it comes before.
        turn = (activity.info().attempt - 1) % len(planned) if activity.in_activity() else 0
        for order, letters in (*planned[turn:], *planned[:turn]):
            postings = [written[one.key] for one in letters or ()]
            channels = self._send(postings, sending) if postings else []
            if channels is not None:
                done.results.append((order, _told(order, channels, wanted=letters is not None)))
        done.keep, done.failed = partial(_keep, self.seal, sending), sending.failed
        return done

    def _write_down(self, letters: list[Letter]) -> dict[str, Posting]:
        """Before any of them is sent."""
        if not letters:
            return {}
        requests = [
            OutsideRequest(one.key, one.kind, one.data, one.address.channel) for one in letters
        ]
        with reads(self.engine) as connection:
            dispatches = begin(connection, letters[0].case_id, requests)
            return {
                letter.key: Posting(letter, dispatch, _number(connection, letter))
                for letter, dispatch in zip(letters, dispatches, strict=True)
            }

    def _round(self, asked: WantedEffect) -> list[Letter] | None:
        """The measures that came for one person in one request share one text (row N1).

        None if another round took its place, or nobody is to be told any more.
        """
        connection, order, case = asked.connection, asked.order, asked.case
        assert case.measure is not None
        message, _ = asked.stands.cause(order.key)
        group = group_of(connection, case.measure.recipient, message)
        count = len({order.case_id, *(group.cases if group else ())})
        if not round_stands(case, order.period, order.data):
            return None
        facts = facts_of_notice(case, order.period, ARRIVED, None) | {"count": count}
        made = []
        today = local_day(asked.now)
        for address in addresses_of_recipient(self._profiles(asked), case.measure, today):
            text = _to(address, notice(ARRIVED, address.language, **facts))
            said = {"round": order.data["round"], **_said(ARRIVED, address, facts)}
            made.append(_letter(asked, address, text, said, group))
        return made

    def _news(self, asked: WantedEffect) -> list[Letter] | None:
        """Told is what holds when the text goes out: its dates are those of the file now.

        None if it would ask for what can no longer be done.
        """
        order, case, now = asked.order, asked.case, asked.now
        assert case.measure is not None
        code, law = order.data["text"], edition(case.edition)
        to = audience(case, order.period, order.data, law, now)
        if not to:
            return None
        found: list[Address] = []
        if Role.RECIPIENT in to:
            today = local_day(now)
            found += addresses_of_recipient(
                self._profiles(asked), case.measure, today, themselves=code in OF_REPRESENTATION
            )
        if Role.SUPPLIER in to and "supplier" in order.data:
            found += addresses_of_supplier(self._contacts(asked, order.data["supplier"]))
        facts = facts_of_notice(case, order.period, code, term_of(case, order.data))
        made = []
        for address in found:
            text = _to(address, notice(code, address.language, **facts))
            said = {"text": code, **_said(code, address, facts)}
            if address.who == Role.SUPPLIER:
                said["supplier"] = order.data["supplier"]
            made.append(_letter(asked, address, text, said))
        return made

    def _contacts(self, asked: WantedEffect, supplier: str) -> SupplierContacts | None:
        """Of one that is in the case no more they are not in hand."""
        if (kept := asked.stands.suppliers.get(supplier)) is not None:
            return contacts_of(asked.connection, self.seal, *kept)
        held = read_supplier(asked.connection, self.seal, supplier)
        return None if held is None else held.contacts

    def _profiles(self, asked: WantedEffect) -> Profiles:
        return Profiles(asked.connection, self.seal, asked.stands.people)

    def _send(self, postings: list[Posting], sending: Sending) -> list[str] | None:
        """The channels that took the text; None if it is to be tried again.

        One that is down does not keep the others waiting, and what those took is kept at once.
        """
        taken = {one.letter.address.channel for one in postings if _was_taken(one.dispatch)}
        whole, down = True, dict(sending.down)
        for posting in (one for one in postings if one.dispatch.outcome is None):
            channel = posting.letter.address.channel
            try:
                if posting.letter.held and not posting.number:
                    raise Held
                if channel in down and not posting.number:
                    raise down[channel]
                number = posting.number or self._hand_over(posting.letter)
            except OutsideRefusal as error:
                sending.refused.append((posting.letter.key, error.code))
            except Exception as error:  # whatever it is, the others go out
                if isinstance(error, Unavailable):
                    sending.down.setdefault(channel, error)
                # What is held waits longest: whatever else failed is tried again before.
                if sending.failed is None or isinstance(sending.failed, Held):
                    sending.failed = error
                whole = False
            else:
                sending.taken.append((posting, number))
                taken.add(channel)
        return sorted(taken) if whole else None

    def _hand_over(self, letter: Letter) -> str:
        """The same key again sends nothing again."""
        key, to, text = letter.gateway_key, letter.address.to, letter.text
        if letter.address.channel == "sms":
            return number_of(self.sms.provider, self.sms.send(key, to, text.sms))
        sent = self.email.send(key, to, text.email_subject, text.email_body)
        return number_of(self.email.provider, sent)


_PLANS = {"notify": NoticeActivities._round, "tell": NoticeActivities._news}


def _told(order: EffectOrder, channels: list[str], *, wanted: bool) -> Result:
    """The outcome of a text: the channels that took it."""
    data: dict[str, Any] = {"channels": channels}
    if order.kind == "notify":
        data["round"] = order.data["round"]
    if not wanted:
        data["not_wanted"] = True
    return Result("notice_sent" if order.kind == "notify" else "told", Role.SERVICE, data)


def _keep(seal: Seal, sending: Sending, connection: Connection) -> None:
    for key, code in sending.refused:
        note_refused(connection, key, code)
    note_sent(connection, seal, [(one.dispatch, number) for one, number in sending.taken])


def _number(connection: Connection, letter: Letter) -> str | None:
    """Under which the gateway has it from another case of the group."""
    others = [one for one in letter.group.cases if one != letter.case_id] if letter.group else ()
    if not others:
        return None
    return shared_number(connection, others, letter.address.channel, letter.gateway_key)


def _to(address: Address, text: NoticeText) -> NoticeText:
    """A representative is told whom it is about, and nothing more of them."""
    return (
        text if address.for_whom is None else for_another(text, address.for_whom, address.language)
    )


def _said(code: str, address: Address, facts: dict[str, Any]) -> dict[str, Any]:
    """What was said, so that it can be read again: neither address nor name."""
    return {"notice": code, "language": address.language, "facts": facts}


def _was_taken(dispatch: Dispatch) -> bool:
    return dispatch.outcome is not None and "sent" in dispatch.outcome


def _letter(
    asked: WantedEffect,
    address: Address,
    text: NoticeText,
    about: dict[str, Any],
    group: Group | None = None,
) -> Letter:
    """`data` of its dispatch is what a receipt will mean; it holds neither address nor text."""
    order = asked.order
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
        key=f"{own}/{place}",
        gateway_key=gateway_key,
        case_id=order.case_id,
        kind=order.kind,
        address=address,
        text=text,
        data=data,
        held=address.channel in asked.stands.held,
        group=group,
    )
