"""Which installation a command reaches without its API: a named one, or the local stack."""

import logging
from functools import cache
from pathlib import Path
from typing import Any

import typer

from cli import home as places
from cli.home import StackFailed, chosen_home, running_stack
from cli.keys import LocalSecrets
from cli.processes import names_database
from settings import Settings


def reached_settings(home: Path | None = None) -> Settings:
    """Those of the stack in a folder; else the environment's, where it names a database, else those
    of the chosen stack.
    """
    if home is None and names_database():
        return _warned(Settings.load())
    home = home or chosen_home()
    ports, keys = running_stack(home).ports, LocalSecrets.read(home)
    if keys is None:
        raise StackFailed("the stack was never made")
    told = places.local_settings(home, ports, keys)
    values: dict[str, Any] = {
        name.removeprefix("OZHB_").lower(): value for name, value in told.items()
    }
    return Settings.load(**values)


def _warned(settings: Settings) -> Settings:
    """On the error stream, as each process says it in its log."""
    if plain := settings.in_the_clear:
        typer.echo(f"in the clear: spoken to without TLS: {', '.join(plain)}", err=True)
    return settings


@cache
def be_quiet() -> None:
    """The SDK tells every failure at length, in part on the output; the commands name it."""
    # Most commands talk to no Temporal, and need not load its client.
    from temporalio.runtime import Runtime, TelemetryConfig

    Runtime.set_default(Runtime(telemetry=TelemetryConfig(logging=None)))
    logging.getLogger("temporalio").setLevel(logging.CRITICAL)
