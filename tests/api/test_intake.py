"""A rejected message lies on a desk: who sees it, how long it may lie, what cures it."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from db.engine import make_engine
from db.intake import retry_rejected
from definitions.calendars import current_calendar
from domain.terms.counting import Certificate, recompute
from tests.api.world import World
from tests.support.casework import move_clock
from tests.support.catalogues import NEW_ITEM, bring_in, content, with_new_item
from tests.support.intake import SEAL, iin, measure, take_in
from tests.support.intake_desk import (
    OTHER_AUTHORITY,
    RIGHT,
    TASKS,
    WRONG_CONTACTS,
    five_mistakes,
    offered,
    rejected,
    stranger,
    tasks,
)
from tests.support.servers import Database

STUCK = "/v1/operations/stuck"


async def test_a_message_with_five_mistakes_lies_on_the_desk_with_all_five(world: World) -> None:
    take_in(world.engine, five_mistakes())
    (task,) = await tasks(world, world.clerk)
    assert {one["pointer"]: one["code"] for one in task["mistakes"]} == {
        "/item/quantity": "below_minimum",
        "/payer": "not_allowed_value",
        "/person/birth_date": "born_after_programme",
        "/person/phone_confirmed": "wrong_type",
        "/surplus": "unknown_field",
    }
    assert all(isinstance(one["text"], str) for one in task["mistakes"])
    assert (task["message_id"], task["state"], task["owner"], task["overdue"]) == (
        "message-1",
        "open",
        "caseworker",
        False,
    )
    assert offered(task) == {
        "correct_contacts": ["for_esobes_to_correct"],
        "return_message": [],
    }


async def test_the_term_of_a_task_is_three_working_days_and_explains_itself(world: World) -> None:
    task = (await world.get(await rejected(world, five_mistakes()), world.clerk)).json()
    certificate = Certificate.from_json(task["certificate"])
    assert (str(certificate.term), certificate.article) == ("3wd", "policy")
    assert recompute(certificate, current_calendar()) == certificate
    assert task["due_at"] == task["certificate"]["expires_at"]
    with world.engine.connect() as connection:
        received = connection.execute(text("SELECT received_at FROM journal")).scalar_one()
    assert task["opened_at"] == received.isoformat().replace("+00:00", "Z")


async def test_what_names_no_right_authority_lies_with_the_administrators(world: World) -> None:
    world.receive(2)
    for wrong in (measure(person__authority_bin="1"), {"message_id": "m"}, 7):
        address = await rejected(world, wrong)
        task = (await world.get(address, world.admin)).json()
        assert (task["owner"], task["authority_id"]) == ("administrator", None)
        assert (await world.get(address, world.clerk)).status_code == 404
        returned = await world.do(address, world.admin, "return_message", {"reason": "Кому это?"})
        assert returned.json()["state"] == "returned"
    assert await tasks(world, world.clerk) == []


async def test_a_caseworker_of_another_authority_sees_nothing(world: World) -> None:
    address = await rejected(world, five_mistakes())
    for _ in range(2):
        assert await tasks(world, stranger()) == []
        assert (await world.get(address, stranger())).status_code == 404
        for act, body in (("correct_contacts", RIGHT), ("return_message", {"reason": "Нет"})):
            answer = await world.do(address, stranger(), act, body)
            assert answer.status_code == 404
        take_in(world.engine, measure(3, person__authority_bin=OTHER_AUTHORITY))
    assert (await tasks(world, world.clerk))[0]["state"] == "open"


async def test_only_caseworkers_of_the_authority_read_the_contacts(world: World) -> None:
    address = await rejected(world, measure(**WRONG_CONTACTS))
    read = (await world.get(address, world.clerk)).json()["contacts"]
    assert read == {
        "phone": "8 700 000 00 01",
        "phone_confirmed": False,
        "email": "mysal@example.com",
        "email_confirmed": False,
    }
    assert (await world.get(address, world.admin)).json()["contacts"] is None


async def test_a_later_right_message_of_the_measure_cures_the_task(world: World) -> None:
    address = await rejected(world, measure(1, payer="NOBODY"))
    other = await rejected(world, measure(2, payer="NOBODY"))
    case = world.receive(1, message_id="better")
    told = (await world.get(address, world.clerk)).json()
    assert (told["state"], told["case_id"]) == ("cured", None)
    assert (await world.get(other, world.clerk)).json()["state"] == "open"
    assert (await world.get(f"/v1/cases/{case}", world.clerk)).status_code == 200


async def test_an_older_revision_cures_no_newer_message(world: World) -> None:
    address = await rejected(world, measure(1, payer="NOBODY", programme__revision=3))
    world.receive(1, message_id="late", programme__revision=2)
    assert (await world.get(address, world.clerk)).json()["state"] == "open"
    world.receive(1, message_id="newest", programme__revision=4)
    assert (await world.get(address, world.clerk)).json()["state"] == "cured"


async def test_an_item_that_a_new_catalogue_knows_cures_the_task(world: World) -> None:
    address = await rejected(world, measure(item__classifier_code=NEW_ITEM))
    retry_rejected(world.engine, SEAL)
    assert (await world.get(address, world.clerk)).json()["state"] == "open"
    bring_in(world.engine, with_new_item(content()))
    retry_rejected(world.engine, SEAL)
    told = (await world.get(address, world.clerk)).json()
    assert (told["state"], bool(told["case_id"])) == ("cured", True)


async def test_what_was_rejected_before_there_were_desks_comes_to_one(
    world: World, database: Database
) -> None:
    take_in(world.engine, five_mistakes())
    with world.engine.connect() as connection:
        received = connection.execute(text("SELECT received_at FROM journal")).scalar_one()
    forget_tasks(database)
    retry_rejected(world.engine, SEAL)
    (task,) = await tasks(world, world.clerk)
    assert task["opened_at"] == received.isoformat().replace("+00:00", "Z")


def forget_tasks(database: Database) -> None:
    owner = make_engine(database.owner_url)
    with owner.begin() as connection:
        connection.execute(text("DELETE FROM intake_task"))
    owner.dispose()


async def test_an_overdue_task_is_seen_as_stuck_with_whoever_must_act(
    world: World, database: Database
) -> None:
    take_in(world.engine, measure(1, **WRONG_CONTACTS), five_mistakes(2), {"message_id": "m-3"})
    assert (await world.get(STUCK, world.admin)).json()["stuck"] == []
    move_clock(database.sandbox_url, timedelta(days=30))
    told = {one["reference"]: one for one in (await world.get(STUCK, world.admin)).json()["stuck"]}
    assert {name: (one["cause"], one["who"]) for name, one in told.items()} == {
        "message-1": ("intake_overdue", ["caseworker"]),
        "message-2": ("intake_overdue", ["caseworker"]),
        "m-3": ("intake_overdue", ["administrator"]),
    }
    one = told["message-1"]
    assert one["case_id"] is None
    assert [remedy["name"] for remedy in one["remedies"]] == ["correct_contacts", "return_message"]
    assert [remedy["name"] for remedy in told["message-2"]["remedies"]] == ["return_message"]
    assert 20 * 86_400 < one["age_seconds"] < 30 * 86_400
    assert one["text"]
    mine = (await world.get(STUCK, world.clerk)).json()["stuck"]
    assert {one["reference"] for one in mine} == {"message-1", "message-2"}
    address = f"{TASKS}/{one['intake_task']}"
    assert (await world.get(address, world.clerk)).json()["overdue"] is True
    await world.do(address, world.clerk, "correct_contacts", RIGHT)
    left = (await world.get(STUCK, world.admin)).json()["stuck"]
    assert "message-1" not in {one["reference"] for one in left}


async def test_a_long_list_is_read_in_parts_and_counted(world: World, database: Database) -> None:
    take_in(world.engine, *(five_mistakes(number) for number in range(1, 6)))
    every = [task["id"] for task in await tasks(world, world.clerk)]
    await world.do(f"{TASKS}/{every[0]}", world.clerk, "return_message", {"reason": "Неверно"})
    first = (await world.get(f"{TASKS}?limit=3&count=true&state=open", world.clerk)).json()
    assert ([task["id"] for task in first["tasks"]], first["count"]) == (every[1:4], 4)
    rest = f"{TASKS}?limit=3&state=open&after={first['after']}"
    last = (await world.get(rest, world.clerk)).json()
    assert ([task["id"] for task in last["tasks"]], last["after"]) == (every[4:], None)
    assert [task["id"] for task in await tasks(world, world.clerk, "?state=returned")] == every[:1]
    assert await tasks(world, world.clerk, "?state=overdue") == []
    move_clock(database.sandbox_url, timedelta(days=30))
    assert len(await tasks(world, world.clerk, "?state=overdue")) == 4


async def test_nothing_personal_is_told_but_the_contacts_to_those_who_may(
    world: World, capfd: pytest.CaptureFixture[str]
) -> None:
    message = five_mistakes()
    message["person"] |= {"phone": "87000000001", "iin": iin(1)[:-1] + "x"}
    address = await rejected(world, message)
    refused = await world.do(address, world.clerk, "correct_contacts", RIGHT)
    spoilt = await world.do(address, world.clerk, "correct_contacts", {"phone": "8700"})
    answers = [
        await world.get(TASKS, world.clerk),
        await world.get(address, world.admin),
        await world.get(STUCK, world.admin),
        refused,
        spoilt,
    ]
    with world.engine.connect() as connection:
        kept = connection.execute(text("SELECT t::text FROM intake_task t")).scalar_one()
    said = [*(answer.text for answer in answers), kept, *capfd.readouterr()]
    for personal in (iin(8), iin(1)[:-1], "87000000001", "Үлгібаев", "mysal@", "+77000000077"):
        assert all(personal not in one for one in said), personal
