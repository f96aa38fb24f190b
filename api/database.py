"""The API's connections for commands: bounded in time, as its requests are."""

from typing import Any, Final

from sqlalchemy import Engine, event

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
