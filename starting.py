"""How a process begins: its settings, its log, and what it cannot begin without."""

import gc
from datetime import timedelta
from typing import Final, NoReturn, TypeVar

import structlog
from psycopg import Error as DatabaseError
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
from temporalio.client import Client
from temporalio.runtime import Runtime
from temporalio.service import RPCError, RPCStatusCode

from db.engine import reads
from db.poolers import HELPS, REFUSED, pooling
from db.processes import KEYS_HELP, KeysDiffer, OwnProcess, begin_beside
from db.revisions import known_revision, newest_revision, standing_of
from logs import FAULT, WRONG_SETTINGS, catch_the_rest, configure, give_up, in_a_line
from settings import Database, Settings, SettingsInvalid
from workflows.connection import connect

PATIENCE: Final = timedelta(seconds=10)
Told = TypeVar("Told", bound=Database)


def begin(name: str, kind: type[Told]) -> Told:
    """The settings of a process that begins; from here on all that it says are lines of its log.

    What it says in the clear beyond this machine it names first, at whatever level it logs.
    """
    configure("info")
    catch_the_rest(name)
    settings = settled(name, kind)
    if plain := settings.in_the_clear:
        structlog.get_logger(name).warning(
            "in the clear",
            what=f"spoken to without TLS: {', '.join(plain)}",
            networks=[str(one) for one in settings.allow_plaintext_on],
            helps="TLS there, and OZHB_ALLOW_PLAINTEXT_ON taken away",
        )
    configure(settings.log_level)
    return settings


def settled(name: str, kind: type[Told]) -> Told:
    """The settings of a process; it ends where they cannot be used."""
    try:
        return kind.load()
    except SettingsInvalid as error:
        refuse(name, error.mistakes)


def refuse(name: str, mistakes: list[str]) -> NoReturn:
    """End a process whose settings cannot be used."""
    helps = "`ozhb settings` prints what each may be"
    give_up(name, "settings", "; ".join(mistakes), helps, code=WRONG_SETTINGS)


async def reach_temporal(settings: Settings, runtime: Runtime) -> Client:
    """A client of a namespace that is known; without it the process ends, and says why."""
    address = settings.temporal_address
    try:
        client = await connect(settings, runtime)
        asked = DescribeNamespaceRequest(namespace=client.namespace)
        await client.workflow_service.describe_namespace(asked, timeout=PATIENCE)
    except RuntimeError as error:
        what, helps = f"Temporal does not answer at {address}", "OZHB_TEMPORAL_ADDRESS"
        give_up("worker", "not reachable", what, helps, why=in_a_line(error))
    except RPCError as error:
        if error.status == RPCStatusCode.NOT_FOUND:
            what = f"Temporal at {address} knows no namespace {settings.temporal_namespace}"
            give_up("worker", "namespace unknown", what, "`ozhb namespace ensure`")
        what = f"Temporal at {address} refuses: {error.status.name}"
        give_up("worker", "not reachable", what, "OZHB_TEMPORAL_*", why=in_a_line(error))
    return client


def refuse_pooler(name: str, url: str) -> None:
    """The process ends before a pooler of transactions. psycopg.Error where nobody answers."""
    if pooling(url) == "transactions":
        give_up(name, "pooler", REFUSED, HELPS, code=FAULT)


def reach_database(engine: Engine, url: str) -> None:
    """A database with a schema that this build can work on, else the process ends, and says why.

    A newer one is what a build meets while its successor is brought out.
    """
    try:
        refuse_pooler("worker", url)
        with reads(engine) as connection:
            found = known_revision(connection)
    except (SQLAlchemyError, DatabaseError) as error:
        what = "the database of OZHB_DATABASE_URL does not answer"
        why = in_a_line(error.__cause__ or error)
        give_up("worker", "not reachable", what, "`ozhb doctor` says more", why=why)
    said = f"the schema is {found or 'missing'}, this build's is {newest_revision()}"
    match standing_of(found):
        case "older" | "unknown":
            give_up("worker", "schema older", said, "`ozhb migrate`, as the owner", code=FAULT)
        case "newer":
            log = structlog.get_logger("worker")
            log.warning("schema newer", what=said, helps="a build as new as the schema")


async def take_place_or_end(engine: Engine, process: OwnProcess) -> None:
    """Begin beside the others; with master keys that do not fit theirs the process ends."""
    try:
        await begin_beside(engine, process)
    except KeysDiffer as differ:
        what = f"the master keys of people do not fit those of {differ}"
        give_up(process.kind, "keys differ", what, KEYS_HELP, code=WRONG_SETTINGS)


def keep_what_is_loaded() -> None:
    """What a process has loaded stays for as long as it runs: who looks for garbage passes over it.

    To walk over all of it takes 0.2 s now and then, and meanwhile nobody is answered.
    """
    gc.collect()
    gc.freeze()
