"""Whatever stands in a path, a query, a head or a body: no fault is ours.

Each place is asked with a share of the values; `make verify-api` asks every place with all.
"""

import json
import re
from collections.abc import Iterator
from itertools import count
from typing import Any, Final
from urllib.parse import quote
from uuid import uuid4

import pytest

from api.bodies import MOST_TIYN
from tests.api.world import World, token
from tests.support.amount import THOROUGH, share

# Streams have no end; 503 is what these truly answer where there is no Temporal.
LEFT_OUT: Final = re.compile(r"/stream$|/v1/operations$")
NUL, SURROGATE = "%00", "%ED%A0%80"
IN_ADDRESSES: Final = (
    NUL,
    f"a{NUL}b",
    "%FF%FE",
    SURROGATE,
    "%0D%0AX-A:b",
    "..%2F..%2Fetc",
    "-1",
    "0",
    "9" * 40,
    str(2**31),
    str(2**63),
    "1e400",
    "NaN",
    "٣",
    quote("Ж" * 600),
    "'%22%3B--",
    "%F0%9F%A6%BD",
    "null",
    "{}",
    "9" * 18 + "." + "0" * 36,
    "0001-01-01",
    "9999-12-31",
    "2026-02-30",
)
IN_BODIES: Final[tuple[Any, ...]] = (
    None,
    True,
    -1,
    0,
    2**31,
    2**63,
    2**64 + 1,
    10**13,
    10**400,
    0.5,
    1e308,
    "",
    "\x00",
    "a\x00b",
    "\ud800",
    "\u202e",
    "Ж" * 5000,
    "2026-02-30",
    "0001-01-01",
    "9999-12-31T23:59:59Z",
    [],
    [None] * 300,
    {},
    {"\x00": 1},
)
HEADS: Final = (
    {"Idempotency-Key": "a" * 5000},
    {"Idempotency-Key": "a\tb"},
    {"Idempotency-Key": "\xff"},
    {"If-None-Match": '"' + "a" * 5000},
    {"If-Match": "*"},
    {"Last-Event-ID": "9" * 40},
    {"Last-Event-ID": "-1"},
    {"Accept-Language": "kk;q=9e999,ru;q=nan," * 50},
    {"Accept": "\xff\xfe"},
    {"X-Request-Id": "\xff"},
    {"Content-Type": "application/json; charset=\xff"},
    {"Content-Length": "0"},
    {"Authorization": "Bearer \xff.\xff.\xff"},
    {"Authorization": "Basic " + "a" * 4000},
    {"Authorization": "Bearer a.b.c"},
    {"Range": "bytes=0-9999999999999999999999"},
)
RAW: Final = (
    b"",
    b"\x00",
    b"\xff\xfe",
    b"null",
    b"[]",
    b"1e999",
    b'{"a":1,"a":2}',
    b"[" * 20_000,
    b'{"a":' * 5_000,
    b'{"quantity": ' + b"9" * 5000 + b"}",
    b'{"reason": "\xed\xa0\x80"}',
    b'{"reason": "\\ud800"}',
    b"<a>" * 1000,
)


