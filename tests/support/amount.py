"""How much a proof by examples takes: little in the whole run, much in a run of its own.

`make verify-process`, `verify-api`, `verify-kill`, `verify-oidc` and `test-pages` set the
variables.
"""

import os
from collections.abc import Sequence
from typing import Final, TypeVar

T = TypeVar("T")

# Seeded walks through the process; all else that is walked goes in proportion.
WALKS: Final = int(os.environ.get("OZHB_WALKS", "1000"))
# Random requests to an operation of the document; from here on every known edge is asked too.
EXAMPLES: Final = int(os.environ.get("OZHB_EXAMPLES", "2"))
THOROUGH: Final = EXAMPLES >= 50
# Every place at which a worker may be killed or a run reset, not only where most is lost.
ALL_BLOWS: Final = os.environ.get("OZHB_BLOWS") == "all"
# Whether every journey through the pages is made, and every page on it looked at for barriers.
EVERY_PAGE: Final = os.environ.get("OZHB_PAGES") == "all"
# Whether people sign in by a provider that is fetched for it.
REAL_PROVIDER: Final = os.environ.get("OZHB_PROOF") == "oidc"
# In which languages pages are looked through: Kazakh has the longest words.
SPOKEN: Final = ("kk", "ru", "en") if EVERY_PAGE else ("kk",)
# For so many walks the amounts are written down.
_USUAL: Final = 2_000
# Whether the walks are the purpose of the run, and not a part of all tests.
LONG: Final = WALKS > _USUAL
_SHARE: Final = 5


def in_proportion(usual: int) -> int:
    """So many where the walks are as many as usual."""
    return max(1, usual * WALKS // _USUAL)


def share(values: Sequence[T], place: int) -> Sequence[T]:
    """All values in a thorough run; else a part that is another one for each place."""
    return values if THOROUGH else values[place % _SHARE :: _SHARE]
