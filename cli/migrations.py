"""Alembic without a file of settings: the same from a check-out and from an installed wheel.

`python -m cli.migrations check` and `… write <what it does>` work on a database of their own.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util import CommandError

from cli.ports import free_port
from cli.postgres import OWNER, Postgres, fresh_passwords
from cli.program import running


def alembic_config(database_url: str) -> Config:
    """`sqlalchemy.url` is the address as libpq reads it."""
    config = Config()
    config.set_main_option("script_location", "db:migrations")
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    # A per cent sign begins a reference in the configuration.
    config.set_main_option("sqlalchemy.url", database_url.replace("%", "%%"))
    return config


def upgrade(database_url: str) -> None:
    """Bring the database to the newest revision, as its owner."""
    command.upgrade(alembic_config(database_url), "head")


def check(database_url: str) -> None:
    """Go up, down and up again; CommandError when tables in code and migrations differ."""
    config = alembic_config(database_url)
    command.upgrade(config, "head")
    command.downgrade(config, "base")
    command.upgrade(config, "head")
    command.check(config)


def write(database_url: str, purpose: str) -> None:
    """A new revision with the next running number, from what the tables in code have more."""
    config = alembic_config(database_url)
    last = ScriptDirectory.from_config(config).get_current_head() or "0000"
    number = f"{int(last[:4]) + 1:04}"
    command.upgrade(config, "head")
    command.revision(config, message=purpose, rev_id=number, autogenerate=True)


@contextmanager
def passing_database() -> Iterator[str]:
    """The owner's address of an empty database that goes with the block."""
    with TemporaryDirectory() as folder:
        postgres = Postgres(Path(folder) / "postgres", free_port(), fresh_passwords())
        postgres.prepare()
        with running(postgres.program(), Path(folder) / "postgres.log"):
            postgres.ensure_roles()
            yield postgres.url(OWNER)


def main(arguments: list[str]) -> int:
    action: Callable[[str], None]
    match arguments:
        case ["check"]:
            action = check
        case ["write", purpose] if purpose:
            action = partial(write, purpose=purpose)
        case _:
            sys.stderr.write("usage: python -m cli.migrations check | write <what it does>\n")
            return 2
    with passing_database() as url:
        try:
            action(url)
        except CommandError as error:
            sys.stderr.write(f"{error}\n")
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
