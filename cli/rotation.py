"""`ozhb keys`: which keys are in use, and the master keys of persons changed while all goes on."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from typing import Annotated, Any, Final

import typer
from rich.console import Console
from rich.progress import Progress
from sqlalchemy.exc import DBAPIError
from temporalio.service import RPCError

from cli.home import NotReachable, StackFailed
from cli.noun import noun
from cli.processes import complete_environment
from cli.screen import AsJson, as_table, print_json, screen
from db.bounds import UNBOUND
from db.engine import make_engine, reads
from db.master_keys import rewrap, wrapped_by
from db.processes import KEYS_HELP, AtWork, at_work
from db.sealing import Seal, Unreadable
from settings import PersonKeys, Settings
from workflows.connection import connect
from workflows.keys import count_running, needed

app = noun("See which keys are in use, and change the master keys of persons.")
# What a change of it would cost, told where somebody looks for it.
_INDEX: Final = (
    "OZHB_PERSON_INDEX_KEY cannot be changed: people are found by it, also those who were erased"
    " and whose numbers nobody has any more, and papers already given out are checked by it"
)


@app.command()
def status(
    histories: Annotated[
        bool,
        typer.Option("--histories", help="Also which payload keys the running workflows need."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Which master keys wrap how many keys, and which of the settings may be taken out.

    OZHB_DATABASE_URL and the keys of the settings; else the running stack's. Exit code 1: something
    is wrapped by a key that the settings do not have.
    """
    complete_environment("keys")
    ring = PersonKeys.load().person_key_ring
    many, alive = _wrapped()
    found: dict[str, Any] = {"master_keys": _use(list(ring), many, alive), "index_key": _INDEX}
    if histories:
        payload = Settings.load().payload_key_ring
        found["payload_keys"] = _use(list(payload), asyncio.run(_read_histories()))
    if as_json:
        print_json(found)
    else:
        for name in ("master_keys", "payload_keys"):
            if rows := found.get(name):
                screen().print(as_table(name.replace("_", " "), rows))
        screen().print(_INDEX)
    raise typer.Exit(1 if any(not one["in_settings"] for one in found["master_keys"]) else 0)


def _use(
    ring: list[str], many: dict[str, int], alive: Sequence[AtWork] = ()
) -> list[dict[str, Any]]:
    """Of every key how many things need it; the first of the settings is used from now on. None may
    go as long as a process works that could still wrap with it.
    """
    free = not _behind(ring[0], alive)
    return [
        {
            "key": name,
            "in_settings": name in ring,
            "current": name == ring[0],
            "needed_by": many.get(name, 0),
            "may_go": name in ring and name != ring[0] and not many.get(name) and free,
        }
        for name in dict.fromkeys([*ring, *sorted(many)])
    ]


def _behind(current: str, alive: Sequence[AtWork]) -> list[str]:
    """The processes that do not wrap with this key; those of a former build do not say with which
    they do.
    """
    return [one.identity for one in alive if one.master_keys[:1] != [current]]


def _wrapped() -> tuple[dict[str, int], list[AtWork]]:
    """What each key wraps, and the processes that work."""
    engine = make_engine(PersonKeys.load().database_url, most=1, bounds=UNBOUND)
    try:
        with reads(engine) as connection:
            return wrapped_by(connection), at_work(connection)
    except DBAPIError as error:
        raise _told(error) from None
    finally:
        engine.dispose()


async def _read_histories() -> dict[str, int]:
    """How many running workflows need each key."""
    try:
        client = await connect(Settings.load())
        found: Counter[str] = Counter()
        with Progress(console=Console(stderr=True), transient=True) as progress:
            task = progress.add_task("reading histories", total=await count_running(client))
            async for keys in needed(client):
                found.update(keys.keys())
                progress.update(task, advance=1)
    except (RPCError, RuntimeError):
        raise NotReachable("Temporal does not answer at OZHB_TEMPORAL_ADDRESS") from None
    return dict(found)


@app.command()
def rotate(as_json: AsJson = False) -> None:
    """Wrap every key anew under the first of OZHB_PERSON_MASTER_KEYS; harmless to break off and
    repeat, while everything runs.

    Before: give every process the new key as the second, then as the first: as long as one works
    without, nothing is done. After: take the old one out once `ozhb keys status` says that it may
    go. OZHB_DATABASE_URL names the owner.
    """
    complete_environment("keys")
    settings = PersonKeys.load()
    sealer = Seal(settings.person_key_ring, settings.person_index)
    engine = make_engine(settings.database_url, most=1, bounds=UNBOUND)
    many, (before, alive) = 0, _wrapped()
    if behind := _behind(next(iter(sealer.masters)), alive):
        raise StackFailed(f"{', '.join(behind)}: not with this key first; {KEYS_HELP}")
    total = sum(count for name, count in before.items() if name != next(iter(sealer.masters)))
    try:
        with Progress(console=Console(stderr=True), transient=True) as progress:
            task = progress.add_task("rewrapping", total=total)
            for one in rewrap(engine, sealer):
                many = one.rewrapped
                progress.update(task, completed=many, description=f"rewrapping {one.table}")
    except Unreadable as error:
        raise StackFailed(f"{error}: nothing that it wraps was changed") from None
    except DBAPIError as error:
        raise _told(error) from None
    finally:
        engine.dispose()
    use = _use(list(sealer.masters), *_wrapped())
    if as_json:
        print_json({"rewrapped": many, "master_keys": use})
    else:
        screen().print(f"{many} keys rewrapped")
        screen().print(as_table("master keys", use))


def _told(error: DBAPIError) -> StackFailed:
    if getattr(error.orig, "sqlstate", None) == "42501":
        return StackFailed("OZHB_DATABASE_URL does not name the owner, who alone may do this")
    return NotReachable("the database of OZHB_DATABASE_URL does not answer")
