"""Grave acts take a fresh sign-in: a program is told so as RFC 9470 has it."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Final

from api.problems import Problem

# How long a sign-in is fresh enough for a grave act.
FRESH_SECONDS: Final = 900
# The clock of a provider may be before ours.
LEEWAY_SECONDS: Final = 60
# Decisions in a case that a borrowed browser, or a token that somebody found, must not make.
GRAVE: Final = frozenset(
    (
        *("approve", "withdraw_approval", "reconsider", "refuse", "close", "confirm_funds"),
        *("propose_correction", "carry_out_correction", "enter_statement", "confirm_return"),
        *("write_off", "end_order", "confirm_representation"),
    )
)


@dataclass(frozen=True, slots=True)
class SignInProof:
    """When somebody last proved who they are (Unix; 0: nobody says), and by what means (`acr`)."""

    at: float = 0.0
    means: str | None = None


@dataclass(frozen=True, slots=True)
class StepUp:
    """What a grave act asks of a sign-in: that it is fresh and, where named, one of these means."""

    means: tuple[str, ...] = ()

    def holds(self, proof: SignInProof) -> bool:
        """Whether somebody need not prove anew who they are."""
        fresh = -LEEWAY_SECONDS <= time.time() - proof.at <= FRESH_SECONDS
        return fresh and (not self.means or proof.means in self.means)

    def require(self, proof: SignInProof) -> None:
        """Problem `sign_in_too_old` unless it holds."""
        if not self.holds(proof):
            raise Problem("sign_in_too_old", headers={"WWW-Authenticate": self._challenge()})

    def _challenge(self) -> str:
        """What a client has to ask the provider for."""
        wanted = [
            'Bearer error="insufficient_user_authentication"',
            'error_description="a fresh sign-in is needed"',
            f'max_age="{FRESH_SECONDS}"',
        ]
        return ", ".join([*wanted, *self._means()])

    def _means(self) -> list[str]:
        return [f'acr_values="{" ".join(self.means)}"'] if self.means else []


_ON_PAGES: ContextVar[SignInProof | None] = ContextVar("sign-in of who uses a page", default=None)


@contextmanager
def told_by_page(proof: SignInProof) -> Iterator[None]:
    """Within this, the API goes by what a page knows of its visitor from the ID token.

    Providers need not say it in access tokens too. No request from outside comes in here.
    """
    before = _ON_PAGES.set(proof)
    try:
        yield
    finally:
        _ON_PAGES.reset(before)


def page_proof() -> SignInProof | None:
    """What a page of ours says of who asks; None for a request from outside."""
    return _ON_PAGES.get()
