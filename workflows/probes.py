"""What probes are told of a worker: is it alive, can it work, and how busy is it."""

import asyncio
import socket
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from time import monotonic
from typing import Any, Final
from urllib.error import URLError
from urllib.request import urlopen

import uvicorn
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from temporalio.worker import Worker

from activities.rooms import Rooms
from db.backlog import backlog
from db.engine import reads
from db.processes import neighbours
from db.pulse import DatabasePulse
from definitions.build import build
from workflows.pulse import TemporalPulse

EVERY_SECONDS: Final = 1.0
# For so long every thread may be at work before the worker is said to be full.
FULL_SECONDS: Final = 8.0


@dataclass
class Probed:
    """A worker process as it knows itself; `workers` is empty while it takes no work."""

    database: DatabasePulse
    temporal: TemporalPulse
    rooms: Rooms
    workers: Sequence[Worker] = ()
    _free_at: dict[str, float] = field(default_factory=dict)

    async def watch_threads(self) -> None:
        """Have a thread of each queue do nothing, now and again; one that is free does it at once.

        Ends with the process.
        """
        while True:
            for worker in self.workers:
                config = worker.config()
                executor = config.get("activity_executor")
                assert isinstance(executor, ThreadPoolExecutor)
                await asyncio.wrap_future(executor.submit(int))
                self._free_at[worker.task_queue] = monotonic()
            await asyncio.sleep(EVERY_SECONDS)

    def told(self) -> dict[str, Any]:
        """Every part in a word; `status` is ready where nothing keeps this worker from its work."""
        late = monotonic() - FULL_SECONDS
        queues = {
            worker.task_queue: {
                "polls": worker.is_running,
                "threads": "free" if self._free_at.get(worker.task_queue, 0.0) > late else "full",
            }
            for worker in self.workers
        }
        works = bool(queues) and all(
            one["polls"] and one["threads"] == "free" for one in queues.values()
        )
        postgresql, temporal = self.database.told, self.temporal.told
        schema = self.database.schema
        ready = works and schema != "older" and postgresql == temporal == "answers"
        return {
            "status": "ready" if ready else "not_ready",
            "postgresql": postgresql,
            "schema": schema,
            "temporal": temporal,
            "queues": queues,
            "outside": {
                kind: "full" if room.locked() else "free" for kind, room in self.rooms.rooms.items()
            },
            "build": build(),
        }


class _Quiet(uvicorn.Server):
    """The process listens to signals itself."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def probe_server(probed: Probed, sdk_metrics: str, engine: Engine) -> uvicorn.Server:
    """Serves the pages of probes on a socket that it is handed."""
    app = probe_app(probed, sdk_metrics, engine)
    return _Quiet(uvicorn.Config(app, lifespan="off", log_config=None, server_header=False))


def probe_app(probed: Probed, sdk_metrics: str, engine: Engine) -> Starlette:
    """`/health/live`, `/health/ready` and `/metrics`: what waits, and the SDK's own figures.

    They are answered by the loop in which the worker works: where it stands still, nobody answers.
    """

    async def live(_: Request) -> Response:
        return JSONResponse({"status": "alive", "build": build()})

    async def ready(_: Request) -> Response:
        told = probed.told()
        fine = told["status"] == "ready"
        return JSONResponse(told, HTTPStatus.OK if fine else HTTPStatus.SERVICE_UNAVAILABLE)

    async def metrics(_: Request) -> Response:
        told = await asyncio.gather(
            asyncio.to_thread(read_metrics, sdk_metrics), asyncio.to_thread(figures, probed, engine)
        )
        return Response(generate_latest() + b"".join(told), media_type="text/plain")

    routes = [
        Route("/health/live", live),
        Route("/health/ready", ready),
        Route("/metrics", metrics),
    ]
    return Starlette(routes=routes)


def figures(probed: Probed, engine: Engine) -> bytes:
    """How the parts stand, what waits, and which outside systems fail, for Prometheus.

    What waits is not told where PostgreSQL is silent: no figure is better than an old one.
    """
    parts = GaugeMetricFamily("ozhb_part_answers", "1 where a part answers", labels=["part"])
    parts.add_metric(["postgresql"], probed.database.answers())
    parts.add_metric(["temporal"], probed.temporal.answers())
    parts.add_metric(["worker"], probed.told()["status"] == "ready")
    many = GaugeMetricFamily("ozhb_waiting", "How much is not done yet", labels=["what"])
    oldest = GaugeMetricFamily(
        "ozhb_waiting_oldest_seconds", "For how long the oldest of it waits", labels=["what"]
    )
    fails = GaugeMetricFamily(
        "ozhb_outside_fails", "1 where the last answer was a fault", labels=["system"]
    )
    try:
        with reads(engine) as connection:
            waiting, systems = backlog(connection), neighbours(connection)
    except SQLAlchemyError:
        waiting, systems = [], []
    for one in waiting:
        many.add_metric([one.what], one.many)
        oldest.add_metric([one.what], one.oldest)
    for system in systems:
        fails.add_metric([system.system], system.state == "fails")
    return generate_latest(_Told((parts, many, oldest, fails)))


class _Told(CollectorRegistry):
    """Figures that were just found."""

    def __init__(self, found: Sequence[GaugeMetricFamily]) -> None:
        super().__init__(auto_describe=False)
        self._found = found

    def collect(self) -> Iterator[GaugeMetricFamily]:
        yield from self._found


def read_metrics(address: str) -> bytes:
    """What the SDK's runtime tells of itself; nothing in the first moments of its life."""
    try:
        with urlopen(f"http://{address}/metrics", timeout=5) as told:
            return bytes(told.read())
    except URLError:
        return b""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
