"""Connections for the hot reads: one statement each, outside transactions, without a thread."""

import asyncio
from types import TracebackType
from typing import Any, Final, Self

from psycopg import AsyncConnection, AsyncRawCursor, OperationalError
from psycopg.errors import FeatureNotSupported
from psycopg.rows import dict_row
from psycopg_pool import AsyncConnectionPool

from db.bounds import OF_REQUESTS, PatientAsyncConnection

PATIENCE_SECONDS: Final = 3.0

Found = dict[str, Any]


async def _bound(connection: AsyncConnection[Any]) -> None:
    await connection.execute(OF_REQUESTS.statement_of_session, prepare=False)


class ReadPool:
    """Each statement sees what is committed; its values stand in it as `$1`, `$2` …

    At most `most` connections. Raises psycopg.Error: OperationalError where the database cannot be
    asked or is too slow.
    """

    def __init__(self, dsn: str, most: int = 8) -> None:
        self._pool = AsyncConnectionPool(
            dsn,
            kwargs={
                "autocommit": True,
                "cursor_factory": AsyncRawCursor,
                "prepare_threshold": 0,
                **OF_REQUESTS.arguments(),
            },
            connection_class=PatientAsyncConnection,
            configure=_bound,
            # None is opened before it is needed.
            min_size=0,
            max_size=most,
            timeout=PATIENCE_SECONDS,
            open=False,
        )

    async def __aenter__(self) -> Self:
        await self._pool.open()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._pool.close()

    async def fetch(self, statement: str, *values: object) -> list[Found]:
        """All rows. What was torn off by a server that went away, or was planned for a schema that
        has been migrated since, is asked once more.
        """
        try:
            return await self._ask(statement, values)
        except FeatureNotSupported:
            await self._pool.drain()
            return await self._ask(statement, values)
        except OperationalError as error:
            # With its code the server has refused it; without, nobody has answered.
            if error.sqlstate is not None and not error.sqlstate.startswith("57P"):
                raise
        # Others may have been torn off with it.
        await self._pool.check()
        return await self._ask(statement, values)

    async def fetchrow(self, statement: str, *values: object) -> Found | None:
        """The one row; None if there is none."""
        found = await self.fetch(statement, *values)
        return found[0] if found else None

    async def fetchval(self, statement: str, *values: object) -> Any:
        """The one value of the one row."""
        (row,) = await self.fetch(statement, *values)
        (value,) = row.values()
        return value

    async def _ask(self, statement: str, values: tuple[object, ...]) -> list[Found]:
        task = asyncio.current_task()
        assert task is not None, "only tasks wait"
        before = task.cancelling()
        try:
            async with self._pool.connection() as connection:
                cursor = connection.cursor(binary=True, row_factory=dict_row)
                await cursor.execute(statement, values)
                return await cursor.fetchall()
        finally:
            # Before Python 3.12 `asyncio.wait_for`, by which the driver waits, forgets a
            # cancellation that comes together with what was waited for.
            if task.cancelling() > before:
                raise asyncio.CancelledError
