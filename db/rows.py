"""Rows as the models of their tables, and locks by name, for whoever has a connection alone."""

from typing import TypeVar

from sqlalchemy import Connection, ScalarResult, func
from sqlalchemy.sql.selectable import TypedReturnsRows
from sqlmodel import Session, select

T = TypeVar("T")


def models(connection: Connection, asked: TypedReturnsRows[T]) -> ScalarResult[T]:
    """What a statement returns about one table, as its model; of one column, the values."""
    return Session(connection).scalars(asked)


def lock(connection: Connection, name: str) -> None:
    """Hold off everybody else who locks this name, until the transaction ends."""
    connection.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(name, 0))))
