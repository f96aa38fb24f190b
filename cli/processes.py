"""The single processes of the system, as a stack or a process manager runs them."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli import home as places
from cli.home import NotReachable, StackFile
from cli.keys import LocalSecrets

if TYPE_CHECKING:
    from settings import Settings

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
    _become(argv("api", _proven().port, host))


def worker() -> None:
    """Run the worker, in the foreground."""
    complete_environment("worker")
    _proven()
    _become(argv("worker"))


def sandbox() -> None:
    """Play the outside world, in the foreground (development only)."""
    complete_environment("sandbox")
    _become(argv("sandbox"))


def migrate() -> None:
    """Bring the database to the newest revision; OZHB_DATABASE_URL names its owner.

    Files from before the ledger of money get theirs, and from before the list of work get it.
    """
    from sqlalchemy.exc import OperationalError

    from cli.migrations import upgrade
    from db.engine import make_engine
    from db.rebuild import enter_missing, list_missing
    from settings import Database

    complete_environment("migrate")
    url = Database.load().database_url
    engine = make_engine(url)
    try:
        engine.connect().close()
    except OperationalError:  # its own words name the host and the role
        raise NotReachable("the database of OZHB_DATABASE_URL does not answer") from None
    upgrade(url)
    try:
        for case in enter_missing(engine):
            typer.echo(f"the money of case {case} is not as its events say", err=True)
        for case in list_missing(engine):
            typer.echo(f"the events of case {case} do not hold together", err=True)
    finally:
        engine.dispose()


def _proven() -> "Settings":
    """The settings, and whom they trust; SettingsInvalid before a process is made of them."""
    from integrations.signatures.anchors import TrustInvalid, read_trust
    from settings import Settings, SettingsInvalid

    settings = Settings.load()
    try:
        read_trust(settings.trust_file)
    except TrustInvalid as error:
        raise SettingsInvalid(f"OZHB_TRUST_FILE: {error}") from None
    return settings


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
