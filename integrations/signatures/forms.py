"""The one form in which a signature is kept."""

from functools import lru_cache
from typing import Final

from integrations.signatures.structure import Rejected, take_apart

# A command that waits for a verdict is prepared twice, with the same signatures.
MOST_KEPT: Final = 64


@lru_cache(MOST_KEPT)
def kept_form(content: bytes) -> bytes:
    """A signature as it is kept: in its one form; what is none stays as it came, to be refused."""
    try:
        return take_apart(content).content
    except Rejected:
        return content
