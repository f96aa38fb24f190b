"""`ozhb catalogue`: a file is checked without any server, imported whole, and read back."""

import json
import os
import threading
from importlib.resources import files
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest
import uvicorn

from cli.ports import free_port
from db.engine import make_engine
from tests.api.apps import make_app, make_parts
from tests.api.world import ITEM, SUM, person
from tests.support.catalogues import content, item_of, with_sum
from tests.support.forks import run_command
from tests.support.play import Host
from tests.support.polling import soon

OWN = files("definitions") / "catalogue" / "2026-11.toml"


def run(*arguments: str) -> CompletedProcess[str]:
    """`ozhb catalogue …`, as a process of its own."""
    return run_command(("catalogue", *arguments), {**os.environ, "COLUMNS": "300"})


def ask(*arguments: str) -> Any:
    """What a command prints with --json."""
    ended = run(*arguments, "--json")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return json.loads(ended.stdout)


def approve_as_second(change: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another administrator at another terminal approves."""
    with monkeypatch.context() as there:
        there.setenv("OZHB_TOKEN", person("administrator", 907).token)
        assert ask("approve", change)["state"] == "done"


def written(folder: Path, made: dict[str, Any]) -> str:
    file = folder / "catalogue.json"
    file.write_text(json.dumps(made, ensure_ascii=False), "utf-8")
    return str(file)


@pytest.fixture
async def served(app_database_url: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The API, and an administrator at a terminal."""
    engine, port = make_engine(app_database_url), free_port()
    app = make_app(make_parts(engine, app_database_url, Host(engine)))
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_config=None))
    running = threading.Thread(target=server.run)
    running.start()
    await soon(lambda: server.started, bool)
    monkeypatch.setenv("OZHB_API_URL", f"http://127.0.0.1:{port}")
    monkeypatch.setenv("OZHB_TOKEN", person("administrator", 904).token)
    yield
    server.should_exit = True
    running.join()
    engine.dispose()


def test_a_right_file_holds_whether_it_is_toml_or_json(tmp_path: Path) -> None:
    assert (run("check", str(OWN)).returncode, ask("check", str(OWN))) == (0, [])
    assert ask("check", written(tmp_path, content())) == []


def test_every_mistake_is_listed_with_its_place(tmp_path: Path) -> None:
    made = content()
    item_of(made).update(unit="KILO", custom_made=True)
    ended = run("check", written(tmp_path, made))
    assert ended.returncode == 1
    places = [line.partition(":")[0] for line in ended.stderr.splitlines()]
    assert places == ["/items/0/procured", "/items/0/unit"]
    told = json.loads(run("check", written(tmp_path, made), "--json").stdout)
    assert set(told[0]["text"]) == {"kk", "ru", "en"}


@pytest.mark.parametrize(("name", "text"), [("a.csv", "1"), ("a.json", "{"), ("a.toml", "=")])
def test_what_cannot_be_read_is_said_so(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    ended = run("check", str(tmp_path / name))
    assert ended.returncode == 1
    assert name in ended.stderr


@pytest.mark.usefixtures("served")
async def test_a_file_is_imported_by_two_listed_and_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = ask("show", "--category", "MOBILITY_AID")
    assert {one["category"] for one in before["items"]} == {"MOBILITY_AID"}
    file = written(tmp_path, with_sum(content(), SUM + 1))
    first, again = ask("import", file), ask("import", file)
    assert first == again
    assert ask("preview", first["id"]) == first
    alone = run("approve", first["id"])
    assert (alone.returncode, "another" in alone.stderr) == (1, True), alone.stderr
    assert [one["version"] for one in ask("list")["versions"]] == ["2026-11"]
    approve_as_second(first["id"], monkeypatch)
    assert [one["version"] for one in ask("list")["versions"]] == ["2026-12", "2026-11"]
    sums = {one["code"]: one["unit_sum"] for one in ask("show")["items"]}
    assert sums[ITEM] == SUM + 1
    shown = run("show", "2026-11")
    assert (shown.returncode, f"{SUM} from 2026-01-01" in shown.stdout) == (0, True)


@pytest.mark.usefixtures("served")
async def test_what_contradicts_an_earlier_version_is_refused_with_its_place(
    tmp_path: Path,
) -> None:
    made = content()
    item_of(made)["unit"] = "STAY"
    ended = run("import", written(tmp_path, made))
    assert ended.returncode == 1
    assert "/items/0/unit" in ended.stderr
    wrong = written(tmp_path, {**made, "items": []})
    assert run("import", wrong).returncode == 1
    assert [one["version"] for one in ask("list")["versions"]] == ["2026-11"]
