"""Lists that somebody takes away as a file: what they hold, and what is on record of it."""

import csv
import io
from typing import Any

import httpx
import pytest
from openpyxl import load_workbook
from sqlalchemy import text

from api.operations.exports import _as_csv, _as_xlsx, check_length
from api.problems import Refused
from tests.api.world import Person, World

PURPOSE = "Отчет для акимата"


async def export(world: World, by: Person, of: str = "cases", **said: Any) -> httpx.Response:
    body = {"list": {"of": of, "filters": said.pop("filters", {})}, "purpose": PURPOSE}
    return await world.post("/v1/operations", by, {"kind": "export", **body, **said})


def read_csv(answer: httpx.Response) -> list[list[str]]:
    assert answer.status_code == 200, answer.text
    assert answer.content.startswith(b"\xef\xbb\xbf"), "spreadsheets take it for UTF-8"
    return list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))


async def test_a_list_is_taken_away_as_it_is_shown_and_what_for_is_on_record(world: World) -> None:
    for number in (1, 2):
        await world.choosing(number)
    world.receive(3)
    answer = await export(world, world.clerk, filters={"status": "choosing"})
    headings, *rows = read_csv(answer)
    assert headings[:3] == ["Дело", "Средство или услуга", "Статус"]
    assert len(rows) == 2
    assert len({row[0] for row in rows}) == 2
    assert "choosing" not in answer.text, "words, and no codes"
    assert 'filename="cases.csv"' in answer.headers["content-disposition"]
    (record, *_) = (await world.get("/v1/operations", world.admin)).json()["operations"]
    assert (record["action"], record["role"]) == ("list_exported", "caseworker")
    kept = record["export"]
    assert (kept["rows"], kept["form"], kept["purpose"]) == (2, "csv", PURPOSE)
    assert kept["list"]["filters"]["status"] == "choosing"
    assert PURPOSE not in world.everything()


async def test_a_supplier_takes_its_own_cases_away_and_it_is_on_record(world: World) -> None:
    await world.ordered()
    await world.choosing(2)
    assert len(read_csv(await export(world, world.supplier))) == 2
    (record, *_) = (await world.get("/v1/operations", world.admin)).json()["operations"]
    assert (record["action"], record["role"]) == ("list_exported", "supplier")


async def test_who_sees_nothing_takes_nothing_away_and_recipients_take_no_lists(
    world: World,
) -> None:
    await world.choosing()
    assert len(read_csv(await export(world, world.foreign_clerk))) == 1
    assert len(read_csv(await export(world, world.commission))) == 2
    assert (await export(world, world.recipient())).status_code == 403
    assert len(read_csv(await export(world, world.supplier))) == 1
    refused = await world.post("/v1/operations", world.clerk, {"kind": "replay"})
    assert refused.status_code == 403, "what heals cases is for administrators"
    refused = await world.post("/v1/operations", world.supplier, {"kind": "replay"})
    assert refused.status_code == 403
    said = {"kind": "export", "list": {"of": "cases"}}
    assert (await world.post("/v1/operations", world.clerk, said)).status_code == 422, "no purpose"
    wrong = await export(world, world.clerk, filters={"status": "nowhere"})
    assert wrong.json()["errors"][0]["pointer"] == "/list/filters/status"


async def test_work_is_taken_away_for_a_spreadsheet_and_a_known_key_is_on_record_again(
    world: World,
) -> None:
    world.fail_notice(world.receive(1))
    said = {"kind": "export", "list": {"of": "work"}, "form": "xlsx", "purpose": PURPOSE}
    for _ in range(2):
        answer = await world.post("/v1/operations", world.clerk, said, key="k-1")
        assert answer.status_code == 200, answer.text
    sheet = load_workbook(io.BytesIO(answer.content)).active
    assert sheet is not None
    headings, *rows = sheet.iter_rows(values_only=True)
    assert headings[:2] == ("Дело", "Что сделать")
    assert len(rows) == 1
    told = (await world.get("/v1/operations", world.admin)).json()["operations"]
    assert [one["action"] for one in told] == ["list_exported"] * 2


async def test_that_a_list_was_taken_is_told_when_what_for_is_kept_no_longer(
    world: World,
) -> None:
    world.receive()
    await export(world, world.clerk)
    with world.engine.begin() as connection:
        later = "SELECT destroy_old_keys('list_export', legal_now() + interval '1 day', 10)"
        assert connection.execute(text(later)).scalar_one() == 1
    (told,) = (await world.get("/v1/operations", world.admin)).json()["operations"]
    assert (told["action"], told["export"]["purpose"]) == ("list_exported", None)


def test_a_list_that_is_too_long_is_refused_and_not_cut() -> None:
    check_length([1, 2], most=2)
    with pytest.raises(Refused) as refused:
        check_length([1, 2, 3], most=2)
    assert "2" in refused.value.members["reasons"][0]["text"]


@pytest.mark.parametrize("written", ["=1+1", "+7", "-1", "@SUM(A1)", "\t=1"])
def test_nothing_in_a_cell_is_carried_out(written: str) -> None:
    assert _as_csv(["a"], [[written]]).decode("utf-8-sig").split("\n")[1].lstrip('"')[0] == "'"
    sheet = load_workbook(io.BytesIO(_as_xlsx(["a"], [[written]]))).active
    assert sheet is not None
    cell = sheet["A2"]
    assert (cell.data_type, str(cell.value)[0]) == ("s", "'")
