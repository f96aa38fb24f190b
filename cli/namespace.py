"""`ozhb namespace`: Temporal's namespace, as ozhb needs it."""

import asyncio
import os
import sys

import typer
from temporalio.service import RPCError

from cli.home import NotReachable, StackFailed
from cli.noun import noun
from cli.reach import be_quiet, reached_settings
from settings import Settings
from workflows.connection import connect
from workflows.namespace import Namespace, differences, read_namespace
from workflows.namespace import ensure as make

app = noun("Make the namespace of Temporal, or see what differs.")


@app.command()
def ensure() -> None:
    """Make OZHB_TEMPORAL_NAMESPACE with its search attributes, or say what differs.

    One that is there keeps its retention. Harmless to repeat. Exit code 1: something differs that
    whoever runs the server has to change.
    """
    be_quiet()
    settings = reached_settings()
    made, found = asyncio.run(_ensured(settings))
    wrong = list(differences(found))
    name = settings.temporal_namespace
    for one in wrong:
        typer.echo(f"{name}: {one}", err=True)
    if wrong:
        typer.echo(
            f"whoever runs the server: temporal operator namespace update {name} --retention 7d;"
            " temporal operator search-attribute create",
            err=True,
        )
    else:
        typer.echo(f"{name} {'was made' if made else 'is as it should be'}")
    sys.stdout.flush()
    sys.stderr.flush()
    # As of `ozhb release check`: threads of Temporal's core would abort a slower end.
    os._exit(1 if wrong else 0)


async def _ensured(settings: Settings) -> tuple[bool, Namespace]:
    try:
        client = await connect(settings)
        made = await make(client)
        return made, await read_namespace(client)
    except RuntimeError as error:
        raise NotReachable(f"Temporal does not answer ({' '.join(str(error).split())})") from None
    except RPCError as error:
        raise StackFailed(f"Temporal refuses: {error.status.name}: {error.message}") from None
