"""Whatever goes wrong is a problem with words, never a page of HTML and never our fault."""

import json
from collections.abc import Iterator, Mapping
from typing import Any
from uuid import uuid4

import httpx
import pytest

from api.language import liked
from db.bounds import OF_REQUESTS
from db.engine import make_engine
from definitions.command_forms import command_forms
from definitions.wording import codes
from tests.api.apps import make_app, make_parts
from tests.api.world import World, reasons
from tests.support.play import Host

NOBODY = "postgresql://ozhb_app:secret@127.0.0.1:1/nothing"


@pytest.mark.parametrize(
    ("header", "language"),
    [
        (None, "ru"),
        ("", "ru"),
        ("en", "en"),
        ("kk-KZ, ru;q=0.5", "kk"),
        ("de, en;q=0.4, kk;q=0.9", "kk"),
        ("fr", "ru"),
        ("en;q=0", "ru"),
        ("en;q=nan, kk;q=much", "ru"),
        (",;,;q=1," * 50, "ru"),
    ],
)
def test_the_language_is_the_one_liked_best(header: str | None, language: str) -> None:
    assert liked(header) == language


async def test_every_mistake_of_a_form_is_told_at_once_in_three_languages(world: World) -> None:
    case = await world.choosing()
    body = {"offer_id": "x", "quantity": 0, "price_shown": "1", "signature": "??", "secret": 1}
    answer = await world.ask(case, "place_order", world.recipient(), body)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    found = {one["pointer"]: one for one in answer.json()["errors"]}
    assert set(found) == {
        "/offer_id",
        "/quantity",
        "/price_shown",
        "/co_payment_confirmed",
        "/application_sha256",
        "/signature",
        "/secret",
    }
    assert found["/secret"]["code"] == "unknown_field"
    assert found["/application_sha256"]["code"] == "required"
    assert all(isinstance(one["text"], str) for one in found.values())


async def test_a_missing_key_of_the_request_is_a_mistake_of_its_header(world: World) -> None:
    case = await world.choosing()
    answer = await world.http.post(
        f"/v1/cases/{case}/commands",
        json={},
        headers={"Authorization": f"Bearer {world.recipient().token}"},
    )
    assert answer.status_code == 422
    (mistake,) = answer.json()["errors"]
    assert (mistake["in"], mistake["name"]) == ("header", "Idempotency-Key")


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        (b"{", 400, "malformed_json"),
        (b"\xff\xfe", 400, "malformed_json"),
        (b"[" * 100_000, 400, "malformed_json"),
        (b'{"reason": ' + b"9" * 5000 + b"}", 422, "form_invalid"),
        (b'{"reason": "\\u0000"}', 422, "form_invalid"),
        (b'{"reason": "\\ud800"}', 422, "form_invalid"),
        (b'{"reason": NaN}', 422, "form_invalid"),
        (b'{"reason": "a", "period": 99999999999999999999999}', 422, "form_invalid"),
        (b'{"reason": "a", "period": true}', 422, "form_invalid"),
        (b"[]", 422, "form_invalid"),
        (b"null", 422, "form_invalid"),
        (b'"' + b"a" * 1_100_000 + b'"', 413, "too_large"),
    ],
)
async def test_no_body_however_strange_is_our_fault(
    world: World, content: bytes, status: int, code: str
) -> None:
    case = await world.choosing()
    answer = await world.http.post(
        f"/v1/cases/{case}/commands",
        content=content,
        headers=world.headers(world.recipient(), {"Content-Type": "application/json"}),
    )
    assert (answer.status_code, answer.json()["code"]) == (status, code)


@pytest.mark.parametrize("kind", [None, "text/plain", "application/xml", "multipart/form-data"])
async def test_another_kind_of_body_is_not_taken(world: World, kind: str | None) -> None:
    case = await world.choosing()
    answer = await world.http.post(
        f"/v1/cases/{case}/commands",
        content=b'{"reason": "a"}',
        headers=world.headers(world.recipient(), {"Content-Type": kind} if kind else {}),
    )
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")


