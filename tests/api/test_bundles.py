"""Who takes the proof bundle of a case gets what they may see of it, and all of it holds."""

import json
from hashlib import sha256
from io import BytesIO
from typing import Any, Final
from zipfile import ZipFile

from sqlalchemy import text

from cli.offline.bundle_check import checked, shown
from db.bundles import bundle
from db.chains import GENESIS, LINKS, Written, event_hash
from db.engine import make_engine
from db.events import read_events
from db.heads import make_head
from tests.api.test_escalations import SUPERIOR, bring_in, put
from tests.api.world import OTHER_BIN, Person, World, today
from tests.support.head_keys import KEY
from tests.support.servers import Database

AS_BEFORE: Final = (
    "UPDATE event SET salt = :salt, previous = :before, hash = :hash"
    " WHERE case_id = :case AND seq = :seq"
)
# What the checker cannot prove, and says so.
NOT_CHECKED: Final = {
    *("withheld", "notices", "money", "revocation", "published", "later", "own_word"),
}


async def taken(world: World, case: str, by: Person) -> tuple[dict[str, Any], bytes]:
    """What the bundle of a case says, by file; nothing of it is wrong."""
    answer = await world.get(f"/v1/cases/{case}/bundle", by)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/zip")
    found = {name: holds for name, holds, _ in checked(answer.content)}
    assert False not in found.values()
    assert {name for name, holds in found.items() if holds is None} <= NOT_CHECKED
    with ZipFile(BytesIO(answer.content)) as archive:
        assert archive.testzip() is None
        return {
            name: json.loads(archive.read(name)) if name.endswith(".json") else archive.read(name)
            for name in archive.namelist()
        }, answer.content


def person_of(world: World, case: str, role: str) -> str:
    """Who acted in a role."""
    of_event = "FROM event WHERE case_id = :case AND actor_role = :role LIMIT 1"
    asked = f"SELECT CAST(actor_id AS text) {of_event}"
    with world.engine.connect() as connection:
        found = connection.execute(text(asked), {"case": case, "role": role})
        return str(found.scalar_one())


async def test_each_side_takes_what_it_sees_and_what_is_withheld_stands_by_its_hash(
    world: World,
) -> None:
    case = await world.reviewed()
    await world.act(case, "escalate", world.clerk, to="authority_lead", reason="Вопрос")
    make_head(world.engine, KEY)
    whole, content = await taken(world, case, world.clerk)
    with world.engine.connect() as connection:
        assert bundle(connection, world.seal, case) == bundle(connection, world.seal, case)
    with world.engine.connect() as connection:
        noted = connection.execute(
            text("SELECT sha256 FROM audit WHERE case_id = :case AND action = 'document_read'"),
            {"case": case},
        ).scalars()
        assert set(noted) == {sha256(content).hexdigest()}
    own, own_bytes = await taken(world, case, world.recipient())
    theirs, their_bytes = await taken(world, case, world.supplier)
    hashes = [[one["hash"] for one in held["events.json"]] for held in (whole, own, theirs)]
    assert hashes[0] == hashes[1] == hashes[2]
    # Which official it was, what they say among themselves, and what only the other side has.
    clerk = person_of(world, case, "caseworker").encode()
    assert clerk in content
    assert clerk not in own_bytes + their_bytes
    for name in ("messages.json", "money.json", "reports.json", "reads.json"):
        assert name in whole
        assert name not in {*own, *theirs}
    seen = [[("type",) in shown(one) for one in held["events.json"]] for held in (own, theirs)]
    assert all(seen[0])
    assert not all(seen[1])
    lines = await world.get(f"/v1/cases/{case}/events?noted=true", world.supplier)
    numbers = [one["seq"] for one in lines.json()["events"]]
    assert [n for n, is_seen in enumerate(seen[1], 1) if is_seen] == numbers
    # Every paper that a side's page has, and none beside.
    for by, held in ((world.recipient(), own), (world.supplier, theirs)):
        told = (await world.get(f"/v1/cases/{case}/events?noted=true", by)).json()["events"]
        papers = {
            doc["href"].rpartition("/")[2] for one in told for doc in one.get("documents", ())
        }
        assert {one["sha256"] for one in held["documents.json"]} == papers


