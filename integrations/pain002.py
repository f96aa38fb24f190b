"""What a status report says, ISO 20022 pain.002.001 of any version."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final, Self

from integrations.iso20022 import Node
from integrations.words import STATUSES, Outcome, ReportFault, Told, Word, doubted

ROOT: Final = "CstmrPmtStsRpt"
_DECIDED: Final = frozenset({Outcome.SETTLED, Outcome.NOT_EXECUTED})
# The message that our orders are; a status of another one, such as a recall, is not about them.
_ORDERED: Final = re.compile(r"(?:.*:)?pain\.001(?:\..*)?", re.IGNORECASE)
_TRANSACTION: Final = ("OrgnlEndToEndId", "OrgnlInstrId")


@dataclass(frozen=True)
class Level:
    """Group, block or transaction: its status, by what it calls the payment, and what is around it.

    What is wrong in a level is kept with it: it is the fault of the payments below it alone.
    """

    node: Node
    status_in: str
    keys_in: tuple[str, ...]
    status: str | None
    named: tuple[str, ...]
    around: "Level | None"

    @classmethod
    def of(
        cls, node: Node, status_in: str, keys_in: tuple[str, ...], around: "Level | None" = None
    ) -> Self:
        own = replace(node, faults=[])
        keys = (own.key(name) for name in keys_in)
        named = tuple(dict.fromkeys(key for key in keys if key is not None))
        return cls(own, status_in, keys_in, own.code(status_in), named, around)

    @property
    def outcome(self) -> Outcome | None:
        return None if self.status is None else STATUSES.get(self.status, Outcome.OTHER)

    def upwards(self) -> "Iterator[Level]":
        """This level and those around it."""
        level: Level | None = self
        while level is not None:
            yield level
            level = level.around


def read_statuses(message: Node) -> tuple[list[Told], list[ReportFault]]:
    """The words of a report, each from the most specific level that there is, and the faults.

    A level without transactions speaks for all below it, under its own identifier: a message of
    ours holds one block with one transaction, and the three have one key.
    """
    told: list[Told] = []
    faults: list[ReportFault] = []
    for level in _most_specific(message):
        word = _read(level)
        found = [fault for one in level.upwards() for fault in one.node.faults]
        named = next((one.named for one in level.upwards() if one.named), ())
        faults += [replace(fault, named=named) for fault in found]
        if (heard := doubted(word, found)) is not None:
            told.append(Told(level.node.place, level.named, heard))
            told += _against(heard, level)
    return told, list(dict.fromkeys([*faults, *message.faults]))


def _most_specific(message: Node) -> list[Level]:
    around = message.one("OrgnlGrpInfAndSts")
    group = None if around is None else Level.of(around, "GrpSts", ("OrgnlMsgId",))
    about = None if group is None else group.node.text("OrgnlMsgNmId")
    if group is not None and about is not None and not _ORDERED.fullmatch(about):
        group.node.fault("about another message", "OrgnlMsgNmId")
    levels = _transactions(message, group)  # some banks leave the blocks out
    blocks = message.all("OrgnlPmtInfAndSts")
    for node in blocks:
        block = Level.of(node, "PmtInfSts", ("OrgnlPmtInfId",), group)
        if len(blocks) == 1 and group is not None and not block.named:
            block = replace(block, named=group.named)
        levels += _transactions(node, block) or [block]
    if levels or group is None:
        return levels
    return [group]


def _transactions(inside: Node, around: Level | None) -> list[Level]:
    """The transactions of a block. One that stands alone may be called as the block is."""
    found = [Level.of(node, "TxSts", _TRANSACTION, around) for node in inside.all("TxInfAndSts")]
    if len(found) == 1 and around is not None and not found[0].named:
        return [replace(found[0], named=around.named)]
    return found


def _read(level: Level) -> Word | None:
    telling = next((one for one in level.upwards() if one.status is not None), None)
    node = level.node
    if not level.named:
        node.fault("missing", level.keys_in[0])
    if telling is None and not node.faults:
        node.fault("missing", level.status_in)
    amount = _amount(node)
    iban = node.account("OrgnlTxRef", "CdtrAcct")
    identifier = node.identifier("OrgnlTxRef", "Cdtr")
    reference = node.reference("AcctSvcrRef")
    if telling is None or telling.status is None or telling.outcome is None or not level.named:
        return None
    return Word(
        key=level.named[0],
        outcome=telling.outcome,
        status=telling.status,
        amount=amount,
        payee_iban=iban,
        payee_identifier=identifier,
        reference=reference,
        reason=_reason(level, telling.outcome),
    )


def _against(word: Word, level: Level) -> Iterator[Told]:
    """What a level around it says against the word: that it is, or is not, executed, or neither."""
    for one in level.upwards():
        against = one.outcome == Outcome.OTHER or {one.outcome, word.outcome} == _DECIDED
        if one.status and one.outcome and against and word.outcome in _DECIDED:
            yield Told(one.node.place, level.named, Word(word.key, one.outcome, one.status))


def _amount(node: Node) -> int | None:
    """What was ordered and what went between the banks: the same, or the report is not clear.

    A sum that is ordered as an equivalent goes in a currency of its own: ours goes in tenge.
    """
    names = (("Amt", "InstdAmt"), ("Amt", "EqvtAmt", "Amt"), ("IntrBkSttlmAmt",))
    sums = [node.tiyn("OrgnlTxRef", *one) for one in names]
    goes_in = ("OrgnlTxRef", "Amt", "EqvtAmt", "CcyOfTrf")
    if node.text(*goes_in) not in (None, "KZT"):
        node.fault("not in KZT", *goes_in)
    told = list(dict.fromkeys(one for one in sums if one is not None))
    if len(told) > 1:
        node.fault("sums disagree", "OrgnlTxRef", "IntrBkSttlmAmt")
    return told[0] if told else None


def _reason(level: Level, outcome: Outcome) -> str | None:
    """The first code of the nearest level that says the same; free words may be personal."""
    for one in level.upwards():
        if one.outcome in (None, outcome) and (code := one.node.reason("StsRsnInf", "Rsn")):
            return code
    return None
