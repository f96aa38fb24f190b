"""What an administrator holds is not asked of the outside; it is neither lost nor done twice."""

from collections.abc import Callable
from datetime import timedelta
from threading import Thread

import httpx
import pytest
from sqlalchemy import Engine, text

from activities.holds import Held
from activities.notices import NoticeActivities
from activities.payments import PaymentActivities
from activities.returns import ReturnActivities
from db.holds import HELD_BY, Switch, held_now, held_until_end, on_their_way, waiting_for
from integrations.email import MailGateway
from integrations.errors import Unavailable
from integrations.esobes import Esobes
from integrations.sms import SmsGateway
from integrations.treasury import Treasury
from tests.support.casework import File, read_case
from tests.support.effect_play import (
    Wire,
    arrived,
    come_of,
    outcome_of,
    payable,
    wanted,
)
from tests.support.holding import hold, let_go
from tests.support.intake import SEAL, measure
from tests.support.polling import BOUND_SECONDS, eventually
from workflows.effects import EFFECTS

_WAITS = text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
NEVER = httpx.Response(404, json={"known": False})


class House:
    """A treasury that takes orders; before it answers an enquiry, `meanwhile` happens."""

    def __init__(self) -> None:
        self.orders = 0
        self.lost = False
        self.meanwhile: Callable[[], None] = lambda: None
        self.wire = Wire(self.answer)

    def answer(self, request: httpx.Request) -> httpx.Response:
        if request.method != "POST":
            self.meanwhile()
            return NEVER
        if self.lost:
            raise httpx.ReadTimeout("lost", request=request)
        self.orders += 1
        return httpx.Response(202)

    def activities(self, engine: Engine) -> PaymentActivities:
        return PaymentActivities(engine, SEAL, Treasury(self.wire.client()), timedelta())


@pytest.fixture
def house() -> House:
    return House()


@pytest.fixture
def file(engine: Engine) -> File:
    return payable(engine)


def test_every_effect_says_by_what_it_is_held() -> None:
    assert HELD_BY.keys() == EFFECTS.keys()


@pytest.mark.parametrize("switch", ["payments", "treasury"])
def test_a_payment_that_is_held_is_not_sent_and_goes_out_once_when_it_is_released(
    engine: Engine, house: House, file: File, switch: Switch
) -> None:
    order = wanted(engine, file, "pay")
    hold(engine, switch)
    for _ in range(2):
        with pytest.raises(Held) as held:
            house.activities(engine).pay(order)
    assert held.value.next_retry_delay == timedelta(minutes=10), "nobody asks all the time"
    assert (house.wire.requests, come_of(engine, file).status) == ([], "payment_pending")
    with engine.connect() as connection:
        assert waiting_for(connection, switch) == 1
    let_go(engine, switch)
    house.activities(engine).pay(order)
    house.activities(engine).pay(order)
    assert (house.orders, come_of(engine, file).periods[1].payments[-1].status) == (1, "sent")


def test_a_hold_that_comes_between_writing_an_order_down_and_sending_it_stops_it(
    engine: Engine, house: House, file: File
) -> None:
    """An order of which nobody knows whether it came is asked about: meanwhile it is held."""
    order, house.lost = wanted(engine, file, "pay"), True
    with pytest.raises(Unavailable):
        house.activities(engine).pay(order)
    house.lost, house.meanwhile = False, lambda: hold(engine, "payments")
    with pytest.raises(Held):
        house.activities(engine).pay(order)
    assert house.orders == 0
    house.meanwhile = lambda: None
    let_go(engine, "payments")
    assert outcome_of(engine, order, house.activities(engine).pay(order)).name == "payment_sent"
    assert house.orders == 1


def test_what_left_before_a_hold_is_counted_by_it_however_close_they_came(
    engine: Engine, house: House, file: File
) -> None:
    order, house.lost = wanted(engine, file, "pay"), True
    with pytest.raises(Unavailable):
        house.activities(engine).pay(order)
    holder = Thread(target=hold, args=(engine, "payments"))
    with engine.begin() as sending, engine.connect() as other:
        assert held_until_end(sending) == frozenset()
        holder.start()
        eventually(lambda: other.execute(_WAITS).scalar_one())
        assert held_now(other) == frozenset(), "whoever is sending comes first"
    holder.join(BOUND_SECONDS)
    with engine.connect() as connection:
        assert held_now(connection) == {"payments"}
        assert on_their_way(connection, "payments") == 1
        assert on_their_way(connection, "notices") == 0


def test_while_texts_are_held_nobody_is_told_and_afterwards_once(engine: Engine) -> None:
    (made,) = arrived(engine, measure())
    wire, notices = gateways(engine)
    notify = wanted(engine, made, "notify")
    hold(engine, "notices")
    with pytest.raises(Held):
        notices.texts(notify)
    assert wire.requests == []
    let_go(engine, "notices")
    notices.texts(notify)
    notices.texts(notify)
    assert sorted(one.url.path for one in wire.requests) == ["/email/messages", "/sms/messages"]


def test_while_one_channel_is_held_a_text_goes_out_by_the_other_and_by_none_twice(
    engine: Engine,
) -> None:
    (made,) = arrived(engine, measure())
    wire, notices = gateways(engine)
    notify = wanted(engine, made, "notify")
    hold(engine, "sms")
    for _ in range(2):
        with pytest.raises(Held):
            notices.texts(notify)
    assert [one.url.path for one in wire.requests] == ["/email/messages"]
    let_go(engine, "sms")
    notices.texts(notify)
    assert [one.url.path for one in wire.requests] == ["/email/messages", "/sms/messages"]
    with engine.connect() as connection:
        assert "notify" not in [one.kind for one in read_case(connection, made).outbox.values()]


def gateways(engine: Engine) -> tuple[Wire, NoticeActivities]:
    """Both gateways behind one wire."""
    wire = Wire(lambda request: httpx.Response(200, json={"id": request.url.path.split("/")[1]}))
    client = wire.client()
    return wire, NoticeActivities(engine, SEAL, SmsGateway(client), MailGateway(client))


def test_while_esobes_is_held_it_is_told_nothing(engine: Engine) -> None:
    wire = Wire(lambda _: httpx.Response(500))
    hold(engine, "esobes")
    esobes = Esobes(wire.client())
    assert ReturnActivities(engine, SEAL, esobes).tell_once() == 0
    assert wire.requests == []
