"""What reads of tables share, for whoever has a connection alone; and locks by name.

A statement that is asked often is a constant with `bindparam`: to build it and to find what it was
compiled to costs more than to ask it.
"""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, Final, TypeVar, TypeVarTuple

from sqlalchemy import (
    Connection,
    Result,
    Row,
    ScalarResult,
    Select,
    Text,
    bindparam,
    func,
    literal_column,
    text,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.sql.dml import ReturningInsert
from sqlalchemy.sql.selectable import TypedReturnsRows
from sqlmodel import Session, SQLModel, col, select

T = TypeVar("T")
Ts = TypeVarTuple("Ts")
S = TypeVar("S", bound=Select[*tuple[Any, ...]])
_NEXT_ROWS: Final = text("FETCH 2000 FROM walked")
_LOCK: Final = select(
    func.pg_advisory_xact_lock(func.hashtextextended(bindparam("name", type_=Text), 0))
)


def rows(connection: Connection, asked: TypedReturnsRows[*Ts]) -> Result[*Ts]:
    """What a statement returns: of tables their models, of columns their values."""
    return Session(connection).execute(asked)


def models(
    connection: Connection, asked: TypedReturnsRows[T], named: Mapping[str, Any] | None = None
) -> ScalarResult[T]:
    """The same of a statement about one table or column."""
    return Session(connection).scalars(asked, named)


def part(asked: S, key: Any, after: object, most: int) -> S:
    """The next rows in the order of their key, from after one (None: from the first)."""
    if after is not None:
        asked = asked.where(col(key) > after)
    return asked.order_by(col(key)).limit(most)


def add_once(connection: Connection, table: type[SQLModel], **values: Any) -> bool:
    """Add a row, unless one stands there that it would collide with; whether it was new."""
    return connection.execute(_new(table), values).first() is not None


def walked(connection: Connection, asked: str) -> Iterator[Row[Any]]:
    """What a statement without parameters returns, some rows at a time: however many, in little
    memory. The transaction is the caller's.
    """
    connection.execute(text(f"DECLARE walked NO SCROLL CURSOR FOR {asked}"))
    while rows := connection.execute(_NEXT_ROWS).all():
        yield from rows
    connection.execute(text("CLOSE walked"))


@cache
def _new(table: type[SQLModel]) -> ReturningInsert[int]:
    return insert(table).on_conflict_do_nothing().returning(literal_column("1"))


def lock(connection: Connection, name: str) -> None:
    """Hold off everybody else who locks this name, until the transaction ends."""
    connection.execute(_LOCK, {"name": name})
