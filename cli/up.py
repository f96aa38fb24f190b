"""`ozhb up`: a complete local system that stays until Ctrl-C."""

import json
import signal
import sys
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from cli.home import chosen_home, chosen_port
from cli.people import people
from cli.samples import load_samples
from cli.stack import Stack
from cli.token import issue_token

ADDRESSES = {
    "api": "pages for people",
    "docs": "API, with every call",
    "temporal_ui": "Temporal: each case's workflow",
    "sandbox": "sandbox: the outside world",
}


def up(
    samples: Annotated[
        bool, typer.Option(help="Load the sample programmes, once a folder.")
    ] = True,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print addresses and pids as one JSON object.")
    ] = False,
) -> None:
    """Bring up PostgreSQL, Temporal, sandbox, worker and API, and keep them running.

    OZHB_HOME is the folder of the data (.ozhb), OZHB_PORT the port of the API (8080).
    """
    told = Console(stderr=True, highlight=False)
    for wish in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(wish, _interrupt)
    try:
        with Stack(chosen_home(), chosen_port(), say=told.print) as stack:
            if samples and (count := load_samples(stack)):
                told.print(f"loaded {count} sample messages")
            if as_json:
                typer.echo(json.dumps({"urls": stack.urls, "pids": stack.pids}))
            else:
                _show(Console(highlight=False), stack)
            while True:
                signal.pause()
    except KeyboardInterrupt:
        told.print("stopped; the data stays")


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _show(console: Console, stack: Stack) -> None:
    """Addresses, as whom to sign in, a token for each role, and what to try."""
    addresses = Table(title="ozhb is up", show_header=False, title_justify="left")
    for name, purpose in ADDRESSES.items():
        addresses.add_row(purpose, stack.urls[name])
    addresses.add_row("data and logs", str(stack.home))
    console.print(addresses)
    _show_people(console, stack.urls["api"])
    # Plain lines: a token cut by a table's border could not be copied.
    console.print("\n[bold]Tokens[/bold], for eight hours (more: `ozhb token --role …`)")
    for person in people():
        token = issue_token(stack.urls["sandbox"], person.claims)["access_token"]
        console.print(f"export {person.title.upper()}_TOKEN={token}", soft_wrap=True)
    console.print("\n[bold]Try[/bold], with the lines above pasted into another terminal")
    for line in _next_steps(stack):
        console.print(f"  {line}", soft_wrap=True)
    console.print("\nCtrl-C stops everything; the next start finds it as it was.")


def _show_people(console: Console, pages: str) -> None:
    """As whom somebody may sign in to the pages, and what there is to do for each."""
    console.print(f"\n[bold]Sign in[/bold] at {pages} as one of these invented people")
    who = Table(show_header=False, box=None, padding=(0, 2))
    for person in people():
        if person.name:
            who.add_row(person.name, f"{person.title.replace('_', ' ')}: {person.about}")
    console.print(who)


def _next_steps(stack: Stack) -> list[str]:
    api, sandbox = stack.urls["api"], stack.urls["sandbox"]
    return [
        f'curl -s -H "Authorization: Bearer $CASEWORKER_TOKEN" {api}/v1/cases',
        f'curl -s -H "Authorization: Bearer $RECIPIENT_TOKEN" {api}/v1/me',
        f"curl -s {sandbox}/sms/outbox   # what the recipients were told",
        f"curl -s -X POST {sandbox}/clock/advance --json '{{\"days\": 30}}'   # a month passes",
        f"{Path(sys.executable).parent}/ozhb cases --help   # look inside, help what is stuck",
    ]
