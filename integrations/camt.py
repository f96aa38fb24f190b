"""What entries of an account say: ISO 20022 camt.054 (notification) and camt.053 (statement)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Final, Literal

from integrations.iso20022 import Node
from integrations.words import Outcome, ReportFault, Source, Told, Word

# Below the document: the message, and what holds its entries.
ROOTS: Final[Mapping[Source, tuple[str, str]]] = {
    "camt.053": ("BkToCstmrStmt", "Stmt"),
    "camt.054": ("BkToCstmrDbtCdtNtfctn", "Ntfctn"),
}
BOOKED: Final = "BOOK"
_NOT_YET: Final = ("PDNG", "FUTR")
_DIRECTIONS: Final[Mapping[str, Literal["debit", "credit"]]] = {"DBIT": "debit", "CRDT": "credit"}
_TRUE, _FALSE = ("true", "1"), ("false", "0")


@dataclass(frozen=True)
class AccountEntry:
    """One movement on the account of the payer; `amount` in tiyn, `key` the payment's if told."""

    key: str | None
    amount: int
    direction: Literal["debit", "credit"]
    booked: date | None
    reference: str | None


@dataclass(frozen=True)
class AccountStatement:
    """Every booked movement that a message tells, in its order; `days` are those it is about.

    `accounts` are the numbers of the accounts; without `days` it may leave out what it likes.
    """

    entries: tuple[AccountEntry, ...]
    days: tuple[date, date] | None
    accounts: frozenset[str]


@dataclass(frozen=True)
class EntryLine:
    """A transaction of an entry, or an entry that names none: the two levels of what it says."""

    node: Node
    entry: Node
    alone: bool

    @property
    def named(self) -> tuple[str, ...]:
        """By what it calls the payment, the most specific first."""
        keys = [self.node.key("Refs", name) for name in ("EndToEndId", "InstrId")]
        if not any(keys) and self.alone:
            keys = [self.node.key("Refs", name) for name in ("PmtInfId", "MsgId")]
            batch = [self.entry.key("NtryDtls", "Btch", name) for name in ("PmtInfId", "MsgId")]
            keys = keys if any(keys) else batch
        return tuple(dict.fromkeys(key for key in keys if key is not None))

    @property
    def status(self) -> str | None:
        """A code of its own up to version 7, one of a choice from version 8 on."""
        return self.entry.code("Sts", "Cd") or self.entry.code("Sts")

    @property
    def direction(self) -> Literal["debit", "credit"] | None:
        told = self.node.code("CdtDbtInd") or self.entry.code("CdtDbtInd")
        found = None if told is None else _DIRECTIONS.get(told)
        if found is None:
            self.entry.fault("DBIT or CRDT", "CdtDbtInd")
        return found

    @property
    def amount(self) -> int | None:
        """Its own sum; the entry's, where it is all of the entry."""
        for names in (("Amt",), ("AmtDtls", "TxAmt", "Amt"), ("AmtDtls", "InstdAmt", "Amt")):
            if (found := self.node.tiyn(*names)) is not None:
                return found
        return self.entry.tiyn("Amt") if self.alone else None

    @property
    def reference(self) -> str | None:
        own = self.node.reference("Refs", "AcctSvcrRef")
        return own or self.entry.reference("AcctSvcrRef")

    @property
    def reversed(self) -> bool:
        told = self.entry.text("RvslInd")
        if told not in (None, *_TRUE, *_FALSE):
            self.entry.fault("true or false", "RvslInd")
        return told in _TRUE


def read_entries(message: Node, source: Source) -> tuple[list[Told], list[ReportFault]]:
    """The words that are in the entries of a notification or statement, and the faults.

    An entry that names no payment, such as a fee of the bank, is not for us, whatever it says.
    """
    told: list[Told] = []
    faults = list(message.faults)
    for line in _lines(message, ROOTS[source][1]):
        named = line.named or tuple(filter(None, (line.reference,)))
        if not named:
            continue
        word = _word(line, source)
        found = list(dict.fromkeys([*line.entry.faults, *line.node.faults]))
        faults += [replace(fault, named=named) for fault in found]
        if word is not None and not found:
            told.append(Told(line.node.place, line.named, word))
    return told, faults


def read_booked(message: Node, source: Source) -> tuple[AccountStatement, list[ReportFault]]:
    """Every booked movement, and the faults: with one of these the list is not whole."""
    entries: list[AccountEntry] = []
    holder = ROOTS[source][1]
    days = _days(message, holder)
    accounts = (one.account("Acct") for one in message.all(holder))
    found_accounts = frozenset(filter(None, accounts))
    faults = list(message.faults)
    for line in _lines(message, holder):
        named, status, direction, amount = line.named, line.status, line.direction, line.amount
        booked = line.entry.day("BookgDt")
        if amount is None and not line.node.faults:
            line.node.fault("missing", "Amt")
        found = list(dict.fromkeys([*line.entry.faults, *line.node.faults]))
        faults += [replace(fault, named=named) for fault in found]
        if status == BOOKED and not found and amount is not None and direction is not None:
            key = named[0] if named else None
            entries.append(AccountEntry(key, amount, direction, booked, line.reference))
    return AccountStatement(tuple(entries), days, found_accounts), faults


def _days(message: Node, holder: str) -> tuple[date, date] | None:
    """From when to when: as told, else by the balances at its beginning and end."""
    told: list[date | None] = []
    for one in message.all(holder):
        span = [_instant(one, "FrDtTm"), _instant(one, "ToDtTm")]
        balances = [balance.day("Dt") for balance in one.all("Bal")]
        told += span if all(span) else balances
    days = [day for day in told if day is not None]
    return (min(days), max(days)) if days else None


def _instant(statement: Node, name: str) -> date | None:
    found = statement.one("FrToDt")
    return None if found is None else found.day_of(name)


def _lines(message: Node, holder: str) -> Iterator[EntryLine]:
    for entry in message.all(holder, "Ntry"):
        inside = entry.all("NtryDtls", "TxDtls")
        for node in inside or [entry]:
            # Each line has its own faults: what is wrong beside it does it no harm.
            yield EntryLine(replace(node, faults=[]), replace(entry, faults=[]), len(inside) < 2)


def _word(line: EntryLine, source: Source) -> Word | None:
    status, direction, amount = line.status, line.direction, line.amount
    if status is None and not line.entry.faults:
        line.entry.fault("missing", "Sts")
    # Who is the creditor of a return, they or we, banks see differently: it is not compared.
    came_in = direction == "credit"
    iban = None if came_in else line.node.account("RltdPties", "CdtrAcct")
    identifier = None if came_in else line.node.identifier("RltdPties", "Cdtr")
    if status is None or direction is None:
        return None
    return Word(
        key=line.named[0] if line.named else "",
        outcome=_outcome(line, status, direction),
        status=status,
        amount=amount,
        payee_iban=iban,
        payee_identifier=identifier,
        reference=line.reference,
        reason=line.node.reason("RtrInf", "Rsn"),
        source=source,
    )


def _outcome(line: EntryLine, status: str, direction: str) -> Outcome:
    """Money that went out was paid, money that came in came back.

    A reversed or returned debit takes back an earlier return: a person has to look at it.
    """
    if status in _NOT_YET:
        return Outcome.UNDER_WAY
    if status != BOOKED:
        return Outcome.OTHER
    if direction == "credit":
        return Outcome.RETURNED
    undone = line.reversed or line.node.one("RtrInf") is not None
    return Outcome.OTHER if undone else Outcome.SETTLED
