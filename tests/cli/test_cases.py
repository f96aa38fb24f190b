"""`ozhb cases` and `ozhb intake` against a served API with its worker: at the console."""

import base64
import json
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import text
from temporalio.common import RetryPolicy

import db.locks
import db.operations
from cli.evidence import kept as kept_evidence
from cli.home import Ports, local_settings
from cli.keys import LocalSecrets
from db.engine import make_engine
from tests.api.world import person
from tests.cli.console import UI, Console
from tests.support.host import KEYS
from tests.support.intake import measure, take_in
from tests.support.outside import Outside
from tests.support.party_play import Party
from tests.support.polling import soon_told
from tests.support.record_histories import FOLDER
from workflows.options import OUTSIDE

SECOND = {"OZHB_TOKEN": person("administrator", 907).token}


async def test_a_case_is_shown_checked_and_taken_back(console: Console) -> None:
    host = console.host
    party = await host.begin()
    await host.play(party, "in_fulfilment")
    case, before = party.file.id, host.events(party)

    shown = await console.ask("show", case)
    assert (shown["status"], shown["waits_for"]) == ("in_fulfilment", ["supplier"])
    run = shown["temporal"]["run_id"]
    assert shown["temporal"]["url"].startswith(f"{UI}/namespaces/default/workflows/measure%2F")
    assert shown["temporal"]["url"].endswith(f"/{run}/history")
    code, out, _ = await console.run("cases", "show", case)
    assert code == 0
    assert shown["reference"] in out
    assert "Order being fulfilled (in_fulfilment)" in out
    assert "Waiting for the supplier" in out
    assert "The supplier confirmed the order" in out
    assert (await console.ask("show", shown["reference"]))["id"] == case, "as people call it"
    code, _, err = await console.run("cases", "show", "OZ999999999")
    assert (code, "no case is called OZ999999999" in err) == (2, True)

    replayed = await console.ask("replay", case)
    assert replayed["cases"][0]["rehearsal"]["differences"] == []
    preview = await console.ask("reset", case, "--to-seq", "3")
    assert (preview["new_run_id"], preview["cut"]["run_id"]) == (None, run)
    assert preview["cut"]["timers"] != []
    asked = await console.ask("reset", case, "--to-seq", "3", "--apply")
    assert asked["new_run_id"] is None
    approval = ("approve-reset", case, asked["proposal"])
    code, _, err = await console.run("cases", *approval)
    assert (code, "409" in err) == (1, True)
    code, out, err = await console.run("cases", *approval, "--json", **SECOND)
    assert code == 0, err
    done = json.loads(out)
    assert done["new_run_id"] not in (None, run)
    await host.play(party, "delivered")
    assert host.events(party)[: len(before)] == before
    rebuilt = await console.ask("rebuild")
    assert (rebuilt["checked"], rebuilt["damages"]) == (1, [])


async def test_a_case_is_found_by_what_is_known_of_it(console: Console) -> None:
    party = await console.host.begin()
    case = party.file.id
    reference = (await console.ask("show", case))["reference"]
    found = (await console.ask("find", reference[-5:]))["cases"]
    assert [(one["id"], one["found_by"]) for one in found] == [(case, ["reference"])]
    code, out, _ = await console.run("cases", "find", reference)
    assert (code, reference in out) == (0, True)
    code, out, _ = await console.run("cases", "find", "Ешкім", "--by", "name", "--reason", "Сынақ")
    assert (code, "nothing was found" in out) == (0, True)
    code, _, err = await console.run("cases", "find", "Ешкім")
    assert (code, "/reason" in err) == (1, True)


async def test_a_damaged_row_ends_the_command_with_one_and_its_name(console: Console) -> None:
    host = console.host
    party = await host.begin()
    await host.play(party, "choosing")
    owner = make_engine(host.database.owner_url)
    with owner.begin() as connection:
        connection.execute(
            text("UPDATE deadline SET last_day = last_day + 1 WHERE term = 'choice'")
        )
    owner.dispose()
    found = await console.ask("rebuild", code=1)
    (damage,) = found["damages"]
    assert (damage["table"], damage["key"]["term"], damage["column"]) == (
        "deadline",
        "choice",
        "last_day",
    )
    assert (await console.ask("rebuild", party.file.id, "--apply", code=1))["applied"]
    assert (await console.ask("rebuild", party.file.id))["damages"] == []


