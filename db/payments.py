"""Requests to pay: when each left, and which payment the words of the treasury are about."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Connection, text

from db.dispatches import COLUMNS, Dispatch, dispatch_of
from domain.case.state import Case, Payment, Period

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
_NAME_PAYMENT = text(
    "UPDATE dispatch SET provider_id = :reference WHERE case_id = :case_id AND kind = 'pay'"
    " AND data ->> 'payment' = :payment AND provider_id IS NULL"
)
_BY_REFERENCE = text(
    "SELECT DISTINCT provider_id, data ->> 'payment' AS key FROM dispatch"
    " WHERE channel IS NULL AND provider_id = ANY(:references) AND kind = 'pay'"
)
_OF_REFERENCES = text(
    "SELECT s.case_id, CAST(s.state AS text) AS state"
    " FROM case_head h JOIN case_state s USING (case_id)"
    " WHERE h.reference = ANY(:references)"
)


@dataclass(frozen=True)
class Known:
    """A payment of ours, where it stands in its case file."""

    case_id: str
    period: Period
    payment: Payment


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
    """Each payment of ours as it stands; a permanent key begins with the case's reference."""
    references = sorted({key.partition("-")[0] for key in keys})
    wanted, found = set(keys), dict[str, Known]()
    for row in connection.execute(_OF_REFERENCES, {"references": references}):
        for period in Case.model_validate_json(row.state).periods.values():
            for payment in period.payments:
                if payment.key in wanted:
                    found[payment.key] = Known(str(row.case_id), period, payment)
    return found


def name_payment(connection: Connection, case_id: str, payment: str, reference: str) -> None:
    """Keep the first number that the treasury gave a payment."""
    named = {"case_id": case_id, "payment": payment, "reference": reference}
    connection.execute(_NAME_PAYMENT, named)


def payments_by_reference(connection: Connection, references: Collection[str]) -> dict[str, str]:
    """The keys of payments by the treasury's numbers, as far as one number means one payment."""
    if not references:
        return {}
    found: dict[str, set[str]] = {}
    for row in connection.execute(_BY_REFERENCE, {"references": list(references)}):
        found.setdefault(row.provider_id, set()).add(row.key)
    return {number: keys.pop() for number, keys in found.items() if len(keys) == 1}
