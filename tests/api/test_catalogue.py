"""The catalogue over HTTP: read by all, imported whole, and what a new sum does to whom."""

import base64
import json
from typing import Any

import httpx
import pytest
from fastapi.concurrency import run_in_threadpool

from db.intake import retry_rejected
from tests.api.world import ADDRESS, ITEM, PRICE, SUM, Person, World, person, reasons
from tests.support.catalogues import (
    NEW_ITEM,
    bring_in,
    content,
    item_of,
    today,
    with_new_item,
    with_sum,
)
from tests.support.intake import SEAL, measure
from tests.support.systems import call, send

PATH = "/v1/catalogue"
DEARER = 30_000_000


SECOND = person("administrator", 908)


async def propose(world: World, made: Any, by: Person | None = None) -> httpx.Response:
    body = {"kind": "catalogue", "content": made}
    return await world.post("/v1/changes", by or world.admin, body)


async def put(world: World, made: Any) -> httpx.Response:
    """One administrator proposes, another approves; what the first or the second was answered."""
    proposed = await propose(world, made)
    if proposed.status_code != 201:
        return proposed
    return await world.post(f"/v1/changes/{proposed.json()['id']}/approve", SECOND)


async def raised(world: World, tiyn: int) -> None:
    """From now on the guaranteed sum of wheelchairs is another."""
    answer = await put(world, with_sum(content(), tiyn))
    assert answer.status_code == 200, answer.text


def placed(told: dict[str, Any]) -> dict[str, Any]:
    order: dict[str, Any] = told["periods"][0]["order"]
    return order


async def test_everybody_signed_in_reads_what_is_in_force_today(world: World) -> None:
    for who in (world.recipient(), world.supplier, world.clerk, world.admin):
        told = (await world.get(PATH, who)).json()
        assert (told["version"], told["on"]) == ("2026-11", today(world.engine).isoformat())
        assert len(told["items"]) == 21
    item = next(one for one in told["items"] if one["code"] == ITEM)
    assert (item["unit_sum"], item["unit"], item["norm"]) == (SUM, "PIECE", {"year": 1})
    assert item["name"]
    assert (await world.get(PATH)).status_code == 401


async def test_a_category_is_read_alone(world: World) -> None:
    told = (await world.get(f"{PATH}?category=HYGIENE", world.recipient())).json()
    assert [one["code"] for one in told["items"]] == ["HYGIENE-DIAPER-L", "HYGIENE-URINE-BAG"]
    assert [one["kind"] for one in told["categories"]] == ["goods"]


async def test_what_has_not_changed_is_not_sent_again(world: World) -> None:
    for path in (PATH, f"{PATH}?version=2026-11"):
        first = await world.get(path, world.recipient())
        again = await world.get(path, world.recipient(), if_none_match=first.headers["etag"])
        assert (again.status_code, again.content) == (304, b"")
    await raised(world, DEARER)
    first = await world.get(PATH, world.recipient(), if_none_match=first.headers["etag"])
    assert (first.status_code, first.json()["version"]) == (200, "2026-12")


async def test_a_version_is_read_back_as_it_was_sent(world: World) -> None:
    made = with_sum(content(), DEARER)
    assert (await put(world, made)).json()["state"] == "done"
    assert (await world.get(f"{PATH}?version=2026-12", world.clerk)).json() == made
    assert (await world.get(f"{PATH}?version=2026-13", world.clerk)).status_code == 404
    assert (await world.get(f"{PATH}?version=drop-table", world.clerk)).status_code == 422
    assert world.audit() == [
        ("administrator", "reference_proposed"),
        ("administrator", "reference_approved"),
    ]


async def test_the_same_again_answers_the_same_and_other_content_is_a_conflict(
    world: World,
) -> None:
    first, again = await propose(world, content()), await propose(world, content())
    assert first.json() == again.json()
    assert (await put(world, content())).status_code == 200
    other = await put(world, with_sum(content(), 1))
    assert (other.status_code, other.json()["code"]) == (409, "catalogue_conflict")
    listed = (await world.get("/v1/catalogue", world.clerk)).json()["versions"]
    assert [(one["version"], one["in_force"]) for one in listed] == [
        ("2026-12", True),
        ("2026-11", False),
    ]
    assert listed[1]["imported_at"] is None
    assert {*listed[0]} == {"version", "valid_from", "sha256", "imported_at", "in_force"}


