"""How much a proof by examples takes: little in the whole run, much in a run of its own.

`make verify-process` and `make verify-api` set the variables.
"""

import os
from typing import Final

# Seeded walks through the process; all else that is walked goes in proportion.
WALKS: Final = int(os.environ.get("OZHB_WALKS", "2000"))
# Random requests to an operation of the document.
EXAMPLES: Final = int(os.environ.get("OZHB_EXAMPLES", "4"))
_USUAL: Final = 2_000


def in_proportion(usual: int) -> int:
    """So many where the walks are as many as usual."""
    return max(1, usual * WALKS // _USUAL)
