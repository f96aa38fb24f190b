"""Alembic without a file of settings: the same from a check-out and from an installed wheel."""

from alembic import command
from alembic.config import Config

from settings import sqlalchemy_url


def alembic_config(database_url: str) -> Config:
    """`sqlalchemy.url` is the address with the driver SQLAlchemy is to take."""
    config = Config()
    config.set_main_option("script_location", "db:migrations")
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    # A per cent sign begins a reference in the configuration.
    config.set_main_option("sqlalchemy.url", sqlalchemy_url(database_url).replace("%", "%%"))
    return config


def upgrade(database_url: str) -> None:
    """Bring the database to the newest revision, as its owner."""
    command.upgrade(alembic_config(database_url), "head")


def check(database_url: str) -> None:
    """Raise alembic.util.CommandError when the tables in code and the migrations differ."""
    command.check(alembic_config(database_url))
