"""After a release: what waited for it is tried at once, and not only when it looks again itself."""

from collections.abc import Sequence

from temporalio.client import Client

from activities.holds import HELD
from workflows.operations import NoRun, Pending, each, look, retry


async def wake(client: Client, case_ids: Sequence[str]) -> int:
    """Have what was held in these cases tried now; of how many cases something was.

    Raises TemporalDown. Whatever is not woken looks again by itself within minutes.
    """
    return sum(await each(case_ids, lambda case_id: _wake(client, case_id)))


async def _wake(client: Client, case_id: str) -> bool:
    try:
        run = await look(client, case_id)
        held = [one.id for one in run.activities if _may_be_held(one)]
        if held:
            await retry(client, case_id, held)
    except NoRun:
        return False
    return bool(held)


def _may_be_held(pending: Pending) -> bool:
    """An attempt that is under way may have looked before the release."""
    return pending.last_error == HELD or pending.state == "started"
