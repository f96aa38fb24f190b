"""What is done to a cluster, each while cases are played: who, how, and for how long."""

import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import httpx

from tests.cluster.servers import Cluster, stop_postgres

PAUSE_SECONDS: Final = 15
BACK_SECONDS: Final = 1.0
WORKERS: Final = ("worker-1", "worker-2")
APIS: Final = ("api-1", "api-2")
HISTORIES: Final = ("history-1", "history-2")
TEMPORAL: Final = (*HISTORIES, "frontend", "matching", "system")


@dataclass(frozen=True)
class Fault:
    """Its name in the table, and what is done; done when the cluster is whole again."""

    name: str
    do: Callable[[Cluster], None]


def killed(*names: str) -> Callable[[Cluster], None]:
    """As by the kernel; a manager starts them again."""

    def do(cluster: Cluster) -> None:
        cluster.strike(names, signal.SIGKILL)
        time.sleep(BACK_SECONDS)
        cluster.revive(names)

    return do


def paused(*names: str) -> Callable[[Cluster], None]:
    """They keep their connections and say nothing."""

    def do(cluster: Cluster) -> None:
        cluster.strike(names, signal.SIGSTOP)
        time.sleep(PAUSE_SECONDS)
        cluster.strike(names, signal.SIGCONT)

    return do


def rolling(*names: str) -> Callable[[Cluster], None]:
    """One after the other is asked to end, and started again."""

    def do(cluster: Cluster) -> None:
        for name in names:
            cluster.strike((name,), signal.SIGTERM)
            cluster.revive((name,))

    return do


def stopped(name: str, mode: str) -> Callable[[Cluster], None]:
    """A PostgreSQL that is stopped as its own tool does it."""

    def do(cluster: Cluster) -> None:
        stop_postgres(cluster.servers[name], mode)
        cluster.revive((name,))

    return do


def armed(system: str, fault: str, times: int, **options: object) -> Callable[[Cluster], None]:
    """An outside system that misbehaves so many times."""

    def do(cluster: Cluster) -> None:
        url = cluster.ports.urls["sandbox"]
        body = {"system": system, "fault": fault, "times": times, **options}
        httpx.post(f"{url}/faults", json=body, timeout=30, trust_env=False).raise_for_status()

    return do


def together(*those: Callable[[Cluster], None]) -> Callable[[Cluster], None]:
    """What misbehaves first, and then what is struck while it does."""

    def do(cluster: Cluster) -> None:
        for one in those:
            one(cluster)

    return do


def nothing(_cluster: Cluster) -> None:
    """The same without a fault: what the others are compared with."""


FAULTS: Final = (
    Fault("none", nothing),
    Fault("kill -9 one worker", killed("worker-1")),
    Fault("kill -9 both workers", killed(*WORKERS)),
    Fault("kill -9 one API", killed("api-1")),
    Fault("kill -9 both APIs", killed(*APIS)),
    Fault("kill -9 one history", killed("history-1")),
    Fault("kill -9 both histories", killed(*HISTORIES)),
    Fault("kill -9 matching", killed("matching")),
    Fault("kill -9 frontend", killed("frontend")),
    Fault("kill -9 all of Temporal", killed(*TEMPORAL)),
    Fault("case file: fast", stopped("file", "fast")),
    Fault("case file: immediate", stopped("file", "immediate")),
    Fault("case file: kill -9", killed("file")),
    Fault("Temporal's PostgreSQL: fast", stopped("beside", "fast")),
    Fault("Temporal's PostgreSQL: immediate", stopped("beside", "immediate")),
    Fault("paused: a worker", paused("worker-1")),
    Fault("paused: an API", paused("api-1")),
    Fault("paused: a history", paused("history-1")),
    Fault("paused: the frontend", paused("frontend")),
    Fault("paused: the case file", paused("file")),
    Fault("paused: Temporal's PostgreSQL", paused("beside")),
    Fault("treasury: the answer is lost", armed("treasury", "lost_reply", 5)),
    Fault("treasury: slow", armed("treasury", "slow", 10, seconds=8)),
    Fault("treasury: everything is said twice", armed("treasury", "duplicate", 10)),
    Fault("treasury: no receipt comes", armed("treasury", "no_receipt", 5)),
    Fault("SMS gateway: down", armed("sms", "down", 10)),
    Fault("SMS gateway: receipts come twice", armed("sms", "duplicate", 20)),
    Fault("E-Sobes: every message comes twice", armed("esobes", "duplicate", 10)),
    Fault("rolling restart of workers and APIs", rolling(*WORKERS, *APIS)),
    Fault("case file: its host is gone, the standby is promoted", Cluster.promote),
    Fault("kill -9 everything but PostgreSQL", killed(*WORKERS, *APIS, *TEMPORAL, "outside")),
    Fault(
        "everything at once",
        together(
            armed("treasury", "lost_reply", 5),
            armed("sms", "slow", 10, seconds=8),
            killed("standby", "beside", *WORKERS, *APIS, *TEMPORAL, "outside"),
        ),
    ),
)
