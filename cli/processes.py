"""The single processes of the system, as a stack or a process manager runs them."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

import logs
from cli import home as places
from cli.home import StackFile
from cli.keys import LocalSecrets

LOOPBACK = "127.0.0.1"


def argv(name: str, api_port: int = 0, host: str = LOOPBACK) -> tuple[str, ...]:
    """The command of `api`, `worker`, `sandbox` or `migrate`.

    `-P`: a file of the same name in the current folder is not taken for the product's.
    """
    python = (sys.executable, "-P", "-m")
    if name == "api":
        return (*python, "api", host, str(api_port))
    if name == "migrate":
        return (*python, "cli.main", "migrate")
    return (*python, name)


def api(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = LOOPBACK,
) -> None:
    """Serve the API, in the foreground."""
    complete_environment("api")
    from settings import Settings
    from starting import settled

    logs.configure("info")
    _become(argv("api", settled("api", Settings).port, host))


def worker() -> None:
    """Run the worker, in the foreground."""
    complete_environment("worker")
    _become(argv("worker"))


def sandbox() -> None:
    """Play the outside world, in the foreground (development only)."""
    complete_environment("sandbox")
    _become(argv("sandbox"))


def migrate() -> None:
    """Bring the database to the newest revision; OZHB_DATABASE_URL names its owner.

    Files from before the ledger of money get theirs, from before the list of work get it, and from
    before the bell are made known to it. What it does it says as the other processes do, a line of
    JSON each.
    """
    import structlog
    from psycopg import Error as DatabaseError
    from sqlalchemy.exc import DBAPIError as WrappedError

    from cli.migrations import upgrade
    from db.bell import set_missing
    from db.clock import settle
    from db.engine import make_engine, reads
    from db.rebuild import enter_missing, list_missing
    from db.revisions import known_revision, newest_revision, standing_of
    from settings import Migration
    from starting import begin, refuse_pooler

    complete_environment("migrate")
    told = begin("migrate", Migration)
    log = structlog.get_logger("migrate")
    engine = make_engine(told.database_url, most=told.command_connections)
    try:
        refuse_pooler("migrate", told.database_url)
        with reads(engine) as connection:
            found = known_revision(connection)
    except DatabaseError as error:
        what = "the database of OZHB_DATABASE_URL does not answer"
        why = logs.in_a_line(error)
        logs.give_up("migrate", "not reachable", what, "its owner's address", why=why)
    engine.dispose()
    if standing_of(found) == "newer":
        what = f"the schema is {found}, this build's is {newest_revision()}"
        logs.give_up("migrate", "schema newer", what, "the build it is of", code=logs.FAULT)
    try:
        upgrade(told.database_url)
    except WrappedError as error:
        logs.give_up(
            "migrate",
            "step undone",
            "a step of the migration ended with an error, and nothing of it was done",
            "the steps before it stand; mend what `why` says, and migrate again",
            code=logs.FAULT,
            why=logs.in_a_line(error.orig or error),
        )
    with engine.begin() as connection:
        settle(connection, movable=told.movable_clock)
    for case in enter_missing(engine):
        log.error("the money of a case is not as its events say", case_id=case)
    for case in list_missing(engine):
        log.error("the events of a case do not hold together", case_id=case)
    set_missing(engine)
    engine.dispose()
    log.info("migrated", revision=newest_revision())


def names_database() -> bool:
    """Whether the environment says which database is meant, itself or by a file."""
    return "OZHB_DATABASE_URL" in os.environ or "OZHB_DATABASE_URL_FILE" in os.environ


def complete_environment(name: str) -> None:
    """Take what the environment does not say from the local stack.

    Nothing where it names a database: keys of a local stack must never meet another's data.
    """
    if names_database() or "OZHB_SANDBOX_DATABASE_URL" in os.environ:
        return
    home = places.chosen_home()
    found, keys = StackFile.read(home), LocalSecrets.read(home)
    if found is None or keys is None:
        return
    source = {
        "migrate": places.owner_settings,
        "sandbox": places.sandbox_settings,
        "keys": _owner_with_keys,
    }.get(name, places.local_settings)
    for variable, value in source(home, found.ports, keys).items():
        os.environ.setdefault(variable, value)


def _owner_with_keys(home: Path, ports: places.Ports, keys: LocalSecrets) -> dict[str, str]:
    return {
        **places.local_settings(home, ports, keys),
        **places.owner_settings(home, ports, keys),
    }


def _become(command: tuple[str, ...]) -> None:
    sys.stdout.flush()
    os.execv(command[0], command)
