"""Which build this is, and which editions of the law it knows."""

from functools import cache
from importlib.metadata import version
from typing import Any

from definitions.editions import editions


@cache
def build() -> dict[str, Any]:
    """`version`, and of each edition the beginning of its hash, by code."""
    known = {one.code: hash_[:12] for hash_, one in editions().items()}
    return {"version": version("ozhb"), "editions": known}
