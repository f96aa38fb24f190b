"""What the service says of a deadline, anybody can compute again."""

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from typer.testing import CliRunner

from api.cases.deadlines import ContestView
from cli.verify import app as verify
from definitions.calendars import adopt, calendar_text
from definitions.certificates import certificate_faults
from domain.messages import Actor, Message, Role
from domain.terms.counting import local_day
from tests.api.world import World

ROOT = Path(__file__).parents[2]


def proves(folder: Path, served: Any, days: str | None = None) -> bool:
    """Whether both programs find that it holds; `days` is a calendar that no build has."""
    file, calendar = folder / "certificate.json", folder / "calendar.toml"
    file.write_text(json.dumps(served), "utf-8")
    calendar.write_text(days or calendar_text(served["calendar"]), "utf-8")
    script = ROOT / "docs" / "verify_deadline.py"
    command = [sys.executable, "-I", "-S", str(script), str(file), str(calendar)]
    adopt(())
    ours = CliRunner().invoke(
        verify, ["deadline", str(file), *(["--calendar", str(calendar)] if days else [])]
    )
    theirs = subprocess.run(command, capture_output=True, check=False)
    return (ours.exit_code, theirs.returncode) == (0, 0)


async def void_order(world: World) -> str:
    """A case whose order was refused, of which the recipient has proof a moment later."""
    case = await world.ordered()
    await world.act(case, "refuse_order", world.supplier, reason="Қоймада жоқ")
    return case


async def test_a_served_certificate_holds_for_both_programs(world: World, tmp_path: Path) -> None:
    case = await void_order(world)
    seen = (await world.get(f"/v1/cases/{case}/deadlines", world.recipient())).json()
    assert {one["term"] for one in seen} == {"notice", "choice", "supplier_answer"}
    for one in seen:
        served = (await world.get(one["href"], world.recipient())).json()
        assert certificate_faults(served) == []
        assert proves(tmp_path, served)
        assert not proves(tmp_path, {**served, "last_day": "2031-01-02"})
        assert served["last_day"] == one["last_day"]


async def test_it_names_the_event_that_began_the_term_and_the_instant(world: World) -> None:
    case = await world.choosing()
    told = (await world.get(f"/v1/cases/{case}", world.clerk)).json()
    served = (await world.get(f"/v1/cases/{case}/deadlines/1/choice", world.clerk)).json()
    began = next(event for event in told["timeline"] if event["type"] == "notified")
    assert (served["event"], served["instant"]) == ("notified", began["at"])
    assert served["article"] == "SC 168(2)"
    assert served["provisional"] is (served["last_day"] >= "2027-01-01")


async def test_each_value_that_a_deadline_had_is_listed_and_has_an_address(world: World) -> None:
    case = world.receive()
    world.fail_notice(case)
    await world.act(case, "change_contacts", world.clerk, phone="+77010000001")
    listed = (await world.get(f"/v1/cases/{case}/deadlines", world.admin)).json()
    assert [(one["term"], one["revision"]) for one in listed] == [
        ("notice", 1),
        ("notice", 2),
        ("notice_failed", 1),
    ]
    for one in listed:
        served = (await world.get(one["href"], world.admin)).json()
        assert served["last_day"] == one["last_day"]
        assert served["start"] == one["certificate"]["start"]


async def test_a_deadline_that_was_moved_shows_its_chain(world: World, tmp_path: Path) -> None:
    case = await void_order(world)
    ahead = datetime(2027, 3, 1, 5, tzinfo=UTC)
    proof = Message(
        id=str(uuid4()),
        name="told_proven",
        at=ahead,
        actor=Actor(role=Role.GATEWAY),
        data={"text": "order_refused", "confirmed": True},
    )
    world.host.say(case, proof)
    place = f"/v1/cases/{case}/deadlines/1/choice"
    served = (await world.get(place, world.recipient())).json()
    (link,) = served["chain"]
    assert (link["kind"], link["why"], link["to"]) == (
        "extended",
        "deadline_moved",
        served["last_day"],
    )
    assert proves(tmp_path, served)
    before = (await world.get(f"{place}?revision=1", world.recipient())).json()
    assert (before["chain"], before["last_day"]) == ([], link["from"])