async def test_one_wrong_line_rejects_the_whole_file_with_every_mistake(world: World) -> None:
    made = with_sum(content(), DEARER)
    item_of(made, "TYPHLO-CANE").update(unit="KILO", custom_made=True)
    item_of(made, "ASSISTANT-HOUR")["sums"] = [{"valid_from": "2026-11-01", "tiyn": 0}]
    answer = await put(world, made)
    assert answer.status_code == 422
    mistakes = answer.json()["errors"]
    assert [(one["pointer"], one["code"]) for one in mistakes] == [
        ("/content/items/12/sums/0/tiyn", "below_minimum"),
        ("/content/items/5/procured", "custom_made_is_procured"),
        ("/content/items/5/unit", "not_allowed_value"),
    ]
    assert all(one["text"] for one in mistakes)
    assert (await world.get(PATH, world.clerk)).json()["version"] == "2026-11"
    assert world.audit() == []


async def test_what_contradicts_the_versions_there_are_is_told_the_same_way(world: World) -> None:
    await put(world, content())
    made = content("2026-10")
    item_of(made)["unit"] = "STAY"
    answer = await put(world, made)
    assert answer.status_code == 422
    assert [(one["pointer"], one["code"]) for one in answer.json()["errors"]] == [
        ("/content/items/0/unit", "unit_changed"),
        ("/content/valid_from", "version_not_newer"),
    ]


@pytest.mark.parametrize("who", ["clerk", "supplier"])
async def test_only_administrators_import(world: World, who: str) -> None:
    answer = await propose(world, content(), getattr(world, who))
    assert answer.status_code == 403


async def test_nobody_imports_a_catalogue_alone(world: World) -> None:
    dearer = with_sum(content(), DEARER)
    change = (await propose(world, dearer)).json()
    assert change["state"] == "proposed"
    (item,) = (one for one in change["differences"] if one["group"] == "items")
    assert (item["code"], item["what"]) == (ITEM, "changed")
    told = {one["field"]: (one["before"], one["after"]) for one in item["fields"]}
    assert (told["sums/0/tiyn"], told["sums/1/tiyn"]) == (
        ("26220000", str(DEARER)),
        (str(SUM), None),
    )
    path = f"/v1/changes/{change['id']}/approve"
    assert reasons(await world.post(path, world.admin)) == ["same_person"]
    assert (await world.get(PATH, world.clerk)).json()["version"] == "2026-11"
    assert (await world.post(path, SECOND)).json()["differences"] == change["differences"]
    assert (await world.get(PATH, world.clerk)).json()["version"] == "2026-12"
    # What was approved is read as it was then, whatever holds now.
    told = (await world.get(f"/v1/changes/{change['id']}", world.admin)).json()
    assert told["differences"] == change["differences"]


async def test_what_does_not_fit_any_more_is_not_approved(world: World) -> None:
    early = (await propose(world, content("2026-11-a"))).json()
    await put(world, content("2026-12"))
    path = f"/v1/changes/{early['id']}/approve"
    assert reasons(await world.post(path, SECOND)) == ["change_outdated"]


# --- what a new sum does ---


async def test_what_was_received_before_gets_the_new_sum_at_its_order(world: World) -> None:
    _, offer = world.offer(price=31_000_000)
    early, late = await world.choosing(1), await world.choosing(2)
    before = await world.act(
        early, "place_order", world.recipient(1), **world.order(early, offer, world.recipient(1))
    )
    await raised(world, DEARER)
    after = await world.act(
        late, "place_order", world.recipient(2), **world.order(late, offer, world.recipient(2))
    )
    shown = ("unit_sum", "co_payment", "catalogue", "unit")
    assert [placed(before)[one] for one in shown] == [SUM, 2_500_000, "2026-11", "PIECE"]
    assert [placed(after)[one] for one in shown] == [DEARER, 1_000_000, "2026-12", "PIECE"]
    # What was ordered keeps its snapshot, whoever reads it.
    again = (await world.get(f"/v1/cases/{early}", world.recipient(1))).json()
    assert placed(again) == placed(before)


async def test_a_case_says_by_which_version_its_own_sum_is_and_offers_say_todays(
    world: World,
) -> None:
    world.offer(price=31_000_000)
    case = await world.choosing()
    await raised(world, DEARER)
    told = (await world.get(f"/v1/cases/{case}", world.recipient())).json()["measure"]
    assert (told["unit_sum"], told["catalogue"]) == (SUM, "2026-11")
    found = await call(world, "GET", f"/v1/offers?case_id={case}", world.recipient().token)
    (offer,) = found.json()["offers"]
    shown = (offer["unit_sum"], offer["co_payment"], offer["catalogue"])
    assert shown == (DEARER, 1_000_000, "2026-12")


