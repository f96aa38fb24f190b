"""What is stuck, helped by administrators with a browser: told beforehand, and row by row."""

from typing import Any

from sqlalchemy import text

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
