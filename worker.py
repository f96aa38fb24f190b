"""The worker, a process of its own: clients → activities → workers; health and metrics."""

import asyncio
import signal
import socket
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import structlog
from pydantic import SecretStr
from sqlalchemy import Engine
from temporalio.client import Client
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.runtime import PrometheusConfig
from temporalio.service import RPCError
from temporalio.worker import (
    Interceptor,
    UnsandboxedWorkflowRunner,
    Worker,
    WorkerDeploymentConfig,
)

import starting
from activities.beats import Beats
from activities.esobes import EsobesActivities
from activities.housekeeping import HousekeepingActivities
from activities.notices import NoticeActivities
from activities.payments import PaymentActivities
from activities.records import RecordActivities
from activities.returns import ReturnActivities
from activities.rooms import Rooms
from activities.signatures import SignatureActivities
from activities.webhooks import WebhookRounds
from db.bell import Bell
from db.engine import make_engine
from db.evidence import keeps_lists
from db.following import follow, learn
from db.processes import OwnProcess, live
from db.pulse import DatabasePulse
from db.put_away import LONG
from db.sealing import Seal
from definitions.proofs import require_proven
from integrations.email import MailGateway
from integrations.esobes import Esobes
from integrations.gateway import EsobesByGateway, GatewayMember
from integrations.head_keys import HeadKey
from integrations.http import open_client, trusting
from integrations.signatures import Trust, TrustInvalid, make_verifier, read_trust
from integrations.sms import SmsGateway
from integrations.treasury import Treasury
from integrations.webhook import WebhookSender
from logs import end_within, give_up
from settings import Settings
from workflows.client import Cases
from workflows.connection import make_runtime
from workflows.housekeeping import RETURNS, Housekeeping, TellReturned
from workflows.housekeeping import WORKFLOW as HOUSEKEEPING
from workflows.measure import MeasureCase
from workflows.operations import TemporalDown, revive
from workflows.options import CASES, PAYMENTS
from workflows.pages import ATTRIBUTES, register
from workflows.probes import Probed, free_port, probe_server
from workflows.pulse import TemporalPulse
from workflows.replays import check_release
from workflows.telling import tell_from_thread
from workflows.versions import as_version

GRACE = timedelta(seconds=10)
# Whoever has not ended by then, hangs.
SLACK = timedelta(seconds=4)
LOOK_SECONDS = 0.5
LOOKS_AT_ONCE = 16
# For each outside system threads of its own, beside those for looks and a few that keep house.
ROOMS = {"texts": 16, "report": 8, "verify": 8}
THREADS = {CASES: LOOKS_AT_ONCE + sum(ROOMS.values()) + 4, PAYMENTS: 4}
CACHED_CASES = 500
# So long the server keeps a case's next task for a worker that may be dead.
STICKY = timedelta(seconds=10)
# Temporal is told of beats so often at most; each is written down there.
BEATS = timedelta(seconds=2)


@dataclass(frozen=True)
class Effects:
    """The activities that reach beyond the case file, with their clients in them."""

    notices: NoticeActivities
    payments: PaymentActivities
    esobes: EsobesActivities
    signatures: SignatureActivities
    returns: ReturnActivities


@dataclass(frozen=True)
class WorkerParts:
    """What a worker is made of. `prefix` stands before each queue's name (tests use their own)."""

    client: Client
    engine: Engine
    seal: Seal
    effects: Effects
    prefix: str = ""
    cached_cases: int = CACHED_CASES
    interceptors: tuple[Interceptor, ...] = ()
    sticky: timedelta = STICKY
    # Whose signatures count on envelopes of the gateway.
    gateway: Trust | None = None
    put_away_after: timedelta = LONG
    # Without one no heads of the record are made.
    head_key: HeadKey | None = None
    # As which build it takes work; none where builds are not told apart.
    version: WorkerDeploymentConfig | None = None
    rooms: Rooms = field(default_factory=lambda: Rooms(ROOMS))


def make_workers(parts: WorkerParts) -> list[Worker]:
    """One worker a queue: cases with their effects, and payments, which a switch can hold."""
    loop = asyncio.get_running_loop()
    cases = Cases(parts.client, parts.engine, parts.prefix + CASES)
    tell = tell_from_thread(cases, loop)
    sweep = HousekeepingActivities(
        parts.engine, parts.seal, tell, parts.gateway, parts.put_away_after, parts.head_key
    )
    effects = parts.effects
    doing: list[Callable[..., object]] = [
        RecordActivities(parts.engine).look,
        sweep.sweep,
        effects.notices.texts,
        effects.esobes.report,
        effects.signatures.verify,
        effects.returns.tell_returned,
    ]
    return [
        _worker(
            parts,
            CASES,
            doing,
            workflows=[MeasureCase, Housekeeping, TellReturned],
            max_concurrent_local_activities=LOOKS_AT_ONCE,
        ),
        _worker(
            parts,
            PAYMENTS,
            [effects.payments.pay, effects.payments.enquire],
            max_concurrent_activities=THREADS[PAYMENTS],
        ),
    ]


