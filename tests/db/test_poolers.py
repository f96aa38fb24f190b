"""Behind PgBouncer ozhb works where each connection keeps its session, and ends where none does."""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import which

import pytest
from sqlalchemy import text

from cli.ports import free_port
from cli.postgres import APP, OWNER
from cli.program import Program, running
from db.engine import make_engine
from db.pool import ReadPool
from db.poolers import pooling
from logs import FAULT
from tests.support.servers import Database, PostgresServer
from tests.test_processes import begin, missing

needs_pgbouncer = pytest.mark.skipif(
    which("pgbouncer") is None, reason="PgBouncer is not installed (Debian: pgbouncer)"
)


@contextmanager
def bouncer(server: PostgresServer, folder: Path, mode: str, *more: str) -> Iterator[int]:
    """PgBouncer before the server; its port."""
    port, postgres = free_port(), server.postgres
    users = folder / "users.txt"
    users.write_text("".join(f'"{one}" "{postgres.passwords[one]}"\n' for one in (APP, OWNER)))
    settings = folder / "pgbouncer.ini"
    lines = [
        *("[databases]", f"* = host=127.0.0.1 port={postgres.port}", "[pgbouncer]"),
        *("listen_addr = 127.0.0.1", f"listen_port = {port}", "unix_socket_dir ="),
        *("auth_type = scram-sha-256", f"auth_file = {users}", f"pool_mode = {mode}"),
        *("default_pool_size = 40", *more),
    ]
    settings.write_text("\n".join(lines))
    for file in (users, settings):
        file.chmod(0o644)

    def answers() -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0

    # It refuses to run as root.
    user = ("-u", "nobody") if os.geteuid() == 0 else ()
    argv = (which("pgbouncer") or "", *user, str(settings))
    with running(Program("pgbouncer", argv, answers), folder / "pgbouncer.log"):
        yield port


def through(url: str, port: int) -> str:
    """The same database by way of a pooler."""
    head, _, rest = url.rpartition("@")
    return f"{head}@127.0.0.1:{port}/{rest.partition('/')[2]}"


def test_where_none_stands_none_is_found(database: Database) -> None:
    assert pooling(database.app_url) == "none"


@needs_pgbouncer
@pytest.mark.parametrize("more", [(), ("ignore_startup_parameters = options",)])
async def test_a_pooler_of_sessions_keeps_the_bounds_of_each(
    postgres: PostgresServer, database: Database, tmp_path: Path, more: tuple[str, ...]
) -> None:
    with bouncer(postgres, tmp_path, "session", *more) as port:
        url = through(database.app_url, port)
        assert pooling(url) == "sessions"
        engine = make_engine(url)
        for _ in range(3):
            with engine.connect() as one, engine.connect() as other:
                for connection in (one, other):
                    bound = text("SELECT current_setting('statement_timeout')")
                    assert connection.execute(bound).scalar_one() == "10s"
                    assert connection.execute(bound).scalar_one() == "10s"
        engine.dispose()
        async with ReadPool(url) as pool:
            assert await pool.fetchval("SELECT current_setting('statement_timeout')") == "5s"


@needs_pgbouncer
def test_a_migration_works_behind_a_pooler_of_sessions(
    postgres: PostgresServer, database: Database, tmp_path: Path
) -> None:
    with bouncer(postgres, tmp_path, "session") as port:
        told = {"database_url": through(database.owner_url, port), "movable_clock": "true"}
        assert begin(tmp_path, "migrate", **told).returncode == 0


@needs_pgbouncer
def test_a_pooler_of_transactions_is_refused_with_the_reason(
    postgres: PostgresServer, database: Database, tmp_path: Path, temporal_address: str
) -> None:
    with bouncer(postgres, tmp_path, "transaction") as port:
        url = through(database.app_url, port)
        assert pooling(url) == "transactions"
        told = {"database_url": url, "temporal_address": temporal_address}
        for name in ("worker", "api", "migrate"):
            ended = begin(tmp_path, name, **told)
            assert "another session" in missing(ended, "pooler", FAULT)
