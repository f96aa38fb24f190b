"""How long anybody waits for PostgreSQL, and PostgreSQL for anybody: who vanishes holds no case."""

import os
from collections.abc import Generator
from dataclasses import dataclass
from socket import gethostname
from typing import Any, Final

from psycopg import AsyncConnection, Connection, OperationalError

# Of each side's host: a line on which nothing is answered for so long is no line any more.
_SILENCE: Final = {"idle": 5, "interval": 2, "count": 3}
_UNANSWERED_MS: Final = 10_000
_LONGEST_NAME: Final = 63


@dataclass(frozen=True)
class TimeBounds:
    """Seconds; 0 is no bound.

    `answer`: until the server has answered a statement, else it counts as gone; longer than
    `statement`, after which a server that lives says that it has given up. `idle`: for how long a
    session may hold its locks and ask nothing; `transaction`: in all.
    """

    statement: int = 10
    lock: int = 5
    idle: int = 10
    transaction: int = 60
    answer: int = 12
    connect: int = 5

    def arguments(self) -> dict[str, Any]:
        """What libpq is told when it connects."""
        return {
            "application_name": f"ozhb {gethostname()} {os.getpid()}"[:_LONGEST_NAME],
            "connect_timeout": self.connect,
            "tcp_user_timeout": _UNANSWERED_MS,
            **{f"keepalives_{name}": value for name, value in _SILENCE.items()},
        }

    @property
    def statement_of_session(self) -> bytes:
        """What the server is told next, outside a transaction. Not with the connection, as
        `options`: PgBouncer refuses them, or was told to overhear them.
        """
        session = {
            "timezone": "UTC",
            "statement_timeout": f"{self.statement}s",
            "lock_timeout": f"{self.lock}s",
            "idle_in_transaction_session_timeout": f"{self.idle}s",
            "transaction_timeout": f"{self.transaction}s",
            "tcp_user_timeout": str(_UNANSWERED_MS),
            **{f"tcp_keepalives_{name}": str(value) for name, value in _SILENCE.items()},
        }
        told = (f"set_config('{name}', '{value}', false)" for name, value in session.items())
        return f"SELECT {', '.join(told)}".encode()


USUAL: Final = TimeBounds()
# What fills or changes a whole base takes its time.
UNBOUND: Final = TimeBounds(statement=0, lock=0, idle=0, transaction=0, answer=0)
# No request lives longer than ten seconds, so nothing that is asked for one does.
OF_REQUESTS: Final = TimeBounds(statement=5, lock=3, idle=8, transaction=8, answer=6, connect=3)


class PatientConnection(Connection[Any]):
    """A connection whose server is gone when it has not answered for `patience` seconds: a host
    that vanished behind a proxy or a firewall closes nothing, and TCP may never tell.
    """

    patience: float | None = USUAL.answer

    def wait(self, gen: Generator[Any, Any, Any], *more: Any, **said: Any) -> Any:
        """As psycopg waits, but not for ever. OperationalError, and the connection is closed."""
        try:
            return super().wait(gen, *more, **{"timeout": self.patience, **said})
        except OperationalError as error:
            _give_up(self, error)
            raise


class PatientAsyncConnection(AsyncConnection[Any]):
    """The same for reads in the loop."""

    patience: float | None = OF_REQUESTS.answer

    async def wait(self, gen: Generator[Any, Any, Any], *more: Any, **said: Any) -> Any:
        """As above, without a thread."""
        try:
            return await super().wait(gen, *more, **{"timeout": self.patience, **said})
        except OperationalError as error:
            _give_up(self, error)
            raise


def _give_up(connection: Connection[Any] | AsyncConnection[Any], error: OperationalError) -> None:
    """With a code a server has answered; without, there is none to answer any more."""
    if error.sqlstate is None:
        connection.pgconn.finish()
