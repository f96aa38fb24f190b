"""A supplier's system is told by itself which of its cases have changed."""

import asyncio
import operator
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from typing import Any, Final

import pytest
from sqlalchemy import Engine, text

from activities.webhooks import WebhookRounds
from db.engine import make_engine
from db.webhooks import MOST, MOST_ENDED
from definitions import wording
from integrations.http import trusting
from integrations.webhook import Unreached, WebhookSender, mistake_of
from tests.api.world import World, reasons
from tests.support.intake import SEAL, iin
from tests.support.polling import soon
from tests.support.receiving import NEAR, Receiver, receiver
from tests.support.servers import Database
from tests.support.systems import call

TLS = trusting(None)


@pytest.fixture
def system() -> Iterator[Receiver]:
    with receiver() as made:
        yield made


@pytest.fixture
def owner(database: Database) -> Iterator[Engine]:
    made = make_engine(database.owner_url)
    yield made
    made.dispose()


@pytest.fixture
def portal(world: World) -> World:
    """The world where webhooks may lie on this machine, and a supplier that is registered."""
    world.app.state.parts = replace(world.app.state.parts, webhook_networks=NEAR)
    world.offer()
    return world


def rounds(world: World, seconds: float = 10.0) -> WebhookRounds:
    return WebhookRounds(world.engine, SEAL, WebhookSender(TLS, NEAR, seconds))


def told_now(world: World, seconds: float = 10.0) -> int:
    """How many were due, and told what was."""
    making = rounds(world, seconds)
    due = making.take()
    for one in due:
        making.tell(one)
    return len(due)


async def made_at(world: World, url: str) -> dict[str, Any]:
    answer = await call(world, "POST", "/v1/webhooks", world.supplier.token, {"url": url})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def changed(world: World, made: dict[str, Any], **said: Any) -> dict[str, Any]:
    place = f"/v1/webhooks/{made['id']}"
    answer = await call(world, "PATCH", place, world.supplier.token, said)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def stands(world: World) -> dict[str, Any]:
    (found,) = (await world.get("/v1/webhooks", world.supplier)).json()["webhooks"]
    told: dict[str, Any] = found
    return told


async def ordered(world: World, number: int = 1) -> str:
    """A case that is ordered of the supplier, who is on the portal already."""
    found = (await world.get("/v1/offers", world.admin)).json()["offers"]
    case = await world.choosing(number)
    person = world.recipient(number)
    await world.act(case, "place_order", person, **world.order(case, found[0]["id"], person))
    return case


def make_due(owner: Engine, **more: str) -> None:
    """Its pause is over; `more` columns are as they would be later."""
    moved = ", ".join(f"{name} = {value}" for name, value in {"due_at": "NULL", **more}.items())
    with owner.begin() as connection:
        connection.execute(text(f"UPDATE webhook SET {moved}"))


async def test_a_system_is_told_once_signed_and_without_a_word_about_people(
    portal: World, system: Receiver
) -> None:
    made = await made_at(portal, system.url)
    other = await portal.choosing(2)
    case = await ordered(portal)
    assert told_now(portal) == 1
    assert told_now(portal) == 0
    assert system.cases() == [case]
    assert system.proves(made["secret"])
    assert not system.proves("whsec_AAAA")
    (told,) = system.message()["data"]["changes"]
    page = (await portal.get(told["href"], portal.supplier)).json()
    assert told["version"] == page["version"]
    said = system.told[0][1].decode()
    assert other not in said
    assert not any(one in said for one in (iin(1), "Әйгерім", "wheelchair", "ordered"))
    (attempt,) = (await stands(portal))["attempts"]
    assert (attempt["status"], attempt["changes"], attempt["text"]) == (204, 1, "Принято")


async def test_what_was_there_before_is_told_when_it_is_asked_for_again(
    portal: World, system: Receiver
) -> None:
    case = await ordered(portal)
    made = await made_at(portal, system.url)
    assert told_now(portal) == 0
    later = await ordered(portal, 2)
    assert told_now(portal) == 1
    assert system.cases() == [later]
    await changed(portal, made, after="0.00000000-0000-0000-0000-000000000000")
    assert told_now(portal) == 1
    assert system.cases() == [case, later]
    first = system.message()["data"]["changes"][0]["cursor"]
    await changed(portal, made, after=first)
    assert told_now(portal) == 1
    assert system.cases() == [later]


async def test_what_is_said_again_is_the_same_message_until_something_comes_to_it(
    portal: World, system: Receiver, owner: Engine
) -> None:
    await made_at(portal, system.url)
    await ordered(portal)
    system.status = 500
    for _ in range(2):
        told_now(portal)
        make_due(owner)
    await ordered(portal, 2)
    told_now(portal)
    first, again, more = (headers["webhook-id"] for headers, _ in system.told)
    assert first == again != more


