"""A backup of a system with open cases is brought to an empty machine, and all goes on there."""

import asyncio
import json
import os
from base64 import b64encode
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from alembic import command
from psycopg import sql

from cli.home import Ports, local_postgres
from cli.keys import LocalSecrets
from cli.migrations import alembic_config
from cli.postgres import APP, OWNER, SANDBOX, SUPERUSER
from cli.program import running
from db.backups import MANIFEST
from db.engine import make_engine
from db.operations import FIRST, page
from tests.support.effects import effects_over
from tests.support.forks import run_command
from tests.support.host import Host, connect, hosting
from tests.support.intake import SEAL
from tests.support.outside import Outside
from tests.support.party_play import confirm
from tests.support.servers import Database, PostgresServer, temporal_server
from worker import WorkerParts
from workflows.client import Cases
from workflows.operations import restart
from workflows.options import CASES

pytestmark = pytest.mark.long

STATUSES = ("notifying", "choosing", "in_fulfilment", "under_review", "completed")
MASTER, INDEX = (b64encode(key).decode() for key in (SEAL.masters["k1"], SEAL.index_key))
KEYS = {"OZHB_PERSON_MASTER_KEYS": f"k1:{MASTER}", "OZHB_PERSON_INDEX_KEY": INDEX}
OTHER = b64encode(bytes(range(32))).decode()


async def ozhb(*arguments: str, **environment: str) -> tuple[int, str, str]:
    """Exit code, output and errors, with nothing but these variables."""
    variables = {"PATH": os.environ["PATH"], "COLUMNS": "400", **environment}
    ended = await asyncio.to_thread(run_command, arguments, variables)
    return ended.returncode, ended.stdout, ended.stderr


async def backed_up(database: Database, folder: Path) -> dict[str, Any]:
    """What a backup says of itself."""
    named = {"OZHB_DATABASE_URL": database.owner_url}
    code, out, err = await ozhb("backup", str(folder), "--json", **named)
    assert code == 0, err
    told: dict[str, Any] = json.loads(out)
    return told


@asynccontextmanager
async def emptied(host: Host, home: Path, ports: Ports) -> AsyncIterator[Host]:
    """The same cases on the PostgreSQL of a folder, and on a Temporal that knows none of them."""
    keys = LocalSecrets.read(home)
    assert keys is not None
    postgres = local_postgres(home, ports, keys)
    urls = Database(*(postgres.url(role) for role in (OWNER, APP, SANDBOX)))
    with (
        running(postgres.program(), home / "postgres.log"),
        temporal_server(home) as temporal,
    ):
        engine, client = make_engine(urls.app_url, most=20), await connect(temporal.address)
        prefix = f"restored-{host.parts.prefix}"
        with effects_over(engine, host.outside.url) as effects:
            yield replace(
                host,
                client=client,
                engine=engine,
                database=urls,
                parts=WorkerParts(client, engine, SEAL, effects, prefix),
                cases=Cases(client, engine, prefix + CASES),
                owed={},
            )
        engine.dispose()


@pytest.mark.long
async def test_every_case_goes_on_from_a_backup_on_an_empty_machine(
    temporal_address: str, database: Database, outside: Outside, tmp_path: Path
) -> None:
    home, folder = tmp_path / "home", tmp_path / "backup"
    async with hosting(temporal_address, database, outside) as host:
        async with host.working():
            parties = [await host.begin() for _ in STATUSES]
            for party, status in zip(parties, STATUSES, strict=True):
                await host.play(party, status)
        # It was acknowledged, and nobody has heard it yet.
        waiting = await host.journal(parties[2], confirm)
        told = await backed_up(database, folder)
        held = {party.file.id: host.events(party) for party in parties}
        home.mkdir()
        passwords = LocalSecrets.make()
        named = {"person_master_keys": f"k1:{MASTER}", "person_index_key": INDEX}
        passwords.model_copy(update=named).write(home)
        code, out, err = await ozhb("restore", str(folder), "--json", OZHB_HOME=str(home))
        assert code == 0, out + err
        found = json.loads(out)
        assert (found["cases"], found["damages"]) == (len(STATUSES), [])
        assert found["rows"] == sum(told["contents"]["counts"].values())
        async with emptied(host, home, Ports.choose(None, None)) as restored:
            assert newest_xid(restored) > told["contents"]["newest_xid"]
            assert {one.file.id: restored.events(one) for one in parties} == held
            async with restored.working():
                with restored.engine.connect() as connection:
                    open_cases = page(connection, FIRST, 100)
                assert await restart(restored.cases, open_cases) == []
                for party in parties:
                    await restored.play(party, "completed")
                    assert [order["received"] for order in restored.payments(party)] == [1]
                assert len(restored.of(parties[2], waiting)) == 1
            await restored.check()