async def test_the_draft_and_the_signed_bytes_name_sum_and_version(world: World) -> None:
    _, offer = world.offer(price=31_000_000)
    case = await world.choosing()
    await raised(world, DEARER)
    path = f"/v1/cases/{case}/drafts"
    to = {"address": ADDRESS}
    form = {"draft": "application", "offer_id": str(offer), "quantity": 1, "deliver_to": to}
    draft = (await call(world, "POST", path, world.recipient().token, form)).json()
    assert (draft["unit_sum"], draft["catalogue"]) == (DEARER, "2026-12")
    said = json.loads(base64.b64decode(draft["bytes"]))
    assert (said["unit_sum"], said["amount"], said["catalogue"]) == (DEARER, DEARER, "2026-12")


@pytest.mark.parametrize(
    ("price", "tiyn", "expected"),
    [
        (31_000_000, DEARER, ["co_payment_not_confirmed", "sum_changed", "signature_invalid"]),
        (PRICE, DEARER, ["sum_changed", "signature_invalid"]),
        (PRICE, PRICE - 1, ["co_payment_not_confirmed", "sum_changed", "signature_invalid"]),
        (PRICE, SUM, ["wrong_document", "signature_invalid"]),
    ],
)
async def test_a_draft_signed_under_the_old_sum_is_not_ordered_under_the_new(
    world: World, price: int, tiyn: int, expected: list[str]
) -> None:
    _, offer = world.offer(price=price)
    case, person = await world.choosing(), world.recipient()
    stale = world.order(case, offer, person)
    await raised(world, tiyn)
    answer = await world.ask(case, "place_order", person, stale)
    assert answer.status_code == 409
    told = {reason["code"]: reason for reason in answer.json()["reasons"]}
    assert list(told) == expected
    if "sum_changed" in told:
        assert told["sum_changed"]["facts"] == {"shown": SUM, "current": tiyn}
        assert "285 000,00" in told["sum_changed"]["text"].replace("\N{NO-BREAK SPACE}", " ")
    if "co_payment_not_confirmed" in told:
        assert told["co_payment_not_confirmed"]["facts"] == {"amount": price - tiyn}
    fresh = world.order(case, offer, person)
    assert placed(await world.act(case, "place_order", person, **fresh))["unit_sum"] == tiyn


async def test_a_norm_that_shrank_holds_for_the_next_order(world: World) -> None:
    made = content()
    item_of(made)["norm"] = {"year": 5}
    await put(world, made)
    _, offer = world.offer()
    case = await world.choosing(1, item__quantity=3)
    person = world.recipient()
    smaller = content("2026-12-b")
    item_of(smaller)["norm"] = {"year": 2}
    bring_in(world.engine, smaller)
    draft = world.draft(case, offer, 3)
    order = world.order(case, offer, person)
    order |= {"quantity": 3, "application_sha256": draft.sha256}
    order["signature"] = person.sign(draft.content)
    answer = await world.ask(case, "place_order", person, order)
    (reason,) = answer.json()["reasons"]
    assert (reason["code"], reason["facts"]) == ("over_norm", {"norm": 2, "used": 0, "most": 2})


async def test_a_version_of_a_later_day_changes_nothing_today(world: World) -> None:
    later = with_sum(content("2027-01", today(world.engine, 20)), DEARER)
    assert (await put(world, later)).status_code == 200
    _, offer = world.offer()
    case, person = await world.choosing(), world.recipient()
    told = await world.act(case, "place_order", person, **world.order(case, offer, person))
    assert (placed(told)["unit_sum"], placed(told)["catalogue"]) == (SUM, "2026-11")


# --- an unknown item ---


async def test_an_item_unknown_at_receipt_is_cured_by_an_import(world: World) -> None:
    body = json.dumps(measure(item__classifier_code=NEW_ITEM), ensure_ascii=False).encode()
    answer = await send(world, "esobes", "/v1/esobes/messages", body)
    assert [one["code"] for one in answer.json()["errors"]] == ["not_in_catalogue"]
    assert (await put(world, with_new_item(content()))).status_code == 200
    await run_in_threadpool(retry_rejected, world.engine, SEAL)
    (line,) = (await world.get("/v1/cases", world.clerk)).json()["cases"]
    case = line["id"]
    told = (await world.get(f"/v1/cases/{case}", world.clerk)).json()
    assert (told["measure"]["item"], told["measure"]["catalogue"]) == (NEW_ITEM, "2026-12")
    offer = {"price": 100}
    supplier, _ = world.offer()
    path = f"/v1/suppliers/{supplier}/offers/{NEW_ITEM}"
    assert (await call(world, "PUT", path, world.supplier.token, offer)).status_code == 200
