"""Random requests made from the document: no fault of ours, no answer outside the document."""

import asyncio
import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn

from cli.ports import free_port
from db.bounds import OF_REQUESTS
from db.engine import make_engine
from tests.api.apps import make_app, make_parts
from tests.api.world import World, token
from tests.support.amount import EXAMPLES, THOROUGH
from tests.support.play import Host
from tests.support.servers import PostgresServer

PHASES = "examples,coverage,fuzzing" if THOROUGH else "examples,fuzzing"
# There is no Temporal here, and 503 is what these truly answer without it.
NEED_TEMPORAL = r"/v1/operations$"
PROGRAM = str(Path(sys.executable).with_name("schemathesis"))
# That a schema-valid number is no IBAN, and a day is past, no schema can say.
LEFT_OUT = "positive_data_acceptance,unsupported_method"


@pytest.fixture(scope="module")
def served(postgres: PostgresServer) -> Iterator[tuple[str, World]]:
    """The application on a port, with cases that stand in different places; one for all roles."""
    database = postgres.copy()
    engine = make_engine(database.app_url, bounds=OF_REQUESTS)
    host = Host(engine)
    app = make_app(make_parts(engine, database.app_url, host))
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_config=None))
    running = threading.Thread(target=server.run)
    running.start()
    while not server.started:
        time.sleep(0.01)
    url = f"http://127.0.0.1:{port}"
    yield url, asyncio.run(_peopled(url, World(app, engine, host, httpx.AsyncClient())))
    server.should_exit = True
    running.join()
    engine.dispose()
    postgres.drop(database)


async def _peopled(url: str, world: World) -> World:
    async with httpx.AsyncClient(base_url=url, trust_env=False) as http:
        world.http = http
        await world.choosing(2)
        await world.ordered(1)
    return world


def with_roles(document: dict[str, Any]) -> dict[str, Any]:
    """The addresses for which somebody needs a role; not the streams, which have no end."""
    paths = {
        path: operations
        for path, operations in document["paths"].items()
        if not path.endswith("/stream") and any(map(role_of, operations.values()))
    }
    return {**document, "paths": paths}


def role_of(operation: dict[str, Any]) -> str | None:
    """Who asks an operation: the first that is named for it, or who has most to say in it."""
    roles = operation.get("x-ozhb-roles", ())
    told = operation.get("operationId") in ("command", "doTask")
    return "caseworker" if told else next(iter(roles), None)


def who_asks(document: dict[str, Any], tokens: dict[str, str]) -> str:
    """The configuration by which each operation is asked by one of those who may call it."""
    return "".join(
        "[[operations]]\n"
        f'include-name = "{method.upper()} {path}"\n'
        f'headers = {{ Authorization = "Bearer {tokens.get(role) or token(role)}" }}\n'
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
        if (role := role_of(operation))
    )


@pytest.mark.long
@pytest.mark.timeout(0 if THOROUGH else 300)
def test_no_request_finds_an_answer_outside_the_document(
    served: tuple[str, World], tmp_path: Path
) -> None:
    url, world = served
    tokens = {
        "recipient": world.recipient(1).token,
        "supplier": world.supplier.token,
        "caseworker": world.clerk.token,
        "commission": world.commission.token,
        "administrator": world.admin.token,
    }
    document = with_roles(world.app.openapi())
    (tmp_path / "openapi.json").write_text(json.dumps(document), "utf-8")
    (tmp_path / "schemathesis.toml").write_text(who_asks(document, tokens), "utf-8")
    done = subprocess.run(
        [
            *(PROGRAM, "run", "openapi.json", "--url", url, "--continue-on-failure"),
            *("--phases", PHASES, "-n", str(EXAMPLES)),
            *("--exclude-checks", LEFT_OUT, "--suppress-health-check", "all"),
            *("--exclude-path-regex", NEED_TEMPORAL),
            *("--generation-database", "none"),
        ],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        timeout=None if THOROUGH else 280,
    )
    assert done.returncode == 0, done.stdout
