"""A system of a supplier that is told what changes, on a port of this machine."""

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_network
from threading import Event, Thread
from typing import Any

NEAR = (ip_network("127.0.0.0/8"),)


@dataclass
class Receiver:
    """What it was told, and what it answers next: a status, or None for nothing at all."""

    url: str = ""
    status: int | None = 204
    told: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    over: Event = field(default_factory=Event)

    def cases(self, number: int = -1) -> list[str]:
        """The cases of one message."""
        return [one["case"] for one in self.message(number)["data"]["changes"]]

    def message(self, number: int = -1) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.told[number][1])
        return found

    def proves(self, secret: str, number: int = -1) -> bool:
        """Whether a message is signed with the secret, as a receiver finds out by the standard."""
        headers, body = self.told[number]
        key = base64.b64decode(secret.removeprefix("whsec_"))
        said = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
        made = base64.b64encode(hmac.new(key, said, hashlib.sha256).digest()).decode()
        return headers["webhook-signature"] == f"v1,{made}"


@contextmanager
def receiver() -> Iterator[Receiver]:
    """One that listens while the block lasts."""
    made = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            made.told.append(({name.lower(): one for name, one in self.headers.items()}, body))
            if made.status is None:
                made.over.wait()
                return
            self.send_response(made.status)
            self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.url = f"http://127.0.0.1:{server.server_port}/ozhb"
    Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield made
    finally:
        made.over.set()
        server.shutdown()
        server.server_close()
