"""An answer is in one language: the one that is asked for, and all three beside each other."""

import json
from collections.abc import Iterator
from typing import Any, get_args

import pytest
from jsonschema import Draft202012Validator

from api.app import described_app
from api.changes.models import NewChange
from api.operations.wishes import Operation
from definitions.wording import codes
from tests.api.world import World

LANGUAGES = {"kk", "ru", "en"}
ALL = ("kk", "ru", "en", "all")


def texts_of(told: object) -> list[dict[str, str]]:
    """Every text in three languages, wherever it stands."""
    if isinstance(told, dict):
        own = [told] if told.keys() == LANGUAGES else []
        return own + [found for one in told.values() for found in texts_of(one)]
    if isinstance(told, list):
        return [found for one in told for found in texts_of(one)]
    return []


PAGES = (
    "/v1/cases/{case}?may=all",
    "/v1/cases?count=true",
    "/v1/cases/{case}/events",
    "/v1/me",
    "/v1/authorities",
    "/v1/catalogue",
    "/v1/operations/stuck",
    "/v1/definitions",
)


@pytest.mark.parametrize("path", PAGES)
async def test_a_page_is_in_one_language_and_in_three_for_whoever_asks_so(
    world: World, path: str
) -> None:
    case = await world.ordered()
    address = path.format(case=case)
    joined = "&" if "?" in address else "?"
    reader = world.admin if "operations" in path else world.clerk
    one = (await world.get(address, reader, Accept_Language="kk")).json()
    assert texts_of(one) == []
    every = (await world.get(f"{address}{joined}languages=all", reader)).json()
    told = texts_of(every)
    assert told or path == "/v1/operations/stuck", path
    assert all(set(text) == LANGUAGES for text in told)
    if told:
        assert json.dumps(told[0]["kk"])[1:-1] in json.dumps(one)


async def test_what_was_read_in_one_language_is_not_shown_to_who_asks_for_another(
    world: World,
) -> None:
    case, clerk = await world.choosing(), world.clerk
    labels = [
        (await world.get(f"/v1/cases/{case}", clerk, Accept_Language=one)).json()["status_label"]
        for one in ("kk", "ru", "en")
    ]
    lines = [
        (await world.get("/v1/cases", clerk, Accept_Language=one)).json()["cases"][0]
        for one in ("kk", "ru", "en")
    ]
    assert len(set(labels)) == 3
    assert [one["status_label"] for one in lines] == labels


async def test_a_language_that_there_is_not_is_a_mistake_with_those_that_there_are(
    world: World,
) -> None:
    answer = await world.get("/v1/me?languages=de", world.clerk)
    (mistake,) = answer.json()["errors"]
    assert (answer.status_code, mistake["name"]) == (422, "languages")
    assert "kk, ru, en, all" in mistake["text"]


async def test_a_refusal_gives_its_reasons_in_the_language_of_the_answer(world: World) -> None:
    case = await world.choosing()
    headers = world.headers(world.recipient(), {"Accept-Language": "en"})
    path, said = f"/v1/cases/{case}/commands", {"command": "accept", "quantity": 1}
    told = (await world.http.post(path, json=said, headers=headers)).json()
    assert told["detail"] == told["reasons"][0]["text"]
    every = (await world.http.post(f"{path}?languages=all", json=said, headers=headers)).json()
    assert set(every["reasons"][0]["text"]) == LANGUAGES
    assert set(every["title"]) == set(every["detail"]) == LANGUAGES
    assert every["detail"]["en"].endswith(told["detail"])


def differing(one: object, other: object, place: str = "") -> Iterator[str]:
    """Where two answers differ."""
    if isinstance(one, dict) and isinstance(other, dict):
        for name in one.keys() & other.keys():
            yield from differing(one[name], other[name], f"{place}/{name}")
    elif isinstance(one, list) and isinstance(other, list):
        for number, (left, right) in enumerate(zip(one, other, strict=True)):
            yield from differing(left, right, f"{place}/{number}")
    elif one != other:
        yield place


def at(told: Any, place: str) -> Any:
    for step in place.split("/")[1:]:
        told = told[int(step)] if isinstance(told, list) else told[step]
    return told


@pytest.mark.parametrize(
    "path",
    [
        "/v1/cases/{case}?may=all",
        "/v1/cases/{case}/deadlines",
        "/v1/cases/{case}/person",
        "/v1/cases?sort=nosuch",
        "/v1/cases/{case}?nosuch=1",
        "/v1/cases/01890000-0000-7000-8000-000000000000",
        "/v1/definitions/{law}",
        "/v1/catalogue",
        "/v1/tasks",
        "/v1/suppliers",
        "/v1/offers",
    ],
)
async def test_what_differs_by_language_is_there_in_three(world: World, path: str) -> None:
    case = await world.ordered()
    law = (await world.get("/v1/definitions", world.clerk)).json()["editions"][0]["code"]
    path = path.format(case=case, law=law)
    joined = "&" if "?" in path else "?"
    read = [(await world.get(f"{path}{joined}languages={one}", world.clerk)) for one in ALL]
    kk, _, en, every = [answer.json() for answer in read]
    for place in differing(kk, en):
        assert set(at(every, place)) == LANGUAGES, place


async def test_a_form_stays_a_json_schema_and_has_its_words_in_three_languages(
    world: World,
) -> None:
    law = (await world.get("/v1/definitions", world.clerk)).json()["editions"][0]["code"]
    path = f"/v1/definitions/{law}/commands/begin_representation?languages="
    kk, _, en, every = [(await world.get(path + one, world.clerk)).json() for one in ALL]
    Draft202012Validator.check_schema(every)
    places = list(differing(kk, en))
    assert {place.rpartition("/")[2] for place in places} == {"title", "description"}
    for place in places:
        above, _, word = place.rpartition("/")
        beside = at(every, f"{above}/x-{word}")
        assert (beside["kk"], beside["en"]) == (at(kk, place), at(en, place))


def test_whatever_people_send_has_a_name_in_words() -> None:
    app = described_app()
    document = app.openapi()
    asked = {
        parameter["name"]
        for operations in document["paths"].values()
        for operation in operations.values()
        for parameter in operation.get("parameters", ())
        if parameter["in"] == "query" and parameter["name"] != "languages"
    }
    named = {code.partition(".")[2] for group in ("form", "field") for code in codes(group)}
    assert asked <= named
    for form in (*get_args(get_args(Operation)[0]), *get_args(get_args(NewChange)[0])):
        assert form.model_fields.keys() <= named, form
