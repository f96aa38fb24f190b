"""Connections to PostgreSQL."""

from sqlalchemy import Engine, create_engine, make_url

# A lock or an answer that is not had in this time is an error to be seen, not a wait.
OPTIONS = "-c timezone=UTC -c lock_timeout=5s -c statement_timeout=10s"


def make_engine(database_url: str, *, pool_size: int = 5) -> Engine:
    """An engine on psycopg 3 whose sessions speak UTC; `pool_size` connections and as many more."""
    return create_engine(
        make_url(database_url).set(drivername="postgresql+psycopg"),
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_pre_ping=True,
        hide_parameters=True,
        connect_args={"options": OPTIONS, "application_name": "ozhb"},
    )
