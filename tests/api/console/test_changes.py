"""Changes on pages: shown to whom they concern, proposed by one, approved by another."""

import json
from html import unescape
from importlib.resources import files
from typing import Any

import pytest

from api.console.days import WantedDay, with_day
from definitions.calendars import calendar_data, calendar_text, prove_announced
from definitions.wording import LANGUAGES, facts_of, text
from tests.api.console.conftest import Browser, hidden
from tests.api.console.test_desks import ADMIN, OTHER_ADMIN, Browsers, words_of
from tests.api.console.test_work import grow_old
from tests.api.test_calendar_changes import choosing
from tests.api.world import World

DAY = {"day": "2027-05-18", "what": "off", "reason": "kurban_ait", "source": "ДУМК, сообщение"}
CATALOGUE = files("definitions").joinpath("catalogue/2026-11.toml").read_text("utf-8")


async def test_a_day_off_is_one_line_and_whom_it_moves_is_shown_before_it_is_proposed(
    browser: Browsers, world: World
) -> None:
    choosing(world, 1)
    one, other = browser(), browser()
    await one.sign_in(ADMIN)
    shown = await one.send("/changes/day", **DAY)
    said = words_of(shown)
    assert ("Это только показано" in said, "Сроков, которые кончатся позже: 1" in said) == (
        True,
        True,
    )
    assert "Добавляется: 18 мая 2027" in said, "the day that becomes another one"
    assert "Здесь будут изменения" in words_of(await one.open("/changes"))

    wish = hidden(shown.text)
    grow_old(world, one)
    assert (await one.send("/changes", **wish)).status_code == 401, "it takes a fresh sign-in"
    await one.sign_in(ADMIN)
    made = await one.send("/changes", **wish)
    assert made.status_code == 303, made.text
    address = made.headers["location"]
    assert "Это предложили вы" in words_of(await one.open(address))

    await other.sign_in(OTHER_ADMIN)
    seen = await other.open(address)
    assert "Первым предложил" in words_of(seen)
    approve = hidden(seen.text)
    grow_old(world, other)
    assert (await other.send(address, **approve)).status_code == 401
    await other.sign_in(OTHER_ADMIN)
    assert (await other.send(address, **approve)).status_code == 303
    assert "Просмотрено открытых дел: 0" in words_of(await other.open(address))
    log = words_of(await other.open("/operations"))
    assert ("Предложен календарь" in log, "Одобрен календарь" in log) == (True, True)


async def test_a_day_that_is_none_comes_back_with_what_is_wrong(
    browser: Browsers, world: World
) -> None:
    one = browser()
    await one.sign_in(ADMIN)
    made = await one.send("/changes/day", **{**DAY, "day": "2055-05-18"})
    assert made.status_code == 422
    assert 'value="2055-05-18"' in made.text
    assert "18.05.2055 не входит в годы календаря" in made.text


async def upload(one: Browser, kind: str, name: str, content: str) -> Any:
    """A file from the page of changes."""
    return await one.http.post(
        "/changes/file",
        data={"kind": kind},
        files={"file": (name, content.encode())},
        headers={"Sec-Fetch-Site": "same-origin"},
    )


async def test_a_file_is_shown_value_by_value_and_proposed_as_it_was_shown(
    browser: Browsers, world: World
) -> None:
    one = browser()
    await one.sign_in(ADMIN)
    new = CATALOGUE.replace('version = "2026-11"', 'version = "2027-01"').replace(
        "valid_from = 2023-07-01", "valid_from = 2030-01-01", 1
    )
    renamed = new.replace('name.ru = "Слухопротезная помощь"', 'name.ru = "Помощь слуху"')
    assert renamed != new != CATALOGUE
    shown = await upload(one, "catalogue", "new.toml", renamed)
    said = words_of(shown)
    assert "изменяется: 1" in said, said
    assert "название категории на русском Слухопротезная помощь Помощь слуху" in said
    assert len(shown.content) < 100_000
    made = await one.send("/changes", **hidden(shown.text))
    assert made.status_code == 303, made.text
    assert "Помощь слуху" in words_of(await one.open(made.headers["location"]))


async def test_every_mistake_of_a_file_is_told_with_its_line(
    browser: Browsers, world: World
) -> None:
    one = browser()
    await one.sign_in(ADMIN)
    wrong = CATALOGUE.replace('kind = "goods"', 'kind = "things"', 1).replace(
        'code = "SURDO_AID"', 'code = "TYPHLO_AID"', 1
    )
    rows = wrong.splitlines()
    shown = await upload(one, "catalogue", "wrong.toml", wrong)
    assert shown.status_code == 422
    line = rows.index('kind = "things"') + 1
    assert f"Строка {line}:" in shown.text
    unread = await upload(one, "catalogue", "wrong.toml", "version = 1\nitems = [\n")
    assert (unread.status_code, "Файл не читается" in unread.text) == (422, True)
    broken = await upload(one, "authorities", "a.json", json.dumps({"a": 1}, indent=1)[:-3])
    assert "Строка 2:" in broken.text


