"""What is consented to or signed is read first, and no person types what a machine knows."""

import base64
import re
from collections.abc import Callable
from html import unescape
from typing import Any

from tests.api.console.conftest import RECIPIENT, Browser, hidden
from tests.api.console.test_house import reference_of
from tests.api.world import ADDRESS, World
from tests.support.crawl import words_of
from tests.support.intake import iin

Browsers = Callable[[], Browser]
TRUSTEE: dict[str, Any] = {"role": "recipient", "iin": iin(2)}
NEVER_TYPED = re.compile(r'<(?:input type="text"|textarea)[^>]*name="[^"]*sha256')


async def test_a_trustee_reads_the_paper_of_an_order_and_consents_without_typing_its_hash(
    browser: Browsers, world: World
) -> None:
    case = world.receive(1, representative=world.representing(2) | {"kind": "TRUSTEE"})
    await world.act(case, "open_case", world.recipient())
    (_, offer), (_, other) = world.offer(), world.offer("200140000022")
    trustee, ward = browser(), browser()
    await trustee.sign_in(TRUSTEE)
    reference = reference_of(world, case)
    form = await trustee.open(f"/cases/{reference}/do/consent?period=1")
    assert not NEVER_TYPED.search(form.text)
    assert "sha256" not in form.text
    sent = await trustee.send(f"/cases/{reference}/do/consent?period=1", act="place_order")
    assert sent.status_code == 303, sent.text
    address = sent.headers["location"]
    assert "ТОО Үлгі" in (await trustee.open(address)).text
    read = await trustee.send(address, offer_id=str(offer), quantity="1")
    assert read.status_code == 200, read.text
    assert "Гарантированная сумма" in words_of(read.text)
    assert 'class="paper"' in read.text
    done = await trustee.send(address, **hidden(read.text))
    assert done.status_code == 303, done.text
    await ward.sign_in(RECIPIENT)
    order = f"/cases/{reference}/sign/place_order?period=1"
    chosen = {"quantity": "1", "deliver_to.address": ADDRESS}
    differs = await ward.send(order, offer_id=str(other), **chosen)
    assert differs.status_code == 409
    assert "Попечитель дал согласие на другой заказ" in words_of(differs.text)
    shown = await ward.send(order, offer_id=str(offer), **chosen)
    (content,) = re.findall(r'data-sign="([^"]+)"', shown.text)
    signature = world.recipient().sign(base64.b64decode(content))
    placed = await ward.send(order, **hidden(shown.text), signature=signature)
    assert placed.status_code == 303, placed.text
    assert "Заказ оформлен" in unescape((await ward.open(placed.headers["location"])).text)


async def test_a_trustee_consents_to_a_cancellation_in_one_step(
    browser: Browsers, world: World
) -> None:
    case = world.receive(1, representative=world.representing(2) | {"kind": "TRUSTEE"})
    await world.act(case, "open_case", world.recipient())
    trustee = browser()
    await trustee.sign_in(TRUSTEE)
    sent = await trustee.send(
        f"/cases/{reference_of(world, case)}/do/consent?period=1", act="decline"
    )
    assert sent.headers["location"].endswith("?done=consent")


async def test_an_order_above_the_norm_is_refused_on_the_page_before_anything_is_signed(
    browser: Browsers, world: World
) -> None:
    _, offer = world.offer()
    first = await world.choosing()
    other = await world.choosing(1, measure_id="M-00077", message_id="message-77")
    person = world.recipient()
    await world.act(first, "place_order", person, **world.order(first, offer, person))
    one = browser()
    await one.sign_in(RECIPIENT)
    address = f"/cases/{reference_of(world, other)}/sign/place_order?period=1"
    said = {"offer_id": str(offer), "quantity": "1", "deliver_to.address": ADDRESS}
    told = await one.send(address, **said)
    assert told.status_code == 409
    assert "data-sign" not in told.text
    assert "Запрошенное количество превышает годовую норму" in words_of(told.text)
