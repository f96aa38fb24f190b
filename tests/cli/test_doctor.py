"""`ozhb doctor` finds what is otherwise than an installation needs it, and says what mends it."""

import base64
import json
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from uuid import uuid4

import pytest

from cli.checkup.finding import skew
from cli.ports import free_port
from cli.postgres import SUPERUSER
from db.engine import make_engine
from db.persons import person_of
from db.sealing import Seal
from settings import Settings
from tests.support.forks import run_command
from tests.support.outside import Outside, outside_world
from tests.support.servers import Database, PostgresServer
from tests.test_processes import environment, revise
from workflows.client import workflow_id
from workflows.connection import connect
from workflows.measure import WORKFLOW, MeasureStart

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def scanner() -> int:
    return free_port()


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, scanner: int) -> Iterator[Outside]:
    folder = tmp_path_factory.mktemp("outside")
    with outside_world(folder, OZHB_SANDBOX_SCANNER_PORT=str(scanner)) as world:
        yield world


@pytest.fixture
def told(
    tmp_path: Path, temporal_address: str, database: Database, world: Outside, scanner: int
) -> dict[str, str]:
    """An installation on trial at which nothing is wrong, with a namespace of its own."""
    root = world.client.get("/ca/root.pem").raise_for_status().text
    trust = tmp_path / "trusted.toml"
    gost = world.client.get("/ca/gost-root.pem").raise_for_status().text
    crl = f"{world.url}/ca/revoked.crl"
    trust.write_text(
        f'[[anchor]]\ncertificate = """\n{root}"""\ncrl = "{crl}"\n'
        f'[[gost]]\ncertificate = """\n{gost}"""\n'
    )
    made = environment(
        tmp_path,
        database_url=database.app_url,
        temporal_address=temporal_address,
        temporal_namespace=f"trial-{uuid4().hex[:8]}",
        sandbox_url=world.url,
        scanner_address=f"127.0.0.1:{scanner}",
        trust_file=trust,
        movable_clock="true",
    )
    assert run_command(("namespace", "ensure"), made).returncode == 0
    return made


def examined(told: dict[str, str], code: int, **changes: str) -> dict[str, dict[str, Any]]:
    """What was found, by its name; each fault says what helps."""
    given = {f"OZHB_{name.upper()}": value for name, value in changes.items()}
    ended = run_command(("doctor", "--json"), {**told, **given})
    assert ended.returncode == code, ended.stdout + ended.stderr
    found = json.loads(ended.stdout)
    assert found["ok"] is (code == 0)
    assert all(one["helps"] for one in found["findings"] if one["state"] == "fault")
    return {one["name"]: one for one in found["findings"]}


def faults(found: dict[str, dict[str, Any]]) -> set[str]:
    return {name for name, one in found.items() if one["state"] == "fault"}


def seal_of(told: dict[str, str]) -> Seal:
    values = {name.removeprefix("OZHB_").lower(): told[name] for name in told if "OZHB_" in name}
    settings = Settings.load(**values)
    return Seal(settings.person_key_ring, settings.person_index)


async def test_where_all_is_well_nothing_is_found(told: dict[str, str]) -> None:
    found = examined(told, 0)
    assert faults(found) == set()
    assert found["variables"]["state"] == "ok"
    assert "33" in found["connections"]["seen"]
    assert found["person master keys"]["state"] == "unknown", "nothing is kept"
    assert found["visibility limits"]["state"] == "unknown"
    shown = run_command(("doctor",), told)
    assert (shown.returncode, "legal clock" in shown.stdout) == (0, True)


async def test_each_thing_that_is_wrong_is_found_beside_the_others(
    told: dict[str, str], database: Database, tmp_path: Path, world: Outside
) -> None:
    revise(database, "0001")
    found = examined(
        told,
        1,
        database_url=database.owner_url,
        movable_clock="false",
        temporal_namespace="nowhere",
        treasury_url="http://127.0.0.1:1",
        oidc_issuer=world.url.replace("127.0.0.1", "localhost"),
        scanner_address="127.0.0.1:1",
        trust_file=str(tmp_path / "nowhere"),
        worker_connections="1000",
        treasury_tokn="misspelled",
    )
    assert faults(found) == {
        *("role", "schema", "legal clock", "connections", "namespace"),
        *("treasury", "identity", "scanner", "trust"),
    }
    assert "owns" in found["role"]["seen"]
    assert "ozhb_sandbox" in found["legal clock"]["seen"]
    assert "1 worker of 1001" in found["connections"]["seen"]
    assert "ozhb namespace ensure" in found["namespace"]["helps"]
    assert "OZHB_TREASURY_TOKN" in found["variables"]["seen"]


