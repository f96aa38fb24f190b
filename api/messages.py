"""The body of E-Собес as single messages, each with its own text, exactly as it came."""

import json
import re
from typing import Any, Final

from api.problems import Problem
from db.intake import Raw

MOST_MESSAGES: Final = 1_000
_BLANK: Final = re.compile(r"[ \t\r\n]*")


def split(body: bytes) -> tuple[list[Raw], bool]:
    """The messages, and whether they came as an array.

    Raises Problem: malformed_json, too_large (more than a thousand).
    """
    try:
        text = body.decode()
        start = _blank(text, 0)
        if not text.startswith("[", start):
            raw, end = _message(text, start)
            _expect_end(text, end)
            return [raw], False
        return _elements(text, start), True
    except (ValueError, RecursionError):  # UnicodeDecodeError and JSONDecodeError are ValueErrors
        raise Problem("malformed_json") from None


def _elements(text: str, start: int) -> list[Raw]:
    found: list[Raw] = []
    place = _blank(text, start + 1)
    if text.startswith("]", place):
        _expect_end(text, place + 1)
        return found
    while True:
        raw, end = _message(text, place)
        found.append(raw)
        if len(found) > MOST_MESSAGES:
            raise Problem("too_large")
        place = _blank(text, end)
        if text.startswith("]", place):
            _expect_end(text, place + 1)
            return found
        if not text.startswith(",", place):
            raise ValueError("neither the next message nor the end")
        place = _blank(text, place + 1)


def _message(text: str, start: int) -> tuple[Raw, int]:
    value, end = _DECODER.raw_decode(text, start)
    return Raw(text[start:end].encode(), value), end


def _blank(text: str, start: int) -> int:
    found = _BLANK.match(text, start)
    assert found is not None, "no blank is a blank too"
    return found.end()


def _expect_end(text: str, place: int) -> None:
    if _blank(text, place) != len(text):
        raise ValueError("something stands after the end")


def _refuse(constant: str) -> Any:
    raise ValueError("JSON knows neither NaN nor infinity")


_DECODER: Final = json.JSONDecoder(parse_constant=_refuse)
