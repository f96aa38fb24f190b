"""The demonstration ends as it is told, pays once, and leaves no personal data behind."""

import json
import re
import subprocess
import sys
from base64 import b64decode
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from google.protobuf.message import Message
from sqlalchemy import Connection, text
from temporalio.api.common.v1 import Payload
from temporalio.client import Client

from cli.demo.board import StoryCourse
from cli.demo.cast import MARK
from cli.demo.play import Performance
from cli.keys import LocalSecrets
from cli.money import MoneyVerdict
from cli.ports import free_port
from cli.postgres import OWNER, Postgres
from cli.program import running
from cli.temporal import Temporal
from db.engine import make_engine
from db.erasures import erase
from db.persons import read_profile
from db.sealing import Seal
from domain.money.reckoning import Reckoning
from tests.support.erasing import end_all
from tests.support.payloads import opened
from tests.support.reading_back import readable

pytestmark = [pytest.mark.long, pytest.mark.timeout(400)]
ENDS = {
    "wheelchair": "completed",
    "vision-aid": "completed",
    "rejected-payment": "completed",
    "co-payment": "completed",
    "contradiction": "completed",
    "part-returned": "completed",
    "lost-reply": "completed",
    "guardian": "completed",
    "new-guardian": "completed",
    "declined": "declined",
    "revoked": "withdrawn",
    "dispute": "completed",
    "revision": "completed",
    "calendar": "completed",
    "five-mistakes": "rejected",
    "hearing": "refused",
    "hygiene": "completed",
}

ENDINGS = (".log", "-metrics.txt")
WATCHED = Path(__file__).parents[2] / "deploy" / "monitoring"
RULES = [
    rule
    for group in yaml.safe_load((WATCHED / "rules.yaml").read_text("utf-8"))["groups"]
    for rule in group["rules"]
]
RECORDED = {rule["record"] for rule in RULES if "record" in rule}
FIGURES = [
    *(rule["expr"] for rule in RULES),
    *(
        target["expr"]
        for panel in json.loads((WATCHED / "dashboard.json").read_text("utf-8"))["panels"]
        for target in panel["targets"]
    ),
]


@dataclass(frozen=True)
class Played:
    """A demonstration that has ended, and the folder it left."""

    home: Path
    code: int
    report: dict[str, Any]
    errors: str

    @property
    def cases(self) -> dict[str, dict[str, Any]]:
        return {case["name"]: case for case in self.report["cases"]}


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Played:
    """One demonstration for all tests of this module."""
    home = tmp_path_factory.mktemp("demo") / "home"
    command = [sys.executable, "-m", "cli.main", "demo", "--json", "--home", str(home)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=350, check=False)
    report = json.loads(ended.stdout) if ended.stdout else {}
    return Played(home, ended.returncode, report, ended.stderr)


def test_every_case_ends_as_expected(played: Played) -> None:
    assert played.code == 0, played.errors
    assert {name: case["status"] for name, case in played.cases.items()} == ENDS
    assert all(case["ok"] and case["expected"] == case["status"] for case in played.cases.values())


def test_a_way_shows_what_the_case_went_through(played: Played) -> None:
    way = played.cases["vision-aid"]["way"]
    assert way[:5] == ["received", "notifying", "choosing", "ordered", "choosing"]
    assert way[-3:] == ["payment_pending", "paid", "completed"]
    assert "payment_failed" in played.cases["rejected-payment"]["way"]
    assert played.cases["hygiene"]["way"].count("notifying") == 2
    assert played.cases["hygiene"]["way"].count("completed") == 2


def test_five_mistakes_are_told_at_once_in_three_languages(played: Played) -> None:
    mistakes = played.cases["five-mistakes"]["mistakes"]
    assert len({mistake["pointer"] for mistake in mistakes}) == len(mistakes) == 5
    assert all(set(mistake["text"]) == {"kk", "ru", "en"} for mistake in mistakes)


def test_the_treasury_has_paid_each_application_once(played: Played) -> None:
    orders = played.report["treasury"]
    paid = [name for name, end in ENDS.items() if end == "completed"] + ["second quarter"]
    assert [order["received"] for order in orders] == [1] * len(orders)
    # The part that came back was paid again; the rejected attempt has a key of its own.
    assert sum(order["settled"] for order in orders) == len(paid) + 1
    assert len(orders) == len(paid) + 2


