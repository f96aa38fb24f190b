"""Places of the classifier of administrative territories: which codes name one."""

import tomllib
from functools import cache
from importlib.resources import files

from domain.identifiers import is_kato


@cache
def places() -> frozenset[str]:
    """The beginnings of codes: two digits of each region, four of each district or town in it."""
    text = files("definitions").joinpath("places.toml").read_text("utf-8")
    regions = tomllib.loads(text)
    return frozenset((*regions, *(unit for one in regions.values() for unit in one["units"])))


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
