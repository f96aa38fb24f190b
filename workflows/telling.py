"""From an activity's thread to the runs of cases."""

import asyncio
from collections.abc import Sequence
from itertools import compress
from typing import Final

from activities.housekeeping import Telling
from db.wakes import Untold
from workflows.client import Cases
from workflows.operations import each

TOLD_AT_ONCE: Final = 25
# One takes five seconds at most, and a sweep has twenty to say that it lives.
LONGEST_SECONDS: Final = 15


def tell_from_thread(cases: Cases, loop: asyncio.AbstractEventLoop) -> Telling:
    """Has the runs of cases look into their files, side by side, and answers which have heard."""

    def tell(untold: Sequence[Untold]) -> list[Untold]:
        asked = each((one.case_id for one in untold), cases.tell, TOLD_AT_ONCE)
        told = asyncio.run_coroutine_threadsafe(asked, loop).result(LONGEST_SECONDS)
        return list(compress(untold, told))

    return tell
