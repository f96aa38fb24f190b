"""The work list, the way through it, the checklist of a review, and fresh sign-ins."""

import base64
import json
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from html import unescape
from typing import Any

from api.console.visits import SESSION
from api.console.work import last_day_of
from db.sessions import keep_session, lock_session
from definitions.written import long_day
from domain.terms.counting import local_day
from tests.api.console.conftest import CLERK, Browser, hidden
from tests.api.console.test_desks import words_of
from tests.api.console.test_house import reference_of
from tests.api.test_authorities import bring_in
from tests.api.world import AUTHORITY_BIN, World
from tests.support.authorities import sample_of
from tests.support.calendars import kurban_ait_on
from tests.support.casework import move_clock
from tests.support.intake import iin, measure
from tests.support.intake_desk import WRONG_CONTACTS, rejected
from tests.support.servers import Database

Browsers = Callable[[], Browser]
SECOND: dict[str, Any] = {
    **{"role": "caseworker", "iin": iin(902), "authority": AUTHORITY_BIN},
    "name": "ЕКІНШІ МАМАН",
}


async def two_failed(world: World) -> tuple[str, str]:
    """Two cases in whose work a caseworker has to find another way to the recipient."""
    cases = [world.receive(one) for one in (1, 2)]
    for one in cases:
        world.fail_notice(one)
    return reference_of(world, cases[0]), reference_of(world, cases[1])


async def test_who_goes_through_a_filtered_list_comes_from_each_case_to_the_next(
    browser: Browsers, world: World
) -> None:
    first, second = await two_failed(world)
    one = browser()
    await one.sign_in(CLERK)
    shown = await one.open("/work?kind=task")
    ways = [unescape(one) for one in re.findall(r'<a href="(/cases/[^"]+list=[^"]+)"', shown.text)]
    # Both are due on the same day: which of them stands first is nobody's business.
    assert {way.partition("?")[0].rpartition("/")[2] for way in ways} == {first, second}
    case = await one.open(ways[0])
    (following,) = re.findall(r'<a href="([^"]+)" rel="next">', case.text)
    assert unescape(following) == ways[1]
    assert 'rel="prev"' not in case.text
    last = await one.open(ways[1])
    assert [unescape(way) for way in re.findall(r'href="([^"]+)" rel="prev"', last.text)] == [
        ways[0]
    ]
    assert 'href="/work?kind=task"' in last.text


async def test_work_is_counted_taken_and_then_mine_alone(browser: Browsers, world: World) -> None:
    await two_failed(world)
    one, other = browser(), browser()
    await one.sign_in(CLERK)
    shown = await one.open("/work?assignee=unassigned")
    task = re.findall(r'action="(/work/[^"]+)"', shown.text)[0]
    await one.send(task, act="claim")
    assert counted(await one.open("/work")) == ["2", "1", "1"]
    await other.sign_in(SECOND)
    mine = re.findall(r'action="(/work/[^"]+)"', (await other.open("/work")).text)
    assert len(mine) == 2
    assert (await other.send(task, act="claim")).status_code == 409, "another has it"
    assert counted(await other.open("/work")) == ["2", "0", "1"]
    empty = await other.open("/work?assignee=mine&lateness=late")
    assert "Здесь будет работа" in empty.text


def counted(shown: Any) -> list[str]:
    """How much everybody has, I have, nobody has."""
    assert shown.status_code == 200
    return re.findall(r"\((\d+)\)</a>", shown.text)


async def test_who_reads_whom_a_case_is_about_is_on_record(browser: Browsers, world: World) -> None:
    reference = reference_of(world, await world.choosing())
    one = browser()
    await one.sign_in(CLERK)
    assert "Үлгібаев" not in (await one.open(f"/cases/{reference}")).text
    assert "Үлгібаев" in (await one.open(f"/cases/{reference}/person")).text
    assert ("caseworker", "person_read") in world.audit()


