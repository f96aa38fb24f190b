"""`python -m api HOST PORT`: serve the API; a port of 0 takes a free one."""

import socket
import sys
from datetime import timedelta
from types import FrameType

import uvicorn

import logs
from api.connections import Connection

GRACE = timedelta(seconds=3)
# Whoever has not ended by then, hangs.
SLACK = timedelta(seconds=4)


class Ending(uvicorn.Server):
    """Ends soon after its grace, whatever hangs."""

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        logs.end_within(GRACE + SLACK)
        super().handle_exit(sig, frame)


def main(host: str, port: str) -> None:
    """Until it is told to stop; then what is under way has three seconds."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    logs.configure("info")
    try:
        listening = socket.create_server((host, int(port)), family=family)
    except OSError:
        logs.give_up("api", "port taken", f"port {port} of {host} is taken", "another OZHB_PORT")
    config = uvicorn.Config(
        "api.main:app",
        http=Connection,
        ws="none",
        lifespan="on",
        access_log=False,
        # `api.main` knows whom to believe.
        proxy_headers=False,
        # It logs as everybody does.
        log_config=None,
        server_header=False,
        log_level="warning",
        timeout_graceful_shutdown=int(GRACE.total_seconds()),
    )
    server = Ending(config)
    server.run(sockets=[listening])
    if not server.started:
        raise SystemExit(1)


if __name__ == "__main__":
    main(*sys.argv[1:])
