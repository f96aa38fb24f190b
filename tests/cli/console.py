"""A person at a terminal, before an API that is served over real HTTP."""

import asyncio
import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

import uvicorn

from cli.ports import free_port
from tests.api.apps import make_app, make_parts
from tests.api.world import person
from tests.support.forks import run_command
from tests.support.host import Host
from tests.support.polling import soon_told

UI = "http://ui.example"


@dataclass(frozen=True)
class Console:
    """A person at a terminal, with an administrator's token."""

    url: str
    host: Host

    async def run(self, *arguments: str, **environment: str) -> tuple[int, str, str]:
        """Exit code, output and errors of `ozhb …`."""
        variables = {
            **{"PATH": os.environ["PATH"], "COLUMNS": "400"},
            **{"OZHB_API_URL": self.url, "OZHB_TOKEN": person("administrator", 904).token},
            **environment,
        }
        ended = await asyncio.to_thread(run_command, arguments, variables)
        return ended.returncode, ended.stdout, ended.stderr

    async def ask(self, *arguments: str, code: int = 0, noun: str = "cases") -> Any:
        """What `ozhb cases … --json` prints."""
        ended, out, err = await self.run(noun, *arguments, "--json")
        assert ended == code, out + err
        return json.loads(out)


@asynccontextmanager
async def served(host: Host) -> AsyncIterator[str]:
    """The API of a host, over real HTTP."""
    parts = make_parts(host.engine, host.database.app_url, host.cases)  # type: ignore[arg-type] # the real one for the played
    app = make_app(replace(parts, temporal_ui_url=UI))
    port = free_port()
    config = uvicorn.Config(app, host="127.0.0.1", port=port, log_level="warning")
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    await soon_told(_true(lambda: server.started))
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    await serving


def _true(read: Any) -> Any:
    async def ask() -> Any:
        return read()

    return ask