def _worker(
    parts: WorkerParts, desk: str, activities: list[Callable[..., object]], **more: Any
) -> Worker:
    """Without the SDK's sandbox: layers and replays keep workflow code deterministic."""
    return Worker(
        parts.client,
        task_queue=parts.prefix + desk,
        activities=activities,
        activity_executor=ThreadPoolExecutor(THREADS[desk], thread_name_prefix=desk),
        workflow_runner=UnsandboxedWorkflowRunner(),
        interceptors=(Beats(), parts.rooms, *parts.interceptors),
        max_cached_workflows=parts.cached_cases,
        sticky_queue_schedule_to_start_timeout=parts.sticky,
        max_heartbeat_throttle_interval=BEATS,
        graceful_shutdown_timeout=GRACE,
        deployment_config=parts.version,
        **more,
    )


@asynccontextmanager
async def running(workers: list[Worker]) -> AsyncIterator[None]:
    """All of them while the block lasts; drained on leaving, side by side."""
    async with AsyncExitStack() as stack:
        for worker in workers:
            await stack.enter_async_context(worker)
        try:
            yield
        finally:
            await asyncio.gather(*(one.shutdown() for one in workers))


async def keep_house(client: Client, prefix: str = "") -> None:
    """Start what runs for ever, or leave those that run."""
    for run, name in ((Housekeeping.run, HOUSEKEEPING), (TellReturned.run, RETURNS)):
        await client.start_workflow(
            run,
            id=prefix + name,
            task_queue=prefix + CASES,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        )


def make_parts(settings: Settings, client: Client) -> WorkerParts:
    """What the settings name, put together."""
    engine = make_engine(settings.database_url, most=settings.worker_connections)
    seal = Seal(settings.person_key_ring, settings.person_index)
    gateway = read_trust(settings.trust_file)
    return WorkerParts(
        client,
        engine,
        seal,
        make_effects(settings, engine, seal),
        gateway=gateway,
        put_away_after=settings.put_away_after,
        head_key=settings.signs_heads,
        version=as_version() if settings.versioned else None,
    )


def make_effects(settings: Settings, engine: Engine, seal: Seal) -> Effects:
    """The activities with a client each of the system they reach."""
    tls = trusting(settings.http_ca)

    def client(url: str, token: SecretStr | None) -> httpx.Client:
        return open_client(url, token.get_secret_value() if token else None, tls=tls)

    sms = SmsGateway(client(settings.sms_url, settings.sms_token), settings.sms_provider)
    email = MailGateway(client(settings.email_url, settings.email_token), settings.email_provider)
    treasury = Treasury(client(settings.treasury_url, settings.treasury_token))
    esobes = Esobes(client(settings.esobes_url, settings.esobes_token))
    if settings.gateway_url is not None:
        through = open_client(tls=tls)
        esobes = EsobesByGateway(through, settings.gateway_url, _gateway_member(settings))
    ncanode = settings.ncanode_address and client(settings.ncanode_address, None)
    trust = read_trust(settings.trust_file)
    verifier = make_verifier(trust, open_client(tls=tls), ncanode or None, keeps_lists(engine))
    return Effects(
        notices=NoticeActivities(engine, seal, sms, email),
        payments=PaymentActivities(engine, seal, treasury),
        esobes=EsobesActivities(engine, esobes),
        signatures=SignatureActivities(engine, seal, verifier),
        returns=ReturnActivities(engine, seal, esobes),
    )


def _gateway_member(settings: Settings) -> GatewayMember:
    """Who we are to the gateway; the process ends where its key is none, or another's."""
    try:
        return GatewayMember.read(*settings.at_gateway)
    except ValueError as error:
        starting.refuse("worker", [f"OZHB_GATEWAY_KEY: {error}"])


def webhooks(settings: Settings, parts: WorkerParts) -> WebhookRounds:
    """Who tells the systems of suppliers what has changed."""
    sender = WebhookSender(trusting(settings.http_ca), settings.reached_by_webhooks)
    return WebhookRounds(parts.engine, parts.seal, sender)


HOUSE_EVERY_SECONDS = 30
# Of so many distinct ways that open cases have gone, one case each is replayed before work begins.
MOST_SHAPES = 200


