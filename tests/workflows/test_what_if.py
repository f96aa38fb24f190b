"""What was foretold is what the worker then does, while time really passes."""

from datetime import UTC, date, datetime, timedelta
from functools import partial

import pytest

from definitions.calendars import current_calendar
from definitions.editions import edition
from domain.case.state import Case
from domain.forecasts.what_if import Expected, Forecast, Law, nobody_acts, order_on
from domain.messages import Event
from domain.terms.agenda import agenda
from domain.terms.counting import ZONE, local_day
from tests.support.host import Host
from tests.support.party_play import Party, cancel_order, place_order
from tests.support.polling import soon

pytestmark = [pytest.mark.long, pytest.mark.clocked]

MOMENT = timedelta(seconds=1)
Line = tuple[str, str, date, str | None]


def law(case: Case) -> Law:
    return Law(edition(case.edition), current_calendar())


def foretold(events: tuple[Expected, ...]) -> list[Line]:
    return [(one.row, one.type, one.on, one.to) for one in events]


def happened(events: list[Event]) -> list[Line]:
    return [(one.row, one.type, local_day(one.at), one.data.get("to")) for one in events]


def agree(recorded: list[Line], expected: list[Line]) -> bool:
    """The same lines; of two answers of the outside either may come first."""
    moving = [[line for line in lines if line[0] != "-"] for lines in (recorded, expected)]
    return moving[0] == moving[1] and sorted(map(str, recorded)) == sorted(map(str, expected))


def now(host: Host) -> datetime:
    return datetime.fromisoformat(host.outside.get("/clock")["now"]).astimezone(UTC)


async def pass_by(host: Host, party: Party, until: datetime | None = None) -> None:
    """Time passes from deadline to deadline; the worker does the rest."""
    while coming := agenda(host.case(party), law(host.case(party)).edition.process):
        due, seq = coming[0], host.case(party).seq
        if until is not None and due.wake_at > until:
            break
        await host.advance_to(due.wake_at + MOMENT)
        await soon(partial(host.events, party, seq), bool)
        await host.rests(party)
    if until is not None and until > now(host):
        await host.advance_to(until)


async def begun(host: Host, status: str) -> tuple[Party, Forecast]:
    """A case that stands somewhere, and what is foretold of it."""
    party = await host.begin()
    await host.play(party, status)
    case = host.case(party)
    return party, nobody_acts(case, law(case), now(host))


@pytest.mark.parametrize(
    "status",
    [
        "notifying",
        "choosing",
        "ordered",
        "in_fulfilment",
        "delivered",
        "awaiting_signatures",
        "under_review",
        "payment_pending",
        "completed",
    ],
)
async def test_left_alone_a_case_goes_as_foretold(host: Host, status: str) -> None:
    party, forecast = await begun(host, status)
    seq = host.case(party).seq
    await pass_by(host, party)
    assert agree(happened(host.events(party, seq)), foretold(forecast.events))
    case = host.case(party)
    assert {1: case.status} == forecast.then.statuses
    assert [task.code for task in case.tasks.values()] == list(forecast.then.tasks)
    assert len(case.escalations) == forecast.then.escalations


async def test_a_second_choice_goes_as_foretold(host: Host) -> None:
    """The order was taken back after the first reminder: what is past does not come again."""
    party = await host.begin()
    await host.play(party, "choosing")
    first = min(host.case(party).periods[1].deadlines["choice"].reminders.values())
    await pass_by(host, party, first + MOMENT)
    await host.say(party, place_order)
    await host.say(party, cancel_order)
    await host.rests(party)
    case = host.case(party)
    forecast = nobody_acts(case, law(case), now(host))
    await pass_by(host, party)
    assert agree(happened(host.events(party, case.seq)), foretold(forecast.events))


@pytest.mark.parametrize("days", [0, 3])
async def test_an_order_after_some_days_is_taken_as_foretold(host: Host, days: int) -> None:
    """Of the last days on which it may be, and of the first on which it may not."""
    party = await host.begin()
    await host.play(party, "choosing")
    case = host.case(party)
    day = case.periods[1].deadlines["choice"].last_day + timedelta(days=days)
    forecast = order_on(case, law(case), now(host), day)
    await pass_by(host, party, datetime(day.year, day.month, day.day, 12, tzinfo=ZONE))
    message = await host.say(party, place_order)
    await host.rests(party)
    made = host.of(party, message)
    assert forecast.in_time is (made[0].type == "ordered") is (days == 0)
    recorded = [one for one in host.events(party, case.seq) if one.type != "refused"]
    assert agree(happened(recorded), foretold(forecast.events))
    if forecast.in_time:
        held = host.case(party).periods[1].deadlines["supplier_answer"]
        (runs,) = forecast.then.runs
        assert (runs.term, runs.certificate) == ("supplier_answer", held.certificate)