async def parked(console: Console, party: Party) -> list[Any]:
    _, out, _ = await console.run("cases", "stuck", "--json")
    found = json.loads(out)["stuck"]
    return [one for one in found if (one["case_id"], one["cause"]) == (party.file.id, "parked")]


async def test_a_parked_case_is_listed_passed_on_and_retried(
    console: Console, outside: Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    hasty = RetryPolicy(initial_interval=timedelta(milliseconds=20), backoff_coefficient=2.0)
    monkeypatch.setitem(OUTSIDE, "retry_policy", hasty)
    monkeypatch.setattr(db.operations, "ASKED_AFTER", 0)
    host = console.host
    outside.arm("sms", "down", times=1000)
    outside.arm("email", "down", times=1000)
    party = await host.begin()
    (one,) = await soon_told(lambda: parked(console, party))
    assert (one["detail"]["kind"], one["who"]) == ("notify", ["administrator"])

    case = party.file.id
    told = await console.ask("escalate", case, "--to", "administrators", "--reason", "Шлюз молчит")
    (question,) = told["escalations"]
    assert question["to"] == "administrators"
    listed = (await console.ask("stuck", code=1))["stuck"]
    assert {one["cause"] for one in listed if one["case_id"] == case} == {"parked", "escalated"}

    again = await console.ask("retry", case)
    assert [one["kind"] for one in again["activities"]] == ["texts"]
    outside.client.delete("/faults").raise_for_status()
    await host.rests(party)
    answered = ("answer", case, "--escalation", question["id"], "--reason", "Работает")
    assert (await console.ask(*answered))["escalations"] == []
    assert (await console.ask("restart")) == {"checked": 1, "failed": [], "own": []}


async def test_a_case_that_a_session_holds_is_told_with_how_to_end_it(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(db.locks, "HELD_AFTER", timedelta())
    host = console.host
    party = await host.begin()
    await host.play(party, "choosing")
    with psycopg.connect(host.database.app_url, application_name="psql") as holder:
        holder.execute("SELECT 1 FROM case_head WHERE case_id = %s FOR UPDATE", [party.file.id])
        code, out, _ = await console.run("cases", "stuck")
        pid = holder.info.backend_pid
    assert (code, party.file.measure["reference"] in out) == (1, True)
    assert f"session {pid}, psql: it holds its locks and asks nothing" in out
    assert f"SELECT pg_terminate_backend({pid})" in out


async def test_a_rejected_message_is_listed_shown_and_handed_back(console: Console) -> None:
    ask = partial(console.ask, noun="intake")
    assert await ask("list") == {"tasks": [], "count": 0}
    take_in(console.host.engine, measure(1, payer="NOBODY"), {"message_id": "m-2"})
    first, second = (await ask("list"))["tasks"]
    assert (first["owner"], second["owner"]) == ("caseworker", "administrator")
    shown = await ask("show", first["id"])
    assert [one["pointer"] for one in shown["mistakes"]] == ["/payer"]
    code, out, _ = await console.run("intake", "show", first["id"])
    assert (code, "/payer" in out) == (0, True)
    owner = make_engine(console.host.database.owner_url)
    with owner.begin() as connection:
        connection.execute(text("UPDATE intake_task SET due_at = now() - interval '1 hour'"))
    owner.dispose()
    code, out, _ = await console.run("cases", "stuck")
    assert code == 1, "somebody must look after it"
    assert all(f"intake task {one['id']}" in out for one in (first, second))
    returned = await ask("return", second["id"], "--reason", "Пустое сообщение")
    assert (returned["state"], returned["message_id"]) == ("returned", "m-2")
    assert [one["id"] for one in (await ask("list", "--state", "returned"))["tasks"]] == [
        second["id"]
    ]
    code, out, _ = await console.run("intake", "list")
    assert (first["id"] in out, second["id"] in out) == (True, False)
    code, _, err = await console.run("intake", "return", second["id"], "--reason", "Ещё раз")
    assert (code, "409" in err) == (1, True)


async def test_a_release_is_checked_with_the_code_of_the_build_that_asks(
    console: Console, temporal_address: str, tmp_path: Path
) -> None:
    host = console.host
    for _ in range(2):
        await host.play(await host.begin(), "choosing")
    keys = LocalSecrets.make()
    key = base64.b64encode(KEYS["k1"]).decode()
    settings = {
        **local_settings(Path("nowhere"), Ports.choose(None, None), keys),
        "OZHB_DATABASE_URL": host.database.app_url,
        "OZHB_TEMPORAL_ADDRESS": temporal_address,
        "OZHB_PAYLOAD_KEYS": f"k1:{key}",
    }
    keeping = ("--evidence", str(tmp_path))
    code, out, err = await console.run("release", "check", "--json", *keeping, **settings)
    assert (code, json.loads(out)) == (0, {"checked": 1, "gone": [], "failures": []}), err
    code, out, err = await console.run("release", "check", "--histories", str(FOLDER), **settings)
    kept = len(list(FOLDER.glob("*.json")))
    assert (code, out) == (0, f"{kept} shapes replayed, 0 would break\n"), err
    wrong = settings | {"OZHB_PAYLOAD_KEYS": keys.payload_keys}
    found = kept_evidence("replay", tmp_path)
    assert found is not None
    assert (found.holds, found.facts["checked"]) == (True, 1)
    code, out, err = await console.run("release", "check", "--json", *keeping, **wrong)
    found = kept_evidence("replay", tmp_path)
    assert found is not None
    assert not found.holds, "a verdict that is worse takes the place of the one before"
    assert (code, err) == (1, ""), "a build without the key cannot read what was begun"
    assert len(json.loads(out)["failures"]) == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ("show", "not-an-id"),
        ("reset", "019f0000-0000-7000-8000-000000000000"),
        ("replay",),
        ("rebuild", "--apply"),
    ],
)
async def test_a_command_that_is_not_understood_ends_with_two(arguments: tuple[str, ...]) -> None:
    code, _, err = await Console("http://127.0.0.1:1", None).run("cases", *arguments)  # type: ignore[arg-type] # no case is needed
    assert code == 2, err


