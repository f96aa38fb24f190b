"""A home of the former version goes on: `ozhb migrate` and `ozhb cases restart`, in this order.

`ozhb up` migrates; Temporal is empty, as after a loss. The home was stopped, everything at once,
in the middle of 27 cases.
"""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx
import psycopg
import pytest
from rich.console import Console
from temporalio.client import Client
from temporalio.testing import TimeSkipper, TimeSkippingConfig

from cli import home as places
from cli.demo.board import Board, StoryCourse
from cli.demo.cast import CastPerson, Firm
from cli.demo.portal import Player
from cli.demo.scene import Scene
from cli.demo.stage import Stage, StagedSupplier
from cli.demo.stories import CRUTCHES
from cli.demo.watch import Watch
from cli.postgres import OWNER
from cli.stack import Stack
from sandbox.clock import SKIPS, LegalClock, forward
from tests.support.homes import lay_out
from tests.support.polling import eventually, soon_told

pytestmark = [pytest.mark.long, pytest.mark.timeout(300)]
OPEN = "SELECT case_id::text FROM case_state WHERE live"
STATUS = "SELECT v.status FROM case_view v WHERE v.case_id = %s"
# Behind an order the term of the choice runs out unnoticed: whoever cancels it will notice.
OVERDUE = (
    "SELECT case_id::text, term FROM open_deadline JOIN case_view v USING (case_id)"
    " WHERE expires_at <= legal_now() AND (term <> 'choice' OR v.status = 'choosing')"
)
# All terms of choice that were open at the recording end within them.
MONTHS = timedelta(days=62)
LEFT = "SELECT (SELECT count(*) FROM owed), (SELECT count(*) FROM unheard)"
FIRST, SECOND = "caseworker", "second_caseworker"
Page = dict[str, Any]
# The legal day of the recording.
TODAY = "2027-01-30"
# Approved as a day off, and the last day of every choice that was open.
DAY_OFF = date(2027, 3, 30)