async def test_l8_v4_a_chain_tells_of_pauses_and_extensions_and_still_proves_itself(
    world: World, tmp_path: Path
) -> None:
    case = await world.reviewed()
    clerk, place = world.clerk, f"/v1/cases/{case}/deadlines/1/review"
    day = local_day(datetime.now(UTC))
    until = (day + timedelta(days=20)).isoformat()
    await world.act(case, "pause", clerk, ground="court", until=until, reason="Сот.")
    waiting = (await world.get(place, clerk)).json()
    assert [(one["kind"], one["why"]) for one in waiting["chain"]] == [("paused", "paused")]
    assert proves(tmp_path, waiting)
    await world.act(case, "resume", clerk, reason="Сот шешті.")
    longer = (day + timedelta(days=70)).isoformat()
    await world.act(case, "extend_review", clerk, until=longer, reason="Сұрау салынды.")
    served = (await world.get(place, clerk)).json()
    assert [(one["kind"], one["why"]) for one in served["chain"]] == [
        ("paused", "paused"),
        ("resumed", "resumed"),
        ("extended", "review_extended"),
    ]
    assert served["event"] == "registered"
    assert proves(tmp_path, served)
    page = await world.get(f"{place}?lang=kk", clerk, Accept="text/html")
    assert "дәлелді шешіммен" in page.text


async def test_l11_a_disputed_deadline_is_shown_both_ways_ruled_on_and_chained(
    world: World, tmp_path: Path
) -> None:
    case, recipient = world.receive(), world.recipient()
    day = local_day(datetime.now(UTC))
    proof = {"on": day.isoformat(), "channel": "hand_over", "evidence": "Қолхат"}
    await world.act(case, "enter_proof", world.clerk, **proof)
    named = {"term": "choice", "calendar": "kz-2025-12", "reason": "Күнтізбе басқа."}
    told = await world.act(case, "contest_deadline", recipient, **named)
    [contest] = told["periods"][0]["contests"]
    place = f"/v1/cases/{case}/deadlines/1/choice"
    both = (await world.get(f"{place}?contest={contest['id']}", recipient)).json()
    assert both["stands"]["start"] == both["claimed"]["start"] == day.isoformat()
    assert both["claimed"]["calendar"] == "kz-2025-12"
    assert both["contest"]["term_label"]
    assert both["contest"]["by_label"]
    assert ContestView.model_validate(both).contest.ruling is None
    assert proves(tmp_path, both["stands"])

    ruling = {"contest": contest["id"], "reason": "Бұл күнтізбе қолданылмайды."}
    same = await world.ask(case, "deny_contest", world.clerk, ruling)
    assert [one["code"] for one in same.json()["reasons"]] == ["same_person"]
    told = await world.act(case, "deny_contest", world.second_clerk, **ruling)
    paper = next(one for one in told["documents"] if one["kind"] == "decision")
    words = json.loads((await world.get(paper["href"], recipient)).content)
    assert ruling["reason"] in words["texts"]["kk"]["text"]
    stranger = await world.get(f"{place}?contest={contest['id']}", world.recipient(2))
    assert stranger.status_code == 404


@pytest.mark.parametrize(
    ("language", "words"),
    [("kk", "Мерзім"), ("ru", "Срок"), ("en", "term")],
)
async def test_a_browser_gets_the_page_in_the_language_asked_for(
    world: World, language: str, words: str
) -> None:
    case = await world.choosing()
    place = f"/v1/cases/{case}/deadlines/1/choice"
    page = await world.get(f"{place}?lang={language}", world.recipient(), Accept="text/html")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert f'<html lang="{language}">' in page.text
    assert words.lower() in page.text.lower()
    liked = await world.get(place, world.recipient(), Accept="text/html", Accept_Language=language)
    assert liked.text == page.text
    both = await world.get(place, world.recipient(), Accept="application/json, text/html;q=0.5")
    assert both.headers["content-type"] == "application/json"


async def test_what_has_not_changed_is_not_sent_again(world: World) -> None:
    case = await world.choosing()
    for path in (f"/v1/cases/{case}/deadlines", f"/v1/cases/{case}/deadlines/1/choice"):
        first = await world.get(path, world.recipient())
        etag = first.headers["etag"]
        again = await world.get(path, world.recipient(), If_None_Match=etag)
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", etag)
    page = await world.get(path, world.recipient(), Accept="text/html", If_None_Match=etag)
    assert page.status_code == 200


@pytest.mark.parametrize("place", ["1/choice", "1/choice?revision=1", ""])
async def test_to_others_the_deadlines_of_a_case_do_not_exist(world: World, place: str) -> None:
    case = await world.choosing()
    path = f"/v1/cases/{case}/deadlines/{place}".removesuffix("/")
    assert (await world.get(path, world.recipient())).status_code == 200
    for stranger in (world.recipient(2), world.foreign_clerk, world.supplier):
        assert (await world.get(path, stranger)).status_code == 404


@pytest.mark.parametrize("place", ["1/review", "2/choice", "1/choice?revision=2", "1/no-term"])
async def test_a_deadline_that_never_was_is_not_found(world: World, place: str) -> None:
    case = await world.choosing()
    answer = await world.get(f"/v1/cases/{case}/deadlines/{place}", world.recipient())
    assert answer.status_code == 404
