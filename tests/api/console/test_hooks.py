"""A supplier sees on its page how its own system is told, and changes it there."""

import re
from collections.abc import Callable
from dataclasses import replace

import pytest

from activities.webhooks import WebhookRounds
from definitions.wording import text
from integrations.http import trusting
from integrations.webhook import WebhookSender
from tests.api.console.conftest import Browser
from tests.api.console.test_parties import SUPPLIER, words
from tests.api.world import World
from tests.support.receiving import NEAR, receiver

Browsers = Callable[[], Browser]


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
async def test_a_supplier_has_its_own_system_told_and_sees_how_that_goes(
    browser: Browsers, world: World, language: str
) -> None:
    await world.ordered()
    one = browser()
    world.app.state.parts = replace(world.app.state.parts, webhook_networks=NEAR)
    await one.sign_in(SUPPLIER)
    await one.send("/language", language=language, back="/webhooks")
    assert text("page.hooks.none", language) in words((await one.open("/webhooks")).text)
    wrong = await one.send("/webhooks", url="http://10.0.0.1/")
    assert (wrong.status_code, 'value="http://10.0.0.1/"' in wrong.text) == (422, True)
    with receiver() as system:
        system.status = 503
        added = (await one.send("/webhooks", url=system.url)).text
        (secret,) = re.findall(r"whsec_[\w+/=]+", added)
        shown = (await one.open("/webhooks")).text
        assert "whsec_" not in shown
        (own,) = re.findall(r'action="(/webhooks/[^"]+)"', shown)
        await one.send(own, act="again")
        rounds = WebhookRounds(world.engine, world.seal, WebhookSender(trusting(None), NEAR))
        for due in rounds.take():
            rounds.tell(due)
        assert system.proves(secret)
    page = words((await one.open("/webhooks")).text)
    assert text("webhook.failing_now", language) in page
    assert text("webhook.refused", language, status="503") in page
    for act, then in (("again", "failing_now"), ("end", "asked"), ("resume", "goes_on")):
        told = words((await one.send(own, act=act)).text)
        assert text("page.hooks.changed", language) in told
        assert text(f"webhook.{then}", language) in told
    assert secret not in (await one.send(own, act="renew")).text
    assert (await one.send(own, act="nothing")).status_code == 404