async def test_a_checklist_says_what_is_met_and_to_the_second_who_was_first(
    browser: Browsers, world: World
) -> None:
    case = await world.reviewed()
    reference = reference_of(world, case)
    first, second = browser(), browser()
    await first.sign_in({**CLERK, "name": "БІРІНШІ МАМАН"})
    shown = await first.open(f"/cases/{reference}/review")
    assert shown.text.count('class="tag met-yes"') == 7, shown.text
    assert "met-no" not in shown.text
    address = f"/cases/{reference}/do/approve?period=1"
    form = hidden((await first.open(address)).text)
    assert (await first.send(address, **form)).status_code == 303
    await second.sign_in(SECOND)
    told = await second.open(f"/cases/{reference}/review")
    mine = await first.open(f"/cases/{reference}/review")
    assert "/do/approve?" not in mine.text, "the first of two is not the second"
    assert re.search(r"Первое решение: [^,<]*БІРІНШІ|Первое решение: [^,<]*Маман", told.text)
    assert "/do/approve?" in told.text


async def test_an_authority_without_an_account_is_told_before_it_approves_in_vain(
    browser: Browsers, world: World
) -> None:
    await bring_in(world, sample_of(AUTHORITY_BIN, account=None))
    reference = reference_of(world, await world.reviewed())
    one = browser()
    await one.sign_in(CLERK)
    shown = await one.open(f"/cases/{reference}/review")
    assert shown.text.count("met-no") == 1
    assert "Счет органа не внесен" in shown.text
    assert "/do/approve?" not in shown.text


async def test_the_letter_of_an_intended_refusal_is_seen_before_it_goes(
    browser: Browsers, world: World
) -> None:
    case = await world.reviewed()
    one = browser()
    await one.sign_in(CLERK)
    reference = reference_of(world, case)
    address = f"/cases/{reference}/do/intend_refusal?period=1"
    form = hidden((await one.open(address)).text)
    said = {"ground": "not_delivered", "reason": "Подпись не получателя."}
    shown = await one.send(address, **form, **said, see="yes")
    assert shown.status_code == 200
    assert '<section class="letters"' in shown.text
    assert shown.text.count("Подпись не получателя.") > 1, "in the letter, and still in the form"
    assert "Идет заслушивание" not in (await one.open(f"/cases/{reference}/review")).text


async def test_a_decision_long_after_the_sign_in_asks_who_it_is_and_loses_nothing(
    browser: Browsers, world: World
) -> None:
    reference = reference_of(world, await world.reviewed())
    one = browser()
    await one.sign_in(CLERK)
    address = f"/cases/{reference}/do/propose_correction?period=1"
    form = hidden((await one.open(address)).text)
    grow_old(world, one)
    again = await one.http.get(address, follow_redirects=False)
    assert again.headers["location"].endswith("&fresh=1")
    shown = await one.send(address, **form, reason="Дата неверна")
    assert shown.status_code == 401
    assert "/sign-in?fresh=1" in shown.text
    assert hidden(shown.text)["reason"] == "Дата неверна"
    # What is not grave goes on.
    assert (await one.open(f"/cases/{reference}/do/escalate")).status_code == 200


def grow_old(world: World, one: Browser) -> None:
    """Let the sign-in of this browser lie twenty minutes back."""
    secret = base64.urlsafe_b64decode(one.http.cookies[SESSION])
    with world.engine.begin() as connection:
        found = lock_session(connection, secret, timedelta(minutes=30))
        assert found is not None
        held = json.loads(found.content)
        held["signed_in_at"] -= 1_200
        keep_session(connection, secret, json.dumps(held).encode())


async def test_work_is_given_to_a_colleague_who_has_some(browser: Browsers, world: World) -> None:
    await two_failed(world)
    one, other = browser(), browser()
    await other.sign_in(SECOND)
    theirs, free = re.findall(r'action="(/work/[^"]+)"', (await other.open("/work")).text)
    await other.send(theirs, act="claim")
    await one.sign_in(CLERK)
    shown = await one.open("/work")
    (person,) = set(re.findall(r'<option value="([0-9a-f-]{36})">ЕКІНШІ МАМАН', shown.text))
    await one.send(free, act="assign", person=person)
    assert counted(await other.open("/work")) == ["2", "2", "0"]


async def test_what_is_long_past_its_day_stands_first_and_a_review_says_that_its_term_is_over(
    browser: Browsers, world: World, database: Database
) -> None:
    reference = reference_of(world, await world.reviewed())
    world.fail_notice(world.receive(2))
    move_clock(database.sandbox_url, timedelta(days=90))
    one = browser()
    await one.sign_in(CLERK)
    shown = await one.open("/work")
    assert "Сильно просрочено (2)" in shown.text
    assert "Позже (" not in shown.text
    review = await one.open(f"/cases/{reference}/review")
    assert review.text.count("met-no") == 1


