"""The sandbox as a process beside the worker; its callbacks wait, and tests speak instead."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import httpx

from cli.ports import free_port
from tests.support.forks import fork_sandbox
from tests.support.polling import eventually


@dataclass(frozen=True)
class Outside:
    """The outside world at `url`."""

    url: str
    client: httpx.Client

    def get(self, path: str, **query: str) -> Any:
        """Read something that is there."""
        answer = self.client.get(path, params=query)
        answer.raise_for_status()
        return answer.json()

    def post(self, path: str, **body: Any) -> Any:
        """Post JSON that is taken; the answer."""
        answer = self.client.post(path, json=body)
        answer.raise_for_status()
        return answer.json()

    def arm(self, system: str, fault: str, **options: Any) -> None:
        """Let the next calls of a system misbehave."""
        self.post("/faults", system=system, fault=fault, **options)

    def payments(self, reference: str) -> list[dict[str, Any]]:
        """What the treasury holds of a case, by the beginning of the payment's key."""
        orders: list[dict[str, Any]] = self.get("/treasury/orders")
        return [order for order in orders if order["key"].startswith(f"{reference}-")]

    def results(self, case_id: str) -> list[dict[str, Any]]:
        """What E-Собес was told of a case."""
        told: list[dict[str, Any]] = self.get("/esobes/results")
        return [one for one in told if one["case_id"] == case_id]

    def messages(self, *named: str) -> list[str]:
        """The keys of the SMS and letters that name a case or its person."""
        sent = [*self.get("/sms/outbox"), *self.get("/email/outbox")]
        return sorted(one["key"] for one in sent if any(name in one["key"] for name in named))


@contextmanager
def outside_world(folder: Path, **environment: str) -> Iterator[Outside]:
    """A new sandbox; `environment` adds to its variables (database, Temporal)."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    # Certificates that nobody shows need not be read.
    lines = httpx.Limits(keepalive_expiry=2.0)
    with httpx.Client(base_url=url, timeout=30, verify=False, limits=lines) as client:

        def answers() -> bool:
            try:
                return client.get("/health").status_code == 200
            except httpx.TransportError:
                return False

        variables = {
            "OZHB_SANDBOX_PORT": str(port),
            "OZHB_SANDBOX_DATA": str(folder / "sandbox"),
            "OZHB_SANDBOX_DELAY_SECONDS": "0.01",
            **environment,
        }
        log = folder / "sandbox.log"
        process = fork_sandbox(variables, log)
        try:
            eventually(lambda: answers() or _ended(process, log), within=60)
            yield Outside(url, client)
        finally:
            process.terminate()
            process.join()


def _ended(process: BaseProcess, log: Path) -> bool:
    """False; a process that has ended instead of answering is a failure."""
    assert process.is_alive(), log.read_text()
    return False