async def test_who_does_not_answer_holds_up_nobody_else(portal: World, system: Receiver) -> None:
    with ExitStack() as held:
        silent = [held.enter_context(receiver()) for _ in range(4)]
        for one in silent:
            one.status = None
            await made_at(portal, one.url)
        await made_at(portal, system.url)
        running = asyncio.create_task(rounds(portal).run())
        for many in (1, 2):
            case = await ordered(portal, many)
            await soon(lambda: len(system.told), partial(operator.eq, many))
            assert system.cases() == [case]
        assert [len(one.told) for one in silent] == [1, 1, 1, 1], "they have not answered"
        running.cancel()


@pytest.mark.parametrize("status", [500, 404, 302])
async def test_what_is_not_taken_is_said_again_later_with_what_came_since(
    portal: World, system: Receiver, owner: Engine, status: int
) -> None:
    await made_at(portal, system.url)
    first = await ordered(portal)
    system.status = status
    assert told_now(portal) == 1
    held = await stands(portal)
    assert (held["failures"], held["active"]) == (1, True)
    assert held["due_at"] is not None
    assert held["attempts"][0]["status"] == status
    assert told_now(portal) == 0, "not before its time"
    second = await ordered(portal, 2)
    system.status = 200
    make_due(owner)
    assert told_now(portal) == 1
    assert system.cases() == [first, second]
    held = await stands(portal)
    assert (held["failures"], held["due_at"]) == (0, None)
    assert len(system.told) == 2, "a redirect is not followed"


async def test_who_takes_nothing_for_three_days_is_told_nothing_until_somebody_asks_again(
    portal: World, system: Receiver, owner: Engine
) -> None:
    made = await made_at(portal, system.url)
    case = await ordered(portal)
    system.status = 503
    told_now(portal)
    make_due(owner, failing_since="clock_timestamp() - interval '73 hours'")
    told_now(portal)
    held = await stands(portal)
    assert (held["active"], held["ended"]) == (False, "failing")
    make_due(owner)
    assert told_now(portal) == 0
    system.status = 200
    assert (await changed(portal, made, active=True))["active"]
    assert told_now(portal) == 1
    assert system.cases() == [case]


async def test_an_address_that_is_gone_is_told_nothing_more(
    portal: World, system: Receiver, owner: Engine
) -> None:
    await made_at(portal, system.url)
    await ordered(portal)
    system.status = 410
    told_now(portal)
    assert (await stands(portal))["ended"] == "gone"


async def test_a_system_that_is_ended_or_renewed_is_so_at_once(
    portal: World, system: Receiver
) -> None:
    made = await made_at(portal, system.url)
    await changed(portal, made, active=False)
    await ordered(portal)
    assert told_now(portal) == 0
    renewed = await changed(portal, made, active=True, renew_secret=True)
    assert renewed["secret"] not in (None, made["secret"])
    assert (await stands(portal))["secret"] is None
    told_now(portal)
    assert system.proves(renewed["secret"])
    assert not system.proves(made["secret"])
    actions = [action for _, action in portal.audit()]
    assert {"webhook_made", "webhook_ended", "webhook_resumed"} <= set(actions)


async def test_two_workers_tell_it_once(portal: World, system: Receiver) -> None:
    await made_at(portal, system.url)
    case = await ordered(portal)
    with ThreadPoolExecutor(2) as both:
        assert sum(both.map(told_now, [portal, portal])) == 1
    assert [system.cases(number) for number in range(len(system.told))] == [[case]]


async def test_who_never_answers_is_given_up(portal: World, system: Receiver) -> None:
    await made_at(portal, system.url)
    await ordered(portal)
    system.status = None
    told_now(portal, 0.3)
    (attempt,) = (await stands(portal))["attempts"]
    assert (attempt["fault"], attempt["status"]) == ("timed_out", None)


