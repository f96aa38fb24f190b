"""The embedded server comes back from every kind of death, and gives each role its rights alone."""

import os
import signal
from pathlib import Path

import psycopg
import pytest

from cli.home import Ports, StackFile
from cli.keys import LocalSecrets
from cli.ports import free_port
from cli.postgres import OWNER, Postgres, fresh_passwords
from cli.program import Running, running
from tests.support.forks import run_command
from tests.support.servers import Database, PostgresServer


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Postgres:
    """A server that is prepared and has a row to lose, but does not run."""
    folder = tmp_path_factory.mktemp("server")
    server = Postgres(folder / "postgres", free_port(), fresh_passwords())
    server.prepare()
    with running(server.program(), folder / "log"):
        server.ensure_roles()
        with psycopg.connect(server.url(OWNER)) as connection:
            connection.execute("create table kept (row int)")
            connection.execute("insert into kept values (1)")
    return server


def rows(server: Postgres) -> int:
    with psycopg.connect(server.url(OWNER)) as connection:
        found = connection.execute("select count(*) from kept").fetchone()
    assert found is not None
    return int(found[0])


def test_a_killed_server_starts_again_with_all_it_had(server: Postgres, tmp_path: Path) -> None:
    child = Running(server.program(), tmp_path / "log")
    child.await_answer()
    os.kill(child.pid, signal.SIGKILL)
    child.popen.wait()
    server.prepare()
    with running(server.program(), tmp_path / "log"):
        assert rows(server) == 1


def test_a_lock_file_with_anothers_pid_does_not_block_the_start(
    server: Postgres, tmp_path: Path
) -> None:
    lock = server.data / "postmaster.pid"
    lock.write_text(f"{os.getpid()}\n{server.data}\n1\n{server.port}\n\n127.0.0.1\n\nready\n")
    server.prepare()
    with running(server.program(), tmp_path / "log"):
        assert rows(server) == 1


def test_an_interrupted_making_is_begun_anew(tmp_path: Path) -> None:
    unfinished = tmp_path / "postgres" / "unfinished"
    unfinished.mkdir(parents=True)
    (unfinished / "PG_VERSION").write_text("18\n")
    server = Postgres(tmp_path / "postgres", free_port(), fresh_passwords())
    server.prepare()
    assert (server.data / "postgresql.conf").exists()
    assert not unfinished.exists()


def test_nobody_gets_in_without_a_password(server: Postgres, tmp_path: Path) -> None:
    with (
        running(server.program(), tmp_path / "log"),
        pytest.raises(psycopg.OperationalError, match="password"),
    ):
        psycopg.connect(f"postgresql://postgres@127.0.0.1:{server.port}/postgres")


def test_the_server_runs_unprivileged_and_keeps_fsync_on(server: Postgres, tmp_path: Path) -> None:
    with running(server.program(), tmp_path / "log") as child:
        assert Path(f"/proc/{child.pid}").stat().st_uid != 0
        with psycopg.connect(server.url(OWNER)) as connection:
            setting = connection.execute("show fsync").fetchone()
    assert setting == ("on",)


def test_a_database_that_a_file_names_is_not_taken_for_that_of_the_local_stack(
    postgres: PostgresServer, tmp_path: Path
) -> None:
    """Or it would be migrated with the address, and read with the keys, of another."""
    ports = Ports.choose(None, None).model_copy(update={"postgres": postgres.postgres.port})
    StackFile(ports=ports).write(tmp_path)
    passwords = {"database_passwords": dict(postgres.postgres.passwords)}
    LocalSecrets.make().model_copy(update=passwords).write(tmp_path)
    (tmp_path / "url").write_text("postgresql://ozhb_owner:secret@127.0.0.1:1/ozhb")
    named = {"OZHB_HOME": str(tmp_path), "OZHB_DATABASE_URL_FILE": str(tmp_path / "url")}
    ended = run_command(("migrate",), {"PATH": os.environ["PATH"], **named})
    assert (ended.returncode, "does not answer" in ended.stdout) == (3, True)


def test_each_test_has_a_database_of_its_own(database: Database) -> None:
    with psycopg.connect(database.owner_url) as connection:
        connection.execute("create table seen_here_only (row int)")
        version = connection.execute("select version_num from alembic_version").fetchone()
    assert version is not None


def test_the_next_test_does_not_see_it(database: Database) -> None:
    with (
        psycopg.connect(database.owner_url) as connection,
        pytest.raises(psycopg.errors.UndefinedTable),
    ):
        connection.execute("select 1 from seen_here_only")


def test_the_application_cannot_change_the_schema(database: Database) -> None:
    with (
        psycopg.connect(database.app_url) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute("create table smuggled (row int)")


def test_the_sandbox_reaches_the_legal_clock_and_nothing_else(database: Database) -> None:
    with psycopg.connect(database.sandbox_url, autocommit=True) as connection:
        connection.execute("select move_legal_clock(interval '1 day')")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("select 1 from person")
