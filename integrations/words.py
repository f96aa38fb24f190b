"""The treasury's word on a payment, whichever message of ISO 20022 brought it."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from itertools import combinations
from typing import Final, Literal

Source = Literal["pain.002", "camt.052", "camt.053", "camt.054"]


class Outcome(StrEnum):
    """What a word means for the payment. `OTHER`: a person has to look at it.

    `UNSAID` is no word of the treasury: it could be asked and did not say anything.
    """

    SETTLED = "settled"
    UNDER_WAY = "under_way"
    NOT_EXECUTED = "not_executed"
    RETURNED = "returned"
    OTHER = "other"
    UNSAID = "unsaid"


# External payment status codes of ISO 20022 (transaction, payment information and group). What is
# not here, such as a blocked payment (BLCK), a cheque (ACIS), cash picked up (CPUC) or a payee who
# was not verified (RVCM), is nothing that a payment order of ours should come to: OTHER.
STATUSES: Final[Mapping[str, Outcome]] = {
    "ACCC": Outcome.SETTLED,  # on the payee's account
    "ACSC": Outcome.SETTLED,
    "ACCP": Outcome.UNDER_WAY,
    "ACFC": Outcome.UNDER_WAY,  # funds checked
    "ACFW": Outcome.UNDER_WAY,  # funds checked, a confirmation is awaited
    "ACPD": Outcome.UNDER_WAY,  # released to the clearing
    "ACSP": Outcome.UNDER_WAY,
    "ACTC": Outcome.UNDER_WAY,
    "ACWC": Outcome.UNDER_WAY,  # with a change; the change shows when it settles
    "ACWP": Outcome.UNDER_WAY,  # not posted to the payee's account yet
    "PART": Outcome.UNDER_WAY,  # of a group: says nothing certain of one payment
    "PATC": Outcome.UNDER_WAY,
    "PDNG": Outcome.UNDER_WAY,
    "RCVC": Outcome.UNDER_WAY,  # the payee's name was checked and fits
    "RCVD": Outcome.UNDER_WAY,
    "RVNC": Outcome.UNDER_WAY,  # the payee's name is being checked
    "CANC": Outcome.NOT_EXECUTED,
    "RJCT": Outcome.NOT_EXECUTED,
}


@dataclass(frozen=True)
class Word:
    """One word on one payment; what it leaves out is None.

    `status` and `reason` are ISO codes as told (`ACSC`, `BOOK`; `AC04`). `amount` in tiyn: what the
    order was for, of a return what came back. `reference` is the treasury's own number. `at_odds`:
    what else the same report says on the same payment contradicts it, or cannot be understood.

    An entry is told on an account, `told_on`, and `booked` on a day, YYYY-MM-DD. It may have a
    number beside that of its only transaction: one movement may be told by either of them.
    """

    key: str
    outcome: Outcome
    status: str
    amount: int | None = None
    payee_iban: str | None = field(default=None, repr=False)
    payee_identifier: str | None = field(default=None, repr=False)
    reference: str | None = None
    reason: str | None = None
    source: Source = "pain.002"
    at_odds: bool = False
    told_on: str | None = field(default=None, repr=False)
    booked: str | None = None
    entry_reference: str | None = None

    @property
    def account(self) -> str | None:
        """The account whose entry it is, empty where that is not told; None: it is no entry."""
        return None if self.source == "pain.002" else self.told_on or ""

    @property
    def numbers(self) -> frozenset[str]:
        return frozenset(filter(None, (self.reference, self.entry_reference)))


@dataclass(frozen=True)
class Told:
    """A word and where it stands. `named` are all keys by which it calls the payment.

    Where there are none, the word's key is empty and its reference has to tell the payment.
    """

    place: str
    named: tuple[str, ...]
    word: Word


@dataclass(frozen=True)
class ReportFault:
    """Something that cannot be understood: where, why, and which keys it is about.

    `told_on` is the account of the entry that it is in, empty where that is not told; None: it is
    in no entry.
    """

    place: str
    code: str
    named: tuple[str, ...] = ()
    told_on: str | None = field(default=None, repr=False)

    def __str__(self) -> str:
        return f"{self.place}: {self.code}"


@dataclass(frozen=True)
class Report:
    """All that one message says. `remarks` are breaches of its official schema, “place: rule”.

    A breach harms no word that could be read: banks leave out what the schema asks for.
    """

    kind: str
    told: tuple[Told, ...]
    faults: tuple[ReportFault, ...] = ()
    remarks: tuple[str, ...] = ()


# A sum that can be read, and is another one than any of ours.
OTHER_SUMS: Final = frozenset(("not in KZT", "whole tiyn"))


def doubted(word: Word | None, found: Collection[ReportFault]) -> Word | None:
    """A word in which something is not understood: none, unless only its sum is not one of ours."""
    if word is None or any(fault.code not in OTHER_SUMS for fault in found):
        return None
    return replace(word, at_odds=True) if found else word


@dataclass(frozen=True)
class OrderParties:
    """Whom an order pays and who pays it: the number of each, and the account; and the sum."""

    payee: str | None = field(default=None, repr=False)
    account: str | None = field(default=None, repr=False)
    payer: str | None = field(default=None, repr=False)
    paid_from: str | None = field(default=None, repr=False)
    amount: int | None = None


def counts_on(told_on: str | None, ordered: OrderParties) -> bool:
    """Whether what is told on an account may be about a payment: on the one that it left from.

    A status report, which is no entry of an account (None), always may.
    """
    return told_on is None or (told_on != "" and told_on == ordered.paid_from)


def is_other_side(word: Word, ordered: OrderParties) -> bool:
    """It is how the payee's own account shows that very payment: the ordered sum comes in."""
    came = word.outcome in (Outcome.RETURNED, Outcome.UNDER_WAY) and not word.at_odds
    known = word.account is not None and word.account == ordered.account
    return came and known and word.amount in (None, ordered.amount)


