"""`ozhb doctor`: whether an installation is as its settings say, and what mends it."""

import asyncio
import os
import sys
from collections.abc import Iterator
from typing import Annotated

import typer

from cli.checkup.database import database
from cli.checkup.finding import Finding, ok, unknown
from cli.checkup.outside import outside
from cli.checkup.temporal import temporal
from cli.reach import be_quiet, reached_settings
from cli.screen import as_table, print_json, screen
from cli.settings import variables
from settings import PREFIX, Settings

_SIGNS = {"ok": "ok", "fault": "FAULT", "unknown": "?"}


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON.")] = False,
) -> None:
    """Look at PostgreSQL, Temporal, keys, clocks and the systems outside, by the settings.

    Those of the environment, where it names a database, else of the running stack. It changes
    nothing. Exit code 1: a fault was found; 2: the settings cannot be used.
    """
    be_quiet()
    findings = list(examine(reached_settings()))
    wrong = any(one.state == "fault" for one in findings)
    if as_json:
        print_json({"ok": not wrong, "findings": [one.model_dump() for one in findings]})
    else:
        rows = [
            {"": _SIGNS[one.state], "what": one.name, "seen": one.seen, "helps": one.helps}
            for one in findings
        ]
        screen().print(as_table("findings", rows))
    sys.stdout.flush()
    sys.stderr.flush()
    # An interpreter that ends while threads of Temporal's core still work would be aborted, and the
    # exit code with it.
    os._exit(1 if wrong else 0)


def examine(settings: Settings) -> Iterator[Finding]:
    """Everything that is looked at, in its order."""
    yield _strange_variables()
    yield _in_the_clear(settings)
    yield _keys(settings)
    yield from database(settings)
    yield from asyncio.run(_all_of_temporal(settings))
    yield from outside(settings)


async def _all_of_temporal(settings: Settings) -> list[Finding]:
    return [one async for one in temporal(settings)]


def _strange_variables() -> Finding:
    """A name that nobody reads may be one that was misspelled."""
    known = {str(one["variable"]).strip("`") for one in variables()}
    given = {name for name in os.environ if name.startswith(PREFIX)}
    strange = sorted(name for name in given - known if name.removesuffix("_FILE") not in known)
    if strange:
        return unknown("variables", f"nobody reads {', '.join(strange)}", "`ozhb settings`")
    return ok("variables", "each that begins so is known")


def _keys(settings: Settings) -> Finding:
    """That they differ was seen when the settings were read."""
    payload, master = ", ".join(settings.payload_key_ring), ", ".join(settings.person_key_ring)
    return ok("keys", f"payload {payload}; person master {master}; index: there, and all different")


def _in_the_clear(settings: Settings) -> Finding:
    plain = settings.in_the_clear
    if not plain:
        return ok("in the clear", "nothing is spoken without TLS beyond this machine")
    networks = ", ".join(str(one) for one in settings.allow_plaintext_on)
    return ok("in the clear", f"{', '.join(plain)} on {networks}, as OZHB_ALLOW_PLAINTEXT_ON says")
