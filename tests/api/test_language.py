"""An answer is in one language: the one that is asked for, and all three beside each other."""

import json

import pytest

from tests.api.world import World

LANGUAGES = {"kk", "ru", "en"}


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
