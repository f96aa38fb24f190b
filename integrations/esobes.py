"""Tell E-Собес what became of measures and of messages, until it acknowledges."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, Final

import httpx

from integrations.errors import Unavailable
from integrations.http import exchange

SYSTEM: Final = "esobes"


@dataclass(frozen=True)
class MeasureResult:
    """The end of a measure, or of one of its rounds: `period`, 1 for a one-off measure.

    `key` stays the same when repeated, `on` is the local day.
    """

    key: str
    programme_number: str
    measure_id: str
    period: int
    status: str
    on: date
    case_id: str


@dataclass(frozen=True)
class ReturnedMessage:
    """A rejected message that a caseworker hands back, and why. Its id may have been no id."""

    key: str
    message_id: str | None
    at: datetime
    reason: str = field(repr=False)


@dataclass(frozen=True)
class MessageNotice:
    """What is odd about a message: `revision_conflict` or `unknown_measure`, and since when.

    `delivered`: nothing is; whoever brought it is told that it has come.
    """

    key: str
    message_id: str | None
    kind: str
    at: datetime


@dataclass(frozen=True)
class Esobes:
    """The system that sent the programme; it counts whatever it is told once per key.

    The calls raise Unavailable until it is acknowledged in so many words, and Refused.
    """

    client: httpx.Client

    def report(self, result: MeasureResult) -> None:
        """Deliver a result."""
        content = {
            "key": result.key,
            "programme_number": result.programme_number,
            "measure_id": result.measure_id,
            "period": result.period,
            "status": result.status,
            "on": result.on.isoformat(),
            "case_id": result.case_id,
        }
        self._tell("/esobes/results", content)

    def give_back(self, returned: ReturnedMessage) -> None:
        """Tell of a message that was returned."""
        content = {
            "key": returned.key,
            "message_id": returned.message_id,
            "at": returned.at.astimezone(UTC).isoformat(),
            "reason": returned.reason,
        }
        self._tell("/esobes/returned-messages", content)

    def notify(self, notice: MessageNotice) -> None:
        """Tell that a revision was told otherwise before, or that a measure never came."""
        content = {
            "key": notice.key,
            "message_id": notice.message_id,
            "kind": notice.kind,
            "at": notice.at.astimezone(UTC).isoformat(),
        }
        self._tell("/esobes/message-notices", content)

    def _tell(self, path: str, content: dict[str, Any]) -> None:
        request = self.client.build_request("POST", path, json=content)
        answer = exchange(self.client, SYSTEM, request)
        body = answer.json()
        if not isinstance(body, dict) or body.get("acknowledged") is not True:
            raise Unavailable(SYSTEM, f"{answer.status} without an acknowledgement")
