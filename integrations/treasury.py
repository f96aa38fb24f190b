"""Hand payment orders to the treasury and ask what became of them."""

import json
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

import httpx

from domain.canonical import sha256_hex
from integrations.errors import MalformedReport, OutsideRefusal, Unavailable
from integrations.http import exchange
from integrations.pain001 import Party, PaymentOrder, build_pain001
from integrations.reports import read_word
from integrations.words import Outcome, Word

__all__ = [
    "Outcome",
    "Party",
    "PaymentOrder",
    "Treasury",
    "Word",
    "build_pain001",
]

SYSTEM: Final = "treasury"
_XML: Final = {"Content-Type": "application/xml"}


@dataclass(frozen=True)
class Treasury:
    """The treasury counts an order once per EndToEndId, however often it comes."""

    client: httpx.Client

    def send(self, order: bytes) -> str:
        """Hand over a pain.001; its SHA-256 in hex. Accepted for processing is not paid.

        Unavailable leaves it unknown whether the order arrived: enquire, do not send again.
        """
        request = self.client.build_request(
            "POST", "/treasury/payments", content=order, headers=_XML
        )
        exchange(self.client, SYSTEM, request)
        return sha256_hex(order)

    def enquire(self, key: str) -> Word | None:
        """The treasury's word on one payment; None if, in so many words, it never received it.

        A bare 404 is a wrong address, not that word: it would be the ground to pay once more.
        """
        path = f"/treasury/payments/{quote(key, safe='')}"
        request = self.client.build_request("GET", path)
        answer = exchange(self.client, SYSTEM, request, also={httpx.codes.NOT_FOUND})
        if answer.status == httpx.codes.NOT_FOUND:
            if not _never_received(answer.body):
                raise OutsideRefusal(SYSTEM, "http_404")
            return None
        try:
            return read_word(answer.body, key)
        except MalformedReport:
            what = f"{answer.status} with no readable word on this payment"
            raise Unavailable(SYSTEM, what) from None


def _never_received(body: bytes) -> bool:
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        return False
    return isinstance(content, dict) and content.get("known") is False
