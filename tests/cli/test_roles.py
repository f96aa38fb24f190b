"""An installation begins with a server and somebody who may make roles: each gets the least."""

import os
from collections.abc import Iterator
from dataclasses import dataclass

import psycopg
import pytest
from psycopg.errors import InsufficientPrivilege

from cli.migrations import upgrade
from cli.ports import free_port
from cli.postgres import APP, OWNER, SANDBOX, SUPERUSER, Postgres, fresh_passwords
from cli.program import running
from cli.rights import READER
from tests.support.forks import run_command

ADMIN = "administrator"
PASSWORDS = {OWNER: "o1", APP: "a1", READER: "r1", SANDBOX: "s1", ADMIN: "x1"}


@dataclass(frozen=True)
class Server:
    """A server without a role of ours; `ADMIN` may make some, and is no superuser."""

    postgres: Postgres

    def url(self, role: str, database: str = "ozhb") -> str:
        password = {**self.postgres.passwords, **PASSWORDS}[role]
        return f"postgresql://{role}:{password}@127.0.0.1:{self.postgres.port}/{database}"

    def ensure(self, *arguments: str, by: str = ADMIN) -> tuple[int, list[str]]:
        """Exit code of `ozhb roles ensure`, and what it said."""
        named = {f"{role}_PASSWORD".upper(): PASSWORDS[role] for role in (OWNER, APP)}
        named |= {f"{role}_PASSWORD".upper(): PASSWORDS[role] for role in (READER, SANDBOX)}
        named["OZHB_ADMIN_DATABASE_URL"] = self.url(by, "postgres")
        ended = run_command(("roles", "ensure", *arguments), {"PATH": os.environ["PATH"], **named})
        assert ended.stderr == ""
        return ended.returncode, ended.stdout.splitlines()

    def run(self, role: str, statement: str, database: str = "ozhb") -> None:
        with psycopg.connect(self.url(role, database), autocommit=True) as connection:
            connection.execute(statement)

    def refuses(self, role: str, statement: str) -> None:
        with pytest.raises(InsufficientPrivilege):
            self.run(role, statement)


NOTHING = ["the roles have what they need, and no more"]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("server")
    postgres = Postgres(folder / "postgres", free_port(), fresh_passwords())
    postgres.prepare()
    with running(postgres.program(), folder / "log"):
        made = Server(postgres)
        made.run(
            SUPERUSER,
            f"CREATE ROLE {ADMIN} LOGIN CREATEROLE CREATEDB PASSWORD '{PASSWORDS[ADMIN]}'",
            "postgres",
        )
        code, told = made.ensure("--check")
        assert (code, told) == (
            1,
            [f"there is no role {OWNER}", f"there is no role {APP}"],
        )
        code, told = made.ensure()
        assert (code, "there is no database ozhb" in told) == (0, True)
        upgrade(made.url(OWNER))
        assert made.ensure() == (0, NOTHING)
        yield made


def test_an_installation_that_serves_people_has_nobody_who_moves_the_clock(server: Server) -> None:
    with psycopg.connect(server.url(OWNER)) as connection:
        found = connection.execute("SELECT rolname FROM pg_roles WHERE rolname ~ '^ozhb'")
        roles = {name for (name,) in found}
    assert {OWNER, APP} <= roles
    assert SANDBOX not in roles
    for statement in (
        "SELECT move_legal_clock(interval '1 day')",
        "CREATE TABLE smuggled (row int)",
        "DELETE FROM event",
        "UPDATE event SET seq = 0",
    ):
        server.refuses(APP, statement)
    server.run(APP, "CREATE TEMPORARY TABLE scratch (row int)")


def test_who_only_reads_changes_nothing_and_opens_nothing(server: Server) -> None:
    code, told = server.ensure("--reader")
    assert (code, f"there is no role {READER}" in told) == (0, True)
    assert server.ensure("--reader") == (0, NOTHING)
    server.run(READER, "SELECT * FROM case_view")
    for statement in ("SELECT * FROM person_key", "SELECT * FROM browser_session"):
        server.refuses(READER, statement)
    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        server.run(READER, "UPDATE case_view SET status = 'paid'")
    server.refuses(READER, "BEGIN READ WRITE; DELETE FROM wake")


def test_what_somebody_has_given_away_is_told_and_taken_back(server: Server) -> None:
    for statement in (
        f"ALTER ROLE {APP} CREATEDB PASSWORD 'another'",
        f"GRANT {OWNER} TO {APP}",
        "GRANT CREATE ON SCHEMA public TO PUBLIC",
        "GRANT CONNECT ON DATABASE ozhb TO PUBLIC",
        "GRANT EXECUTE ON FUNCTION move_legal_clock TO PUBLIC",
    ):
        server.run(SUPERUSER, statement)
    expected = {
        f"{APP} has createdb",
        f"{APP} may act as {OWNER}",
        f"{APP} does not get in with its password",
        "public may make tables in ozhb",
        "every role of the server has CONNECT on ozhb",
        "public may move the legal clock",
    }
    code, told = server.ensure("--check", by=SUPERUSER)
    assert (code, expected - set(told)) == (1, set())
    code, told = server.ensure(by=SUPERUSER)
    assert (code, expected - set(told)) == (0, set())
    assert server.ensure(by=SUPERUSER) == (0, NOTHING)
    server.refuses(APP, "CREATE TABLE smuggled (row int)")


def test_a_trial_has_a_role_that_moves_the_clock_and_loses_it_again(server: Server) -> None:
    assert server.ensure("--sandbox")[0] == 0
    server.run(SANDBOX, "SELECT move_legal_clock(interval '1 second')")
    server.refuses(SANDBOX, "SELECT * FROM case_view")
    told = f"{SANDBOX} may log in, and moves the legal clock"
    assert server.ensure() == (0, [told])
    assert told in server.ensure("--no-sandbox")[1]
    assert server.ensure() == (0, NOTHING)
    with pytest.raises(psycopg.OperationalError):
        server.run(SANDBOX, "SELECT 1")
