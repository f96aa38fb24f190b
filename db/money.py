"""The ledger of money as a table: written with the events it is made from, and never changed."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, text

from db.events import read_events
from domain.case.state import Case
from domain.messages import Event
from domain.money.ledger import entries_of
from domain.terms.counting import local_day

COLUMNS = (
    "case_id, seq, place, period, order_number, payment, authority_id, kind, debit, credit,"
    " amount, on_day"
)
_INSERT = text(
    f"INSERT INTO money ({COLUMNS}) VALUES (:case_id, :seq, :place, :period, :order_number,"
    " :payment, :authority_id, :kind, :debit, :credit, :amount, :on_day)"
    " ON CONFLICT (case_id, seq, place) DO NOTHING"
)
_ANY = text("SELECT 1 FROM money WHERE case_id = :case_id LIMIT 1")
_OF_CASE = text(f"SELECT {COLUMNS} FROM money WHERE case_id = :case_id ORDER BY seq, place")


def write_money(connection: Connection, before: Case, events: Iterable[Event]) -> None:
    """The entries of events just recorded, on the case before them.

    A case from before the ledger gets the whole of it now.
    """
    paid = any(period.payments for period in before.periods.values())
    if paid and connection.execute(_ANY, {"case_id": before.id}).first() is None:
        before, events = Case(id=before.id, edition=""), read_events(connection, before.id)
    if rows := lines_of(before, events):
        connection.execute(_INSERT, rows)


def lines_of(before: Case, events: Iterable[Event]) -> list[dict[str, Any]]:
    """The rows that events make, on the case before them."""
    return [
        {
            "case_id": before.id,
            "seq": event.seq,
            "place": place,
            "period": entry.period,
            "order_number": entry.order,
            "payment": entry.payment,
            "authority_id": entry.authority,
            "kind": entry.kind,
            "debit": entry.debit,
            "credit": entry.credit,
            "amount": entry.amount,
            "on_day": local_day(event.at),
        }
        for event, entries in entries_of(before, events)
        for place, entry in enumerate(entries, 1)
    ]


def read_money(connection: Connection, case_id: str) -> list[dict[str, Any]]:
    """The ledger of a case, in order."""
    rows = connection.execute(_OF_CASE, {"case_id": case_id}).mappings()
    return [
        {**row, "case_id": str(row["case_id"]), "authority_id": str(row["authority_id"])}
        for row in rows
    ]


def add_missing(connection: Connection, case_id: str, events: Iterable[Event]) -> None:
    """The lines that a file from before the ledger has not; what is there is never changed."""
    if rows := lines_of(Case(id=case_id, edition=""), events):
        connection.execute(_INSERT, rows)
