"""Connections to PostgreSQL."""

from select import POLLIN, poll
from typing import Any, Final

from psycopg import RawCursor
from psycopg.errors import FeatureNotSupported
from sqlalchemy import Connection, Engine, ExceptionContext, create_engine, event
from sqlalchemy.exc import InvalidatePoolError

from db.bounds import USUAL, PatientConnection, TimeBounds

# Who finds every connection in use for so long is told so.
CHECKOUT_SECONDS: Final = 5


def make_engine(database_url: str, *, most: int = 10, bounds: TimeBounds = USUAL) -> Engine:
    """An engine on psycopg 3 whose sessions speak UTC: `most` connections, of which it keeps half.

    libpq reads the address itself, of one host or several.

    What takes longer than its `bounds` is an error to be seen, not a wait.
    """
    made = create_engine(
        "postgresql+psycopg://",
        pool_size=(most + 1) // 2,
        max_overflow=most // 2,
        pool_timeout=CHECKOUT_SECONDS,
        # Those that are used stay in use.
        pool_use_lifo=True,
        hide_parameters=True,
        # Statements come in the words of PostgreSQL (`$1`): the driver would take a long one apart
        # each time.
        paramstyle="numeric_dollar",
        # Whatever is said twice is prepared: the great statement of a take is planned for longer
        # than it runs.
        connect_args={
            **bounds.arguments(),
            "prepare_threshold": 1,
            "cursor_factory": RawCursor,
        },
    )

    @event.listens_for(made, "do_connect")
    def connect(_dialect: Any, _record: Any, _where: Any, said: Any) -> PatientConnection:
        connection = PatientConnection.connect(database_url, autocommit=True, **said)
        connection.patience = bounds.answer or None
        connection.execute(bounds.statement_of_session, prepare=False)
        connection.autocommit = False
        return connection

    _ask_where_something_came(made)
    _forget_plans_of_another_schema(made)
    _close_what_comes_back_late(made)
    return made


def reads(engine: Engine) -> Connection:
    """A connection for reads, and for what is written by one statement: each sees what is
    committed, and there is nothing to end.

    psycopg forgets all statements that it has prepared when a transaction is rolled back.
    """
    return engine.connect().execution_options(isolation_level="AUTOCOMMIT")


def _forget_plans_of_another_schema(engine: Engine) -> None:
    """Of a statement whose answer has another shape since a migration PostgreSQL refuses what it
    has planned (`cached plan must not change result type`), on every connection that has it.
    """

    @event.listens_for(engine, "handle_error")
    def renew(context: ExceptionContext) -> None:
        if isinstance(context.original_exception, FeatureNotSupported):
            context.is_disconnect = True


def _close_what_comes_back_late(engine: Engine) -> None:
    """What a thread holds while its engine is disposed of comes back to a pool that nobody has any
    more: it is closed there, not kept for a server to find out about.
    """
    now = 0

    @event.listens_for(engine, "engine_disposed")
    def begin_anew(_: Engine) -> None:
        nonlocal now
        now += 1

    @event.listens_for(engine, "connect")
    def note(_: Any, record: Any) -> None:
        record.info["disposed"] = now

    @event.listens_for(engine, "checkin")
    def close(connection: Any, record: Any) -> None:
        if connection is not None and record.info.get("disposed") != now:
            connection.close()


def _ask_where_something_came(engine: Engine) -> None:
    """As `pool_pre_ping`, but of connections alone on which something has come while they lay: the
    word of a server that ends is all that comes unasked. A ping each time was a statement in five.
    """

    @event.listens_for(engine, "checkout")
    def ask(connection: Any, record: Any, _: Any) -> None:
        try:
            waiting = poll()
            waiting.register(connection, POLLIN)
            if waiting.poll(0):
                engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error as error:
            raise InvalidatePoolError from error
