"""Whether a page still holds is asked once for all who read at the same moment."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

from api.cases.stands import Stands
from db.pool import ReadPool
from tests.api.world import World


class Counted(ReadPool):
    """Counts the statements."""

    asked = 0

    async def fetch(self, statement: str, *values: object) -> list[dict[str, Any]]:
        self.asked += 1
        return await super().fetch(statement, *values)


async def test_who_reads_at_the_same_moment_is_answered_by_one_statement_for_all(
    world: World, app_database_url: str
) -> None:
    cases = [UUID(world.receive(number)) for number in (1, 2)]
    stands = Stands()
    async with Counted(app_database_url) as pool:
        asked = [*cases, cases[0], uuid4()]
        gone = asyncio.create_task(stands.of(pool, cases[0]))
        others = [asyncio.create_task(stands.of(pool, one)) for one in asked]
        await asyncio.sleep(0)
        gone.cancel()
        found = await asyncio.gather(*others)
        assert pool.asked == 1
        assert [one and one["case_id"] for one in found] == [*cases, cases[0], None]
        await world.act(str(cases[0]), "open_case", world.recipient(1))
        later = await stands.of(pool, cases[0])
        assert pool.asked == 2
        assert later["xid"] > found[0]["xid"]
