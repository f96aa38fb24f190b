"""A person takes what is held about them; two administrators erase them, and nothing is left."""

import json
from collections.abc import Iterator
from hashlib import sha256
from io import BytesIO
from typing import Any
from uuid import UUID
from zipfile import ZipFile

import pytest
from sqlalchemy import Engine, text

from cli.offline.bundle_check import checked
from db.auditing import prove_record
from tests.api.world import Person, World, person, reasons, today
from tests.support.erasing import end_all
from tests.support.intake import SEAL, iin, measure
from tests.support.intake_desk import WRONG_CONTACTS, rejected
from tests.support.reading_back import readable
from tests.support.servers import Database, wide_engine

PHONE = measure()["person"]["phone"]
WORDS = "Мне отказали в больнице номер семь"
HELD = "Дело в суде № 12-3"
MARKS = (iin(1).encode(), "Үлгібаев".encode(), PHONE.encode(), WORDS.encode(), HELD.encode())


@pytest.fixture
def owner(database: Database) -> Iterator[Engine]:
    made = wide_engine(database.owner_url)
    yield made
    made.dispose()


def marks(owner: Engine) -> dict[str, set[bytes]]:
    """Which marks of the person stand where, for whoever has the database and all keys."""
    found: dict[str, set[bytes]] = {}
    with owner.connect() as connection:
        for place, said in readable(connection, SEAL):
            if seen := {mark for mark in MARKS if mark in said}:
                found.setdefault(place, set()).update(seen)
        index = text("SELECT count(*) FROM person WHERE iin_index = :index")
        if connection.execute(index, {"index": SEAL.index(iin(1))}).scalar_one():
            found["person.iin_index"] = {MARKS[0]}
    return found


async def test_a_person_takes_all_that_is_held_about_them(world: World) -> None:
    case = await world.reviewed()
    await world.get(f"/v1/cases/{case}", world.clerk)
    await world.app.state.watch.write_down()
    answer = await world.get("/v1/me/data", world.recipient(1), Accept_Language="ru")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/zip")
    with ZipFile(BytesIO(answer.content)) as archive:
        told = json.loads(archive.read("data.json"))
        assert archive.read("paper.pdf").startswith(b"%PDF")
        papers = {name: archive.read(f"papers/{name}") for name in _papers(archive)}
    assert (told["person"]["iin"], told["person"]["phone"]) == (iin(1), PHONE)
    (held,) = told["cases"]
    assert {one["type"] for one in held["happened"]} >= {"received", "ordered", "delivered"}
    assert "place_order" in {one["name"] for one in held["said"]}
    assert iin(1) in held["messages_of_esobes"][0]["text"]
    assert "caseworker" in {one["role"] for one in held["looked_at"]}
    enclosed = {one["sha256"] for one in held["papers"] if one["enclosed"]}
    assert enclosed == {sha256(one).hexdigest() for one in papers.values()} == papers.keys()
    withheld = {one["kind"] for one in held["papers"] if not one["enclosed"]}
    assert withheld >= {"signature", "account"}, "whose signature or account it is, is theirs"
    assert ("recipient", "data_exported") in world.audit()
    for other in (world.clerk, world.admin, world.supplier):
        assert (await world.get("/v1/me/data", other)).status_code == 403


async def test_who_acts_for_a_person_is_not_told_by_what_is_held_about_them(world: World) -> None:
    reached = {"phone": "+77001112233", "email": "guardian@example.com"}
    world.receive(1, representative=world.representing(2) | reached)
    answer = await world.get("/v1/me/data", world.recipient(1))
    with ZipFile(BytesIO(answer.content)) as archive:
        told = archive.read("data.json").decode()
    assert not [one for one in (iin(2), *reached.values()) if one in told]
    (message,) = json.loads(told)["cases"][0]["messages_of_esobes"]
    power = json.loads(message["text"])["representative"]
    assert (power["kind"], power["basis_number"]) == ("GUARDIAN", "12-3")


