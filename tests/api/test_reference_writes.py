"""Whatever is written into reference data can be read back: by every list, and by a payment."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from db.suppliers import read_supplier
from domain.parties.suppliers import REQUIRED
from tests.api.world import ITEM, SUPPLIER_BIN, Person, World
from tests.domain.chance import choose
from tests.domain.play import Seeded
from tests.support.intake import SEAL, iin
from tests.support.systems import call

GOOD: dict[str, list[Any]] = {
    "bin": [SUPPLIER_BIN, "200140000022"],
    "iin": [iin(905)],
    "name": ["ЖШС «Үлгі»", "ТОО Е\u0308", "O'Neil; DROP TABLE supplier", "ӘҒҚҢӨҰҮҺІ", "🦽"],
    "phone": ["+77000002001", None],
    "email": ["ulgi@example.com", None],
    "language": ["kk", "ru", "en"],
    "regions": [["71"], ["71", "75"], ["7", "711210000"]],
    "active": [True, False],
    "price": [1, 27_000_000, 10**13],
    "proofs": [[{"condition": one, "evidence": "№ 1"} for one in REQUIRED], []],
    "assistants_only": [True, False],
    "reason": ["Шарт бұзылды"],
    "evidence": ["Хаттама № 7"],
    "ground": ["ceased", "own_application"],
    "phone_confirmed": [True, False],
    "email_confirmed": [True, False],
}
BAD: list[Any] = [
    *(None, "", " ", "\x00", "\u202e", "\u200b", "x" * 141, "ә" * 100_000, "нет", "xx", "null"),
    *(0, -1, 1.5, 10**30, True, [], {}, [None], [""], ["7x"], ["71"] * 501, [["71"]], {"a": {}}),
]
SUPPLIER = ("name", "phone", "email", "language", "regions", "active")
CONTACTS = ("phone", "phone_confirmed", "email", "email_confirmed")
COMMANDS = ("change", "change_contacts")
# Method, address, who, and the fields of the form.
Route = tuple[str, str, Callable[[World], Person], tuple[str, ...]]
ROUTES: list[Route] = [
    ("POST", "/v1/suppliers", lambda w: w.admin, ("bin", *SUPPLIER)),
    ("POST", "/v1/suppliers", lambda w: w.admin, ("iin", *SUPPLIER)),
    ("POST", "/v1/suppliers/{supplier}/commands", lambda w: w.admin, ("change", *SUPPLIER)),
    ("PUT", f"/v1/suppliers/{{supplier}}/offers/{ITEM}", lambda w: w.admin, ("price", "active")),
    ("PUT", f"/v1/suppliers/{{supplier}}/offers/{ITEM}", lambda w: w.supplier, ("price", "active")),
    ("POST", "/v1/suppliers", lambda w: w.supplier, (*SUPPLIER[:5], "proofs")),
    ("POST", "/v1/cases/{case}/commands", lambda w: w.clerk, ("change_contacts", *CONTACTS)),
]
READS: list[tuple[str, Callable[[World], Person]]] = [
    ("/v1/suppliers?limit=200", lambda w: w.admin),
    ("/v1/suppliers?active=true", lambda w: w.recipient()),
    ("/v1/suppliers/{supplier}", lambda w: w.supplier),
    ("/v1/suppliers/{supplier}", lambda w: w.commission),
    ("/v1/offers", lambda w: w.recipient()),
    ("/v1/offers?supplier_id={supplier}", lambda w: w.admin),
    ("/v1/tasks", lambda w: w.commission),
    ("/v1/tasks", lambda w: w.supplier),
    ("/v1/me", lambda w: w.supplier),
    ("/v1/me", lambda w: w.recipient()),
    ("/v1/cabinet", lambda w: w.recipient()),
    ("/v1/cases/{case}/person", lambda w: w.clerk),
]


def form(whim: Seeded, fields: tuple[str, ...]) -> dict[str, Any]:
    """Most fields good, now and then one that is not, or one that nobody knows."""
    said: dict[str, Any] = {}
    if fields[0] in COMMANDS:
        said, fields = {"command": fields[0]}, fields[1:]
    for name in fields:
        if whim.below(8):
            said[name] = choose(whim, BAD if not whim.below(8) else GOOD[name])
    if not whim.below(10):
        said[choose(whim, ("id", "seq", "ә", "__class__", "x" * 5000))] = choose(whim, BAD)
    return said


async def readable(world: World, places: dict[str, str]) -> None:
    for path, by in READS:
        answer = await world.get(path.format(**places), by(world))
        assert answer.status_code == 200, (path, answer.text)
    with world.engine.connect() as connection:
        for (held,) in connection.execute(text("SELECT id FROM supplier")).all():
            found = read_supplier(connection, SEAL, held)
            assert found is not None
            assert found.contacts is not None, "a payee has a name"
            assert found.contacts.name.strip()
            assert found.contacts.language in ("kk", "ru", "en")


@pytest.mark.long
@pytest.mark.timeout(300)
async def test_whatever_is_written_can_be_read_back_everywhere(world: World) -> None:
    supplier, _ = world.offer()
    case = world.receive()
    world.fail_notice(case)
    places, whim, written = {"supplier": str(supplier), "case": case}, Seeded(9), Counter[str]()
    named = {"bin": SUPPLIER_BIN, "name": "ТОО Үлгі", "regions": ["71"]}
    assert (await world.post("/v1/suppliers", world.admin, named)).status_code == 200
    for turn in range(240):
        method, path, by, fields = choose(whim, ROUTES)
        said = form(whim, fields)
        address = path.format(**places)
        if method == "POST":
            answer = await world.post(address, by(world), said)
        else:
            answer = await call(world, method, address, by(world).token, said)
        assert answer.status_code < 500, (turn, path, answer.text)
        assert answer.status_code not in (401, 403, 404, 405), (turn, path, answer.text)
        if answer.status_code < 300:
            written[path] += 1
        if answer.status_code < 300 or not turn % 10:
            await readable(world, places)
    assert written.keys() == {path for _, path, _, _ in ROUTES}


@pytest.mark.parametrize("field", ["name", "language", "regions", "active"])
async def test_what_must_be_there_is_not_removed_by_null(world: World, field: str) -> None:
    supplier, _ = world.offer()
    path = f"/v1/suppliers/{supplier}"
    before = (await world.get(path, world.admin)).json()
    said: dict[str, Any] = {"command": "change", field: None}
    answer = await call(world, "POST", f"{path}/commands", world.admin.token, said)
    assert answer.status_code == 422
    assert [one["pointer"] for one in answer.json()["errors"]] == [f"/{field}"]
    assert (await world.get(path, world.admin)).json() == before


async def test_null_removes_a_phone_and_what_is_left_out_stays(world: World) -> None:
    said = {"bin": SUPPLIER_BIN, "name": "ТОО", "regions": ["71"], "phone": "+77000002001"}
    held = (await world.post("/v1/suppliers", world.admin, {**said, "email": "a@b.kz"})).json()
    path = f"/v1/suppliers/{held['id']}"
    change = {"command": "change", "phone": None}
    answer = await call(world, "POST", f"{path}/commands", world.admin.token, change)
    assert answer.json() == {**held, "phone": None, "removals": []}


@pytest.mark.parametrize(
    "broken",
    [
        "UPDATE supplier SET regions = '{}'",
        "UPDATE supplier SET regions = '{7x}'",
        "UPDATE supplier SET regions = '{NULL}'",
        "UPDATE supplier SET name = ' '",
        "UPDATE supplier SET name = NULL",
        "UPDATE supplier SET bin = '12'",
        "UPDATE offer SET price = 10000000000001",
        "UPDATE offer SET item = ''",
    ],
)
async def test_the_database_takes_no_row_that_nobody_could_read(world: World, broken: str) -> None:
    world.offer()
    with pytest.raises(IntegrityError), world.engine.begin() as connection:
        connection.execute(text(broken))
