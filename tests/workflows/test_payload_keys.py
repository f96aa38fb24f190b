"""Which payload keys running workflows need is read from their histories, and a restart ends it."""

from collections import Counter

from temporalio.client import Client

from tests.support.host import Host, connect, hosting
from tests.support.outside import Outside
from tests.support.polling import soon_told
from tests.support.servers import Database
from workflows.keys import count_running, needed

OLD, NEW = {"was": b"w" * 31 + b"1"}, {"is": b"i" * 31 + b"2"}


async def in_use(client: Client) -> Counter[str]:
    """How many running workflows need each key."""
    found: Counter[str] = Counter()
    async for keys in needed(client):
        found.update(keys.keys())
    return found


async def test_an_old_key_is_needed_until_the_case_was_restarted(
    temporal_address: str, database: Database, outside: Outside
) -> None:
    async with hosting(temporal_address, database, outside, OLD | NEW) as host:
        async with host.working():
            party = await host.begin()
            await host.play(party, "choosing")
        await soon_told(lambda: in_use(host.client), lambda found: found["was"] == 1)
        assert await count_running(host.client) >= 1
        both = await host.moved(await connect(temporal_address, NEW | OLD))
        async with both.working():
            await both.play(party, "in_fulfilment")
            assert {"was", "is"} <= (await in_use(both.client)).keys()
            assert await both.cases.restart(party.file.id)
            await soon_told(lambda: in_use(both.client), lambda found: found["was"] == 0)
        alone: Host = await host.moved(await connect(temporal_address, NEW))
        async with alone.working():
            await alone.play(party, "completed")