# What libraries of systems read as a number of a network, and what is no name at all.
NO_NAMES: Final = (
    *("0x7f000001", "2130706433", "127.1", "017700000001", "erp.0x7f", "%31"),
    *("a..b", "-erp.example", "erp_1.example", ".example", "a" * 64 + ".example"),
)
NEAR_NAMES: Final = ("localhost", "erp", "erp.localhost.", "printer.local", "erp.home.arpa")


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://erp.example/ozhb", "https://"),
        ("ftp://erp.example/ozhb", "https://"),
        ("https://10.1.2.3/", "внутренней сети"),
        ("https://169.254.169.254/latest", "внутренней сети"),
        ("https://[::1]/", "внутренней сети"),
        ("https://[::ffff:10.0.0.1]/", "внутренней сети"),
        ("https://[64:ff9b::a00:1]/", "внутренней сети"),
        ("https://user:secret@erp.example/", "не адрес"),
        ("https:///ozhb", "не адрес"),
        ("https://erp.example/#a", "не адрес"),
        ("https://erp.example\\@10.0.0.1/", "не адрес"),
        ("https://erp.example:port/", "не адрес"),
        ("https://erp.example/a b", "не адрес"),
        ("https://erp\x7f.example/", "не адрес"),
        *((f"https://{host}/", "не адрес") for host in NO_NAMES),
        *((f"https://{host}/", "внутренней сети") for host in NEAR_NAMES),
    ],
)
async def test_an_address_where_nothing_may_be_told_is_refused(
    world: World, url: str, why: str
) -> None:
    world.offer()
    answer = await call(world, "POST", "/v1/webhooks", world.supplier.token, {"url": url})
    assert answer.status_code == 422, answer.text
    (mistake,) = answer.json()["errors"]
    assert why in mistake["text"]


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1.nip.example", "2130706433", "0x7f.1"])
def test_a_name_that_leads_into_a_private_network_is_never_asked(
    system: Receiver, host: str
) -> None:
    port = system.url.split(":")[2].split("/")[0]
    with pytest.raises(Unreached) as fault:
        WebhookSender(TLS).send(f"https://{host}:{port}/", b"secret", "msg_1", b"{}")
    assert str(fault.value) in ("private_address", "unknown_host", "unreachable")
    assert system.told == []


def test_a_public_name_that_leads_into_a_private_network_is_looked_up_and_not_asked(
    system: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = int(system.url.split(":")[2].split("/")[0])
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    with pytest.raises(Unreached, match="private_address"):
        WebhookSender(TLS).send(f"https://erp.example:{port}/", b"secret", "msg_1", b"{}")
    assert system.told == []


def test_a_name_of_the_own_network_is_an_address_where_such_are_allowed() -> None:
    assert [mistake_of(f"https://{host}/", NEAR) for host in NEAR_NAMES] == [None] * 5
    assert mistake_of("https://erp.example.:8443/ozhb", ()) is None
    assert {mistake_of(f"https://{host}/", NEAR) for host in NO_NAMES} == {"not_an_address"}


async def test_of_an_address_that_was_never_asked_nothing_is_said(world: World) -> None:
    world.offer()
    said = {"url": "https://erp.example/"}
    told = (await call(world, "POST", "/v1/webhooks", world.supplier.token, said)).json()
    assert (told["attempts"], told["text"]) == ([], wording.text("webhook.untold", "ru"))


async def test_nobody_else_sees_or_changes_it(portal: World, system: Receiver) -> None:
    made = await made_at(portal, system.url)
    portal.offer("200140000022")
    mine = (await portal.get("/v1/webhooks", portal.other_supplier)).json()
    assert mine == {"webhooks": []}
    place = f"/v1/webhooks/{made['id']}"
    stolen = await call(portal, "PATCH", place, portal.other_supplier.token, {"active": False})
    assert stolen.status_code == 404
    for other in (portal.recipient(), portal.clerk, portal.admin, portal.commission):
        assert (await portal.get("/v1/webhooks", other)).status_code == 403


async def test_of_one_supplier_there_are_a_few(portal: World, system: Receiver) -> None:
    for _ in range(MOST):
        await made_at(portal, system.url)
    body = {"url": system.url}
    answer = await call(portal, "POST", "/v1/webhooks", portal.supplier.token, body)
    assert reasons(answer) == ["too_many_webhooks"]


async def test_of_those_that_have_ended_the_last_ones_are_remembered(
    portal: World, system: Receiver
) -> None:
    for number in range(MOST_ENDED + 2):
        made = await made_at(portal, f"{system.url}/{number}")
        await changed(portal, made, active=False)
    await made_at(portal, system.url)
    found = (await portal.get("/v1/webhooks", portal.supplier)).json()["webhooks"]
    assert len(found) == MOST_ENDED + 1
    assert found[0]["url"] == f"{system.url}/2"


async def test_a_change_of_nothing_is_a_mistake(portal: World, system: Receiver) -> None:
    made = await made_at(portal, system.url)
    place = f"/v1/webhooks/{made['id']}"
    answer = await call(portal, "PATCH", place, portal.supplier.token, {})
    assert answer.status_code == 422


async def test_nothing_can_be_told_again_from_a_place_that_is_still_ahead(
    portal: World, system: Receiver
) -> None:
    made = await made_at(portal, system.url)
    place = f"/v1/webhooks/{made['id']}"
    transaction, _, nobody = made["after"].partition(".")
    for ahead in (10**18 - 1, int(transaction) + 1_000):
        said = {"after": f"{ahead}.{nobody}"}
        answer = await call(portal, "PATCH", place, portal.supplier.token, said)
        (mistake,) = answer.json()["errors"]
        assert (answer.status_code, mistake["code"]) == (422, "cursor_ahead")
        assert mistake["pointer"] == "/after"
    assert (await stands(portal))["after"] == made["after"]
    await changed(portal, made, after=made["after"])