async def test_every_page_of_cases_is_as_of_the_clock_by_which_terms_run(
    browser: Browsers, world: World, database: Database
) -> None:
    reference = reference_of(world, await world.reviewed())
    move_clock(database.sandbox_url, timedelta(days=90))
    by_law = long_day(local_day(datetime.now(UTC) + timedelta(days=90)), "ru")
    one = browser()
    await one.sign_in(CLERK)
    case = f"/cases/{reference}"
    for address in ("/work", "/cases", "/desks/intake", case, f"{case}/review"):
        shown = await one.open(address)
        (told,) = re.findall(r'<p class="asof">([^<]*)', shown.text)
        assert by_law in " ".join(told.split()), address
        assert re.findall(r"\d [гж]\.", shown.text) == [], "a year stands with its sign"


def test_the_last_day_of_work_on_a_desk_is_the_one_before_it_is_late() -> None:
    task = {"last_day": None, "due_at": "2026-12-03T19:00:00Z"}
    assert last_day_of(task) == date(2026, 12, 3)
    assert last_day_of({"last_day": None, "due_at": None}) is None


async def test_work_is_given_to_a_colleague_who_has_none_yet_and_to_nobody_of_another_place(
    browser: Browsers, world: World
) -> None:
    await two_failed(world)
    one, other, foreign = browser(), browser(), browser()
    await other.sign_in(SECOND)
    elsewhere = {**SECOND, "iin": iin(903), "authority": "201140900018", "name": "БАСҚА ЖЕР"}
    await foreign.sign_in(elsewhere)
    await one.sign_in(CLERK)
    shown = (await one.open("/work")).text
    offered = set(re.findall(r'<option value="([0-9a-f-]{36})">([^<]+)</option>', shown))
    assert [name for _, name in offered] == ["ЕКІНШІ МАМАН"]
    ((person, _),) = offered
    task = re.findall(r'action="(/work/[^"]+)"', shown)[0]
    assert (await one.send(task, act="assign", person=person)).status_code == 303
    assert counted(await other.open("/work")) == ["2", "1", "1"]
    rows = re.findall(r'name="row" value="([^"]+)"', shown)
    many = await one.send("/many", of="work", list="all=1", row=rows, counted="2")
    form = await one.send("/many/try", kept=hidden(many.text)["kept"], act="assign")
    assert f'<option value="{person}">' in form.text


async def test_who_else_does_the_work_is_told_to_officials_alone(world: World) -> None:
    case = await world.ordered()
    told = await world.get("/v1/tasks?colleagues=true", world.supplier)
    assert (told.status_code, told.json()["colleagues"]) == (200, None)
    assert (await world.get("/v1/tasks", world.clerk)).json()["colleagues"] is None
    assert case


async def test_no_two_lines_of_a_list_look_alike(browser: Browsers, world: World) -> None:
    for number in (1, 2):
        await rejected(world, measure(number, **WRONG_CONTACTS))
    for day, version in (("2027-05-17", "kz-2027-01"), ("2027-05-18", "kz-2027-02")):
        wish = {"kind": "calendar", "content": kurban_ait_on(day, version)}
        assert (await world.post("/v1/changes", world.admin, wish)).status_code == 201
    clerk, admin = browser(), browser()
    await clerk.sign_in(CLERK)
    await admin.sign_in({"role": "administrator", "iin": iin(908)})
    for one, pages in (
        (clerk, ("/", "/work", "/desks/intake")),
        (admin, ("/", "/work", "/changes")),
    ):
        for address in pages:
            lines = lines_of(await one.open(address))
            assert len(lines) == len(set(lines)) == 2, (address, lines)
    assert "kz-2027-02" in words_of(await admin.open("/work"))
    assert "18 мая 2027 г." in words_of(await admin.open("/work"))
    assert "Сообщение message-2" in words_of(await clerk.open("/work"))


def lines_of(shown: Any) -> list[str]:
    """What each row of a list says, with whatever addresses it has."""
    main = shown.text.partition("<main")[2]
    rows = re.findall(r'<tr>\s*<th scope="row".*?</tr>|<li>.*?</li>', main, re.S)
    return [" ".join(re.sub("<[^>]*>", " ", one).split()) for one in rows]
