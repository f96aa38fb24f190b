"""What an administrator holds is not asked of the outside: it waits, and is woken by a release."""

from datetime import timedelta
from typing import Final

from temporalio.exceptions import ApplicationError

from db.holds import HELD_BY

# By what Temporal names the end of an attempt that was held.
HELD: Final = "Held"
# Whoever was not woken looks again, no oftener than one who waits for a system that is down.
LOOK_AGAIN: Final = timedelta(minutes=10)


class Held(ApplicationError):
    """It is held: tried again when somebody releases it."""

    def __init__(self) -> None:
        super().__init__("held by an administrator", type=HELD, next_retry_delay=LOOK_AGAIN)


def prove_free(kind: str, held: frozenset[str]) -> None:
    """Held, unless effects of this kind may go out while these switches are held."""
    if HELD_BY[kind] & held:
        raise Held
