"""An order is signed with a phone: a code on the page, and behind it what eGov Mobile expects."""

import base64
import re
from collections.abc import Callable
from html import unescape
from typing import Any
from urllib.parse import unquote

import httpx

from tests.api.console.conftest import RECIPIENT, Browser, hidden
from tests.api.console.test_house import reference_of
from tests.api.world import ADDRESS, World

Browsers = Callable[[], Browser]


async def asked_of_phone(browser: Browsers, world: World) -> tuple[Browser, str, httpx.Response]:
    """A recipient before the code for an order."""
    case = await world.choosing()
    _, offer = world.offer()
    one = browser()
    await one.sign_in(RECIPIENT)
    address = f"/cases/{reference_of(world, case)}/sign/place_order?period=1"
    said = {"offer_id": str(offer), "quantity": "1", "deliver_to.address": ADDRESS}
    read = await one.send(address, **said)
    return one, address, await one.send(address, **hidden(read.text), with_phone="yes")


def scanned(page: str) -> str:
    """Where the code leads, from the link that says the same."""
    (link,) = re.findall(r'href="([^"]*egov%2F[^"]+)"', page)
    return unquote(link)[unquote(link).index("/egov/") :]


async def sent_back(world: World, address: str, told: dict[str, Any]) -> httpx.Response:
    """What a phone does with the documents: it puts a signature in the place of each."""
    for one in told["documentsToSign"]:
        file = one["document"]["file"]
        file["data"] = world.recipient().sign(base64.b64decode(file["data"]))
    return await world.http.put(address, json=told)


async def test_an_order_is_signed_with_a_phone_and_placed(browser: Browsers, world: World) -> None:
    one, address, page = await asked_of_phone(browser, world)
    assert page.text.count("<svg") == 1
    code = scanned(page.text)
    invited = (await world.http.get(code)).json()
    assert invited["document"]["auth_type"] == "None"
    assert invited["organisation"].keys() == {"nameRu", "nameKz", "nameEn", "bin"}
    told = (await world.http.get(f"{code}/documents")).json()
    assert told["signMethod"] == "CMS_SIGN_ONLY"
    early = await one.send(address, **hidden(page.text))
    assert "еще не пришла" in early.text
    answer = await sent_back(world, f"{code}/documents", told)
    assert (answer.status_code, answer.json()) == (200, {"message": "success"})
    (state,) = re.findall(r'hx-get="([^"]+)"', page.text)
    assert 'data-signed="yes"' in (await one.open(unescape(state))).text
    done = await one.send(address, **hidden(page.text))
    assert done.status_code == 303, done.text
    assert "Заказ оформлен" in unescape((await one.open(done.headers["location"])).text)


async def test_a_code_counts_once_and_takes_only_a_signature_of_what_it_gave_out(
    browser: Browsers, world: World
) -> None:
    _, _, page = await asked_of_phone(browser, world)
    code = scanned(page.text)
    told = (await world.http.get(f"{code}/documents")).json()
    spoilt: list[Any] = [
        {},
        {**told, "signMethod": "XML"},
        {**told, "documentsToSign": []},
        told,
        {"signMethod": "CMS_SIGN_ONLY", "documentsToSign": told["documentsToSign"] * 2},
    ]
    for one in spoilt:
        assert (await world.http.put(f"{code}/documents", json=one)).status_code == 403
    (document,) = told["documentsToSign"]
    other = {"file": {"mime": "x", "data": base64.b64encode(b"other").decode()}}
    wrong = {**told, "documentsToSign": [{**document, "document": other}]}
    assert (await sent_back(world, f"{code}/documents", wrong)).status_code == 403
    assert (await sent_back(world, f"{code}/documents", told)).status_code == 200
    for address in (code, f"{code}/documents"):
        assert (await world.http.get(address)).status_code == 404
    assert (await world.http.get("/egov/AAAA")).status_code == 404


async def test_who_comes_back_after_the_code_is_over_begins_again(
    browser: Browsers, world: World
) -> None:
    one, address, page = await asked_of_phone(browser, world)
    with world.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM phone_signing")
    late = await one.send(address, **hidden(page.text))
    assert late.status_code == 410
    assert "больше не действует" in late.text
