"""The proof bundle is for officials who see the case, and who took it is noted."""

import json
from hashlib import sha256
from io import BytesIO
from zipfile import ZipFile

from sqlalchemy import text

from cli.bundle_check import checked
from tests.api.world import World


async def test_an_official_takes_the_bundle_and_it_is_noted_and_others_may_not(
    world: World,
) -> None:
    case = await world.reviewed()
    answer = await world.get(f"/v1/cases/{case}/bundle", world.clerk)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/zip")
    found = {name: holds for name, holds, _ in checked(answer.content)}
    assert False not in found.values()
    with world.engine.connect() as connection:
        noted = connection.execute(
            text("SELECT sha256 FROM audit WHERE case_id = :case AND action = 'document_read'"),
            {"case": case},
        ).scalars()
        assert list(noted) == [sha256(answer.content).hexdigest()]
    for other in (world.recipient(1), world.supplier):
        refused = await world.get(f"/v1/cases/{case}/bundle", other)
        assert refused.status_code == 403


async def test_who_looked_and_what_signatures_rest_on_are_in_the_bundle(world: World) -> None:
    case = await world.reviewed()
    await world.get(f"/v1/cases/{case}", world.clerk)
    await world.app.state.watch.write_down()
    content = (await world.get(f"/v1/cases/{case}/bundle", world.clerk)).content
    with ZipFile(BytesIO(content)) as archive:
        looks = json.loads(archive.read("looks.json"))
        evidence = json.loads(archive.read("evidence.json"))
        lists = {name for name in archive.namelist() if name.startswith("revoked/")}
    assert ("caseworker", "case") in {(one["role"], one["part"]) for one in looks}
    assert {one["verdict"]["revocation"] for one in evidence} == {"GOOD"}
    assert lists
    for name in lists:
        assert f"crl:sha256:{name.removeprefix('revoked/')}" in json.dumps(evidence)
