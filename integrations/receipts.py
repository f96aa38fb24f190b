"""The states of a message at the SMS and mail gateway, and its receipts for them."""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from definitions.parsing import decode, parse
from integrations.errors import MalformedReceipt, Unavailable
from integrations.http import HttpAnswer


class DeliveryState(StrEnum):
    """Where a message is; `DELIVERED` alone proves that it reached the person."""

    QUEUED = "QUEUED"
    SENT = "SENT"
    DELIVERED = "DELIVERED"
    UNDELIVERED = "UNDELIVERED"
    EXPIRED = "EXPIRED"
    REJECTED = "REJECTED"

    @property
    def final(self) -> bool:
        """True if no other state follows."""
        return self not in (DeliveryState.QUEUED, DeliveryState.SENT)


@dataclass(frozen=True)
class Receipt:
    """The gateway's word on one message: its number there, its state, and since when (UTC)."""

    provider_id: str
    state: DeliveryState
    at: datetime


def number_of(provider: str, number: str) -> str:
    """The number of a message: each provider counts for itself, and proves its own alone."""
    return f"{provider}/{number}"


def read_receipt(system: str, content: bytes) -> Receipt:
    """Whatever it calls itself, it is JSON that everybody reads in one way. MalformedReceipt."""
    try:
        parsed = parse(decode(content))
    except (ValueError, RecursionError):
        raise MalformedReceipt(system, ("/: not JSON",)) from None
    if parsed.faults:
        faults = (f"/{'/'.join(map(str, one.path))}: {one.code}" for one in parsed.faults)
        raise MalformedReceipt(system, tuple(faults))
    return parse_receipt(system, parsed.value)


def parse_receipt(system: str, content: object) -> Receipt:
    """Read `{id, state, at}` from parsed JSON. MalformedReceipt names every mistake at once."""
    members = content if isinstance(content, dict) else {}
    provider_id = members.get("id")
    state, at = _state(members.get("state")), _instant(members.get("at"))
    mistakes = []
    if not isinstance(provider_id, str) or not 0 < len(provider_id) <= 200:
        mistakes.append("/id: a text of 1 to 200 characters")
    if state is None:
        mistakes.append("/state: one of " + " ".join(DeliveryState))
    if at is None:
        mistakes.append("/at: an instant with its offset from UTC")
    if mistakes:
        raise MalformedReceipt(system, tuple(mistakes))
    assert isinstance(provider_id, str)
    assert state is not None
    assert at is not None
    return Receipt(provider_id, state, at)


def read_state(answer: HttpAnswer) -> DeliveryState:
    """The state in the gateway's answer to an enquiry; Unavailable if it is not one we know."""
    state = _state(answer.text_member("state"))
    if state is None:
        raise Unavailable(answer.system, f"{answer.status} with an unknown state")
    return state


def _state(text: object) -> DeliveryState | None:
    return next((state for state in DeliveryState if state == text), None)


def _instant(text: object) -> datetime | None:
    if not isinstance(text, str):
        return None
    try:
        moment = datetime.fromisoformat(text.upper())  # RFC 3339 lets `t` and `z` be small
    except ValueError:
        return None
    try:
        return moment.astimezone(UTC) if moment.tzinfo else None
    except OverflowError:  # of a clock as wrong as that hours do not matter
        return moment.replace(tzinfo=UTC)
