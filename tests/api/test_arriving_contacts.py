"""Contacts of a measure in people's forms: taken in one form, or left out with a task."""

from typing import Any

import pytest
from sqlalchemy import text

from db.persons import person_of, read_profile
from tests.api.world import World
from tests.support.intake import SEAL, iin, measure, take_in

MOBILE = "+77011234567"


def known(world: World, number: int = 1) -> tuple[str | None, str | None]:
    with world.engine.begin() as connection:
        profile = read_profile(connection, SEAL, person_of(connection, SEAL, iin(number)))
    return profile.phone, profile.email


async def case_of(world: World, case: str) -> dict[str, Any]:
    told: dict[str, Any] = (await world.get(f"/v1/cases/{case}", world.clerk)).json()
    return told


async def tasks(world: World, case: str) -> list[str]:
    return [task["code"] for task in (await case_of(world, case))["tasks"]]


def left_out(world: World) -> list[str]:
    """What the file says of the contacts that were left out."""
    query = text("SELECT data->'contacts' FROM event WHERE type = 'contacts_left_out' ORDER BY seq")
    with world.engine.connect() as connection:
        return [contact for row in connection.execute(query).scalars() for contact in row]


@pytest.mark.parametrize(
    ("phone", "taken"),
    [("87011234567", MOBILE), ("8 (701) 123-45-67", MOBILE), (77011234567, MOBILE), ("", None)],
)
async def test_a_phone_is_taken_in_one_form(world: World, phone: Any, taken: str | None) -> None:
    case = world.receive(person__phone=phone)
    assert known(world) == (taken, "mysal@example.com")
    assert await tasks(world, case) == []


@pytest.mark.parametrize("email", ["USER@MAIL.KZ", "user@почта.қаз", "mailto:a@b.kz."])
async def test_a_mailbox_is_taken_in_one_form(world: World, email: str) -> None:
    case = world.receive(person__email=email)
    assert known(world)[1] is not None
    assert await tasks(world, case) == []


@pytest.mark.parametrize(
    ("changes", "why", "kept"),
    [
        ({"person__phone": "+79161234567"}, ["phone:foreign"], None),
        ({"person__phone": "нет"}, ["phone:says_none"], None),
        ({"person__phone": "12-34"}, ["phone:unreadable"], None),
        ({"person__phone": True}, ["phone:unreadable"], None),
        ({"person__phone": []}, ["phone:unreadable"], None),
        ({"person__phone": {"mobile": "+77011234567"}}, ["phone:unreadable"], None),
        ({"person__email": False}, ["email:unreadable"], "+77000000001"),
        ({"person__phone": "+77172551234"}, ["phone:landline"], "+77172551234"),
        ({"person__email": "пошта"}, ["email:unreadable"], "+77000000001"),
    ],
)
async def test_a_contact_of_no_use_refuses_nothing_and_makes_a_task(
    world: World, changes: dict[str, Any], why: list[str], kept: str | None
) -> None:
    case = world.receive(**changes)
    told = await case_of(world, case)
    assert told["status"] == "notifying"
    assert known(world)[0] == kept
    assert await tasks(world, case) == ["contacts_unusable"]
    assert left_out(world) == why


async def test_no_contact_of_use_at_all_refuses_nothing(world: World) -> None:
    case = world.receive(person__phone="нет", person__email="-")
    assert (await case_of(world, case))["status"] in ("notifying", "notice_failed")
    assert "contacts_unusable" in await tasks(world, case)


async def test_the_task_is_done_when_the_caseworker_enters_other_contacts(world: World) -> None:
    case = world.receive(person__phone="+79161234567")
    await world.act(case, "change_contacts", world.clerk, phone="8 701 123 45 67")
    assert await tasks(world, case) == []
    assert known(world) == (MOBILE, None)


async def test_the_task_is_done_when_a_revision_brings_right_contacts(world: World) -> None:
    case = world.receive(person__phone="+79161234567")
    world.receive(message_id="m-2", programme__revision=2, person__phone="87011234567")
    assert await tasks(world, case) == []
    world.receive(message_id="m-3", programme__revision=3, person__phone="жоқ")
    assert await tasks(world, case) == ["contacts_unusable"]


async def test_a_contact_of_a_representative_is_read_likewise(world: World) -> None:
    told = {
        "iin": iin(7), "kind": "GUARDIAN", "basis_number": "12", "basis_date": "2026-01-01",
        "phone": "8 (701) 123-45-67", "email": "нет",
    }  # fmt: skip
    world.receive(representative=told)
    assert known(world, 7) == (MOBILE, None)
    assert left_out(world) == ["representative_email:says_none"]


@pytest.mark.parametrize(
    ("phone", "code"),
    [
        ("+77172551234", "phone_landline"),
        ("+79161234567", "phone_foreign"),
        ("нет", "phone_unreadable"),
    ],
)
async def test_who_types_a_phone_of_no_use_is_told_so(world: World, phone: str, code: str) -> None:
    case = world.receive()
    answer = await world.ask(case, "change_contacts", world.clerk, {"phone": phone})
    assert answer.status_code == 422
    ((mistake),) = answer.json()["errors"]
    assert (mistake["pointer"], mistake["code"]) == ("/phone", code)
    assert phone not in answer.text


def test_a_place_that_the_classifier_does_not_know_is_a_mistake_with_its_pointer(
    world: World,
) -> None:
    (verdict,) = take_in(world.engine, measure(person__kato="000000000"))
    assert verdict.status == "rejected"
    assert [(one["pointer"], one["code"]) for one in verdict.mistakes] == [
        ("/person/kato", "unknown_place")
    ]
