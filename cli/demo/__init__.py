"""`ozhb demo`: programmes from receipt to payment, on a stack of its own, gone afterwards."""

import asyncio
import json
import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import Annotated

import httpx
import typer
from rich.console import Console

from cli.demo.board import Board, show_cases, show_mistakes, show_timeline, show_work
from cli.demo.bundles import prove_bundles
from cli.demo.play import Performance, perform
from cli.money import reckon, show
from cli.stack import Stack

INTERRUPTED = 130


def demo(
    as_json: Annotated[
        bool, typer.Option("--json", help="Print what came of it as one JSON object.")
    ] = False,
    keep: Annotated[bool, typer.Option(help="Keep the folder with data and logs.")] = False,
    home: Annotated[Path | None, typer.Option(help="Play in this folder, and keep it.")] = None,
) -> None:
    """Play several programmes from E-Собес to their end, every party over HTTP alone.

    Exit code 0 only if every case ended as expected, 1 otherwise.
    """
    told = Console(stderr=True, highlight=False)
    # Also where a shell has us ignore it, as it does in the background.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for wish in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(wish, _interrupt)
    try:
        with _folder(keep, home, told) as folder:
            performance = _perform(folder, told)
    except KeyboardInterrupt:
        told.print("stopped")
        raise typer.Exit(INTERRUPTED) from None
    if as_json:
        typer.echo(json.dumps(performance.to_json(), ensure_ascii=False))
    else:
        _show(Console(highlight=False), performance)
    raise typer.Exit(0 if performance.ok else 1)


def _perform(folder: Path, told: Console) -> Performance:
    board = Board(told)
    with Stack(folder, None, say=board.say) as stack:
        board.say(f"everything is up; watch the workflows at {stack.urls['temporal_ui']}")
        performance = asyncio.run(perform(stack.urls, board, folder / "papers"))
        performance = replace(performance, money=reckon(home=folder))
        proven = prove_bundles(folder, performance.courses)
        performance = replace(performance, bundles=proven)
        _note_metrics(stack)
        board.say("taking everything down")
    return performance


@contextmanager
def _folder(keep: bool, home: Path | None, told: Console) -> Iterator[Path]:
    """The folder to play in; one made for this run is removed unless it is to be kept."""
    if home is not None:
        yield home
        return
    made = Path(tempfile.mkdtemp(prefix="ozhb-demo-"))
    try:
        yield made
    finally:
        if keep:
            told.print(f"kept in {made}")
        else:
            shutil.rmtree(made, ignore_errors=True)


def _note_metrics(stack: Stack) -> None:
    """What the processes measured goes with them; the folder keeps it beside the logs."""
    for name in ("api", "worker"):
        answer = httpx.get(f"{stack.urls[name]}/metrics", timeout=10, trust_env=False)
        (stack.home / "logs" / f"{name}-metrics.txt").write_text(answer.text)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    """End as Ctrl-C does, for which the event loop has a clean way."""
    signal.raise_signal(signal.SIGINT)


def _show(console: Console, performance: Performance) -> None:
    for course in performance.courses:
        if course.mistakes:
            show_mistakes(console, course)
    if performance.timeline:
        show_timeline(console, performance.courses[-1], performance.timeline)
    show_cases(console, performance.courses)
    show_work(console, performance.work)
    if papers := performance.papers:
        console.print(f"{len(papers)} papers of one case: {papers[0].parent}", soft_wrap=True)
    ended = sum(course.ok for course in performance.courses)
    console.print(
        f"{ended} of {len(performance.courses)} cases ended as expected,"
        f" in {performance.seconds:.0f} s"
    )
    if performance.money is not None:
        console.print("ozhb money check")
        show(performance.money)
    whole = sum(not faults for faults in performance.bundles.values())
    console.print(f"ozhb verify bundle: {whole} of {len(performance.bundles)} cases hold")
    for reference, faults in performance.bundles.items():
        for fault in faults:
            console.print(f"  {reference}: {fault}")
    if not performance.ok:
        console.print("with --keep the folder with the logs stays")