def test_the_money_is_proven_at_the_end(played: Played) -> None:
    money = played.report["money"]
    assert (money["ok"], money["double_payments"], money["differences"]) == (True, 0, [])
    (authority,) = money["authorities"]
    assert authority["returned"] == 1_000_00
    assert authority["approved"] == authority["settled"] - authority["returned"]


def test_the_lists_of_work_grow_shorter_as_the_stories_end(played: Played) -> None:
    left = played.report["work"]
    assert {one["after"] for one in left} == ENDS.keys()
    most = max(one["count"] for one in left)
    assert left[-1]["count"] < most / 3
    roles = {role for one in left for role in one["by_role"]}
    assert {"recipient", "supplier", "caseworker"} <= roles
    assert left[-1]["by_role"] == {"caseworker": 1}, "the message with mistakes waits alone"


def test_the_papers_of_one_case_are_printed_in_both_languages_of_the_state(played: Played) -> None:
    files = sorted((played.home / "papers").iterdir())
    assert [file.name for file in files] == sorted(played.report["papers"])
    kinds = {file.name.rpartition("-")[0].lstrip("0123456789-") for file in files}
    assert kinds >= {"application", "account", "preliminary-decision", "answer", "decision",
                     "term-choice"}  # fmt: skip
    assert {file.name[-6:] for file in files} == {"kk.pdf", "ru.pdf"}
    assert all(file.read_bytes().startswith(b"%PDF-") for file in files)


def test_no_personal_data_lies_in_temporal_logs_or_metrics(played: Played) -> None:
    """Invariant 8; the sandbox, which was told all of it, shows that the search can find."""
    files = {str(file.relative_to(played.home)) for file in files_of(played)}
    assert files >= {"temporal.sqlite", "postgres/data/PG_VERSION", "stack.json"}
    assert files >= {f"logs/{name}{end}" for name in ("api", "worker") for end in ENDINGS}
    assert marks_in(played, files_of(played)) == {}
    assert marks_in(played, (played.home / "sandbox").iterdir()) != {}


def files_of(played: Played) -> Iterator[Path]:
    """All that the stack keeps, to the last file of PostgreSQL; but what the outside was told, and
    the papers that were printed at the end.
    """
    for file in played.home.rglob("*"):
        if file.is_file() and file.relative_to(played.home).parts[0] not in ("sandbox", "papers"):
            yield file


def marks_in(played: Played, files: Iterable[Path]) -> dict[str, str]:
    """Of each file that holds something personal, what."""
    marks = [mark.encode() for mark in played.report["marks"]]
    found: dict[str, str] = {}
    for file in files:
        content = file.read_bytes()
        found |= {str(file): mark.decode() for mark in marks if mark in content}
    return found


def test_whoever_watches_asks_for_figures_that_are_told(played: Played) -> None:
    asked = {name for text in FIGURES for name in re.findall(r"\b(?:ozhb|temporal)_\w+", text)}
    told = "".join(
        (played.home / "logs" / f"{name}-metrics.txt").read_text() for name in ("api", "worker")
    )
    missing = {name for name in asked if f"\n{name}{{" not in told and f"\n{name} " not in told}
    assert missing == {"temporal_workflow_task_execution_failed", *RECORDED}, "no task has failed"


def test_nothing_is_logged_as_an_error(played: Played) -> None:
    """Refusals and systems that are away belong to the day's work."""
    lines = [
        json.loads(line)
        for name in ("api.log", "worker.log")
        for line in (played.home / "logs" / name).read_text().splitlines()
        if line.startswith("{")
    ]
    assert len(lines) > 100
    assert [line for line in lines if line["level"] in ("error", "critical")] == []


def test_no_key_lies_in_a_log(played: Played) -> None:
    """Calls to the outside fail in the demonstration, so failures are in the logs."""
    keys = LocalSecrets.read(played.home)
    assert keys is not None
    rings = f"{keys.payload_keys},{keys.person_master_keys}".split(",")
    encoded = [ring.partition(":")[2] for ring in rings] + [keys.person_index_key]
    secret = [*encoded, *keys.database_passwords.values()]
    secret += [repr(b64decode(key))[2:-1].replace("\\", "\\\\") for key in encoded]
    logs = {file.name: file.read_text() for file in (played.home / "logs").iterdir()}
    assert "Unavailable" in logs["worker.log"]
    assert [name for name, text in logs.items() if any(one in text for one in secret)] == []