async def main() -> None:
    """Work until told to stop, then finish what is in hand."""
    settings = starting.begin("worker", Settings)
    require_proven()
    if settings.head_key is None:
        starting.refuse("worker", ["OZHB_HEAD_KEY: is missing"])
    metrics = f"127.0.0.1:{free_port()}"
    try:
        listening = socket.create_server((settings.worker_host, settings.worker_port))
    except OSError:
        taken = f"port {settings.worker_port} of {settings.worker_host} is taken"
        give_up("worker", "port taken", taken, "another OZHB_WORKER_PORT")
    client = await starting.reach_temporal(
        settings, make_runtime(PrometheusConfig(bind_address=metrics))
    )
    try:
        parts = make_parts(settings, client)
    except TrustInvalid as error:
        starting.refuse("worker", [f"OZHB_TRUST_FILE: {error}"])
    stop = asyncio.Event()

    def told() -> None:
        end_within(GRACE + SLACK)
        stop.set()

    for sign in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(sign, told)
    await asyncio.to_thread(starting.reach_database, parts.engine, settings.database_url)
    keys = tuple(settings.person_key_ring)
    me = OwnProcess("worker", client.identity, (CASES, PAYMENTS), keys)
    await starting.take_place_or_end(parts.engine, me)
    await learn(parts.engine)
    if settings.release_check:
        await prove_release(parts)
    await know_attributes(parts.client)
    probed = Probed(DatabasePulse(settings.database_url), TemporalPulse(), parts.rooms)
    page = probe_server(probed, metrics, parts.engine)
    beside = [
        asyncio.create_task(follow(parts.engine), name="follow calendars"),
        asyncio.create_task(live(parts.engine, me), name="say that it lives"),
        asyncio.create_task(Bell(parts.engine).ring(), name="record what comes by itself"),
        asyncio.create_task(webhooks(settings, parts).run(), name="tell webhooks"),
        asyncio.create_task(probed.database.feel(), name="ask PostgreSQL"),
        asyncio.create_task(probed.temporal.feel(client), name="ask Temporal"),
        asyncio.create_task(probed.watch_threads(), name="look for free threads"),
        asyncio.create_task(keep_keeping_house(parts), name="see to housekeeping"),
        asyncio.create_task(page.serve([listening]), name="answer probes"),
    ]
    starting.keep_what_is_loaded()
    await work(parts, probed, stop)
    for task in beside:
        task.cancel()
    await asyncio.gather(*beside, return_exceptions=True)
    parts.engine.dispose()


async def work(parts: WorkerParts, probed: Probed, stop: asyncio.Event) -> None:
    """Take work while the case file answers: who cannot open a file only holds its case up."""
    log = structlog.get_logger("worker")
    while not stop.is_set():
        if not probed.database.answers():
            await wait(stop, LOOK_SECONDS)
            continue
        workers = make_workers(parts)
        async with running(workers):
            probed.workers = workers
            log.info("working", queues=[CASES, PAYMENTS])
            while probed.database.answers() and not stop.is_set():
                await wait(stop, LOOK_SECONDS)
            probed.workers = ()
            if not stop.is_set():
                log.warning("PostgreSQL does not answer, so no work is taken")


async def know_attributes(client: Client) -> None:
    """Where this account may not register them, whoever runs the namespace has to."""
    try:
        await register(client)
    except RPCError as error:
        log = structlog.get_logger("worker")
        log.warning("search attributes", names=ATTRIBUTES, status=error.status.name)


async def prove_release(parts: WorkerParts) -> None:
    """A build whose host does not continue what open cases have begun must not touch them.

    Raises SystemExit. A history on which the host fails otherwise stops its own case alone.
    """
    verdict = await check_release(parts.client, parts.engine, MOST_SHAPES)
    log = structlog.get_logger("worker")
    for failure in verdict.failures:
        log.error("a case does not replay", case_id=failure.case_id, cause=failure.cause)
    if any(failure.nondeterministic for failure in verdict.failures):
        raise SystemExit(1)


async def keep_keeping_house(parts: WorkerParts) -> None:
    """For as long as the process runs."""
    while True:
        await see_to_housekeeping(parts)
        await asyncio.sleep(HOUSE_EVERY_SECONDS)


async def see_to_housekeeping(parts: WorkerParts) -> None:
    """Also on a Temporal that was emptied, or where runs were ended, while this process lives."""
    log = structlog.get_logger("worker")
    try:
        await keep_house(parts.client)
        await revive(
            Cases(parts.client, parts.engine),
            datetime.now(UTC) - 2 * timedelta(seconds=HOUSE_EVERY_SECONDS),
        )
    except RPCError as error:
        log.warning("no housekeeping", status=error.status.name)
    except TemporalDown:
        log.warning("runs that were ended are not known")


async def wait(event: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return


if __name__ == "__main__":
    asyncio.run(main())
