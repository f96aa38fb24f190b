"""`python -m api HOST PORT`: serve the API; a port of 0 takes a free one."""

import socket
import sys

import uvicorn

import logs
from api.connections import Connection


def main(host: str, port: str) -> None:
    """Until it is told to stop; then what is under way has three seconds."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listening = socket.create_server((host, int(port)), family=family)
    except OSError:
        logs.configure("error")
        logs.give_up("api", f"port {port} of {host} is taken")
    config = uvicorn.Config(
        "api.main:app",
        http=Connection,
        ws="none",
        lifespan="on",
        access_log=False,
        server_header=False,
        log_level="warning",
        timeout_graceful_shutdown=3,
    )
    server = uvicorn.Server(config)
    server.run(sockets=[listening])
    if not server.started:
        raise SystemExit(1)


if __name__ == "__main__":
    main(*sys.argv[1:])
