"""What entries of an account say: ISO 20022 camt.054 (notification), camt.053 (statement).

The report of a running day, camt.052, says what the bank expects to stand in its statement.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Final, Literal

from domain.money.payments import resembles_key
from integrations.iso20022 import Node
from integrations.words import Outcome, ReportFault, Source, Told, Word, doubted

# Below the document: the message, and what holds its entries.
ROOTS: Final[Mapping[Source, tuple[str, str]]] = {
    "camt.052": ("BkToCstmrAcctRpt", "Rpt"),
    "camt.053": ("BkToCstmrStmt", "Stmt"),
    "camt.054": ("BkToCstmrDbtCdtNtfctn", "Ntfctn"),
}
BOOKED: Final = "BOOK"
# The bank may still change what it tells of a day that has not ended, whatever it calls an entry.
INTRADAY: Final[Source] = "camt.052"
_NOT_YET: Final = ("PDNG", "FUTR")
_DIRECTIONS: Final[Mapping[str, Literal["debit", "credit"]]] = {"DBIT": "debit", "CRDT": "credit"}
_TRUE, _FALSE = ("true", "1"), ("false", "0")
_SUMS: Final = (("Amt",), ("AmtDtls", "TxAmt", "Amt"), ("AmtDtls", "InstdAmt", "Amt"))


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
    """A transaction of an entry, or an entry that names none: the two levels of what it says.

    It is `alone` where the entry is of no other transaction, so that what is said of the entry is
    said of it. `told_on` is the account; `around` are faults of what all of the entry is about.
    """

    node: Node
    entry: Node
    alone: bool
    told_on: str | None
    around: tuple[ReportFault, ...]

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
        own = _sum(self.node)
        return self.entry.tiyn("Amt") if own is None and self.alone else own

    @property
    def reference(self) -> str | None:
        """The bank's number of the transaction, else of the entry."""
        return self.node.reference("Refs", "AcctSvcrRef") or self.entry_reference

    @property
    def entry_reference(self) -> str | None:
        """The number of an entry of several transactions is the number of none of them."""
        return self.entry.reference("AcctSvcrRef") if self.alone else None

    def compare(self) -> None:
        """Find fault with the line where it does not agree with itself, or with its entry."""
        if len({self.node.text("CdtDbtInd"), self.entry.text("CdtDbtInd")} - {None}) > 1:
            self.node.fault("directions disagree", "CdtDbtInd")
        nodes = (self.node, self.entry) if self.alone else (self.node,)
        sums = {node.tiyn(*names) for node in nodes for names in _SUMS}
        if len(sums - {None}) > 1:
            self.node.fault("sums disagree", "Amt")

    @property
    def undone(self) -> bool:
        """It says that it takes back another movement."""
        return self.reversed or self.node.one("RtrInf") is not None

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
        named = line.named or tuple(filter(None, (line.reference, line.entry_reference)))
        if not named:
            continue
        word = _word(line, source)
        line.compare()
        found = list(dict.fromkeys([*line.around, *line.entry.faults, *line.node.faults]))
        told_on = line.told_on or ""
        faults += [replace(fault, named=named, told_on=told_on) for fault in found]
        if (heard := doubted(word, found)) is not None:
            told.append(Told(line.node.place, line.named, heard))
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
        # What is another's may say of itself what it likes.
        ours = next((one for one in named if resembles_key(one)), None)
        if ours is not None:
            line.compare()
        booked = line.entry.day("BookgDt")
        if amount is None and not line.node.faults:
            line.node.fault("missing", "Amt")
        found = list(dict.fromkeys([*line.around, *line.entry.faults, *line.node.faults]))
        faults += [replace(fault, named=named) for fault in found]
        if status == BOOKED and not found and amount is not None and direction is not None:
            key = ours or next(iter(named), None)
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
    for one in message.all(holder):
        statement = replace(one, faults=[])
        told_on = statement.account("Acct")
        faults = tuple(statement.faults)
        for entry in statement.all("Ntry"):
            whole = replace(entry, faults=[])
            _compare_batch(whole)
            inside = whole.all("NtryDtls", "TxDtls")
            batches = {batch.text("NbOfTxs") for batch in whole.all("NtryDtls", "Btch")}
            alone, around = len(inside) < 2 and batches <= {None, "1"}, (*faults, *whole.faults)
            for node in inside or [entry]:
                # Each line has its own faults: what is wrong beside it does it no harm.
                own, its = replace(node, faults=[]), replace(entry, faults=[])
                yield EntryLine(own, its, alone, told_on, around)


def _compare_batch(entry: Node) -> None:
    """Find fault with an entry that does not name all its transactions, or not with their sums."""
    for details in entry.all("NtryDtls"):
        inside, told = len(details.all("TxDtls")), details.text("Btch", "NbOfTxs")
        if told is not None and told.lstrip("0") != str(inside or 1):
            details.fault("not all transactions", "Btch", "NbOfTxs")
    parts = [replace(one, faults=[]) for one in entry.all("NtryDtls", "TxDtls")]
    direction, whole = entry.text("CdtDbtInd"), replace(entry, faults=[]).tiyn("Amt")
    against = [one.text("CdtDbtInd") not in (None, direction) for one in parts]
    sums = [_sum(one) for one in parts]
    told_sums = [one for one in sums if one is not None]
    if len(parts) > 1 and len(told_sums) == len(parts) and whole is not None:
        signed = (-one if back else one for one, back in zip(told_sums, against, strict=True))
        if sum(signed) != whole:
            entry.fault("sums disagree", "Amt")


def _sum(node: Node) -> int | None:
    """The sum of a transaction, of those that stand there the first."""
    for names in _SUMS:
        if (found := node.tiyn(*names)) is not None:
            return found
    return None


def _word(line: EntryLine, source: Source) -> Word | None:
    status, direction, amount = line.status, line.direction, line.amount
    if status is None and not line.entry.faults:
        line.entry.fault("missing", "Sts")
    # Who is the creditor of what is marked as a return, they or we, banks see differently.
    silent = direction == "credit" and (line.undone or status != BOOKED)
    iban = None if silent else line.node.account("RltdPties", "CdtrAcct")
    identifier = None if silent else line.node.identifier("RltdPties", "Cdtr")
    booked = line.entry.day("BookgDt")
    if status is None or direction is None:
        return None
    key = line.named[0] if line.named else ""
    if source == INTRADAY:
        # Nothing of it is compared with the order: what stands the statement of the day tells.
        return Word(key, Outcome.UNDER_WAY, status, source=source, told_on=line.told_on)
    return Word(
        key=key,
        outcome=_outcome(line, status, direction),
        status=status,
        amount=amount,
        payee_iban=iban,
        payee_identifier=identifier,
        reference=line.reference,
        reason=line.node.reason("RtrInf", "Rsn"),
        source=source,
        told_on=line.told_on,
        booked=None if booked is None else booked.isoformat(),
        entry_reference=line.entry_reference,
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
    return Outcome.OTHER if line.undone else Outcome.SETTLED
