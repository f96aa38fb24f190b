"""What was said of a case to its people: each text on its way, and what gateways say of it."""

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from db.dispatches import BOUNCED, DELIVERED
from db.pool import ReadPool


def last_notices(case: str, of: str, most: str) -> str:
    """SQL: the last texts of a case, the newest first, as one JSON text.

    Texts that went out under one number have its receipts in common.
    """
    return (
        "coalesce((SELECT json_agg(n)::text FROM (SELECT d.key, d.channel, d.data, d.outcome,"
        " d.begun_at, d.provider_id, coalesce((SELECT json_agg(json_build_object("
        "'state', r.state, 'at', r.at) ORDER BY r.received_at) FROM receipt r"
        " WHERE r.channel = d.channel AND r.provider_id = d.provider_id), '[]') AS receipts"
        f" FROM dispatch d WHERE d.case_id = {case} AND d.kind IN ('notify', 'tell') AND {of}"
        f" ORDER BY d.begun_at DESC, d.key DESC LIMIT {most}) n), '[]')"
    )


_OF_EVENTS: Final = "split_part(split_part(d.key, '/', 2), '.', 1)::integer = ANY($2::integer[])"
_READ: Final = f"SELECT {last_notices('$1', _OF_EVENTS, '$3')} AS notices"


@dataclass(frozen=True)
class SentNotice:
    """One text to one contact. `seq` is the event that asked for it, `who` whose contact it is.

    `receipts` are the words of the gateway: state and instant, in the order in which they came.
    """

    seq: int
    who: str
    channel: str
    data: dict[str, Any]
    outcome: dict[str, Any] | None
    begun_at: datetime
    number: str | None
    receipts: list[dict[str, str]]

    @property
    def state(self) -> str:
        """How far it has come."""
        if self.outcome is None:
            return "waiting"
        if "refused" in self.outcome:
            return "refused"
        last = next((one for one in reversed(self.receipts) if one["state"] in _FINAL), None)
        return "sent" if last is None else _FINAL[last["state"]]

    @property
    def delivered_at(self) -> str | None:
        """When the gateway says that it was delivered."""
        found = (one["at"] for one in self.receipts if one["state"] == DELIVERED)
        return next(found, None)


_FINAL: Final = {DELIVERED: "delivered", **dict.fromkeys(BOUNCED, "returned")}


async def read_notices(
    pool: ReadPool, case_id: UUID, events: Collection[int], most: int
) -> list[SentNotice]:
    """The texts that certain events of a case asked for, the newest first."""
    return notices_of(await pool.fetchval(_READ, case_id, list(events), most))


def notices_of(read: str) -> list[SentNotice]:
    """From the text that `last_notices` makes."""
    return [_notice(one) for one in json.loads(read)]


def _notice(row: dict[str, Any]) -> SentNotice:
    _, effect, who, channel = row["key"].split("/")
    return SentNotice(
        seq=int(effect.partition(".")[0]),
        who=who,
        channel=channel,
        data=row["data"],
        outcome=row["outcome"],
        begun_at=datetime.fromisoformat(row["begun_at"]),
        number=row["provider_id"],
        receipts=row["receipts"],
    )
