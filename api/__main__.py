"""`python -m api HOST PORT`: serve the API; a port of 0 takes a free one."""

import sys

import uvicorn

from api.connections import Connection


def main(host: str, port: str) -> None:
    """Until it is told to stop; then what is under way has three seconds."""
    uvicorn.run(
        "api.main:app",
        host=host,
        port=int(port),
        http=Connection,
        ws="none",
        lifespan="on",
        access_log=False,
        server_header=False,
        log_level="warning",
        timeout_graceful_shutdown=3,
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