async def test_a_ncanode_is_asked_to_read_something(told: dict[str, str], world: Outside) -> None:
    assert examined(told, 0, ncanode_address=world.url)["ncanode"]["state"] == "ok"
    found = examined(told, 1, ncanode_address="http://127.0.0.1:1")
    assert faults(found) == {"ncanode"}


async def test_what_is_away_hides_nothing_else(told: dict[str, str], world: Outside) -> None:
    gone = {"temporal_address": "127.0.0.1:1"}
    found = examined(told, 1, database_url="postgresql://a:hush@127.0.0.1:1/ozhb", **gone)
    assert faults(found) == {"postgresql", "temporal"}
    assert "Connection refused" in found["postgresql"]["seen"]
    assert "hush" not in json.dumps(found)


async def test_a_superuser_is_no_role_for_an_application(
    told: dict[str, str], database: Database, postgres: PostgresServer
) -> None:
    name = database.app_url.rpartition("/")[2]
    found = examined(told, 1, database_url=postgres.postgres.url(SUPERUSER, name))
    assert faults(found) == {"role"}
    assert "is a superuser" in found["role"]["seen"]


async def test_a_role_that_may_read_nothing_is_told_with_the_rest(
    told: dict[str, str], database: Database
) -> None:
    found = examined(told, 1, database_url=database.sandbox_url)
    assert faults(found) == {"role", "rights"}
    assert "permission denied" in found["rights"]["seen"]
    assert found["treasury"]["state"] == "ok"


async def test_keys_that_do_not_open_what_is_kept_are_found(
    told: dict[str, str], database: Database
) -> None:
    engine = make_engine(database.app_url)
    with engine.begin() as connection:
        person_of(connection, seal_of(told), "860507300331")
    engine.dispose()
    values = {name.removeprefix("OZHB_").lower(): told[name] for name in told if "OZHB_" in name}
    client = await connect(Settings.load(**values))
    case = str(uuid4())
    run = await client.start_workflow(
        WORKFLOW, MeasureStart(case_id=case), id=workflow_id(case), task_queue=f"test-{case}"
    )
    found = examined(told, 0)
    assert found["payload keys"]["seen"] == "k1; 1 open cases need k1"
    assert found["person index key"]["state"] == found["person master keys"]["state"] == "ok"
    other = [base64.b64encode(bytes(range(n, n + 32))).decode() for n in (11, 12, 13)]
    strange = {"payload_keys": f"k2:{other[0]}", "person_master_keys": f"m2:{other[1]}"}
    found = examined(told, 1, **strange)
    assert faults(found) == {"payload keys", "person master keys"}
    found = examined(told, 1, person_index_key=other[2])
    assert faults(found) == {"person index key"}
    await run.terminate()


async def test_a_system_that_lives_at_another_hour_is_found(told: dict[str, str]) -> None:
    class Late(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def date_time_string(self, timestamp: float | None = None) -> str:
            return "Mon, 01 Jan 2024 00:00:00 GMT"

        def log_message(self, *_: object) -> None:
            """Nobody reads it."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Late) as listening:
        thread = Thread(target=listening.serve_forever)
        thread.start()
        found = examined(told, 1, sms_url=f"http://127.0.0.1:{listening.server_address[1]}")
        listening.shutdown()
        thread.join()
    assert faults(found) == {"clock of sms"}


def test_a_clock_may_be_a_little_off() -> None:
    assert skew("clock", "PostgreSQL", timedelta(seconds=-4)).state == "ok"
    ahead = skew("clock", "PostgreSQL", timedelta(seconds=6))
    assert (ahead.state, ahead.seen) == ("fault", "PostgreSQL is 6.0 s ahead of this machine")


def test_settings_that_cannot_be_used_end_it_before_it_looks(tmp_path: Path) -> None:
    wrong = run_command(("doctor",), environment(tmp_path, log_level="chatty"))
    assert (wrong.returncode, "OZHB_LOG_LEVEL" in wrong.stderr) == (2, True)