def parties_named(word: Word, ordered: OrderParties) -> dict[str, str | None]:
    """`payee` and `account`, each "same" or "other" than was ordered; None where a word has none.

    Who is paid what comes back is the payer.
    """
    back = word.outcome == Outcome.RETURNED
    payee = ordered.payer if back else ordered.payee
    account = ordered.paid_from if back else ordered.account
    return {
        "payee": _compared(word.payee_identifier, payee),
        "account": _compared(word.payee_iban, account),
    }


def _compared(told: str | None, ordered: str | None) -> str | None:
    if told is None:
        return None
    return "same" if told == ordered else "other"


# No payment has more words than these in an honest report.
MOST: Final = 100
# What cannot both be true of one payment; and beside what nobody understands nothing counts.
_CONTRARY: Final = (
    {Outcome.SETTLED, Outcome.NOT_EXECUTED},
    {Outcome.RETURNED, Outcome.NOT_EXECUTED},
    *({Outcome.OTHER, one} for one in (Outcome.SETTLED, Outcome.NOT_EXECUTED, Outcome.RETURNED)),
)


def compared(told: Sequence[Told]) -> list[Told]:
    """The words of one report, those on one payment compared before any of them counts.

    One that is at odds already is so with all on its payment. What came back of a payment stands
    after the word that it settled.
    """
    words: dict[str, list[Word]] = {}
    for one in told:
        words.setdefault(one.word.key, []).append(one.word)
    odd = {key for key, said in words.items() if _at_odds(said)}
    marked = (replace(one, word=replace(one.word, at_odds=one.word.key in odd)) for one in told)
    return sorted(marked, key=lambda one: one.word.outcome == Outcome.RETURNED)


def _at_odds(words: Sequence[Word]) -> bool:
    outcomes = {word.outcome for word in words}
    at_odds = len(words) > MOST or any(word.at_odds for word in words)
    settled = [word for word in words if word.outcome == Outcome.SETTLED]
    returned = [word for word in words if word.outcome == Outcome.RETURNED]
    ordered = [word for word in words if word.outcome != Outcome.RETURNED]
    return (
        at_odds
        or any(outcomes >= pair for pair in _CONTRARY)
        or any(_differ(ordered, name) for name in ("amount", "payee_iban", "payee_identifier"))
        or any(_other_number(one, other) for one, other in combinations(settled, 2))
        or any(_perhaps_one(*pair) for said in (settled, returned) for pair in _entries(said))
    )


def _differ(words: Sequence[Word], name: str) -> bool:
    """Two of them name another thing; what is left out does not differ."""
    return len({getattr(word, name) for word in words} - {None}) > 1


def _entries(words: Sequence[Word]) -> Iterator[tuple[Word, Word]]:
    return combinations([word for word in words if word.source != "pain.002"], 2)


def _other_number(one: Word, other: Word) -> bool:
    return bool(one.numbers and other.numbers) and one.numbers.isdisjoint(other.numbers)


def _perhaps_one(one: Word, other: Word) -> bool:
    """Whether nobody can tell if two entries of an account are one movement or two.

    They are one where they share a number and the sum. They are two where each has another number
    of the same kind, or, of numbers of two kinds, where sum or day are not the same.
    """
    if not (one.numbers and other.numbers):
        return True
    if one.numbers & other.numbers:
        return one.amount != other.amount
    told = (_kinds(one) & _kinds(other)) or (one.amount, one.booked) != (other.amount, other.booked)
    return not told


def _kinds(word: Word) -> frozenset[str]:
    """Whose numbers it has: the transaction's, the entry's."""
    own = word.reference is not None and word.reference != word.entry_reference
    kinds = (("transaction", own), ("entry", word.entry_reference is not None))
    return frozenset(kind for kind, has in kinds if has)
