"""Tell E-Собес what became of a measure, until it acknowledges."""

from dataclasses import dataclass
from datetime import date
from typing import Final

import httpx

from integrations.errors import Unavailable
from integrations.http import exchange

SYSTEM: Final = "esobes"


@dataclass(frozen=True)
class MeasureResult:
    """The end of a measure: `key` stays the same when repeated, `on` is the local day."""

    key: str
    programme_number: str
    measure_id: str
    status: str
    on: date
    case_id: str


@dataclass(frozen=True)
class Esobes:
    """The system that sent the programme; it counts a result once per key."""

    client: httpx.Client

    def report(self, result: MeasureResult) -> None:
        """Deliver a result. Unavailable until it is acknowledged in so many words."""
        content = {
            "key": result.key,
            "programme_number": result.programme_number,
            "measure_id": result.measure_id,
            "status": result.status,
            "on": result.on.isoformat(),
            "case_id": result.case_id,
        }
        request = self.client.build_request("POST", "/esobes/results", json=content)
        answer = exchange(self.client, SYSTEM, request)
        body = answer.json()
        if not isinstance(body, dict) or body.get("acknowledged") is not True:
            raise Unavailable(SYSTEM, f"{answer.status} without an acknowledgement")
