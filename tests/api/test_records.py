"""Officials see by name who acted, administrators who did which operation; parties see roles."""

from uuid import uuid4

import pytest

from db.names import names_of
from tests.api.lines import lines_of
from tests.api.world import AUTHORITY_BIN, World, person
from tests.support.intake import SEAL

NAME = "Қалиева Әсел"


async def test_officials_see_who_acted_by_name_and_parties_the_role(world: World) -> None:
    clerk = person("caseworker", 911, authority=AUTHORITY_BIN, name=NAME)
    case = await world.reviewed()
    await world.act(case, "approve", clerk)
    mine: str = (await world.get("/v1/me", clerk)).json()["person"]
    (seen,) = [one["actor"] for one in await lines_of(world, case, world.second_clerk)][-1:]
    assert (seen["role"], seen["person"], seen["person_label"]) == ("caseworker", mine, NAME)
    page = (await world.get(f"/v1/cases/{case}", world.second_clerk)).json()
    assert page["timeline"][-1]["actor"]["person_label"] == NAME
    (task,) = (await world.get("/v1/tasks", world.second_clerk)).json()["tasks"]
    assert (task["kind"], task["first"], task["first_label"]) == ("approval", mine, NAME)
    for party in (world.recipient(), world.supplier):
        told = [one["actor"] for one in await lines_of(world, case, party)]
        assert NAME not in str(told)
        assert mine not in str(told)
        assert told[-1]["role_label"] == "сотрудник местного исполнительного органа"


async def test_who_signs_in_by_name_for_the_first_time_is_known_at_once(world: World) -> None:
    case = await world.reviewed()
    await world.act(case, "approve", world.clerk)

    async def named() -> list[str | None]:
        page = (await world.get(f"/v1/cases/{case}", world.second_clerk)).json()
        (task,) = (await world.get("/v1/tasks", world.second_clerk)).json()["tasks"]
        actors = [page["timeline"][-1]["actor"], page["periods"][0]["decisions"][-1]]
        return [*(one.get("person_label") for one in actors), task.get("first_label")]

    assert await named() == [None, None, None]
    await world.get("/v1/me", person("caseworker", 901, authority=AUTHORITY_BIN, name=NAME))
    assert await named() == [NAME, NAME, NAME]


async def test_the_names_of_authority_and_supplier_stand_beside_their_ids(world: World) -> None:
    case = await world.ordered()
    for reader in (world.recipient(), world.supplier, world.clerk):
        page = (await world.get(f"/v1/cases/{case}?languages=en", reader)).json()
        order = page["periods"][0]["order"]
        assert order["supplier_label"] == "ТОО Үлгі"
        assert "Astana" in order["authority_label"]


async def test_an_administrator_sees_who_did_which_operation(world: World) -> None:
    admin = person("administrator", 912, name=NAME)
    case = world.receive()
    wish = {"kind": "rebuild", "case": case, "apply": True}
    assert (await world.post("/v1/operations", admin, wish)).status_code == 200
    await world.get(f"/v1/cases/{case}/person", world.clerk)
    found = (await world.get(f"/v1/operations?case={case}", world.admin)).json()
    (done,) = found["operations"]
    assert (done["action"], done["subject"], done["person_label"]) == ("case_rebuilt", case, NAME)
    assert done["action_label"] == "Таблицы построены заново по событиям"
    first = (await world.get("/v1/operations?limit=1", world.admin)).json()
    assert len(first["operations"]) == 1
    rest = await world.get(f"/v1/operations?limit=1&after={first['after']}", world.admin)
    assert rest.status_code == 200
    for other in (world.clerk, world.commission, world.recipient(), world.supplier):
        assert (await world.get("/v1/operations", other)).status_code == 403


async def test_the_words_of_who_acted_stand_beside_the_event_for_those_who_may_read_them(
    world: World,
) -> None:
    case = await world.choosing()
    await world.act(case, "decline", world.recipient(), reason="Не нужно")
    for reader in (world.clerk, world.recipient()):
        last = (await lines_of(world, case, reader))[-1]
        assert (last["type"], last["words"]) == ("declined", {"reason": "Не нужно"})
    asked = {"ground": "new_application", "reason": "Снова нужно", "evidence": "Заявление № 7"}
    await world.act(case, "reopen_case", world.clerk, **asked)
    (said,) = [one for one in await lines_of(world, case, world.clerk) if one["words"]][-1:]
    assert said["words"] == {"evidence": "Заявление № 7", "reason": "Снова нужно"}
    told = (await lines_of(world, case, world.recipient()))[-1]
    assert told["words"] is None


async def test_what_was_only_noted_is_folded_away_and_counted(world: World) -> None:
    case = await world.choosing()
    await world.act(case, "open_case", world.recipient())
    every = await lines_of(world, case, world.clerk)
    folded = (await world.get(f"/v1/cases/{case}/events", world.clerk)).json()
    noted = [one for one in every if one["type"] == "noted"]
    assert noted
    assert folded["noted"] == len(noted)
    assert len(folded["events"]) == len(every) - len(noted)
    page = (await world.get(f"/v1/cases/{case}", world.clerk)).json()
    assert page["noted"] == len(noted)
    assert "noted" not in [one["type"] for one in page["timeline"]]


async def test_a_day_stands_beside_every_instant_that_ends_a_term(world: World) -> None:
    case = await world.choosing()
    page = (await world.get(f"/v1/cases/{case}", world.recipient())).json()
    (line,) = (await world.get("/v1/cases", world.clerk)).json()["cases"]
    cabinet = (await world.get("/v1/cabinet", world.recipient())).json()
    measure = cabinet["persons"][0]["entitlements"][0]["measures"][0]
    assert line["last_day"] == measure["last_day"] == page["due"]["last_day"]
    assert line["due_at"] == page["due"]["expires_at"]


def test_who_has_no_row_here_has_no_name_and_holds_up_no_answer(world: World) -> None:
    with world.engine.connect() as connection:
        for kind in ("authority", "supplier", "person"):
            assert names_of(connection, SEAL, kind, [str(uuid4())]) == {}


@pytest.mark.parametrize("path", ["/v1/operations", "/v1/money"])
@pytest.mark.parametrize("day", ["9999-12-31", "2200-01-01", "1899-12-31", "0001-01-01", "0"])
async def test_a_day_that_no_record_can_have_is_told_so(world: World, path: str, day: str) -> None:
    answer = await world.get(f"{path}?day={day}", world.admin)
    (mistake,) = answer.json()["errors"]
    assert (answer.status_code, mistake["name"], mistake["code"]) == (422, "day", "format_date")
    assert (await world.get(f"{path}?day=2199-12-31", world.admin)).status_code == 200
