"""What is stuck, helped by administrators with a browser: told beforehand, and row by row."""

from datetime import timedelta
from typing import Any

import psycopg
import pytest
from sqlalchemy import text

import db.locks
from api.console.admin import groups_of
from db.engine import make_engine
from tests.api.console.conftest import hidden
from tests.api.console.test_desks import ADMIN, Browsers, words_of
from tests.api.console.test_house import reference_of
from tests.api.world import World
from tests.support.servers import Database


async def test_a_damaged_table_is_shown_value_by_value_and_written_anew(
    browser: Browsers, world: World, database: Database
) -> None:
    both = [reference_of(world, await world.choosing(number)) for number in (1, 2)]
    owner = make_engine(database.owner_url)
    with owner.begin() as connection:
        damage = "UPDATE case_view SET status = 'paid' WHERE reference = :reference"
        connection.execute(text(damage), {"reference": both[0]})
    owner.dispose()
    one = browser()
    await one.sign_in(ADMIN)
    page = words_of(await one.open("/stuck"))
    assert "Что может потеряться Ничего: ничего не записывается" in page
    shown = await one.send("/stuck", reference=both, kind="rebuild")
    assert "Выполнено: 2 из 2" in shown.text
    assert "case_view.status" in shown.text
    assert ("choosing" in shown.text, "paid" in shown.text) == (True, True)
    assert words_of(await one.send("/stuck", reference=both[1:], kind="rebuild"))
    fixed = await one.send("/stuck", **{**hidden(shown.text), "kind": "apply"})
    assert "Таблицы записаны заново" in fixed.text
    again = words_of(await one.send("/stuck", reference=both, kind="rebuild"))
    assert again.count("Различий нет") == 2


async def test_what_cannot_be_done_to_one_case_stops_nothing_for_the_others(
    browser: Browsers, world: World
) -> None:
    known = reference_of(world, await world.choosing())
    one = browser()
    await one.sign_in(ADMIN)
    shown = words_of(await one.send("/stuck", reference=["OZ999999999", known], kind="replay"))
    assert ("Выполнено: 1 из 2" in shown, "все выходит так же" in shown) == (True, True)


async def test_who_holds_a_case_is_told_and_how_it_is_made_to_let_go(
    browser: Browsers, world: World, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(db.locks, "HELD_AFTER", timedelta())
    case = await world.choosing()
    one = browser()
    await one.sign_in(ADMIN)
    with psycopg.connect(database.app_url, application_name="psql") as holder:
        holder.execute("SELECT 1 FROM case_head WHERE case_id = %s FOR UPDATE", [case])
        shown = words_of(await one.open("/stuck"))
        pid = holder.info.backend_pid
    assert f"сеансом {pid} PostgreSQL, программа «psql»: держит блокировки" in shown
    assert "Завершить этот сеанс в PostgreSQL" in shown
    assert "Дело занято" not in words_of(await one.open("/stuck"))


def trouble(case: str, cause: str, since: int, **detail: Any) -> dict[str, Any]:
    """As the API tells it."""
    of = {"case_id": case, "intake_task": None, "treasury_report": None}
    return {**of, "cause": cause, "since": since, "detail": detail, "remedies": []}


def test_the_same_step_that_ended_by_the_same_error_is_one_group() -> None:
    found = [
        trouble("b", "parked", 2, kind_label="pay", last_error="Unavailable"),
        trouble("a", "parked", 1, kind_label="pay", last_error="Unavailable"),
        trouble("a", "parked", 3, kind_label="pay", last_error="Unavailable"),
        trouble("c", "parked", 4, kind_label="pay", last_error="KeyError"),
        trouble("d", "parked", 5, kind_label="tell", last_error="Unavailable"),
    ]
    groups = groups_of(found)
    assert [(one.step, one.error, len(one.cases)) for one in groups] == [
        ("pay", "Unavailable", 2),
        ("pay", "KeyError", 1),
        ("tell", "Unavailable", 1),
    ]
    assert [len(ones) for ones in groups[0].cases] == [2, 1], "the oldest stands first"
