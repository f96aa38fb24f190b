"""Places of the classifier of administrative territories: which codes name one."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from domain.identifiers import is_kato


@cache
def _regions() -> Mapping[str, Mapping[str, Any]]:
    text = files("definitions").joinpath("places.toml").read_text("utf-8")
    return tomllib.loads(text)


def regions(language: str) -> dict[str, str]:
    """The regions by the first two digits of their codes; what a draft lacks is in Russian."""
    return {code: str(one.get(language, one["ru"])) for code, one in _regions().items()}


def place_name(beginning: str, language: str) -> str:
    """What people call the area whose codes begin so: the region, and the district within it; what
    a draft lacks is in Russian.
    """
    named = [name for code, name in regions(language).items() if code.startswith(beginning[:2])]
    if unit := _regions().get(beginning[:2], {}).get("units", {}).get(beginning[:4]):
        named.append(unit.get(language, unit["ru"]))
    return ", ".join(named)


@cache
def places() -> frozenset[str]:
    """The beginnings of codes: two digits of each region, four of each district or town in it."""
    known = _regions()
    return frozenset((*known, *(unit for one in known.values() for unit in one["units"])))


def districts() -> list[str]:
    """The beginnings of the codes of every district and town, and of a region that has none."""
    return [one for code, region in _regions().items() for one in region["units"] or (code,)]


def is_place(code: str) -> bool:
    """Whether a KATO code names a place: a region as a whole, or anything in a known district."""
    if not is_kato(code):
        return False
    if code[2:] == "0000000":
        return code[:2] in places()
    return code[:4] in places()


def is_area(beginning: str) -> bool:
    """Whether there is a place whose code begins so: two to nine digits."""
    if not 2 <= len(beginning) <= 9 or not (beginning.isascii() and beginning.isdigit()):
        return False
    begins_one = any(place.startswith(beginning) for place in places())
    return begins_one or is_place(beginning.ljust(9, "0"))
