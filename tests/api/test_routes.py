"""Every route says who may call it, and the document says everything that can come."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.routing import APIRoute

from api.app import ROUTERS, described_app
from api.auth import Guard
from api.document import OPEN, guards_of
from api.problems import STATUS
from api.queries import names_of
from definitions.command_forms import command_forms
from definitions.editions import editions
from definitions.wording import codes
from domain.case.outlook import PEOPLE
from domain.messages import Role
from tests.api.world import World, token


def routes() -> Iterator[APIRoute]:
    for router in ROUTERS:
        for route in router.routes:
            assert isinstance(route, APIRoute)
            yield route


@pytest.mark.parametrize("route", list(routes()), ids=lambda r: f"{min(r.methods)} {r.path}")
def test_every_route_has_a_guard(route: APIRoute) -> None:
    guards: list[Guard] = list(guards_of(route.dependant))
    if route.path in OPEN:
        assert not guards
        return
    assert guards
    assert all(guard.roles for guard in guards)


def test_every_command_of_people_has_a_form_and_every_form_a_command() -> None:
    asked = {
        name
        for edition in editions().values()
        for role in PEOPLE
        for name in edition.process.commands[role]
    }
    assert asked == command_forms().keys()


def test_every_problem_has_its_words() -> None:
    told = {code.split(".")[1] for code in codes("problem")}
    assert set(STATUS) <= told


ANY_ID = "019f0000-0000-7000-8000-000000000000"


async def test_a_parameter_that_a_route_does_not_have_is_a_mistake(world: World) -> None:
    people = {
        Role.RECIPIENT: world.recipient(1).token,
        Role.SUPPLIER: world.supplier.token,
        Role.CASEWORKER: world.clerk.token,
        Role.COMMISSION: world.commission.token,
        Role.ADMINISTRATOR: world.admin.token,
    }
    for route in routes():
        if route.path in OPEN:
            continue
        role = min(role for guard in guards_of(route.dependant) for role in guard.roles)
        answer = await world.http.request(
            min(route.methods or ()),
            re.sub(r"\{[^}]*\}", ANY_ID, route.path),
            params={"statuss": "choosing", "q": ""},
            headers={"Authorization": f"Bearer {people.get(role) or token(role.value)}"},
        )
        assert answer.status_code == 422, (route.path, answer.text)
        told = {one["name"]: one for one in answer.json()["errors"]}
        assert told.keys() == {"statuss", "q"}, route.path
        assert all(known in told["q"]["text"] for known in names_of(route.dependant))


async def test_the_document_names_every_answer_and_every_caller(world: World) -> None:
    document = (await world.get("/openapi.json")).json()
    ids = [
        operation["operationId"]
        for path in document["paths"].values()
        for operation in path.values()
    ]
    assert len(ids) == len(set(ids))
    for path, operations in document["paths"].items():
        for operation in operations.values():
            assert operation["tags"], path
            if path not in OPEN:
                assert operation["x-ozhb-roles"], path
                assert operation["security"] == [{"bearer": []}], path
                assert {"401", "403", "503"} <= set(operation["responses"]), path
            else:
                assert operation["security"] == [], path
            asked = {one["name"] for one in operation.get("parameters", ())}
            if "Idempotency-Key" in asked:
                assert "409" in operation["responses"], path
    assert document["components"]["securitySchemes"]["bearer"]["scheme"] == "bearer"


def fields(node: Any, place: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every field of every schema, with its place in the document."""
    if isinstance(node, list):
        for number, one in enumerate(node):
            yield from fields(one, f"{place}[{number}]")
    if not isinstance(node, dict):
        return
    found = node.get("properties")
    if isinstance(found, dict):
        yield from ((f"{place}.{name}", one) for name, one in found.items() if one)
    for name, one in node.items():
        yield from fields(one, f"{place}/{name}")


async def test_the_document_is_small_and_describes_every_field(world: World) -> None:
    document = (await world.get("/openapi.json")).json()
    assert sum(len(operations) for operations in document["paths"].values()) <= 58
    silent = [
        place for place, field in fields(document) if not {"description", "const"} & field.keys()
    ]
    assert silent == []


def test_a_command_that_is_only_to_be_foreseen_has_the_form_of_the_command() -> None:
    schemas = described_app().openapi()["components"]["schemas"]
    asked = schemas["NoticeForm"]["properties"]["asked"]
    named = asked["discriminator"]["mapping"]
    assert asked.keys() == {"oneOf", "discriminator", "description", "title"}
    assert [one["$ref"] for one in asked["oneOf"]] == [*named.values()]
    assert "approve" in named
    assert "place_order" not in named, "a party's own"
    for name, place in named.items():
        assert schemas[place.rpartition("/")[2]]["properties"]["command"] == {"const": name}


async def test_who_comes_without_an_address_is_told_where_to_go(world: World) -> None:
    home = await world.get("/")
    assert (home.status_code, 'href="/docs"' in home.text) == (200, True)
    docs = (await world.get("/docs")).text
    files = [one for one in re.findall(r'(?:src|href)="([^"]+)"', docs) if not one.startswith("#")]
    assert files
    for one in files:
        assert one.startswith("/"), "nothing is asked of another house"
        assert (await world.get(one)).status_code == 200, one


@pytest.mark.parametrize("code", sorted(STATUS))
async def test_the_type_of_every_problem_is_the_address_of_a_page(world: World, code: str) -> None:
    page = await world.get(f"/problems/{code}", Accept_Language="kk")
    assert (page.status_code, page.headers["content-language"]) == (200, "kk")
    assert code in page.text
    assert (await world.get("/problems/none")).status_code == 404
