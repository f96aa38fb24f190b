"""`ozhb release check`: whether this build may take over the open cases of the running system."""

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from cli.home import NotReachable
from cli.noun import noun
from cli.reach import be_quiet, reached_settings
from db.engine import make_engine
from settings import Settings
from workflows.codec import make_data_converter
from workflows.connection import connect
from workflows.operations import TemporalDown
from workflows.replays import ReplayVerdict, check_recorded, check_release

app = noun("See whether a new build may take over the open cases.")


@app.command()
def check(
    limit: Annotated[
        int | None, typer.Option(min=1, help="Most shapes to replay; by default every one.")
    ] = None,
    histories: Annotated[
        Path | None,
        typer.Option(exists=True, file_okay=False, help="Replay those kept in a folder instead."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the verdict as JSON.")] = False,
) -> None:
    """Replay one open case of every distinct shape against this build's own code.

    Exit code 1 if one would not go on; the case and the cause are named. What was kept in files is
    opened with the payload keys of the settings, and asks no server.
    """
    settings = reached_settings()
    verdict = asyncio.run(_recorded(settings, histories) if histories else _check(settings, limit))
    if as_json:
        typer.echo(json.dumps(verdict.model_dump(mode="json"), indent=2))
    else:
        for failure in verdict.failures:
            typer.echo(f"{failure.case_id}: {failure.cause}", err=True)
        typer.echo(_sentence(verdict))
    sys.stdout.flush()
    sys.stderr.flush()
    # An interpreter that ends while threads of Temporal's core still work would be aborted, and the
    # exit code with it.
    os._exit(1 if verdict.failures else 0)


def _sentence(verdict: ReplayVerdict) -> str:
    said = f"{verdict.checked} shapes replayed, {len(verdict.failures)} would break"
    return f"{said}; {len(verdict.gone)} have no history" if verdict.gone else said


async def _recorded(settings: Settings, folder: Path) -> ReplayVerdict:
    be_quiet()
    converter = make_data_converter(settings.payload_key_ring)
    return await check_recorded(folder, converter, settings.temporal_namespace)


async def _check(settings: Settings, limit: int | None) -> ReplayVerdict:
    be_quiet()
    engine = make_engine(settings.database_url, most=settings.command_connections)
    try:
        return await check_release(await connect(settings), engine, limit)
    except (RuntimeError, TemporalDown) as error:
        raise NotReachable(f"Temporal does not answer ({type(error).__name__})") from None
    finally:
        engine.dispose()
