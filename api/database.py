"""The API's connections to PostgreSQL: bounded in time, as its requests are."""

from typing import Any, Final

import asyncpg
from sqlalchemy import Engine, event

POOL_SIZE: Final = 8
# No request lives longer than ten seconds, so no transaction of one does.
BOUNDS: Final = {
    "statement_timeout": "5s",
    "lock_timeout": "3s",
    "transaction_timeout": "8s",
}


def bound_statements(engine: Engine) -> None:
    """Give every new connection of an engine its bounds."""

    @event.listens_for(engine, "connect")
    def set_bounds(connection: Any, _: object) -> None:
        with connection.cursor() as cursor:
            for name, bound in BOUNDS.items():
                cursor.execute(f"SET {name} = '{bound}'")
        connection.commit()


def make_pool(dsn: str) -> "asyncpg.Pool[asyncpg.Record]":
    """Connections for reads of one statement each; none is opened before it is needed."""
    return asyncpg.create_pool(
        dsn,
        min_size=0,
        max_size=POOL_SIZE,
        command_timeout=5,
        reset=_keep,
        server_settings={"application_name": "ozhb", "timezone": "UTC"},
    )


async def _keep(connection: "asyncpg.Connection[asyncpg.Record]") -> None:
    """One statement leaves nothing behind that would have to be cleaned up."""