class Walk:
    """Every operation of the document, asked by one who may ask it."""

    def __init__(self, world: World, document: dict[str, Any], known: dict[str, str]) -> None:
        self.world, self.document, self.known = world, document, known
        self.people = {
            "recipient": world.recipient(1).token,
            "supplier": world.supplier.token,
            "caseworker": world.clerk.token,
            "commission": world.commission.token,
            "administrator": world.admin.token,
        }
        self.faults: list[str] = []

    def operations(self) -> Iterator[tuple[str, str, dict[str, Any]]]:
        for path, found in self.document["paths"].items():
            for method, operation in found.items():
                if not LEFT_OUT.search(path):
                    yield path, method.upper(), operation

    def token(self, operation: dict[str, Any]) -> str:
        role = operation.get("x-ozhb-roles", ["administrator"])[0]
        return self.people.get(role) or token(role)

    def filled(self, path: str, **others: str) -> str:
        """The address with what is known of each variable, or something of its kind."""
        return re.sub(r"\{(\w+)\}", lambda m: others.get(m[1]) or self.known.get(m[1], "1"), path)

    async def ask(self, method: str, url: str, operation: dict[str, Any], **more: Any) -> None:
        headers = {
            "Authorization": f"Bearer {self.token(operation)}",
            "Idempotency-Key": str(uuid4()),
            **more.pop("headers", {}),
        }
        raw = {name: value.encode("latin-1") for name, value in headers.items()}
        answer = await self.world.http.request(method, url, headers=raw, **more)
        if answer.status_code >= 500:
            said = str(more)[:80]
            self.faults.append(f"{method} {url[:120]} {said} → {answer.status_code}")


@pytest.mark.parametrize("quantity", [1000, 100_000, 1_000_000])
async def test_the_highest_price_times_the_largest_quantity_is_a_sum_or_a_mistake(
    world: World, quantity: int
) -> None:
    _, offer = world.offer(price=MOST_TIYN)
    case, person = await world.choosing(), world.recipient()
    asked: dict[str, Any] = {"offer_id": str(offer), "quantity": quantity}
    drafted = {"draft": "application", **asked}
    draft = await world.post(f"/v1/cases/{case}/drafts", person, drafted)
    assert draft.status_code in (409, 422), draft.text
    said = {
        **asked,
        "price_shown": MOST_TIYN,
        "co_payment_confirmed": MOST_TIYN,
        "application_sha256": "0" * 64,
        "signature": person.sign(b"anything"),
    }
    answer = await world.ask(case, "place_order", person, said)
    assert answer.status_code in (409, 422), answer.text


@pytest.fixture
async def walk(world: World) -> Walk:
    case = await world.ordered(1)
    supplier, offer = world.offer("200140000022")
    document = (await world.get("/openapi.json")).json()
    known = {
        "case_id": case,
        "supplier_id": str(supplier),
        "offer_id": str(offer),
        "message_id": str(uuid4()),
        "term": "choice",
        "item": "MOBILITY-WHEELCHAIR-OUTDOOR",
        "channel": "sms",
    }
    return Walk(world, document, known)


@pytest.mark.long
@pytest.mark.timeout(3600 if THOROUGH else 600)
async def test_no_path_or_query_makes_a_fault(walk: Walk) -> None:
    for place, (path, method, operation) in enumerate(walk.operations()):
        body: dict[str, Any] = {"json": {}} if "requestBody" in operation else {}
        for nasty in share(IN_ADDRESSES, place):
            for variable in re.findall(r"\{(\w+)\}", path):
                await walk.ask(method, walk.filled(path, **{variable: nasty}), operation, **body)
            names = [one["name"] for one in operation.get("parameters", ()) if one["in"] == "query"]
            for name in (*names, nasty):
                await walk.ask(method, f"{walk.filled(path)}?{name}={nasty}", operation, **body)
    assert walk.faults == []


@pytest.mark.long
@pytest.mark.timeout(3600 if THOROUGH else 600)
async def test_no_head_makes_a_fault(walk: Walk) -> None:
    for place, (path, method, operation) in enumerate(walk.operations()):
        body: dict[str, Any] = {"json": {}} if "requestBody" in operation else {}
        for heads in share(HEADS, place):
            await walk.ask(method, walk.filled(path), operation, headers=heads, **body)
    assert walk.faults == []


@pytest.mark.long
@pytest.mark.timeout(3600 if THOROUGH else 600)
async def test_no_bytes_make_a_fault(walk: Walk) -> None:
    for place, (path, method, operation) in enumerate(walk.operations()):
        for kind in operation.get("requestBody", {}).get("content", {}):
            for content in share(RAW, place):
                heads = {"Content-Type": kind}
                url = walk.filled(path)
                await walk.ask(method, url, operation, headers=heads, content=content)
    assert walk.faults == []


