"""The money of orders as the ledger and the files of cases have it, and the sums of a day."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, text
from sqlmodel import col, select

from db.dispatches import legal_now
from db.projection_tables import CaseState, CaseViewRow
from db.rows import part
from domain.money.ledger import APPROVED, DUE, OF_ORDER, WITHHELD
from domain.money.payments import Payment
from domain.money.reckoning import OrderMoney, Sums, sums_of
from domain.terms.counting import local_day

# Cases read at a time.
PAGE: Final = 1000
_LIES = text(
    "SELECT case_id, period, order_number, payment, authority_id, side.account,"
    " sum(side.amount)::bigint AS amount FROM money"
    " CROSS JOIN LATERAL (VALUES (debit, -amount), (credit, amount)) AS side(account, amount)"
    " WHERE case_id >= :first AND case_id <= :last"
    " GROUP BY case_id, period, order_number, payment, authority_id, side.account"
)
_BACK = text(
    "SELECT case_id, period, order_number,"
    " sum(CASE WHEN credit = 'due' THEN amount ELSE -amount END)::bigint AS amount FROM money"
    " WHERE case_id >= :first AND case_id <= :last AND kind IN ('returned', 'recovered')"
    " GROUP BY case_id, period, order_number"
)
# What lay where at the end of a day, and what moved on it.
_DAY = text(
    "SELECT authority_id, side.account, sum(side.amount)::bigint AS balance,"
    " coalesce(sum(side.amount) FILTER (WHERE on_day = :day), 0)::bigint AS moved FROM money"
    " CROSS JOIN LATERAL (VALUES (debit, -amount), (credit, amount)) AS side(account, amount)"
    " WHERE on_day <= :day GROUP BY authority_id, side.account"
)
_DAY_BACK = text(
    "SELECT authority_id, sum(back)::bigint AS balance,"
    " coalesce(sum(back) FILTER (WHERE on_day = :day), 0)::bigint AS moved FROM money"
    " CROSS JOIN LATERAL"
    " (VALUES (CASE WHEN credit = 'due' THEN amount ELSE -amount END)) AS it(back)"
    " WHERE on_day <= :day AND kind IN ('returned', 'recovered') GROUP BY authority_id"
)
# More has settled for the order than is approved, and has not come back nor been written off.
_TWICE = text(
    "SELECT authority_id, count(*) AS orders FROM ("
    " SELECT authority_id, case_id, period, order_number FROM money"
    " CROSS JOIN LATERAL (VALUES (debit, -amount), (credit, amount)) AS side(account, amount)"
    " WHERE on_day <= :day AND side.account IN ('approved', 'settled')"
    " GROUP BY authority_id, case_id, period, order_number HAVING sum(side.amount) > 0"
    ") AS twice GROUP BY authority_id"
)
_DAYS = text(
    "SELECT on_day, side.account, sum(side.amount)::bigint AS moved,"
    " coalesce(sum(side.amount) FILTER (WHERE kind IN ('returned', 'recovered')"
    " AND side.account = 'due'), 0)::bigint AS back FROM money"
    " CROSS JOIN LATERAL (VALUES (debit, -amount), (credit, amount)) AS side(account, amount)"
    " GROUP BY on_day, side.account ORDER BY on_day"
)
_WITHIN = text(
    "SELECT payment, greatest(0, coalesce("
    "sum(CASE WHEN credit = 'due' THEN amount ELSE -amount END)"
    " FILTER (WHERE kind = 'returned'), 0))::bigint AS back FROM money"
    " WHERE on_day BETWEEN :first AND :last GROUP BY payment"
    " HAVING bool_or(credit = 'reserved') AND bool_or(credit = 'settled')"
)
_Orders = dict[tuple[int, int], "_Found"]
_Case = tuple[UUID, str, UUID, Mapping[str, Any]]


@dataclass
class AuthorityDay:
    """The money of an authority: as it stood at the end of a day, and what moved on it."""

    authority: UUID
    stood: Sums
    moved: Sums
    double_payments: int


@dataclass
class _Found:
    """What the ledger has of an order."""

    authority: UUID | None = None
    balances: dict[str, int] = field(default_factory=dict)
    lies: dict[str, dict[str, int]] = field(default_factory=dict)
    returned: int = 0


def orders_of_money(connection: Connection) -> Iterator[OrderMoney]:
    """Every order that was ever to be paid, by its case."""
    view, after = CaseViewRow, UUID(int=0)
    asked = select(view.case_id, view.reference, view.authority_id, col(CaseState.state)["periods"])
    known = asked.where(view.case_id == CaseState.case_id)
    while cases := connection.execute(part(known, view.case_id, after, PAGE)).all():
        span = {"first": after, "last": cases[-1].case_id}
        found = _ledger(connection, span)
        for case in cases:
            yield from _orders(case, found.get(case.case_id, {}))
        after = cases[-1].case_id


def _ledger(connection: Connection, span: Mapping[str, Any]) -> dict[UUID, _Orders]:
    found: dict[UUID, _Orders] = {}
    for row in connection.execute(_LIES, span):
        orders = found.setdefault(row.case_id, {})
        order = orders.setdefault((row.period, row.order_number), _Found())
        order.authority = row.authority_id
        if row.account in OF_ORDER:
            order.balances[row.account] = order.balances.get(row.account, 0) + row.amount
        else:
            order.lies.setdefault(row.payment, {})[row.account] = row.amount
    for row in connection.execute(_BACK, span):
        found[row.case_id][row.period, row.order_number].returned = row.amount
    return found


def _orders(case: _Case, ledger: _Orders) -> Iterator[OrderMoney]:
    _, reference, authority, periods = case
    paid: dict[tuple[int, int], list[Payment]] = {}
    for written, period in periods.items():
        for payment in map(Payment.model_validate, period.get("payments", ())):
            paid.setdefault((int(written), payment.order), []).append(payment)
    for number, order in sorted({*paid, *ledger}):
        found = ledger.get((number, order), _Found())
        period = periods.get(str(number)) or {}
        application = period.get("application") or {}
        placed = dict(enumerate(period.get("orders", ()), 1)).get(order) or {}
        yield OrderMoney(
            name=f"{reference}-{number}-{order}",
            authority=str(found.authority or authority),
            account=(placed.get("paid_from") or {}).get("iban"),
            payments=tuple(paid.get((number, order), ())),
            known=application["amount"] if application.get("order") == order else None,
            approved=-found.balances.get(APPROVED, 0),
            due=found.balances.get(DUE, 0),
            withheld=found.balances.get(WITHHELD, 0),
            claimed=placed.get("withheld", 0),
            returned=found.returned,
            lies=found.lies,
        )


def legal_today(connection: Connection) -> date:
    """The local day by the legal clock."""
    return local_day(legal_now(connection))


def money_of_day(connection: Connection, day: date) -> list[AuthorityDay]:
    """Each authority's money at the end of a day, and what moved on it; amounts in tiyn."""
    stood: dict[UUID, dict[str, int]] = {}
    moved: dict[UUID, dict[str, int]] = {}
    for row in connection.execute(_DAY, {"day": day}):
        stood.setdefault(row.authority_id, {})[row.account] = row.balance
        moved.setdefault(row.authority_id, {})[row.account] = row.moved
    back = {row.authority_id: row for row in connection.execute(_DAY_BACK, {"day": day})}
    twice = {row.authority_id: row.orders for row in connection.execute(_TWICE, {"day": day})}
    return [
        AuthorityDay(
            authority=authority,
            stood=sums_of(stood[authority], back[authority].balance if authority in back else 0),
            moved=sums_of(moved[authority], back[authority].moved if authority in back else 0),
            double_payments=twice.get(authority, 0),
        )
        for authority in sorted(stood)
    ]


def money_by_day(connection: Connection) -> dict[date, Sums]:
    """What moved on each day on which money moved; amounts in tiyn."""
    moved: dict[date, dict[str, int]] = {}
    back: dict[date, int] = {}
    for row in connection.execute(_DAYS):
        moved.setdefault(row.on_day, {})[row.account] = row.moved
        back[row.on_day] = back.get(row.on_day, 0) + row.back
    return {day: sums_of(balances, back[day]) for day, balances in moved.items()}


def moved_within(connection: Connection, first: date, last: date) -> dict[str, int]:
    """The keys of payments that began and settled in these days, and what came back of each then.

    Both have to stand in a statement of these days: no money moves before its payment began, nor is
    it told before it moved.
    """
    named = {"first": first, "last": last}
    return {row.payment: row.back for row in connection.execute(_WITHIN, named)}
