"""The body of E-Собес as single messages, each with its own text, exactly as it came."""

import re
from typing import Any, Final

from api.problems import Problem, TooLarge
from db.journal import Raw
from definitions.intake import LONGEST
from definitions.parsing import decode, end_of, parse_at, skim_at, skip_blank

MOST_MESSAGES: Final = 1_000
# Why a text, or one of an array, is no message.
UNREADABLE: Final = "text_unreadable"
# What stands where a message should, and is neither an array nor an object.
_WORD: Final = re.compile(r'(?:"(?:[^"\\]|\\.)*+"|[^",\[\]{}])++', re.DOTALL)
# A byte that is no part of a text, as `decode` lets it through.
_NO_TEXT: Final = re.compile("[\udc80-\udcff]")


def split(body: bytes) -> tuple[list[Raw], bool]:
    """The messages, and whether they came as an array.

    What is no JSON in an array is a message with a fault, as long as its end can be seen.
    Raises Problem: malformed_json, too_large (more than a thousand).
    """
    try:
        text = decode(body, "surrogateescape")
        start = skip_blank(text, 0)
        if text.startswith("[", start):
            return _elements(text, start), True
        raw, end = _message(text, start)
        _expect_end(text, end)
    except (ValueError, RecursionError):  # UnicodeDecodeError is a ValueError
        raise Problem("malformed_json") from None
    if raw.fault:
        raise Problem("malformed_json")
    return [raw], False


def _elements(text: str, start: int) -> list[Raw]:
    found: list[Raw] = []
    place = skip_blank(text, start + 1)
    if text.startswith("]", place):
        _expect_end(text, place + 1)
        return found
    while True:
        raw, end = _message(text, place)
        found.append(raw)
        if len(found) > MOST_MESSAGES:
            raise TooLarge(MOST_MESSAGES, "messages")
        place = skip_blank(text, end)
        if text.startswith("]", place):
            _expect_end(text, place + 1)
            return found
        if not text.startswith(",", place):
            raise ValueError("neither the next message nor the end")
        place = skip_blank(text, place + 1)


def _message(text: str, start: int) -> tuple[Raw, int]:
    """The message at a place, and where it ends; what is wrong with one spoils no other."""
    value, fault = None, None
    try:
        value, end = _read(text, start)
    except RecursionError:  # too deep to be read
        end = end_of(text, start)
    except ValueError:  # no JSON
        fault, end = UNREADABLE, _end_of_broken(text, start)
    if _NO_TEXT.search(text, start, end):
        fault = UNREADABLE
    return Raw(text[start:end].encode(errors="surrogateescape"), value, fault), end


def _end_of_broken(text: str, start: int) -> int:
    """Where what is no JSON ends. ValueError if nothing shows it."""
    if text.startswith(("[", "{"), start):
        return end_of(text, start)
    if word := _WORD.match(text, start):
        return word.end()
    raise ValueError("nothing stands there")


def _read(text: str, start: int) -> tuple[Any, int]:
    """The value at a place, and where it ends; of one that is too long for a message only its id.

    What is too long is refused unread: no more is spent on it than to find its end.
    """
    part = text[start : start + LONGEST + 1]
    try:
        parsed, length = parse_at(part, 0)
        if length <= LONGEST:
            return parsed.value, start + length
    except ValueError:
        if len(part) <= LONGEST:
            raise
    value, end = skim_at(text, start)
    named = value.get("message_id") if isinstance(value, dict) else None
    return {"message_id": named} if isinstance(named, str) else None, end


def _expect_end(text: str, place: int) -> None:
    if skip_blank(text, place) != len(text):
        raise ValueError("something stands after the end")
