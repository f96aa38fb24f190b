"""Suppliers and offers: put on the portal by administrators, kept by suppliers, found by people."""

import asyncio
import base64
import hashlib
import json
from typing import Any
from uuid import UUID

import pytest

from db.documents import read_document
from db.reference import read_case
from tests.api.world import ADDRESS, BIC, IBAN, ITEM, SUPPLIER_BIN, World
from tests.support.intake import SEAL, iin
from tests.support.removals import take_off
from tests.support.systems import call


async def put(world: World, **changes: Any) -> dict[str, Any]:
    """A supplier on the world."""
    form = {
        "bin": SUPPLIER_BIN,
        "name": "ТОО «Үлгі»",
        "phone": "+77000002001",
        "email": "ulgi@example.com",
        "regions": ["71", "75"],
        **changes,
    }
    answer = await call(world, "POST", "/v1/suppliers", world.admin.token, form)
    assert answer.status_code in (200, 201), answer.text
    told: dict[str, Any] = answer.json()
    return told


async def offered(world: World, price: int = 27_000_000, **supplier: Any) -> dict[str, Any]:
    """An offer of a supplier."""
    held = await put(world, **supplier)
    path = f"/v1/suppliers/{held['id']}/offers/{ITEM}"
    answer = await call(world, "PUT", path, world.admin.token, {"price": price})
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def offers(world: World, query: str = "", bearer: str | None = None) -> list[dict[str, Any]]:
    path = f"/v1/offers?{query}"
    answer = await call(world, "GET", path, bearer or world.recipient().token)
    assert answer.status_code == 200, answer.text
    told: list[dict[str, Any]] = answer.json()["offers"]
    return told


async def test_an_administrator_puts_a_supplier_on_the_portal_once(world: World) -> None:
    first = await put(world)
    again = await put(world, name="ТОО «Үлгі-2»")
    assert first["id"] == again["id"]
    assert again["name"] == "ТОО «Үлгі-2»"
    assert world.audit() == [
        ("administrator", "supplier_added"),
        ("administrator", "supplier_changed"),
    ]


def own_offer(supplier: dict[str, Any], item: str = ITEM) -> str:
    return f"/v1/suppliers/{supplier['id']}/offers/{item}"


async def test_putting_the_same_again_is_no_change(world: World) -> None:
    await put(world)
    await put(world)
    assert len(world.audit()) == 1


async def test_a_person_is_a_supplier_whose_contacts_are_sealed(world: World) -> None:
    own = iin(905)
    held = await put(world, bin=None, iin=own, name="Көмекова Үлгі")
    assert (held["bin"], held["name"]) == (None, "Көмекова Үлгі")
    seen = await call(world, "GET", f"/v1/suppliers/{held['id']}", world.recipient().token)
    assert (seen.json()["name"], seen.json()["phone"]) == ("Көмекова Үлгі", None)
    assert own not in seen.text


@pytest.mark.parametrize(
    "changes",
    [
        {"bin": None},
        {"iin": iin(1)},
        {"bin": "123456789012"},
        {"regions": []},
        {"regions": ["Алматы"]},
        {"phone": "+79161234567"},
        {"name": " "},
        {"surplus": 1},
    ],
)
async def test_a_wrong_form_is_told_its_mistakes(world: World, changes: dict[str, Any]) -> None:
    form = {"bin": SUPPLIER_BIN, "name": "А", "regions": ["71"], **changes}
    answer = await call(world, "POST", "/v1/suppliers", world.admin.token, form)
    assert answer.status_code == 422
    assert answer.json()["errors"]


async def test_only_administrators_put_suppliers_on_the_portal(world: World) -> None:
    form = {"bin": SUPPLIER_BIN, "name": "А", "regions": ["71"]}
    answer = await call(world, "POST", "/v1/suppliers", world.clerk.token, form)
    assert answer.status_code == 403
    answer = await call(world, "POST", "/v1/suppliers", world.supplier.token, form)
    told = {one["pointer"]: one["code"] for one in answer.json()["errors"]}
    assert told["/bin"] == "unknown_field", "a supplier applies, as whom its token names"


async def test_a_supplier_keeps_its_own_offers(world: World) -> None:
    path = own_offer(await put(world))
    form = {"price": 100}
    answer = await call(world, "PUT", path, world.supplier.token, form)
    assert (answer.status_code, answer.json()["price"]) == (200, 100)
    withdrawn = {"price": 100, "active": False}
    await call(world, "PUT", path, world.supplier.token, withdrawn)
    assert await offers(world) == []
    own = await offers(world, f"supplier_id={answer.json()['supplier_id']}", world.supplier.token)
    assert [one["active"] for one in own] == [False]
    assert world.audit()[-1] == ("supplier", "offer_withdrawn")


async def test_who_is_not_on_the_portal_offers_nothing(world: World) -> None:
    path = own_offer(await put(world, bin="190340910011"))
    answer = await call(world, "PUT", path, world.supplier.token, {"price": 100})
    assert answer.status_code == 404, "the offers of another do not exist for it"


