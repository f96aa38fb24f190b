"""Signatures are judged without the lock of the case: it takes too long to have others wait."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, NamedTuple

from integrations.signatures import SignatureFault, SignatureVerdict, SignatureVerifier

# What is taken for the verdict until there is one.
NOT_YET: Final = SignatureVerdict(
    ok=False,
    reason_code=SignatureFault.REVOCATION_UNAVAILABLE,
    retryable=True,
    verifier="ozhb",
    verifier_version="0",
)


class Drafted(NamedTuple):
    """Signatures with the bytes that they are said to be over, and when they were handed in."""

    signed: Sequence[tuple[bytes, bytes]]
    at: datetime


class Judged:
    """Verdicts on signatures, which take too long to be made while a case is locked.

    What a command was drafted with is judged before. Under the lock it tells what it knows, and
    remembers what it is asked for the first time: that is judged afterwards (`judge`), and the
    command is looked at once more.
    """

    def __init__(self) -> None:
        self._known: dict[tuple[bytes, bytes], SignatureVerdict] = {}
        self._asked: dict[tuple[bytes, bytes], datetime] = {}

    def verify(self, cms: bytes, data: bytes, at: datetime) -> SignatureVerdict:
        """The verdict, or for now that nobody could tell."""
        found = self._known.get((cms, data))
        if found is None:
            self._asked[cms, data] = at
            return NOT_YET
        return found

    @property
    def waits(self) -> bool:
        """Something has not been judged."""
        return bool(self._asked)

    def expect(self, drafted: Drafted) -> datetime:
        """Have judged what a command was drafted with; the time at which it came."""
        for cms, content in drafted.signed:
            self._asked[cms, content] = drafted.at
        return drafted.at

    def judge(self, verifier: SignatureVerifier) -> None:
        """Have judged what was asked."""
        for (cms, data), at in self._asked.items():
            self._known[cms, data] = verifier.verify(cms, data, at)
        self._asked.clear()
