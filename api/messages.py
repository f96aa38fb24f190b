"""The body of E-Собес as single messages, each with its own text, exactly as it came."""

from typing import Final

from api.problems import Problem
from db.journal import Raw
from definitions.parsing import decode, end_of, parse_at, skip_blank

MOST_MESSAGES: Final = 1_000


def split(body: bytes) -> tuple[list[Raw], bool]:
    """The messages, and whether they came as an array.

    Raises Problem: malformed_json, too_large (more than a thousand).
    """
    try:
        text = decode(body)
        start = skip_blank(text, 0)
        if not text.startswith("[", start):
            raw, end = _message(text, start)
            _expect_end(text, end)
            return [raw], False
        return _elements(text, start), True
    except (ValueError, RecursionError):  # UnicodeDecodeError and JSONDecodeError are ValueErrors
        raise Problem("malformed_json") from None


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
            raise Problem("too_large")
        place = skip_blank(text, end)
        if text.startswith("]", place):
            _expect_end(text, place + 1)
            return found
        if not text.startswith(",", place):
            raise ValueError("neither the next message nor the end")
        place = skip_blank(text, place + 1)


def _message(text: str, start: int) -> tuple[Raw, int]:
    try:
        parsed, end = parse_at(text, start)
        value = parsed.value
    except RecursionError:  # too deep to be read, which spoils no other message
        value, end = None, end_of(text, start)
    return Raw(text[start:end].encode(), value), end


def _expect_end(text: str, place: int) -> None:
    if skip_blank(text, place) != len(text):
        raise ValueError("something stands after the end")
