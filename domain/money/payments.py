"""Attempts to pay an order, and what a supplier has to pay back. Amounts in tiyn."""

import re
from datetime import datetime
from operator import not_
from typing import Final

from pydantic import Field

from domain.messages import Frozen

# Reference, period, order, version, attempt.
_KEY: Final = re.compile(r"OZ[0-9]{9}(-[0-9]{1,4}){4}")
# The same in small letters, with other hyphens or signs between the numbers, in other digits.
_SPELT: Final = re.compile(r"\W*OZ\d{9}([\W_]{1,3}\d{1,4}){4}\W*", re.IGNORECASE)


def is_key(text: str) -> bool:
    """Whether this is how we call a payment."""
    return _KEY.fullmatch(text) is not None


def resembles_key(text: str) -> bool:
    """Whether somebody may have meant a key of ours and spelt it otherwise, or it is one."""
    return _SPELT.fullmatch(text) is not None


class Payment(Frozen):
    """One attempt to pay an application under its permanent key. Amounts in tiyn.

    `status`: `to_send`, `sent`, `unknown` (not answered in time), `held` (not settled, and the
    treasury names something else than was ordered), `settled`, `rejected`, `never_received`,
    `returned` (all of it), `void` (another attempt settled first, and this one may still arrive),
    `excess` (settled beside another one) or `written_off` (to be paid back, and lost).
    `word` is what the treasury told last while it was open; that it settled is not told less.
    `unclear` is the code of a word that says neither how it ended nor that it is under way, until
    it is known. `settled` is the sum that stands, where two caseworkers found another than was
    ordered; `returned` came back through the treasury, `recovered` was claimed back, `lost` is
    written off. `returns` and `contrary` are the words that counted as a return, or contradicted:
    the same word again is nothing new. `heard` are words that fitted while two had to decide, and
    are weighed with what they decide. `doubt` is what two caseworkers have to decide. `proven`:
    the treasury has confirmed, for the attempt that is wanted next, what became of this one.
    `stated`: two caseworkers have read in a statement what became of it.
    """

    key: str
    order: int
    version: int
    attempt: int
    amount: int
    status: str
    sent_at: datetime | None = None
    reference: str | None = None
    reason: str | None = None
    word: str | None = Field(default=None, exclude_if=not_)
    unclear: str | None = Field(default=None, exclude_if=not_)
    settled: int | None = Field(default=None, exclude_if=not_)
    returned: int = Field(default=0, exclude_if=not_)
    recovered: int = Field(default=0, exclude_if=not_)
    lost: int = Field(default=0, exclude_if=not_)
    returns: tuple[str, ...] = Field(default=(), exclude_if=not_)
    contrary: tuple[str, ...] = Field(default=(), exclude_if=not_)
    heard: tuple[str, ...] = Field(default=(), exclude_if=not_)
    doubt: str | None = Field(default=None, exclude_if=not_)
    proven: bool = Field(default=False, exclude_if=not_)
    stated: bool = Field(default=False, exclude_if=not_)

    @property
    def unanswered(self) -> bool:
        """The treasury has not said what became of it."""
        return self.status in ("to_send", "sent", "unknown")

    @property
    def open(self) -> bool:
        """Money may be on its way, or lie where it should not."""
        return self.unanswered or self.status == "held"

    @property
    def went(self) -> bool:
        """The treasury paid it once, whatever came back since."""
        return self.status in ("settled", "excess", "returned", "written_off")

    @property
    def doubtful(self) -> bool:
        """The treasury's words do not fit together, or do not fit the order."""
        return self.status == "held" or self.doubt is not None

    @property
    def uncertain(self) -> bool:
        """Two caseworkers may have to say what became of it."""
        return self.doubtful or self.status == "void" or self.unclear is not None

    @property
    def paid(self) -> int:
        """What the treasury paid for it, whatever came back since, in tiyn.

        A file from before sums came back has the status alone: nothing of it is known to stand.
        """
        before_sums = {"returned": self.returned + self.recovered, "written_off": self.lost}
        if not self.went or not before_sums.get(self.status, self.amount):
            return 0
        return self.amount if self.settled is None else self.settled

    @property
    def left(self) -> int:
        """What was paid of it and has not come back, in tiyn; what is written off is not counted.

        A statement may tell of less than had come back: less than nothing is not left.
        """
        return max(0, self.paid - self.returned - self.recovered - self.lost)

    @property
    def standing(self) -> "Payment":
        """The same payment, which settled, with the status that its sums give it."""
        status = "excess" if self.status == "excess" else "settled"
        stood = self.model_copy(update={"status": status})
        if stood.left:
            return stood
        return self.model_copy(update={"status": "written_off" if self.lost else "returned"})

    @property
    def may_settle(self) -> bool:
        """That it settled would be news; of a returned or counted payment it is a replay."""
        return self.unanswered or self.status in ("rejected", "never_received", "void")


class Claim(Frozen):
    """What the supplier owes, in tiyn: for a breach (Social Code 167(8)) or `both_sides` (L15).

    `still_needed`: the recipient chooses again once it is paid back or written off. `returned` has
    come back so far.
    """

    ground: str
    amount: int
    at: datetime
    still_needed: bool
    returned: int = Field(default=0, exclude_if=not_)
