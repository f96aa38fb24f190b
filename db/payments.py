"""Requests to pay: when each left, and which payment the words of the treasury are about."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, text

from db.dispatches import COLUMNS, Dispatch, dispatch_of
from domain.money.payments import Payment, is_key

_PAYMENTS = text(
    f"SELECT {COLUMNS} FROM dispatch WHERE case_id = :case_id AND kind = 'pay'"
    " AND data ->> 'payment' = :payment ORDER BY begun_at"
)
_CLAIM_POST = text(
    "UPDATE dispatch SET data = data || jsonb_build_object('posted_at', clock_timestamp())"
    " WHERE key = :key AND data ->> 'posted_at' IS NOT DISTINCT FROM CAST(:seen AS text)"
    " AND (CAST(:seen AS timestamptz) IS NULL"
    "  OR CAST(:seen AS timestamptz) < clock_timestamp() - CAST(:apart AS interval))"
)
# The treasury's number of a payment, by which entries of the account may tell it alone.
_NAME_PAYMENTS = text(
    "UPDATE dispatch d SET provider_id = n.reference"
    " FROM unnest(CAST(:cases AS uuid[]), CAST(:keys AS text[]), CAST(:references AS text[]))"
    " AS n(case_id, key, reference) WHERE d.case_id = n.case_id AND d.kind = 'pay'"
    " AND d.data ->> 'payment' = n.key AND d.provider_id IS NULL"
)
_BY_REFERENCE = text(
    "SELECT DISTINCT provider_id, data ->> 'payment' AS key FROM dispatch"
    " WHERE channel IS NULL AND provider_id = ANY(:references) AND provider_id IS NOT NULL"
    " AND kind = 'pay'"
)
_PERIODS = text(
    "SELECT s.case_id, CAST(s.state #> ARRAY['periods', k.period] AS text) AS content"
    " FROM unnest(CAST(:references AS text[]), CAST(:periods AS text[])) AS k(reference, period)"
    " JOIN case_head h USING (reference) JOIN case_state s USING (case_id)"
)
_SENT = text(
    "SELECT data ->> 'payment' AS key, data ->> 'account' AS account, data ->> 'sha256' AS file"
    " FROM dispatch WHERE case_id = ANY(CAST(:cases AS uuid[])) AND kind = 'pay' ORDER BY begun_at"
)


@dataclass(frozen=True)
class Known:
    """A payment of ours, where it stands in its case file (`period` by its number).

    `annex` names the account to be paid, by its hash, as the application has it now; of an earlier
    attempt it may have been another. `payer` are number and account of who pays it; None for an
    order from before that was kept. `authority` is whoever pays.
    """

    case_id: str
    period: int
    payment: Payment
    authority: str
    annex: str | None
    payer: tuple[str, str] | None


@dataclass(frozen=True)
class Sent:
    """The annex that a payment is made by and the order to pay as it left, by their hashes."""

    account: str
    file: str


def payments_of(connection: Connection, case_id: str, payment: str) -> list[Dispatch]:
    """Every time that a payment was sent or about to be, the earliest first."""
    rows = connection.execute(_PAYMENTS, {"case_id": case_id, "payment": payment})
    return [dispatch_of(row) for row in rows]


def claim_post(connection: Connection, key: str, seen: str | None, apart: timedelta) -> bool:
    """Whether an order to pay may leave now; commit this before it does.

    `seen` is when it left last, as it was known before the treasury was asked. Another may have
    sent it since, and for so long as `apart` it may be on its way: then it may not.
    """
    claim = {"key": key, "seen": seen, "apart": apart}
    return connection.execute(_CLAIM_POST, claim).rowcount == 1


def find_payments(connection: Connection, keys: Collection[str]) -> dict[str, Known]:
    """Each payment of ours as it stands; of its case nothing else is read."""
    wanted, found = set(keys), dict[str, Known]()
    # A key begins with the reference of its case and the number of the period.
    places = sorted({tuple(key.split("-")[:2]) for key in filter(is_key, wanted)})
    named = {"references": [one[0] for one in places], "periods": [one[1] for one in places]}
    for row in connection.execute(_PERIODS, named):
        period = json.loads(row.content or "{}")
        for written in period.get("payments", ()):
            if written["key"] in wanted:
                found[written["key"]] = _known(str(row.case_id), period, written)
    return found


def _known(case_id: str, period: dict[str, Any], written: dict[str, Any]) -> Known:
    ordered = next(one for one in period["orders"] if one["number"] == written["order"])
    annex = (period.get("application") or {}).get("account") or {}
    payer = ordered.get("paid_from")
    return Known(
        case_id=case_id,
        period=period["number"],
        payment=Payment.model_validate(written),
        authority=ordered["authority"],
        annex=annex.get("sha256") if written == period["payments"][-1] else None,
        payer=(payer["bin"], payer["iban"]) if payer else None,
    )


def last_sent(connection: Connection, known: Collection[Known]) -> dict[str, Sent]:
    """What each payment went by the last time, as far as it did, by its key."""
    rows = connection.execute(_SENT, {"cases": [one.case_id for one in known]})
    return {row.key: Sent(row.account, row.file) for row in rows}


def name_payments(connection: Connection, numbers: Mapping[tuple[str, str], str]) -> None:
    """Keep the first number that the treasury gave each payment (by case and key)."""
    if numbers:
        cases, keys = zip(*numbers, strict=True)
        named = {"cases": list(cases), "keys": list(keys), "references": list(numbers.values())}
        connection.execute(_NAME_PAYMENTS, named)


def payments_by_reference(connection: Connection, references: Collection[str]) -> dict[str, str]:
    """The keys of payments by the treasury's numbers, as far as one number means one payment."""
    if not references:
        return {}
    found: dict[str, set[str]] = {}
    for row in connection.execute(_BY_REFERENCE, {"references": list(references)}):
        found.setdefault(row.provider_id, set()).add(row.key)
    return {number: keys.pop() for number, keys in found.items() if len(keys) == 1}