def newest_xid(host: Host) -> int:
    with psycopg.connect(host.database.owner_url) as connection:
        row = connection.execute("SELECT pg_current_xact_id()::text::bigint").fetchone()
    assert row is not None
    return int(row[0])


@pytest.fixture
async def kept(
    temporal_address: str, database: Database, outside: Outside, tmp_path: Path
) -> tuple[Path, dict[str, Any]]:
    """A backup of one case, and what it says of itself."""
    async with hosting(temporal_address, database, outside) as host, host.working():
        await host.play(await host.begin(), "choosing")
        return tmp_path / "backup", await backed_up(database, tmp_path / "backup")


async def test_a_backup_names_its_keys_and_holds_none(kept: tuple[Path, dict[str, Any]]) -> None:
    folder, told = kept
    contents = told["contents"]
    assert list(contents["master_keys"]) == ["k1"]
    assert contents["counts"]["case_head"] == 1
    assert {one.name for one in folder.iterdir()} == {MANIFEST, "dump"}
    assert len(told["files"]) == len(list((folder / "dump").iterdir()))
    assert folder.stat().st_mode & 0o077 == 0
    written = (folder / MANIFEST).read_text()
    assert not any(key in written for key in (MASTER, INDEX))
    code, _, err = await ozhb("backup", str(folder), OZHB_DATABASE_URL="postgresql://a@127.0.0.1/b")
    assert (code, "is not empty" in err) == (1, True)


async def test_a_backup_by_who_may_not_read_all_is_refused_with_what_helps(
    database: Database, tmp_path: Path
) -> None:
    code, _, err = await ozhb("backup", str(tmp_path / "new"), OZHB_DATABASE_URL=database.app_url)
    assert (code, "must name the owner" in err) == (1, True)
    assert not any((tmp_path / "new").iterdir())


async def test_what_cannot_be_brought_back_is_refused_with_every_reason(
    kept: tuple[Path, dict[str, Any]], database: Database
) -> None:
    folder, told = kept
    named = {"OZHB_DATABASE_URL": database.owner_url}

    async def refused(**environment: str) -> str:
        code, _, err = await ozhb("restore", str(folder), **{**named, **KEYS, **environment})
        assert code == 1
        return err

    assert "the database is not empty" in await refused()
    assert "without the key k1" in await refused(OZHB_PERSON_MASTER_KEYS=f"k2:{MASTER}")
    assert "another one than it was" in await refused(OZHB_PERSON_MASTER_KEYS=f"k1:{OTHER}")
    assert "nobody would be found" in await refused(OZHB_PERSON_INDEX_KEY=OTHER)
    newer = {**told, "contents": {**told["contents"], "revision": "9999", "roles": ["somebody"]}}
    (folder / MANIFEST).write_text(json.dumps(newer))
    err = await refused()
    assert ("its schema is 9999" in err, "no role somebody" in err) == (True, True)
    file = next((folder / "dump").glob("*.gz"))
    file.write_bytes(file.read_bytes() + b"!")
    assert "is not as it was written" in await refused()
    (folder / MANIFEST).unlink()
    assert "it is no backup" in await refused()


@pytest.fixture
def empty(postgres: PostgresServer, database: Database) -> Iterator[str]:
    """The owner's address of a database that has nothing."""
    server, name = postgres.postgres, f"restored_{uuid4().hex}"
    with psycopg.connect(server.url(SUPERUSER, "postgres"), autocommit=True) as connection:
        named = sql.Identifier(name)
        connection.execute(sql.SQL("CREATE DATABASE {} OWNER ozhb_owner").format(named))
        yield server.url(OWNER, name)
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(named))


async def test_what_was_kept_by_an_earlier_build_is_migrated(
    kept: tuple[Path, dict[str, Any]], database: Database, empty: str, tmp_path: Path
) -> None:
    before = kept[1]["contents"]["revision"]
    command.downgrade(alembic_config(database.owner_url), "-1")
    earlier = await backed_up(database, tmp_path / "earlier")
    assert earlier["contents"]["revision"] < before
    named = {"OZHB_DATABASE_URL": empty, **KEYS}
    code, out, err = await ozhb("restore", str(tmp_path / "earlier"), "--json", **named)
    assert code == 0, out + err
    told = json.loads(out)
    assert (told["revision"], told["cases"], told["damages"]) == (before, 1, [])
