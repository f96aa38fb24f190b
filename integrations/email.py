"""Send mail through the gateway and ask what became of it."""

from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

import httpx

from integrations.http import exchange
from integrations.receipts import DeliveryState, read_state

SYSTEM: Final = "email"


@dataclass(frozen=True)
class MailGateway:
    """The gateway counts a message once per key, however often it is sent.

    `provider` is who runs it, as the token names them that its receipts come with.
    """

    client: httpx.Client
    provider: str = SYSTEM

    def send(self, key: str, to: str, subject: str, text: str) -> str:
        """Hand over one message in plain text; its number at the gateway."""
        content = {"key": key, "to": to, "subject": subject, "text": text}
        request = self.client.build_request("POST", "/email/messages", json=content)
        return exchange(self.client, SYSTEM, request).text_member("id")

    def state(self, provider_id: str) -> DeliveryState:
        """Where the message is now. Refused (`http_404`) if the gateway does not know it."""
        path = f"/email/messages/{quote(provider_id, safe='')}"
        return read_state(exchange(self.client, SYSTEM, self.client.build_request("GET", path)))
