"""The revision of the schema: as the database has it, and as this build knows it."""

from functools import cache
from importlib.resources import files
from typing import Final, Literal

from sqlalchemy import Connection, text

ASK: Final = "SELECT version_num FROM alembic_version"
Standing = Literal["expected", "older", "newer", "unknown"]


@cache
def newest_revision() -> str:
    """The schema that this build knows."""
    versions = files("db.migrations.versions").iterdir()
    return max(one.name.partition("_")[0] for one in versions if one.name[:4].isdecimal())


def revision(connection: Connection) -> str:
    """The schema that the database has."""
    found: str = connection.execute(text(ASK)).scalar_one()
    return found


def known_revision(connection: Connection) -> str | None:
    """The same; None where nothing was ever migrated. The connection is one for reads."""
    there = connection.execute(text("SELECT to_regclass('alembic_version')")).scalar_one()
    return None if there is None else revision(connection)


def standing_of(found: str | None) -> Standing:
    """How a schema stands to this build. A newer one is what a build meets while its successor is
    brought out: it goes on.
    """
    if found is None:
        return "unknown"
    known = newest_revision()
    if found == known:
        return "expected"
    return "older" if found < known else "newer"