@pytest.mark.parametrize("price", [0, -1, 1.5, "100", True, None, 10**14])
async def test_a_price_is_a_whole_number_of_tiyn(world: World, price: object) -> None:
    path = own_offer(await put(world))
    answer = await call(world, "PUT", path, world.supplier.token, {"price": price})
    assert answer.status_code == 422


async def test_what_the_catalogue_does_not_know_is_not_offered(world: World) -> None:
    path = own_offer(await put(world), "GOLD-BAR")
    answer = await call(world, "PUT", path, world.supplier.token, {"price": 100})
    assert answer.status_code == 404


async def test_for_a_case_the_fitting_offers_come_the_cheapest_first(world: World) -> None:
    case = await world.choosing()
    dear = await offered(world, 30_000_000)
    cheap = await offered(world, 20_000_000, bin="190340910011")
    await offered(world, 10_000_000, bin="200540910023", regions=["79"])
    await offered(world, 10_000_000, bin="180740910034", active=False)
    found = await offers(world, f"case_id={case}")
    assert [one["id"] for one in found] == [cheap["id"], dear["id"]]
    assert [one["co_payment"] for one in found] == [0, 1_500_000]
    assert found[0]["supplier"] == "ТОО «Үлгі»"


async def test_offers_for_a_case_of_somebody_else_are_not_found(world: World) -> None:
    case = await world.choosing()
    path = f"/v1/offers?case_id={case}"
    assert (await call(world, "GET", path, world.recipient(2).token)).status_code == 404


async def test_a_list_is_read_part_by_part(world: World) -> None:
    bins = ["190340910011", "200540910023", "180740910034", SUPPLIER_BIN]
    for number in bins:
        await offered(world, 500, bin=number)
    seen: list[str] = []
    path = "/v1/offers?limit=3"
    for _ in range(2):
        told = (await call(world, "GET", path, world.recipient().token)).json()
        seen += [one["id"] for one in told["offers"]]
        path = f"/v1/offers?limit=3&after={told['after']}"
    assert (len(seen), len(set(seen)), told["after"]) == (4, 4, None)
    names = (await call(world, "GET", "/v1/suppliers?limit=3", world.clerk.token)).json()
    rest = f"/v1/suppliers?limit=3&after={names['after']}"
    assert len((await call(world, "GET", rest, world.clerk.token)).json()["suppliers"]) == 1
    for path in (
        "/v1/suppliers?active=true&limit=3",
        "/v1/tasks?task=intake",
        "/v1/offers?limit=3",
    ):
        other = await call(world, "GET", f"{path}&after={names['after']}", world.clerk.token)
        assert [one["code"] for one in other.json()["errors"]] == ["other_list"], path


async def test_a_supplier_taken_off_the_portal_offers_nothing(world: World) -> None:
    offer = await offered(world)
    path = f"/v1/suppliers/{offer['supplier_id']}/commands"
    take_off(world.engine, UUID(offer["supplier_id"]), "own_application")
    assert await offers(world) == []
    said = {"command": "change", "active": True}
    answer = await call(world, "POST", path, world.admin.token, said)
    assert (answer.json()["active"], answer.json()["phone"]) == (True, "+77000002001")
    assert world.audit()[-1] == ("administrator", "supplier_activated")
    assert [one["id"] for one in await offers(world)] == [offer["id"]]


async def test_a_draft_is_the_very_bytes_that_an_order_is_signed_over(world: World) -> None:
    case = await world.choosing()
    offer = await offered(world, 30_000_000)
    person = world.recipient()
    to = {"address": ADDRESS}
    form = {"draft": "application", "offer_id": offer["id"], "quantity": 1, "deliver_to": to}
    answer = await call(world, "POST", f"/v1/cases/{case}/drafts", person.token, form)
    draft = answer.json()
    content = base64.b64decode(draft["bytes"])
    assert hashlib.sha256(content).hexdigest() == draft["sha256"]
    said = json.loads(content)
    assert (said["recipient_iin"], said["supplier"]) == (iin(1), SUPPLIER_BIN)
    assert (draft["unit_price"], draft["unit_sum"]) == (30_000_000, 28_500_000)
    assert (draft["amount"], draft["co_payment"]) == (28_500_000, 1_500_000)
    order = {
        "offer_id": offer["id"],
        "quantity": 1,
        "price_shown": draft["unit_price"],
        "co_payment_confirmed": draft["co_payment"],
        "deliver_to": {"address": ADDRESS},
        "application_sha256": draft["sha256"],
        "signature": person.sign(content),
    }
    told = await world.act(case, "place_order", person, **order)
    assert told["status"] == "ordered"
    again = await call(world, "POST", f"/v1/cases/{case}/drafts", person.token, form)
    assert again.json()["code"] == "command_refused"


