"""`python -m tests.support.record_histories`: keeps histories of this host for later ones."""

import asyncio
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.support.host import Host, hosting
from tests.support.outside import outside_world
from tests.support.party_play import cancel_order
from tests.support.servers import postgres_server, temporal_server

FOLDER = Path(__file__).parents[1] / "histories"


async def _play(host: Host) -> None:
    async with host.working():
        paid = await host.begin()
        await host.play(paid, "completed")
        turned = await host.begin()
        await host.play(turned, "ordered")
        await host.say(turned, cancel_order)
        await host.rests(turned)
        last = (await host.task_ends(turned))[-1]
        await host.reset(turned, last)
        await host.looked_anew(turned, last)
    for name, party in (("paid", paid), ("reset", turned)):
        history = await host.handle(party).fetch_history()
        text = history.to_json()
        path = FOLDER / f"{name}-{len(history.events):03d}.json"
        path.write_text(f'{{"workflow_id": "{history.workflow_id}", "history": {text}}}\n')


async def _record(folder: Path) -> None:
    with (
        postgres_server(folder) as server,
        temporal_server(folder) as temporal,
        outside_world(folder) as outside,
    ):
        server.migrate()
        async with hosting(temporal.address, server.copy(), outside) as host:
            await _play(host)


def main() -> int:
    """Add histories of this build; those of earlier ones stay. Enciphered under the tests' key."""
    with TemporaryDirectory(prefix="histories-") as folder:
        asyncio.run(_record(Path(folder)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
