"""The treasury's word on a payment, whichever message of ISO 20022 brought it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final, Literal

Source = Literal["pain.002", "camt.053", "camt.054"]


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
    another word of the same report on the same payment contradicts it.
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
    """Something that cannot be understood: where, why, and which keys it is about."""

    place: str
    code: str
    named: tuple[str, ...] = ()

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


# What cannot both be true of one payment; and beside what nobody understands nothing counts.
_CONTRARY: Final = (
    {Outcome.SETTLED, Outcome.NOT_EXECUTED},
    {Outcome.RETURNED, Outcome.NOT_EXECUTED},
    *({Outcome.OTHER, one} for one in (Outcome.SETTLED, Outcome.NOT_EXECUTED, Outcome.RETURNED)),
)


def compared(told: Sequence[Told]) -> list[Told]:
    """The words of one report, those on one payment compared before any of them counts.

    What came back of a payment stands after the word that it settled.
    """
    words: dict[str, list[Word]] = {}
    for one in told:
        words.setdefault(one.word.key, []).append(one.word)
    odd = {key for key, said in words.items() if _at_odds(said)}
    marked = (replace(one, word=replace(one.word, at_odds=one.word.key in odd)) for one in told)
    return sorted(marked, key=lambda one: one.word.outcome == Outcome.RETURNED)


def _at_odds(words: Sequence[Word]) -> bool:
    outcomes = {word.outcome for word in words}
    settled = [word for word in words if word.outcome == Outcome.SETTLED]
    returned = [word for word in words if word.outcome == Outcome.RETURNED]
    ordered = [word for word in words if word.outcome != Outcome.RETURNED]
    return (
        any(outcomes >= pair for pair in _CONTRARY)
        or any(_differ(ordered, name) for name in ("amount", "payee_iban", "payee_identifier"))
        or _differ(settled, "reference")
        or _perhaps_twice(settled)
        or _perhaps_twice(returned)
    )


def _differ(words: Sequence[Word], name: str) -> bool:
    """Two of them name another thing; what is left out does not differ."""
    return len({getattr(word, name) for word in words} - {None}) > 1


def _perhaps_twice(words: Sequence[Word]) -> bool:
    """Two entries of an account are one movement only where both have its number, and one sum."""
    entries = [word for word in words if word.source != "pain.002"]
    sums = {(word.reference, word.amount) for word in entries}
    numbers = {word.reference for word in entries}
    return len(entries) > 1 and (None in numbers or len(sums) > len(numbers))
