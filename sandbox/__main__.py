"""`python -m sandbox`: run the outside world until it is told to stop."""

import uvicorn

from sandbox.app import create_app
from sandbox.settings import Settings
from sandbox.wire import Connection


def main() -> None:
    """Serve on the port of the settings."""
    settings = Settings()
    uvicorn.run(
        create_app(settings),
        host=settings.host,
        port=settings.port,
        http=Connection,
        log_level="warning",
        # Addresses of calls contain phones and keys.
        access_log=False,
        # An advance of the clock under way is finished at the next start.
        timeout_graceful_shutdown=3,
    )


if __name__ == "__main__":
    main()
