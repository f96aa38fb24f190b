"""The one SQLite file in which the outside world survives any death of its process."""

import os
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeAlias

Value: TypeAlias = str | int | float | bytes | None

SCHEMA = """
create table if not exists secret (name text primary key, value blob not null) strict;
create table if not exists setting (name text primary key, value text not null) strict;
create table if not exists fault (
    id integer primary key, system text not null, fault text not null,
    remaining integer not null check (remaining >= 0), seconds real, match text) strict;
create table if not exists callback (
    id integer primary key, role text not null, path text not null, content_type text not null,
    body blob not null, due_at real not null, attempts integer not null default 0,
    state text not null default 'waiting' check (state in ('waiting', 'delivered', 'dropped')),
    last_answer text) strict;
create index if not exists callback_waiting on callback (due_at) where state = 'waiting';
create table if not exists message (
    id text primary key, system text not null, key text not null, address text not null,
    subject text, text text not null, sent_at text not null,
    final_state text, final_at real, unique (system, key)) strict;
create table if not exists payment (
    key text primary key, received integer not null, known integer not null,
    scheme text not null, amount integer not null, account text not null, payee text not null,
    reported_amount integer not null, reported_account text not null,
    reported_payee text not null, reference text not null) strict;
create table if not exists step (
    id integer primary key, key text not null references payment, status text not null,
    reason text, due_at real not null, report blob not null) strict;
create table if not exists movement (
    id integer primary key, key text not null references payment, credit integer not null,
    amount integer not null, account text not null, scheme text not null, payee text not null,
    reference text not null, due_at real not null, booked_on text not null) strict;
create table if not exists payer (
    key text primary key references payment, account text not null) strict;
create table if not exists result (
    key text primary key, received integer not null, body text not null) strict;
create table if not exists returned_message (
    key text primary key, received integer not null, body text not null) strict;
create table if not exists message_notice (
    key text primary key, received integer not null, body text not null) strict;
create table if not exists delivery (
    key text primary key, received integer not null, body text not null) strict;
create table if not exists certificate (
    serial text primary key, pem text not null, revoked_at real) strict;
"""


class Store:
    """One connection for one event loop: no transaction may span an `await`."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = folder / "sandbox.sqlite3"
        # SQLite gives its journals the mode of the file: nobody else can read the keys inside.
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        path.chmod(0o600)
        self._connection = sqlite3.connect(path, isolation_level=None)
        self._connection.row_factory = sqlite3.Row
        self._connection.execute("pragma journal_mode = wal")
        self._connection.execute("pragma synchronous = full")
        self._connection.execute("pragma foreign_keys = on")
        self._connection.executescript(SCHEMA)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing, on disk when it returns."""
        self._connection.execute("begin immediate")
        try:
            yield
        except BaseException:
            self._connection.execute("rollback")
            raise
        self._connection.execute("commit")

    def run(self, statement: str, *values: Value) -> int:
        """Execute one statement; the number of rows it changed."""
        return self._connection.execute(statement, values).rowcount

    def add(self, statement: str, *values: Value) -> int:
        """Execute one insert; the number of the new row."""
        return int(self._connection.execute(statement, values).lastrowid or 0)

    def row(self, statement: str, *values: Value) -> sqlite3.Row | None:
        """The first row of an answer."""
        found: sqlite3.Row | None = self._connection.execute(statement, values).fetchone()
        return found

    def rows(self, statement: str, *values: Value) -> Sequence[sqlite3.Row]:
        """All rows of an answer."""
        return self._connection.execute(statement, values).fetchall()

    def scalar(self, statement: str, *values: Value) -> Any:
        """The only value of an answer, None without a row."""
        found = self.row(statement, *values)
        return None if found is None else found[0]

    def secret(self, name: str, make: Callable[[], bytes]) -> bytes:
        """A secret that is made once and stays the same for as long as the folder lives."""
        with self.transaction():
            known = self.scalar("select value from secret where name = ?", name)
            if known is None:
                known = make()
                self.run("insert into secret values (?, ?)", name, known)
        return bytes(known)

    def setting(self, name: str) -> str | None:
        """A remembered value, None when never set."""
        value: str | None = self.scalar("select value from setting where name = ?", name)
        return value

    def remember(self, name: str, value: str) -> None:
        """Set a remembered value."""
        self.run(
            "insert into setting values (?, ?)"
            " on conflict (name) do update set value = excluded.value",
            name,
            value,
        )

    def close(self) -> None:
        """Close the file."""
        self._connection.close()
