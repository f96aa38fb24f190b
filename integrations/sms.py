"""Send SMS through the gateway and ask what became of them."""

from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

import httpx

from integrations.http import exchange
from integrations.receipts import DeliveryState, read_state

SYSTEM: Final = "sms"


@dataclass(frozen=True)
class SmsGateway:
    """The gateway counts a message once per key, however often it is sent.

    `provider` is who runs it, as the token names them that its receipts come with.
    """

    client: httpx.Client
    provider: str = SYSTEM

    def send(self, key: str, phone: str, text: str) -> str:
        """Hand over one message (phone as +77…); its number at the gateway."""
        content = {"key": key, "phone": phone, "text": text}
        request = self.client.build_request("POST", "/sms/messages", json=content)
        return exchange(self.client, SYSTEM, request).text_member("id")

    def state(self, provider_id: str) -> DeliveryState:
        """Where the message is now. Refused (`http_404`) if the gateway does not know it."""
        path = f"/sms/messages/{quote(provider_id, safe='')}"
        return read_state(exchange(self.client, SYSTEM, self.client.build_request("GET", path)))
