"""Runs are told in the background, and who has heard is struck off."""

from dataclasses import dataclass, field

from sqlalchemy import Connection, Engine, text

from api.link import Link
from db.wakes import Untold
from tests.support.casework import arrive, open_file
from workflows.pulse import TemporalPulse


@dataclass
class Temporal:
    """It answers for the runs of some cases, and for no others."""

    awake: list[str] = field(default_factory=list)

    async def feel(self, pulse: TemporalPulse) -> None:
        """It has no pulse."""

    async def tell(self, case_id: str) -> bool:
        return case_id in self.awake

    async def restart(self, case_id: str) -> bool:
        return await self.tell(case_id)


def waiting(connection: Connection) -> list[Untold]:
    rows = connection.execute(text("SELECT case_id, seq FROM wake ORDER BY case_id"))
    return [Untold(str(row.case_id), row.seq) for row in rows]


async def test_a_run_that_has_heard_is_struck_off_and_one_that_has_not_is_not(
    engine: Engine,
) -> None:
    with engine.begin() as connection:
        for file in [open_file(connection) for _ in range(3)]:
            arrive(connection, file)
    with engine.connect() as connection:
        heard, deaf, unsure = waiting(connection)
    link = Link(None, Temporal([heard.case_id, unsure.case_id]))
    link.tell(heard, deaf, Untold(unsure.case_id))
    await link.close(engine)
    with engine.connect() as connection:
        assert waiting(connection) == [deaf, unsure], "housekeeping tells these"
