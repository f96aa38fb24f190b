"""Real PostgreSQL and Temporal servers for a test session, stopped with it."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import Any, TypeVar

import psycopg
from psycopg import sql
from sqlalchemy import Engine, text

from cli.migrations import upgrade
from cli.ports import free_port
from cli.postgres import APP, OWNER, SANDBOX, SUPERUSER, Postgres, fresh_passwords
from cli.program import running
from cli.temporal import Temporal
from db.engine import make_engine
from tests.support.authorities import put_accounts
from tests.support.copies import Copy

# A test's data need not survive a power cut; the servers of a stack keep fsync on.
HASTE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
TEMPLATE = "template_migrated"
T = TypeVar("T")


@dataclass(frozen=True)
class Database:
    """One database of the test server, by role; plain postgresql:// addresses."""

    owner_url: str
    app_url: str
    sandbox_url: str


class PostgresServer:
    """A running server that hands out copies of one migrated database."""

    def __init__(self, postgres: Postgres) -> None:
        self.postgres = postgres
        self._numbers = count(1)
        self._free: list[Copy] = []
        self._taken: dict[Database, Copy] = {}
        self._known: dict[object, tuple[list[sql.Composed], Any]] = {}

    def migrate(self) -> None:
        """Make the template of all copies: once for all tests, with authorities that can pay."""
        self._execute(
            sql.SQL("create database {} owner {}").format(
                sql.Identifier(TEMPLATE), sql.Identifier(OWNER)
            )
        )
        upgrade(self.postgres.url(OWNER, TEMPLATE))
        engine = make_engine(self.postgres.url(OWNER, TEMPLATE))
        with engine.begin() as connection:
            put_accounts(connection)
            # Who reads first in a month makes a table for it; a copy with one more is not fresh.
            connection.execute(text("SELECT months_of_reads(now(), now() + interval '1 month')"))
        engine.dispose()

    def copy(self) -> Database:
        """A migrated database that nobody else has, as fresh as the template."""
        copy = self._free.pop() if self._free else self._new()
        roles = (OWNER, APP, SANDBOX)
        database = Database(*(self.postgres.url(role, copy.name) for role in roles))
        self._taken[database] = copy
        return database

    def engine(self, database: Database, make: Callable[[str], Engine]) -> Engine:
        """An engine with the rights of the application; it is used again as the copy is."""
        return self._taken[database].engine(make, database.app_url)

    async def again(self, database: Database, name: object, make: Callable[[], Awaitable[T]]) -> T:
        """What `make` makes of a fresh copy; from the second time on as it was made then."""
        copy = self._taken[database]
        if not copy.is_fresh():
            return await make()
        if name not in self._known:
            made = await make()
            self._known[name] = (copy.as_it_is(), made)
            return made
        statements, known = self._known[name]
        copy.become(statements)
        made = known
        return made

    def drop(self, database: Database) -> None:
        """Take a copy back, ending whatever is still connected to it."""
        copy = self._taken.pop(database)
        if copy.renew():
            self._free.append(copy)
            return
        copy.close()
        self._execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(copy.name)))

    def close(self) -> None:
        for copy in (*self._free, *self._taken.values()):
            copy.close()

    def _new(self) -> Copy:
        name = f"test_{next(self._numbers)}"
        self._execute(
            sql.SQL("create database {} template {} owner {}").format(
                sql.Identifier(name), sql.Identifier(TEMPLATE), sql.Identifier(OWNER)
            )
        )
        return Copy(name, self.postgres.url(SUPERUSER, name))

    def _execute(self, statement: sql.Composed) -> None:
        url = self.postgres.url(SUPERUSER, "postgres")
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(statement)


def wide_engine(url: str) -> Engine:
    """An engine for tests in which many act at once."""
    return make_engine(url, most=20)


@contextmanager
def postgres_server(folder: Path) -> Iterator[PostgresServer]:
    """A new server with its roles; its files live in `folder`."""
    postgres = Postgres(folder / "postgres", free_port(), fresh_passwords(), HASTE)
    postgres.prepare()
    with running(postgres.program(), folder / "postgres.log"):
        postgres.ensure_roles()
        with closing(PostgresServer(postgres)) as server:
            yield server


@contextmanager
def temporal_server(folder: Path, *settings: str, on_disk: bool = False) -> Iterator[Temporal]:
    """A new development server that can skip time, in memory unless asked otherwise.

    `settings` of its dynamic configuration, each `key=value`.
    """
    temporal = Temporal(free_port())
    if on_disk:
        temporal = replace(temporal, database=folder / "temporal.sqlite")
    program = temporal.program()
    more = (word for one in settings for word in ("--dynamic-config-value", one))
    program = replace(program, argv=(*program.argv, *more))
    with running(program, folder / "temporal.log"):
        yield temporal
