"""A running sandbox and a small product that listens to it, for the tests of this folder."""

import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, TypeVar

import httpx

from tests.support.forks import fork_sandbox

DEADLINE_SECONDS = 20.0

T = TypeVar("T")


def wait_until(read: Callable[[], T], good: Callable[[T], bool]) -> T:
    """Read until what was read is good; fail with the last reading when it never is."""
    end = time.monotonic() + DEADLINE_SECONDS
    while True:
        found = read()
        if good(found):
            return found
        if time.monotonic() > end:
            raise AssertionError(f"never came true; the last reading: {found!r}")
        time.sleep(0.01)


@dataclass(frozen=True)
class Heard:
    """One call that the product got."""

    path: str
    body: bytes
    headers: Mapping[str, str]


@dataclass
class Product:
    """A listener in place of the product: keeps what it hears, answers what it is told to."""

    port: int
    heard: list[Heard] = field(default_factory=list)
    # Answers to the next calls; afterwards 200.
    answers: list[int] = field(default_factory=list)
    content: bytes = b'{"taken": true}'

    def at(self, path: str) -> list[Heard]:
        """What was heard at one address."""
        return [call for call in self.heard if call.path == path]


@contextmanager
def listening(product: Product) -> Iterator[None]:
    """Serve as the product on its port."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            product.heard.append(Heard(self.path, body, dict(self.headers)))
            self.send_response(product.answers.pop(0) if product.answers else 200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(product.content)))
            self.end_headers()
            self.wfile.write(product.content)

        def log_message(self, format: str, *args: Any) -> None:
            """Nothing: the tests look at what was heard."""

    class Server(ThreadingHTTPServer):
        # One idle connection of a sandbox must not hold up the end of a test.
        block_on_close = False

    server = Server(("127.0.0.1", product.port), Handler)
    # A short poll: it is how long the end of the listener takes.
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def find_port() -> int:
    """A port that nobody uses at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class World:
    """The process, and a client of it that survives its restarts."""

    def __init__(self, data: Path, product: Product, **environment: str) -> None:
        self.port, self.scanner_port = find_port(), find_port()
        self.product = product
        self.url = f"http://127.0.0.1:{self.port}"
        self.data = data
        # A line is given up before the sandbox closes it: a request would meet nobody.
        lines = httpx.Limits(keepalive_expiry=2.0)
        self.client = httpx.Client(base_url=self.url, timeout=30, trust_env=False, limits=lines)
        self._log = data.with_suffix(".log")
        self._environment = {
            "OZHB_SANDBOX_PORT": str(self.port),
            "OZHB_SANDBOX_SCANNER_PORT": str(self.scanner_port),
            "OZHB_SANDBOX_DATA": str(data),
            "OZHB_SANDBOX_PRODUCT_URL": f"http://127.0.0.1:{product.port}",
            "OZHB_SANDBOX_DELAY_SECONDS": "0.02",
            **environment,
        }
        self._process: BaseProcess | None = None

    def start(self) -> None:
        """Start the process and wait until it answers."""
        self._process = fork_sandbox(self._environment, self._log)
        wait_until(self._answers, bool)

    def _answers(self) -> bool:
        assert self._process is not None
        assert self._process.is_alive(), self._log.read_text()
        try:
            return self.client.get("/health").status_code == 200
        except httpx.TransportError:
            return False

    def kill(self) -> None:
        """End the process as a loss of power would."""
        assert self._process is not None
        self._process.kill()
        self._process.join()

    def stop(self) -> int | None:
        """End the process as a stack does; its exit code."""
        assert self._process is not None
        self._process.terminate()
        self._process.join(DEADLINE_SECONDS)
        self.client.close()
        return self._process.exitcode

    def log(self) -> str:
        """Everything the process said."""
        return self._log.read_text()

    def post(self, path: str, **body: Any) -> Any:
        """Post JSON that is taken; the answer."""
        answer = self.client.post(path, json=body)
        answer.raise_for_status()
        return answer.json()

    def get(self, path: str, **query: str) -> Any:
        """Read something that is there."""
        answer = self.client.get(path, params=query)
        answer.raise_for_status()
        return answer.json()

    def arm(self, system: str, fault: str, **options: Any) -> None:
        """Ask for a fault."""
        self.post("/faults", system=system, fault=fault, **options)