def _papers(archive: ZipFile) -> list[str]:
    return [name.removeprefix("papers/") for name in archive.namelist() if "papers/" in name]


async def test_two_administrators_erase_a_person_and_nothing_of_them_can_be_read_back(
    world: World, owner: Engine
) -> None:
    case, recipient = await world.reviewed(), world.recipient(1)
    await world.act(case, "complain", recipient, known_on=today(), reason=WORDS)
    await rejected(world, measure(1, message_id="wrong", **WRONG_CONTACTS))
    second = person("administrator", 905)
    wish = {"kind": "erasure", "content": {"case": case, "ground": "request"}}
    shown = await world.post("/v1/changes", world.admin, {**wish, "dry_run": True})
    assert set(reasons(shown)) >= {"erasure_case_open", "erasure_message_open"}
    assert (await world.post("/v1/changes", world.clerk, wish)).status_code == 403

    with world.engine.begin() as connection:
        whom = connection.execute(text("SELECT person_id FROM case_head")).scalar_one()
        end_all(connection, whom)
        connection.execute(text("UPDATE intake_task SET state = 'cured', closed_at = legal_now()"))
    held = {"kind": "legal_hold", "case": case, "reason": HELD}
    assert (await world.post("/v1/operations", world.admin, held)).json()["held"] is True
    refused = await world.post("/v1/changes", world.admin, wish)
    assert reasons(refused) == ["erasure_legal_hold"]
    lifted = {"kind": "lift_legal_hold", "person": str(whom)}
    assert (await world.post("/v1/operations", second, lifted)).json()["held"] is False
    proposed = await world.post("/v1/changes", world.admin, wish)
    assert (proposed.status_code, proposed.json()["against"]) == (201, [])
    approval = f"/v1/changes/{proposed.json()['id']}/approve"
    assert reasons(await world.post(approval, world.admin)) == ["same_person"]

    before = marks(owner)
    assert {place.partition(".")[0] for place in before} >= {"person", "journal", "inbox"}
    done = await world.post(approval, second)
    certificate = done.json()["certificate"]
    assert (done.status_code, certificate["cases"]) == (200, 1)
    assert marks(owner) == {}
    assert not any(mark.decode() in done.text for mark in MARKS)
    with world.engine.connect() as connection:
        assert [one for part in prove_record(connection) for one in part] == []

    await _shows_that_it_was_erased(world, case, recipient)
    again = await world.post("/v1/changes", world.admin, wish)
    assert reasons(again) == ["erasure_nothing_kept"]
    actions = {action for _, action in world.audit()}
    assert actions >= {"legal_hold_placed", "legal_hold_lifted", "erasure_approved"}


async def _shows_that_it_was_erased(world: World, case: str, recipient: Person) -> None:
    """To everybody who sees the case, in every form that it has."""
    told: dict[str, Any] = (await world.get(f"/v1/cases/{case}", world.clerk)).json()
    assert (told["erased_at"] is not None, told["documents"]) == (True, [])
    gone = await world.get(f"/v1/cases/{case}/person", world.clerk)
    assert (gone.status_code, gone.json()["code"]) == (410, "person_erased")
    with world.engine.connect() as connection:
        paper = connection.execute(
            text("SELECT sha256 FROM document WHERE kind = 'application' LIMIT 1")
        ).scalar_one()
    read = await world.get(f"/v1/cases/{case}/documents/{paper}", world.supplier)
    assert (read.status_code, read.json()["code"]) == (410, "person_erased")
    assert (await world.get(f"/v1/cases/{case}/events", world.clerk)).status_code == 200
    archive = (await world.get(f"/v1/cases/{case}/bundle", world.clerk)).content
    assert False not in {holds for _, holds, _ in checked(archive)}
    found = {"query": "Үлгібаев", "reason": "Проверка"}
    assert (await world.post("/v1/search", world.clerk, found)).json()["cases"] == []
    assert (await world.get(f"/v1/cases/{case}", recipient)).status_code == 404
    assert UUID(told["id"]) == UUID(case)
