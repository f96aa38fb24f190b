"""The first steps say what the pages say, and show what there is to see."""

import re
import tomllib
from importlib.resources import files
from typing import Any

import pytest

from api.console.home import PERSONAS, STEPS
from definitions.wording import LANGUAGES, text
from tests.support.first_steps import CHOSEN, DOCS, FOLDER, SHOWN, pages

PNG = b"\x89PNG\r\n\x1a\n"
MOST_OF_STEPS, MOST_OF_README = 3_000_000, 600_000
QUOTED = re.compile(r"«([^»]+)»|“([^”]+)”")


def test_they_are_written_as_the_page_of_help_says_them() -> None:
    assert {file: file.read_text("utf-8") for file, _ in pages()} == dict(pages())


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_they_name_stands_on_the_pages_in_these_very_words(language: str) -> None:
    source = files("definitions").joinpath(f"texts/{language}.toml").read_text("utf-8")
    said = set(values(tomllib.loads(source)))
    for persona in PERSONAS:
        for step in STEPS:
            words = text(f"page.help.{persona}.{step}", language)
            named = {one or other for one, other in QUOTED.findall(words)}
            assert named <= said, (persona, step)


def values(texts: dict[str, Any]) -> list[str]:
    """Every text, however deep it stands."""
    found: list[str] = []
    for one in texts.values():
        found += values(one) if isinstance(one, dict) else [one]
    return found


def test_every_picture_is_there_and_small_and_no_other() -> None:
    named = [f"{persona}-{number}.png" for persona, steps in SHOWN.items() for number in steps]
    kept = [FOLDER / language / "pictures" / name for language in LANGUAGES for name in named]
    chosen = [DOCS / "pictures" / f"{one.name}.png" for one in CHOSEN]
    readme = DOCS.parent.joinpath("README.md").read_text("utf-8")
    assert all(f"(docs/pictures/{one.name}.png)" in readme for one in CHOSEN)
    assert all(one.read_bytes().startswith(PNG) for one in (*kept, *chosen))
    assert {*FOLDER.rglob("*.png"), *DOCS.joinpath("pictures").iterdir()} == {*kept, *chosen}
    assert sum(one.stat().st_size for one in kept) < MOST_OF_STEPS
    assert sum(one.stat().st_size for one in chosen) < MOST_OF_README
