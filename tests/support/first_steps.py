"""The first steps of everybody, as pages of the documentation: the words of the page `/help`.

`python -m tests.support.first_steps` writes them; `make screenshots ARGS=--documents` makes their
pictures.
"""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from api.console.home import PERSONAS, STEPS
from definitions.wording import LANGUAGES, text

DOCS: Final = Path(__file__).parents[2] / "docs"
FOLDER: Final = DOCS / "first-steps"


@dataclass(frozen=True)
class Shot:
    """A picture of what somebody sees at an address; `{name}` there is a case by its part."""

    name: str
    persona: str
    address: str


# What stands under a step, by its number.
SHOWN: Final[dict[str, dict[int, str]]] = {
    "recipient": {
        1: "/",
        2: "/cases/{choosing}",
        3: "/cases/{choosing}/sign/place_order?period=1",
        4: "/cases/{delivered}",
    },
    "representative": {2: "/"},
    "supplier": {2: "/offers", 3: "/", 4: "/cases/{to-deliver}"},
    "caseworker": {1: "/work", 3: "/cases/{hearing}", 4: "/cases/{review}/review"},
    "commission": {1: "/work", 2: "/cases/{disputed}"},
    "administrator": {1: "/stuck", 3: "/changes"},
}
# What the README shows.
CHOSEN: Final[tuple[Shot, ...]] = (
    Shot("recipient-case", "recipient", "/cases/{choosing}"),
    Shot("recipient-order", "recipient", "/cases/{choosing}/sign/place_order?period=1"),
    Shot("supplier-home", "supplier", "/"),
    Shot("caseworker-work", "caseworker", "/work"),
    Shot("caseworker-review", "caseworker", "/cases/{review}/review"),
    Shot("administrator-overview", "administrator", "/overview"),
)


def shots() -> Iterator[Shot]:
    """Every picture of the first steps."""
    for persona, addresses in SHOWN.items():
        for number, address in addresses.items():
            yield Shot(f"{persona}-{number}", persona, address)


def written(persona: str, language: str) -> str:
    """The page of a persona in a language, in Markdown."""
    name = text(f"page.help.for.{persona}", language)
    lines = [f"# {text('page.help.first_steps', language)}: {name}", ""]
    for number, step in enumerate(STEPS, start=1):
        lines += [f"{number}. {text(f'page.help.{persona}.{step}', language)}", ""]
        if number in SHOWN[persona]:
            words = text("page.help.picture_of_step", language, number=number)
            lines += [f"   ![{words}](pictures/{persona}-{number}.png)", ""]
    trouble = text("page.help.trouble", language)
    return "\n".join([*lines, f"## {trouble}", "", text("page.help.call", language), ""])


def pages() -> Iterator[tuple[Path, str]]:
    """Every page with its place."""
    for language in LANGUAGES:
        for persona in PERSONAS:
            yield FOLDER / language / f"{persona}.md", written(persona, language)


def main() -> int:
    for file, words in pages():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(words, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
