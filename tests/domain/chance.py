"""How whims choose: one of several, or mostly the right one."""

from collections.abc import Sequence
from typing import Any, TypeVar

from tests.domain.play import C2, C3, C, Choices, K

T = TypeVar("T")
Body = tuple[dict[str, Any], dict[str, Any]]


def choose(whim: Choices, options: Sequence[T]) -> T:
    return options[whim.below(len(options))]


def mostly(whim: Choices, right: T, *wrong: T) -> T:
    """The right one, seven times of eight."""
    return right if whim.below(8) else choose(whim, wrong)


def related(whim: Choices) -> dict[str, Any]:
    """Who acts for the supplier, as the portal knows it: now and then somebody who decides."""
    acts = [] if whim.below(16) else [choose(whim, (C, C2, C3, K)).id]
    return {"acts_for": {"supplier-1": acts}}