@pytest.mark.parametrize(
    ("name", "content", "line", "said"),
    [
        ("a.toml", "version = 1\nx = nan\n", 2, "не число"),
        ("a.toml", "version = 1\nx = -inf\n", 2, "не число"),
        ("a.toml", "version = 1\nx = [0, 1e400]\n", 2, "не число"),
        ("a.toml", "version = 1\nx = 10:00:00\n", 2, "Время без даты здесь не принимается"),
        ("a.toml", 'version = 1\nx = "\\u0000"\n', 2, "знак, которого в тексте быть не может"),
        ("a.json", '{"version": 1,\n"x": NaN}', 2, "не число"),
        ("a.json", '{"version": 1,\n"x": 1e999}', 2, "не число"),
        ("a.json", '{"version": 1,\n"x": "\\ud800"}', 2, "знак, которого в тексте быть не может"),
        ("a.json", '{"version": 1,\n"x": 1, "x": 2}', 2, "указано дважды"),
    ],
)
@pytest.mark.parametrize("kind", ["catalogue", "calendar"])
async def test_what_no_value_can_be_is_told_with_its_line(
    browser: Browsers, kind: str, name: str, content: str, line: int, said: str
) -> None:
    one = browser()
    await one.sign_in(ADMIN)
    shown = await upload(one, kind, name, content)
    assert shown.status_code == 422, shown.text
    assert f"Строка {line}:" in shown.text
    assert said in shown.text


async def test_a_calendar_that_counts_already_is_not_shown_as_if_it_could_be_proposed(
    browser: Browsers,
) -> None:
    one = browser()
    await one.sign_in(ADMIN)
    shown = await upload(one, "calendar", "same.toml", calendar_text("kz-2026-12"))
    assert shown.status_code == 409
    assert "Этот календарь не новее действующего kz-2026-12" in shown.text


@pytest.mark.parametrize("broken", ['{"a": [1,\n}', "[" * 100_000, "x = " + "[" * 5_000])
@pytest.mark.parametrize("name", ["a.json", "a.toml"])
async def test_a_file_that_cannot_be_read_at_all_is_told_so(
    browser: Browsers, name: str, broken: str
) -> None:
    one = browser()
    await one.sign_in(ADMIN)
    shown = await upload(one, "authorities", name, broken)
    assert (shown.status_code, "Файл не читается" in shown.text) == (422, True)


@pytest.mark.parametrize(
    ("wanted", "becomes"),
    [
        # A holiday on a Saturday is carried over to the working day after it.
        (
            WantedDay("2027-06-12", "off", "unity_day", source="Указ № 1 от 01.02.2027"),
            {"2027-06-12": "holiday:unity_day", "2027-06-14": "carried_over:unity_day"},
        ),
        (
            WantedDay("2027-06-11", "exchanged", other="2027-06-19", source="Указ № 1 от 2027"),
            {"2027-06-11": "transferred:2027-06-19", "2027-06-19": "transferred:2027-06-11"},
        ),
    ],
)
def test_one_line_makes_a_whole_calendar_that_holds(
    wanted: WantedDay, becomes: dict[str, str]
) -> None:
    held = calendar_data(calendar_text("kz-2026-12"))
    made = with_day(held, wanted, held["provisional_from"], {"kz-2026-12", "kz-2027-01"})
    prove_announced(made)
    assert made["version"] == "kz-2027-02"
    days = {one["date"]: one["reason"] for one in made["day"]}
    assert becomes.items() <= days.items()
    back = with_day(
        made, WantedDay(wanted.day, "ordinary"), held["provisional_from"], {"kz-2027-02"}
    )
    assert wanted.day not in {one["date"] for one in back["day"]}


async def test_only_what_a_page_has_shown_is_proposed(browser: Browsers) -> None:
    one = browser()
    await one.sign_in(ADMIN)
    answer = await one.send("/changes", kind="calendar", content="eJyrrgUAAXUA+Q==")
    assert answer.status_code == 422


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_mistake_of_a_file_is_told_of_the_file_and_of_no_page(
    browser: Browsers, world: World, language: str
) -> None:
    one = browser()
    await one.sign_in(ADMIN)
    one.http.cookies.set("ozhb_language", language)
    for content, said in (
        ("null", "wrong_type"),
        ('{"zz": 1, "version": "2027-01"}', "unknown_field"),
    ):
        answer = await upload(one, "catalogue", "catalogue.json", content)
        assert answer.status_code == 422
        page = unescape(answer.text)
        assert said_of(f"file_mistake.{said}", language) in page
        for other in ("unknown_field", "wrong_type"):
            assert said_of(f"plain_mistake.{other}", language) not in page


def said_of(code: str, language: str) -> str:
    """What a text says after it has named its field."""
    return text(code, language, **dict.fromkeys(facts_of(code), "#")).rpartition("#")[2]