async def test_a_supplier_whose_order_ended_takes_what_was_until_then(world: World) -> None:
    case = await world.ordered()
    await world.act(case, "refuse_order", world.supplier, reason="Нет на складе")
    make_head(world.engine, KEY)
    before, content = await taken(world, case, world.supplier)
    _, offer = world.offer(OTHER_BIN)
    who = world.recipient()
    await world.act(case, "place_order", who, **world.order(case, offer, who))
    await world.act(case, "confirm", world.other_supplier)
    delivered = {"on": today(), "quantity": 1, "evidence": "Акт № 1"}
    await world.act(case, "mark_delivered", world.other_supplier, **delivered)
    make_head(world.engine, KEY)
    after, _ = await taken(world, case, world.supplier)
    # Later heads are in it, which anybody may have; of the case nothing more.
    heads = (after.pop("heads.json"), before.pop("heads.json"))
    assert heads[0]["heads"][: len(heads[1]["heads"])] == heads[1]["heads"]
    del after["manifest.json"], before["manifest.json"]
    assert after == before
    _, theirs = await taken(world, case, world.other_supplier)
    assert theirs != content


async def test_who_may_not_see_a_case_takes_nothing(world: World) -> None:
    case = await world.reviewed()
    for other, status in ((world.other_supplier, 404), (world.recipient(2), 404)):
        assert (await world.get(f"/v1/cases/{case}/bundle", other)).status_code == status


async def test_who_looked_and_what_signatures_rest_on_are_in_the_bundle(world: World) -> None:
    case = await world.reviewed()
    make_head(world.engine, KEY)
    await world.get(f"/v1/cases/{case}", world.clerk)
    await world.app.state.watch.write_down()
    for by in (world.clerk, world.recipient()):
        held, _ = await taken(world, case, by)
        looks, evidence = held["looks.json"], held["evidence.json"]
        lists = {name for name in held if name.startswith("revoked/")}
        assert ("caseworker", "case") in {(one["role"], one["part"]) for one in looks}
        # Which official it was, administrators alone are told.
        assert {one["actor_id"] for one in looks} == {None}
        assert {one["verdict"]["revocation"] for one in evidence} == {"GOOD"}
        assert lists
        for name in lists:
            assert f"crl:sha256:{name.removeprefix('revoked/')}" in json.dumps(evidence)


def forget_salts(database: Database, case: str, *only: int) -> None:
    """As a build from before salts has written the events, or some of them."""
    owner = make_engine(database.owner_url)
    with owner.begin() as connection:
        previous = GENESIS
        links = connection.execute(LINKS, {"case_id": case}).all()
        for event, row in zip(read_events(connection, case), links, strict=True):
            salt = None if not only or event.seq in only else row.salt
            made = event_hash(previous, event, Written(case, row.recorded_at, row.xid, salt))
            told = {"case": case, "seq": event.seq, "before": previous, "hash": made}
            connection.execute(text(AS_BEFORE), {**told, "salt": salt})
            previous = made
        ended = text("UPDATE case_head SET hash = :hash WHERE case_id = :case")
        connection.execute(ended, {"hash": previous, "case": case})
    owner.dispose()


async def test_events_from_before_parts_were_hashed_stand_as_a_hash_alone_and_it_is_said(
    world: World, database: Database
) -> None:
    """An operator who upgraded: what is older can be shown whole to officials, or not at all."""
    case = await world.ordered()
    forget_salts(database, case)
    make_head(world.engine, KEY)
    await taken(world, case, world.clerk)
    answer = await world.get(f"/v1/cases/{case}/bundle", world.recipient())
    found = {name: (holds, said) for name, holds, said in checked(answer.content)}
    told = ["hidden", "unproven_link", "own_number"]
    assert [one.code for one in found["withheld"][1]] == told


async def test_of_what_a_former_build_has_interrupted_a_side_is_told_what_is_proven_alone(
    world: World, database: Database
) -> None:
    """While builds work side by side, what came before one of the former has no proof."""
    case = await world.ordered()
    forget_salts(database, case, 2)
    make_head(world.engine, KEY)
    held, _ = await taken(world, case, world.recipient())
    told = [one.keys() - {"seq", "previous", "hash"} for one in held["events.json"]]
    assert told[:3] == [set(), set(), {"parts"}]


async def test_who_looked_is_told_by_the_proof_as_by_the_page(world: World) -> None:
    bring_in(world)
    case = await world.reviewed()
    await put(world, case, "superior_lead")
    last = (await world.get(f"/v1/cases/{case}", world.admin)).json()["documents"][-1]
    assert (await world.get(last["href"], world.admin)).status_code == 200
    make_head(world.engine, KEY)
    for by, told in ((world.clerk, {None}), (SUPERIOR, None)):
        page = await world.get(f"/v1/cases/{case}/reads", by)
        assert page.status_code == (403 if told is None else 200)
        held, _ = await taken(world, case, by)
        if told is None:
            assert held.keys().isdisjoint({"looks.json", "reads.json"})
        else:
            assert {one["actor_id"] for one in held["reads.json"]} == told
    held, _ = await taken(world, case, world.admin)
    assert None not in {one["actor_id"] for one in held["reads.json"]}