@pytest.mark.long
@pytest.mark.timeout(3600 if THOROUGH else 600)
async def test_no_value_of_a_field_makes_a_fault(walk: Walk) -> None:
    places = count()
    for path, method, operation in walk.operations():
        content = operation.get("requestBody", {}).get("content", {})
        if "application/json" not in content:
            continue
        schema = content["application/json"].get("schema", {})
        for sound in bodies(schema, walk.document):
            for name in sound:
                for nasty in share(IN_BODIES, next(places)):
                    said = json.dumps({**sound, name: nasty}).encode()
                    heads = {"Content-Type": "application/json"}
                    url = walk.filled(path)
                    await walk.ask(method, url, operation, headers=heads, content=said)
    assert walk.faults == []


KEPT_UNREAD = ("/v1/esobes/messages", "/v1/receipts/")


@pytest.mark.parametrize("sign", ["a\x00b", "\ud800"])
async def test_what_no_text_can_have_is_told_at_its_place_everywhere(walk: Walk, sign: str) -> None:
    asked = 0
    for path, method, operation in walk.operations():
        content = operation.get("requestBody", {}).get("content", {})
        if "application/json" not in content or path.startswith(KEPT_UNREAD):
            continue  # told in their own answers (see `test_esobes`, `test_receipts`)
        for sound in bodies(content["application/json"]["schema"], walk.document):
            for pointer, said in spoilt(sound, sign):
                heads = walk.world.headers(walk.world.clerk, {"Content-Type": "application/json"})
                answer = await walk.world.http.request(
                    method, walk.filled(path), content=json.dumps(said).encode(), headers=heads
                )
                named = [(one["pointer"], one["code"]) for one in answer.json().get("errors", ())]
                assert (answer.status_code, named) == (422, [(pointer, "no_text")]), path
                asked += 1
    assert asked > 100


def spoilt(value: Any, sign: str) -> Iterator[tuple[str, Any]]:
    """The value with one text in it changed, each in turn, and where that is."""
    if isinstance(value, str):
        yield "", sign
    for name, inner in value.items() if isinstance(value, dict) else ():
        yield from ((f"/{name}{at}", {**value, name: one}) for at, one in spoilt(inner, sign))
    if value == {}:
        yield "/any", {"any": sign}


def bodies(schema: dict[str, Any], document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """A body of each shape that a schema allows, with something sound in each field."""
    schema = resolved(schema, document)
    for one in (*schema.get("oneOf", ()), *schema.get("anyOf", ())):
        yield from bodies(one, document)
    if "properties" in schema:
        yield {name: sound(one, document) for name, one in schema["properties"].items()}


def sound(schema: dict[str, Any], document: dict[str, Any], depth: int = 0) -> Any:
    schema = resolved(schema, document)
    for choice in ("anyOf", "oneOf", "allOf"):
        if schema.get(choice):
            return sound(schema[choice][0], document, depth)
    if "const" in schema or "enum" in schema:
        return schema.get("const", schema.get("enum", [None])[0])
    if schema.get("examples"):
        return schema["examples"][0]
    kind = schema.get("type")
    if kind == "object":
        fields = schema.get("properties", {}) if depth < 4 else {}
        return {name: sound(one, document, depth + 1) for name, one in fields.items()}
    if kind == "array":
        return [sound(schema.get("items", {}), document, depth + 1)]
    if kind == "integer":
        return schema.get("minimum", 1)
    if kind == "boolean":
        return True
    return {"uuid": str(uuid4()), "date": "2026-12-01"}.get(schema.get("format", ""), "0" * 64)


def resolved(schema: dict[str, Any], document: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in schema:
        found: Any = document
        for step in schema["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        schema = found
    return schema