@pytest.mark.parametrize("path", ["/v1/cases/1", "/v1/cases/%00", "/v1/nothing", "/v1/cases/"])
async def test_what_is_not_there_is_not_found(world: World, path: str) -> None:
    answer = await world.get(path, world.clerk)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


async def test_a_method_that_an_address_does_not_take_is_told(world: World) -> None:
    answer = await world.http.request("BREW", f"/v1/cases/{uuid4()}")
    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")
    assert "GET" in answer.headers["allow"]


@pytest.mark.parametrize("key", [b"\xff", b"a b", b"", b"a" * 201, "ключ".encode()])
async def test_a_key_of_strange_signs_is_refused(world: World, key: bytes) -> None:
    case = await world.choosing()
    sent = world.headers(world.recipient(), {})
    del sent["Idempotency-Key"]
    headers: list[tuple[bytes, bytes]] = [(n.encode(), v.encode()) for n, v in sent.items()]
    answer = await world.http.post(
        f"/v1/cases/{case}/commands",
        json={"command": "open_case"},
        headers=[*headers, (b"Idempotency-Key", key)],
    )
    assert (answer.status_code, answer.json()["code"]) == (422, "form_invalid")


async def test_an_answer_carries_the_name_of_its_request(world: World) -> None:
    named = await world.get("/v1/me", world.clerk, X_Request_Id="abc-1")
    odd = await world.get("/v1/me", world.clerk, X_Request_Id='"<script>"')
    assert named.headers["x-request-id"] == "abc-1"
    assert len(odd.headers["x-request-id"]) == 32


async def test_without_postgresql_it_lives_and_says_that_it_is_unavailable(world: World) -> None:
    engine = make_engine(NOBODY, bounds=OF_REQUESTS)
    app = make_app(make_parts(engine, NOBODY, Host(engine)))
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://portal") as http,
    ):
        assert (await http.get("/health/live")).status_code == 200
        headers = world.headers(world.clerk, {})
        for path in ("/health/ready", "/v1/cases", f"/v1/cases/{uuid4()}", "/v1/me"):
            answer = await http.get(path, headers=headers)
            assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    engine.dispose()


async def test_logs_and_figures_name_no_case_and_no_person(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    case = await world.choosing()
    await world.get(f"/v1/cases?item=SECRET-ITEM&after={case}", world.clerk)
    told: Any = capsys.readouterr().out + (await world.get("/metrics")).text
    assert "/v1/cases/{case_id}/commands" in told
    assert case not in told
    assert "SECRET-ITEM" not in told
    assert json.dumps("Үлгібаев") not in told


async def test_a_mistake_is_named_once_by_a_place_that_the_body_has(world: World) -> None:
    spoilt: tuple[Any, ...] = (None, "kz-2026-12", [])
    for content in spoilt:
        said = {"kind": "calendar", "content": content}
        answer = await world.post("/v1/changes", world.admin, said)
        assert [one["pointer"] for one in answer.json()["errors"]] == ["/content"]


async def test_of_an_offer_that_is_not_there_nothing_else_is_said(world: World) -> None:
    _, offer = world.offer()
    case, person = await world.choosing(), world.recipient()
    said = world.order(case, offer, person, offer_id=str(uuid4()))
    answer = await world.ask(case, "place_order", person, said)
    assert reasons(answer) == ["item_not_offered"]


def test_every_field_that_a_person_fills_in_has_a_name_in_words() -> None:
    fields = {name for form in command_forms().values() for name in _names(form.schema)}
    assert fields <= {code.partition(".")[2] for code in (*codes("form"), *codes("field"))}


def _names(schema: Mapping[str, Any]) -> Iterator[str]:
    for name, one in schema.get("properties", {}).items():
        yield name
        yield from _names(one)