async def test_no_personal_data_lies_in_the_payloads_of_workflows(played: Played) -> None:
    """Deciphered: what the codec hides from a thief must not be personal in the first place."""
    keys = LocalSecrets.read(played.home)
    assert keys is not None
    name, _, key = keys.payload_keys.partition(":")
    temporal = Temporal(free_port(), database=played.home / "temporal.sqlite")
    texts: list[str] = []
    with running(temporal.program(), played.home / "temporal-again.log"):
        client = await Client.connect(temporal.address)
        async for execution in client.list_workflows():
            history = await client.get_workflow_handle(
                execution.id, run_id=execution.run_id
            ).fetch_history()
            texts.append(execution.id)
            for event in history.events:
                found = [one for one in payloads_in(event) if one.metadata]
                plain = await opened({name: b64decode(key)}, execution.id, found)
                texts += [one.data.decode(errors="replace") for one in (*found, *plain)]
    told = "\n".join(texts)
    assert played.cases["wheelchair"]["id"] in told
    assert '"effects"' in told, "what a look answered"
    assert not any(word in told for word in ("payment_reported", "place_order", "quantity"))
    assert [mark for mark in played.report["marks"] if mark in told] == []


async def test_who_is_erased_is_read_nowhere_by_whoever_has_the_home_and_all_its_keys(
    played: Played,
) -> None:
    """In no table, with every key; in no file, no log and no history there was anything before."""
    keys = LocalSecrets.read(played.home)
    assert keys is not None
    name, _, key = keys.person_master_keys.partition(":")
    sealer = Seal({name: b64decode(key)}, b64decode(keys.person_index_key))
    postgres = Postgres(played.home / "postgres", free_port(), keys.database_passwords)
    postgres.prepare()
    with running(postgres.program(), played.home / "postgres-again.log"):
        owner = make_engine(postgres.url(OWNER))
        with owner.begin() as connection:
            asked = text("SELECT person_id FROM case_head WHERE case_id = :case")
            case = {"case": played.cases["wheelchair"]["id"]}
            person = connection.execute(asked, case).scalar_one()
            profile = read_profile(connection, sealer, person)
            assert profile.surname is not None
            marks = [profile.iin.encode(), profile.surname.encode()]
            tables = read_in(connection, sealer, marks)
            assert tables >= {"person", "journal", "inbox", "document"}
            end_all(connection, person)
            erase(connection, sealer, person)
            assert read_in(connection, sealer, marks) == set()
            assert "person" in read_in(connection, sealer, [MARK.encode()]), "others are there"
        owner.dispose()
    assert marks_in(played, files_of(played)) == {}


def read_in(connection: Connection, sealer: Seal, marks: list[bytes]) -> set[str]:
    """The tables in which whoever has all keys reads one of the marks."""
    return {
        place.partition(".")[0]
        for place, said in readable(connection, sealer)
        if any(mark in said for mark in marks)
    }


def payloads_in(message: Message) -> Iterator[Payload]:
    """Every payload of a protocol message, however deep."""
    if isinstance(message, Payload):
        yield message
        return
    for field, value in message.ListFields():
        if field.message_type is None:
            continue
        if field.message_type.GetOptions().map_entry:
            yield from (
                p for one in value.values() if isinstance(one, Message) for p in payloads_in(one)
            )
        elif isinstance(value, Message):
            yield from payloads_in(value)
        else:
            yield from (p for one in value for p in payloads_in(one))


@pytest.mark.parametrize(
    ("status", "differs", "twice", "ok"),
    [
        ("completed", None, [], True),
        ("paid", None, [], False),
        ("completed", "paid twice", [], False),
        ("completed", None, ["OZ000000018-1-1"], False),
    ],
)
def test_only_the_end_that_was_told_with_the_money_proven_is_a_success(
    status: str, differs: str | None, twice: list[str], ok: bool
) -> None:
    course = StoryCourse(
        "one", "One", "completed", way=["received", status], differs=differs, done=True
    )
    money = MoneyVerdict(Reckoning(twice=twice), {}, {}, None)
    assert Performance([course], [], [], [], 0.0, money).ok is ok
