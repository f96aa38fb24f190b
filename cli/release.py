"""`ozhb release`: whether a build may take over cases, which one works, what is proven of it."""

import asyncio
import json
import os
import sys
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Annotated, TypeVar

import typer
from temporalio.client import Client

from cli.evidence import FOLDER, keep
from cli.home import NotReachable
from cli.noun import noun
from cli.passport import page, passport
from cli.reach import be_quiet, reached_settings
from db.engine import make_engine
from definitions.build import build_id
from settings import Settings
from workflows.codec import make_data_converter
from workflows.connection import connect
from workflows.operations import TemporalDown
from workflows.replays import ReplayVerdict, check_recorded, check_release
from workflows.versions import BuildUnknown, builds, drained, set_current

T = TypeVar("T")
AsJson = Annotated[bool, typer.Option("--json", help="Print it as JSON.")]
Within = Annotated[int, typer.Option(min=0, help="Seconds to wait.")]
app = noun("Have a build take over open cases, or the former one again.")


@app.command()
def check(
    limit: Annotated[
        int | None, typer.Option(min=1, help="Most shapes to replay; by default every one.")
    ] = None,
    histories: Annotated[
        Path | None,
        typer.Option(exists=True, file_okay=False, help="Replay those kept in a folder instead."),
    ] = None,
    evidence: Annotated[
        Path | None,
        typer.Option(file_okay=False, help="Keep the verdict in a folder, for the passport."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the verdict as JSON.")] = False,
) -> None:
    """Replay one open case of every distinct shape against this build's own code.

    Exit code 1 if one would not go on; the case and the cause are named. What was kept in files is
    opened with the payload keys of the settings, and asks no server.
    """
    settings = reached_settings()
    verdict = asyncio.run(_recorded(settings, histories) if histories else _check(settings, limit))
    if evidence is not None:
        whole = limit is None and verdict.checked > 0
        told = verdict.model_dump(mode="json")
        keep("replay", told, holds=whole and not verdict.failures, folder=evidence)
    if as_json:
        typer.echo(json.dumps(verdict.model_dump(mode="json"), indent=2))
    else:
        _tell_failures(verdict)
        typer.echo(_sentence(verdict))
    _end(1 if verdict.failures else 0)


@app.command("set-current")
def make_current(
    build: Annotated[
        str | None, typer.Argument(help="As `release builds` has it; by default this build.")
    ] = None,
    within: Within = 60,
    checks: Annotated[
        bool, typer.Option("--check/--no-check", help="First have open cases replayed by it.")
    ] = True,
) -> None:
    """Have Temporal hand all work to a build whose workers run (OZHB_VERSIONED=true).

    To roll back, name the former build: its workers must still run, or run again. Only this build's
    own code can be checked here; exit code 1 where it would break open cases.
    """
    settings = reached_settings()
    chosen = build or build_id()
    if checks and chosen == build_id():
        verdict = asyncio.run(_check(settings, None))
        if verdict.failures:
            _tell_failures(verdict)
            typer.echo(f"{_sentence(verdict)}: nothing was changed", err=True)
            _end(1)
    before = _asked(settings, lambda client: set_current(client, chosen, timedelta(seconds=within)))
    typer.echo(f"{chosen} has the work; before it {before or 'no build'} had it")
    _end(0)


@app.command("builds")
def list_builds(as_json: AsJson = False) -> None:
    """The builds that Temporal knows, the newest first, and which has the work."""
    found = _asked(reached_settings(), builds)
    if as_json:
        typer.echo(json.dumps([one.model_dump(mode="json") for one in found], indent=2))
    for one in () if as_json else found:
        since = f", current since {one.since.isoformat()}" if one.since else ""
        typer.echo(f"{one.id}  {one.status}{since}")
    _end(0)


@app.command("drain")
def drain(
    build: Annotated[str, typer.Argument(help="As `release builds` has it.")], within: Within = 600
) -> None:
    """Wait until no open case needs a former build: then its workers can be stopped.

    Exit code 1 where some still do.
    """
    done = _asked(
        reached_settings(), lambda client: drained(client, build, timedelta(seconds=within))
    )
    typer.echo(f"{build} is {'not needed any more' if done else 'still needed'}")
    _end(0 if done else 1)


@app.command("passport")
def write_passport(
    evidence: Annotated[
        Path, typer.Option(file_okay=False, help="Where the proofs have left what they found.")
    ] = FOLDER,
    output: Annotated[
        Path | None,
        typer.Option(file_okay=False, help="Write passport.md and passport.json there instead."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Say of this build what is proven, what failed and what is not proven, on one page.

    Exit code 1 unless everything is proven. What was proven of another build is not proven of this.
    """
    told = passport(evidence)
    as_data = json.dumps(told, ensure_ascii=False, indent=2)
    if output is None:
        typer.echo(as_data if as_json else page(told))
    else:
        output.mkdir(parents=True, exist_ok=True)
        (output / "passport.md").write_text(page(told), "utf-8")
        (output / "passport.json").write_text(as_data + "\n", "utf-8")
        for one in told["proofs"]:
            typer.echo(f"{one['state']}: {one['what']}: {one['said']}")
        typer.echo(f"{output / 'passport.md'}, passport.json")
    raise typer.Exit(1 if any(one["state"] != "proven" for one in told["proofs"]) else 0)


def _end(code: int) -> None:
    """An interpreter that ends while threads of Temporal's core still work would be aborted, and
    the exit code with it.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _asked(settings: Settings, question: Callable[[Client], Awaitable[T]]) -> T:
    be_quiet()

    async def asking() -> T:
        try:
            return await question(await connect(settings))
        except (RuntimeError, TemporalDown) as error:
            raise NotReachable(f"Temporal does not answer ({type(error).__name__})") from None

    try:
        return asyncio.run(asking())
    except BuildUnknown as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None


def _tell_failures(verdict: ReplayVerdict) -> None:
    for failure in verdict.failures:
        typer.echo(f"{failure.case_id}: {failure.cause}", err=True)


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
