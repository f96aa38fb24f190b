"""Entries of the payer's account as the treasury writes them: camt.054 and camt.053."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from lxml import etree

from sandbox.clock import write_instant
from sandbox.pain import Order, put, write_sum
from sandbox.speech import Speech

SPACE = "urn:iso:std:iso:20022:tech:xsd:"
# Versions from which on the status is a choice, a party is one, and a transaction has its own sum.
CHOICES, OWN_SUM = "08", "03"


@dataclass(frozen=True)
class Movement:
    """Money that left for an order (`credit` False) or came back from it."""

    order: Order
    credit: bool
    amount: int
    reference: str
    booked_on: date


def write_notification(movement: Movement, at: datetime, speech: Speech) -> bytes:
    """A camt.054 with one entry."""
    return write("camt.054", "BkToCstmrDbtCdtNtfctn/Ntfctn", [movement], at, speech)


def write_statement(
    day: date, movements: Iterable[Movement], at: datetime, speech: Speech
) -> bytes:
    """A camt.053 with every movement of a day, and each account's balances before and after it."""
    return write("camt.053", "BkToCstmrStmt/Stmt", list(movements), at, speech, day)


def write(
    kind: str,
    path: str,
    movements: list[Movement],
    at: datetime,
    speech: Speech,
    day: date | None = None,
) -> bytes:
    """The frame that both messages share, and the entries in it."""
    space = f"{SPACE}{kind}.001.{speech.entries_version}"
    spaces: dict[Any, str] = {speech.prefix: space}
    root = etree.Element(f"{{{space}}}Document", nsmap=spaces)
    message, _, holder = path.partition("/")
    body = put(root, message)
    put(body, "GrpHdr/MsgId", uuid.uuid4().hex)
    put(body[0], "CreDtTm", write_instant(at))
    accounts = sorted({one.order.paid_from for one in movements})
    for number in accounts or ("",):
        account = put(body, holder)
        put(account, "Id", uuid.uuid4().hex)
        put(account, "CreDtTm", write_instant(at))
        put(account, "Acct/Id/IBAN" if number else "Acct/Id/Othr/Id", number or "TREASURY")
        mine = [one for one in movements if one.order.paid_from == number]
        if day is not None:
            moved = sum(one.amount if one.credit else -one.amount for one in mine)
            for code, amount in (("OPBD", 0), ("CLBD", moved)):
                add_balance(account, code, amount, day)
        for movement in mine:
            add_entry(account, movement, speech.entries_version)
    document: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8")
    return document


def add_balance(account: etree._Element, code: str, amount: int, day: date) -> None:
    """A balance; less than nothing is a debit."""
    balance = put(account, "Bal")
    put(balance, "Tp/CdOrPrtry/Cd", code)
    write_sum(put(balance, "Amt"), abs(amount))
    put(balance, "CdtDbtInd", "DBIT" if amount < 0 else "CRDT")
    put(balance, "Dt/Dt", day.isoformat())


def add_entry(account: etree._Element, movement: Movement, version: str) -> None:
    """An entry with its only transaction."""
    direction = "CRDT" if movement.credit else "DBIT"
    entry = put(account, "Ntry")
    write_sum(put(entry, "Amt"), movement.amount)
    put(entry, "CdtDbtInd", direction)
    put(entry, "Sts/Cd" if version >= CHOICES else "Sts", "BOOK")
    put(entry, "BookgDt/Dt", movement.booked_on.isoformat())
    put(entry, "AcctSvcrRef", movement.reference)
    put(entry, "BkTxCd/Prtry/Cd", "PMNT")
    transaction = put(entry, "NtryDtls/TxDtls")
    put(transaction, "Refs/EndToEndId", movement.order.key)
    if version >= OWN_SUM:
        write_sum(put(transaction, "Amt"), movement.amount)
        put(transaction, "CdtDbtInd", direction)
    else:
        write_sum(put(transaction, "AmtDtls/TxAmt/Amt"), movement.amount)
    if movement.credit:
        put(transaction, "RtrInf/Rsn/Cd", "AC04")
        return
    order = movement.order
    parties = put(transaction, "RltdPties")
    kind = "OrgId" if order.scheme == "BIN" else "PrvtId"
    other = put(parties, f"Cdtr/{'Pty/' if version >= CHOICES else ''}Id/{kind}/Othr")
    put(other, "Id", order.payee)
    put(other, "SchmeNm/Prtry", order.scheme)
    put(parties, "CdtrAcct/Id/IBAN", order.account)
