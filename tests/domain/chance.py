"""How whims choose: one of several, or mostly the right one."""

from collections.abc import Sequence
from typing import Any, TypeVar

from tests.domain.play import Choices

T = TypeVar("T")
Body = tuple[dict[str, Any], dict[str, Any]]


def choose(whim: Choices, options: Sequence[T]) -> T:
    return options[whim.below(len(options))]


def mostly(whim: Choices, right: T, *wrong: T) -> T:
    """The right one, seven times of eight."""
    return right if whim.below(8) else choose(whim, wrong)