@pytest.mark.parametrize(
    "between", ["\N{NO-BREAK SPACE}", "\N{NARROW NO-BREAK SPACE}", "\N{THIN SPACE}"]
)
async def test_an_account_is_read_alike_in_a_draft_and_in_the_command_however_it_was_copied(
    world: World, between: str
) -> None:
    case = await world.ordered()
    await world.act(case, "confirm", world.supplier)
    groups = [IBAN[place : place + 4].lower() for place in range(0, len(IBAN), 4)]
    copied = f"IBAN{between}{between.join(groups)}"
    path, token = f"/v1/cases/{case}/drafts", world.supplier.token
    form = {"draft": "account", "iban": copied, "bic": f" {BIC[:4].lower()} {BIC[4:]}"}
    draft = (await call(world, "POST", path, token, form)).json()
    said = json.loads(base64.b64decode(draft["bytes"]))
    assert (said["iban"], said["bic"]) == (IBAN, BIC)
    body = world.annex(case, world.supplier)
    body["account"] = {"iban": copied, "bic": form["bic"]}
    assert (await world.ask(case, "sign", world.supplier, body)).status_code == 200
    wrong = {**form, "iban": copied.replace(groups[0], "kz00")}
    answer = await call(world, "POST", path, token, wrong)
    assert answer.status_code == 422
    assert [(one["pointer"], one["code"]) for one in answer.json()["errors"]] == [
        ("/iban", "format_iban")
    ]


async def test_no_other_country_and_not_the_payer_itself_is_paid(world: World) -> None:
    case = await world.ordered()
    with world.engine.connect() as connection:
        order = read_case(connection, case).periods[1].order
    assert order is not None
    assert order.paid_from is not None
    path = f"/v1/cases/{case}/drafts"
    for account, mistake in (
        ({"iban": IBAN, "bic": "OZHBDEKA"}, ("bic", "format_bic")),
        ({"iban": order.paid_from.iban, "bic": BIC}, ("iban", "own_account")),
    ):
        draft = {"draft": "account", **account}
        sign = {"command": "sign", **world.annex(case, world.supplier), "account": account}
        told = await call(world, "POST", path, world.supplier.token, draft)
        signed = await world.ask(case, "sign", world.supplier, sign)
        for answer, place in ((told, ""), (signed, "/account")):
            assert answer.status_code == 422, answer.text
            named = [(one["pointer"], one["code"]) for one in answer.json()["errors"]]
            assert named == [(f"{place}/{mistake[0]}", mistake[1])]


async def test_the_supplier_alone_drafts_the_account(world: World) -> None:
    case = await world.ordered()
    path = f"/v1/cases/{case}/drafts"
    form = {"draft": "account", "iban": IBAN, "bic": BIC}
    draft = (await call(world, "POST", path, world.supplier.token, form)).json()
    said = json.loads(base64.b64decode(draft["bytes"]))
    assert (said["iban"], said["bic"], said["supplier"]) == (IBAN, BIC, SUPPLIER_BIN)
    with world.engine.connect() as connection:
        assert read_document(connection, SEAL, case, draft["sha256"]) is not None
    assert (await call(world, "POST", path, world.recipient().token, form)).status_code == 403
    other = world.other_supplier.token
    assert (await call(world, "POST", path, other, form)).status_code == 404


async def test_a_price_is_a_number_however_it_is_written(world: World) -> None:
    held = await put(world)
    path = f"/v1/suppliers/{held['id']}/offers/{ITEM}"
    answer = await call(world, "PUT", path, world.admin.token, {"price": 27_000_000.0})
    assert (answer.status_code, answer.json().get("price")) == (200, 27_000_000)
    for other in (1.5, "1", True):
        answer = await call(world, "PUT", path, world.admin.token, {"price": other})
        assert [one["pointer"] for one in answer.json()["errors"]] == ["/price"]


async def test_a_mistake_in_a_change_is_named_by_its_field(world: World) -> None:
    held = await put(world)
    said = {"command": "change", "active": "true", "language": 5, "name": 5, "regions": [71]}
    answer = await world.post(f"/v1/suppliers/{held['id']}/commands", world.admin, said)
    pointers = [one["pointer"] for one in answer.json()["errors"]]
    assert pointers == ["/name", "/language", "/regions/0", "/active"]


async def test_who_changes_a_name_while_a_phone_changes_brings_no_old_phone_back(
    world: World,
) -> None:
    path = f"/v1/suppliers/{(await put(world))['id']}/commands"
    for number in range(10):
        name, phone = f"ТОО {number}", f"+7700000300{number}"
        answers = await asyncio.gather(
            world.post(path, world.admin, {"command": "change", "name": name}),
            world.post(path, world.admin, {"command": "change", "phone": phone}),
        )
        assert {one.status_code for one in answers} == {200}
        said = {"command": "change", "regions": ["71"]}
        told = (await world.post(path, world.admin, said)).json()
        assert (told["name"], told["phone"]) == (name, phone)


@pytest.mark.parametrize("called", ["%", "++", " ", "_", "\u200b"])
async def test_a_name_without_a_letter_or_a_digit_is_too_short_to_search_for(
    world: World, called: str
) -> None:
    await put(world)
    answer = await world.http.get(
        "/v1/suppliers", params={"called": called}, headers=world.headers(world.admin, {})
    )
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "too_short")
