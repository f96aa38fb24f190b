"""Connections to PostgreSQL."""

import time
from typing import Any, Final

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import InvalidatePoolError

# A lock or an answer that is not had in this time is an error to be seen, not a wait.
OPTIONS: Final = "-c timezone=UTC -c lock_timeout=5s -c statement_timeout=10s"
# A connection that lay for longer is asked whether it still lives before it is used: no server is
# replaced faster.
TRUSTED_SECONDS: Final = 0.1


def make_engine(database_url: str, *, pool_size: int = 5) -> Engine:
    """An engine on psycopg 3 whose sessions speak UTC; `pool_size` connections and as many more."""
    made = create_engine(
        make_url(database_url).set(drivername="postgresql+psycopg"),
        pool_size=pool_size,
        max_overflow=pool_size,
        # Those that are used stay in use: few lie so long that they must be asked.
        pool_use_lifo=True,
        hide_parameters=True,
        connect_args={"options": OPTIONS, "application_name": "ozhb"},
    )
    _ask_after_a_pause(made)
    return made


def reads(engine: Engine) -> Connection:
    """A connection for reads: each statement sees what is committed, and there is nothing to end.

    psycopg forgets all statements that it has prepared when a transaction is rolled back.
    """
    return engine.connect().execution_options(isolation_level="AUTOCOMMIT")


def _ask_after_a_pause(engine: Engine) -> None:
    """As `pool_pre_ping`, which asks each time: under load that is a third of all statements."""

    @event.listens_for(engine, "connect")
    @event.listens_for(engine, "checkin")
    def note_use(_: Any, record: Any) -> None:
        record.info["used"] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def ask(connection: Any, record: Any, _: Any) -> None:
        if time.monotonic() - record.info["used"] < TRUSTED_SECONDS:
            return
        try:
            engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error as error:
            raise InvalidatePoolError from error