async def test_without_an_api_the_command_ends_with_three_and_says_so() -> None:
    code, _, err = await Console("http://127.0.0.1:1", None).run("cases", "stuck")  # type: ignore[arg-type] # no case is needed
    assert (code, "the API does not answer" in err) == (3, True)


async def test_what_if_foretells_a_case_and_changes_nothing(console: Console) -> None:
    party = await console.host.begin()
    await console.host.play(party, "choosing")
    seq = console.host.case(party).seq
    told = await console.ask("what-if", party.file.id, "--question", "nobody_acts")
    assert told["then"]["statuses"] == {"1": "choice_expired"}
    last = console.host.case(party).periods[1].deadlines["choice"].last_day.isoformat()
    moved = await console.ask("what-if", party.file.id, "--question", "day_off", "--day", last)
    assert [one["outcome"] for one in moved["moves"]] == ["moves"]
    asked = ("cases", "what-if", party.file.id, "--question", "order_on", "--day", last)
    ended, shown, _ = await console.run(*asked)
    assert ended == 0
    assert "in time: yes" in shown
    assert "supplier_answer" in shown
    ended, narrow, _ = await console.run("cases", "what-if", party.file.id, COLUMNS="80")
    assert (ended, max(map(len, narrow.splitlines())) <= 80) == (0, True)
    assert "C5  choice_expired → choice_expired; term choice over;" in narrow
    assert console.host.case(party).seq == seq


async def test_what_if_needs_a_day_where_one_is_asked_about(console: Console) -> None:
    party = await console.host.begin()
    await console.host.rests(party)
    ended, _, said = await console.run("cases", "what-if", party.file.id, "--question", "day_off")
    assert ended == 2
    assert "--day" in said
