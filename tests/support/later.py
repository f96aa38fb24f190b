"""A later edition that takes open cases over, for as long as a test knows it."""

from collections.abc import Iterator
from contextlib import contextmanager

from definitions.editions import editions
from domain.process import Edition
from tests.domain.play import LATER


@contextmanager
def later_edition(edition: Edition = LATER) -> Iterator[Edition]:
    """The edition is among the published ones of this process."""
    known = editions()
    known[edition.hash] = edition
    try:
        yield edition
    finally:
        del known[edition.hash]
