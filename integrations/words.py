"""The treasury's word on a payment, whichever message of ISO 20022 brought it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Literal

Source = Literal["pain.002", "camt.053", "camt.054"]


class Outcome(StrEnum):
    """What a word means for the payment. `OTHER`: a person has to look at it."""

    SETTLED = "settled"
    UNDER_WAY = "under_way"
    NOT_EXECUTED = "not_executed"
    RETURNED = "returned"
    OTHER = "other"


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
    order was for, of a return what came back. `reference` is the treasury's own number.
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


@dataclass(frozen=True)
class Told:
    """A word and where it stands. `named` are all keys by which it calls the payment.

    Where there are none, the word's key is empty and its reference has to tell the payment.
    """

    place: str
    named: tuple[str, ...]
    word: Word


@dataclass(frozen=True)
class Fault:
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
    faults: tuple[Fault, ...] = ()
    remarks: tuple[str, ...] = ()
