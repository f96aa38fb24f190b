"""Easy words: for all that a recipient is told to do and asked for in forms, of where it stands,
of the whole way and what else happens.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from api.console.signing import LATER
from definitions.command_forms import command_forms
from definitions.editions import editions
from definitions.wording import codes, text
from domain.messages import Role

# What is longer is read twice.
MOST_WORDS = 14


def recipients() -> set[str]:
    """Every text of theirs that has one in easy words."""
    told = {f"easy.{code.replace('.recipient', '')}" for code in codes()
            if code.startswith(("act.recipient.", "now.recipient.", "otherwise."))}  # fmt: skip
    for law in editions().values():
        mine = command_forms().keys() & set(law.process.commands[Role.RECIPIENT])
        told |= {f"easy.command.{name}" for name in mine}
        told |= {f"easy.help.{place}" for name in mine for place in asked(name)}
        told |= {f"easy.way.{status}" for status in law.process.statuses if status != "none"}
    return told


def asked(command: str) -> Iterator[str]:
    """What the page of a command asks recipients for; signatures it makes itself."""
    known = {**command_forms()[command].fields}
    for name in (*LATER.get(command, ()), "account"):
        known.pop(name, None)
    yield from _places(known)


def _places(fields: Mapping[str, Any], inside: str = "") -> Iterator[str]:
    for name, one in fields.items():
        yield f"{inside}{name}"
        yield from _places(one.get("properties", {}), f"{name}_")


def test_whatever_a_recipient_is_told_is_there_in_easy_words_and_nothing_else() -> None:
    assert set(codes("easy")) == recipients()


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_easy_sentences_are_short(language: str) -> None:
    for code in codes("easy"):
        for sentence in re.split(r"[.?!] ", text(code, language)):
            assert len(sentence.split()) <= MOST_WORDS, (code, sentence)