@dataclass(frozen=True)
class Home:
    """A home of the former version on a stack of this one."""

    recorded: dict[str, Any]
    stack: Stack

    def case(self, name: str) -> str:
        return str(self.recorded["cases"][name]["case"])

    def ozhb(self, *arguments: str) -> tuple[int, Any]:
        """Exit code, and what was printed as JSON."""
        ended = subprocess.run(
            [sys.executable, "-P", "-m", "cli.main", *arguments, "--json"],
            env={**os.environ, "OZHB_HOME": str(self.stack.home)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert ended.stdout, ended.stderr
        return ended.returncode, json.loads(ended.stdout)

    def ask(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """Rows of the database, as its owner."""
        url = places.local_postgres(self.stack.home, self.stack.ports, self.stack.keys).url(OWNER)
        with psycopg.connect(url, autocommit=True) as connection:
            return connection.execute(statement.encode(), values).fetchall()

    def outside(self, path: str) -> Any:
        """What the outside world was told."""
        answer = httpx.get(self.stack.urls["sandbox"] + path, timeout=30, trust_env=False)
        return answer.raise_for_status().json()

    def orders(self, name: str) -> list[Page]:
        """What the treasury holds of a case."""
        reference = self.recorded["cases"][name]["reference"]
        found = self.outside("/treasury/orders")
        return [one for one in found if one["key"].startswith(f"{reference}-")]

    def status(self, name: str) -> str | None:
        found = self.ask(STATUS, self.case(name))
        return found[0][0] if found else None

    def reaches(self, name: str, status: str) -> None:
        eventually(lambda: self.status(name), lambda found: found == status, within=60)


@dataclass(frozen=True)
class TakenUp:
    """The home, and what was seen of it after the migration and before the restart."""

    home: Home
    damages: tuple[int, Any]
    money: tuple[int, Any]
    open: set[str]
    restarted: tuple[int, Any]


@pytest.fixture(scope="module")
def taken_up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TakenUp]:
    folder = tmp_path_factory.mktemp("former") / "home"
    recorded = lay_out("0021", folder)
    with Stack(folder, None) as stack:
        home = Home(recorded, stack)
        seen = (
            home.ozhb("cases", "rebuild"),
            home.ozhb("money", "check"),
            {one for (one,) in home.ask(OPEN)},
        )
        yield TakenUp(home, *seen, home.ozhb("cases", "restart"))


@pytest.fixture
def home(taken_up: TakenUp) -> Home:
    """Restarted, and nothing is owed any more."""
    eventually(lambda: taken_up.home.ask(LEFT), lambda left: left == [(0, 0)], within=90)
    return taken_up.home


def last_day(home: Home, name: str) -> date:
    """Of the choice."""
    asked = "SELECT last_day FROM open_deadline WHERE case_id = %s AND term = 'choice'"
    ((found,),) = home.ask(asked, home.case(name))
    assert isinstance(found, date)
    return found


def test_after_the_migration_no_file_is_damaged_and_the_money_adds_up(taken_up: TakenUp) -> None:
    code, rebuilt = taken_up.damages
    assert (code, rebuilt["checked"], rebuilt["damages"]) == (
        0,
        len(taken_up.home.recorded["cases"]),
        [],
    )
    code, money = taken_up.money
    assert (code, money["ok"], money["orders"]) == (0, True, 8)


async def test_every_open_case_has_a_run_after_the_restart(taken_up: TakenUp, home: Home) -> None:
    code, restarted = taken_up.restarted
    assert (code, restarted["failed"], restarted["checked"]) == (0, [], len(taken_up.open))
    client = await Client.connect(f"127.0.0.1:{home.stack.ports.temporal}")
    runs = [one.id async for one in client.list_workflows("WorkflowType = 'case'")]
    assert {f"measure/{one}" for one in taken_up.open} <= set(runs)


def test_nothing_is_stuck_that_people_need_not_see_to(home: Home) -> None:
    _, found = home.ozhb("cases", "stuck")
    assert found["complete"]
    helps = {remedy["name"] for one in found["stuck"] for remedy in one["remedies"]}
    assert helps == {"escalate", "answer_escalation"}


def test_a_payment_that_was_sent_is_asked_about_and_not_sent_again(home: Home) -> None:
    home.reaches("unanswered", "completed")
    assert paid_orders(home, "unanswered") == [(1, 1)]


def test_a_payment_that_was_approved_and_not_sent_is_sent_once(home: Home) -> None:
    home.reaches("unsent", "completed")
    assert paid_orders(home, "unsent") == [(1, 1)]


def test_who_was_not_told_is_told_once(home: Home) -> None:
    told = [
        one for one in home.outside("/esobes/results") if one["case_id"] == home.case("declined")
    ]
    assert [one["status"] for one in told] == ["declined"]
    keys = [one["key"] for one in home.outside("/sms/outbox")]
    assert len(keys) == len(set(keys))
    home.reaches("unnotified", "choosing")


def test_a_signature_that_nobody_could_check_is_checked(home: Home) -> None:
    home.reaches("unchecked", "under_review")


def test_what_waited_in_an_inbox_is_heard(home: Home) -> None:
    home.reaches("unheard", "ordered")
    home.reaches("unbegun", "choosing")


def test_a_day_off_that_no_case_had_heard_of_gives_its_day(home: Home) -> None:
    eventually(lambda: last_day(home, "choosing"), lambda day: day > DAY_OFF, within=60)


@dataclass(frozen=True)
class Cast:
    """Who plays in the home, each with a new key and certificate."""

    home: Home
    stage: Stage

    async def person(self, role: str, iin: str, name: str, firm: Firm | None = None) -> Player:
        person = CastPerson(iin, "Мысал", name, "+77000000000", "misal@example.com")
        return await self.stage.person(person, role, firm)

    async def official(self, name: str) -> Player:
        one = self.home.recorded["people"][name]
        return await self.person(one["role"], one["iin"], name)

    async def recipient(self, name: str) -> Player:
        return await self.person("recipient", self.home.recorded["cases"][name]["iin"], name)

    async def supplier(self, name: str) -> StagedSupplier:
        told = self.home.recorded["firms"][name]
        signatory = CastPerson(told["iin"], "Мысал", name, "+77000000000", "misal@example.com")
        firm = Firm(told["bin"], told["name"], signatory, told["iban"], {})
        return StagedSupplier(
            firm, await self.stage.person(signatory, "supplier", firm), told["id"]
        )

    async def player(self, who: str, name: str) -> Player:
        if who == "recipient":
            return await self.recipient(name)
        if who == "supplier":
            return (await self.supplier("plain")).player
        return await self.official(who)

    async def scene(self, name: str, period: int, quantity: int) -> Scene:
        """A case, to be played on as the demonstration does."""
        told = self.home.recorded["cases"][name]
        person = CastPerson(told["iin"], told["surname"], name, told["phone"], told["email"])
        workers = (await self.official(FIRST), await self.official(SECOND))
        return Scene(
            stage=self.stage,
            course=StoryCourse(name, name, "", told["case"]),
            key=told["key"],
            item=replace(CRUTCHES, quantity=quantity),
            person=person,
            watch=Watch(StoryCourse(name, name, "")),
            recipient=await self.recipient(name),
            caseworkers=workers,
            turn=asyncio.Event(),
            period=period,
        )


@asynccontextmanager
async def playing(home: Home) -> AsyncIterator[Cast]:
    board = Board(Console(stderr=True, quiet=True))
    async with Stage.opened(home.stack.urls, board) as stage:
        yield Cast(home, stage)


async def test_all_that_was_written_is_read(home: Home) -> None:
    async with playing(home) as cast:
        player = await cast.official(FIRST)
        cases = (await player.see("/v1/cases", limit=100))["cases"]
        listed = [one["id"] for one in cases]
        assert sorted(listed) == sorted(home.case(name) for name in home.recorded["cases"])
        for case in listed:
            page = await player.see(f"/v1/cases/{case}")
            assert await player.see(f"/v1/cases/{case}/events")
            for one in page["documents"]:
                assert await player.fetch(one["href"])


def plain(**said: Any) -> Callable[[Page], Page]:
    return lambda _: said


COMPLAINT = plain(known_on=TODAY, reason="Сынған")


def settled(page: Page) -> Page:
    payment = page["periods"][-1]["payments"][-1]
    return {"key": payment["key"], "outcome": "settled", "amount": payment["amount"]}


def proposal(page: Page) -> Page:
    return {"proposal": page["acting"]["proposed"][0]["id"]}


def asked(page: Page) -> Page:
    return {"escalation": page["escalations"][0]["id"], "reason": "Жауап"}


WHY = plain(reason="Себебі бар")


@pytest.mark.parametrize(
    ("name", "said", "ends"),
    [
        ("choice_expired", [(FIRST, "reopen", plain(period=1, reason="Ауырған"))], "choosing"),
        ("notice_failed", [("recipient", "open_case", plain())], "choosing"),
        ("older_ordered", [(SECOND, "approve", plain())], "completed"),
        ("notifying", [("recipient", "open_case", plain())], "choosing"),
        ("ordered", [("supplier", "confirm", plain())], "in_fulfilment"),
        ("in_fulfilment", [("recipient", "complain", COMPLAINT)], "disputed"),
        ("delivered", [("recipient", "accept", plain(quantity=1))], "awaiting_signatures"),
        ("under_review", [(SECOND, "approve", plain())], "completed"),
        ("hearing", [("recipient", "raise_objection", WHY)], "under_review"),
        ("completed", [("recipient", "complain", COMPLAINT)], "completed"),
        ("payment_failed", [(SECOND, "retry_payment", plain())], "completed"),
        ("doubt", [(one, "enter_statement", settled) for one in (FIRST, SECOND)], "completed"),
        ("returned", [(one, "retry_payment", plain()) for one in (FIRST, SECOND)], "completed"),
        ("disputed", [("commission", "decide_for_recipient", WHY)], "choosing"),
        ("escalated", [("recipient", "decline", WHY)], "declined"),
        ("acting", [(SECOND, "confirm_representation", proposal)], "choosing"),
        ("silent", [(one, "enter_statement", settled) for one in (FIRST, SECOND)], "completed"),
        ("declined", [("recipient", "take_back_decline", plain())], "choosing"),
        ("unnotified", [("recipient", "decline", WHY)], "declined"),
        ("unchecked", [(one, "approve", plain()) for one in (FIRST, SECOND)], "completed"),
        ("unheard", [("recipient", "cancel_order", WHY)], "choosing"),
        ("unbegun", [("recipient", "decline", WHY)], "declined"),
    ],
)
async def test_people_act_in_every_case(
    home: Home, name: str, said: list[tuple[str, str, Callable[[Page], Page]]], ends: str
) -> None:
    async with playing(home) as cast:
        for who, command, body in said:
            player = await cast.player(who, name)
            page = await player.see(f"/v1/cases/{home.case(name)}")
            await player.act(home.case(name), command, **body(page))
    home.reaches(name, ends)


@pytest.mark.parametrize(("name", "period", "quantity"), [("choosing", 1, 1), ("periods", 2, 180)])
async def test_what_may_be_chosen_is_ordered_and_paid(
    home: Home, name: str, period: int, quantity: int
) -> None:
    async with playing(home) as cast:
        scene = await cast.scene(name, period, quantity)
        await scene.supply(await cast.supplier("plain"))
    paid = [(1, 1)] * period
    eventually(lambda: paid_orders(home, name), lambda found: found == paid, within=60)


def paid_orders(home: Home, name: str) -> list[tuple[int, int]]:
    """How often each order of a case came to the treasury, and how often it was settled."""
    return [(one["received"], one["settled"]) for one in home.orders(name)]


async def test_an_order_of_the_former_version_is_signed_and_paid(home: Home) -> None:
    async with playing(home) as cast:
        scene = await cast.scene("awaiting_signatures", 1, 1)
        scene.supplier = await cast.supplier("plain")
        await scene.sign()
        await scene.approve()
    home.reaches("awaiting_signatures", "completed")


class Later(LegalClock):
    """The clock that runs go to: they began on the wall clock, whenever the recording was made."""

    def __init__(self) -> None:
        """Nobody keeps it."""

    def now(self) -> datetime:
        return datetime.now(UTC) + MONTHS


async def test_terms_that_the_former_version_certified_run_out(home: Home) -> None:
    """The legal clock goes on, and with it the clock of every run."""
    home.ask("SELECT move_legal_clock(%s)", MONTHS)
    client = await Client.connect(f"127.0.0.1:{home.stack.ports.temporal}")
    skipper = TimeSkipper(client, config=TimeSkippingConfig(max_session_skip_count=SKIPS))
    assert home.ask(OVERDUE) != []

    async def overdue() -> Any:
        # A run that has just begun is listed a moment later.
        running = "WorkflowType = 'case' AND ExecutionStatus = 'Running'"
        runs = [one.id async for one in client.list_workflows(running)]
        await asyncio.gather(*(forward(skipper, one, Later()) for one in runs))
        return await asyncio.to_thread(home.ask, OVERDUE)

    await soon_told(overdue, lambda found: found == [], within=60)
    home.reaches("unheard", "choice_expired")


def test_at_the_end_no_file_is_damaged_and_the_money_adds_up(home: Home) -> None:
    code, rebuilt = home.ozhb("cases", "rebuild")
    assert (code, rebuilt["damages"]) == (0, [])
    code, money = home.ozhb("money", "check")
    assert (code, money["ok"], money["double_payments"]) == (0, True, 0)
