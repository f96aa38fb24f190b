"""Which build this is, and which editions of the law it knows."""

import hashlib
from collections.abc import Iterator
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any, Final

from definitions.editions import editions

# What decides of a case, and what a case reaches.
_PACKAGES: Final = ("domain", "definitions", "integrations", "db", "activities", "workflows", "api")
_CODE: Final = (".py", ".toml", ".json", ".html", ".typ")


@cache
def build_id() -> str:
    """The version, and a hash of the code: two builds of one version are told apart."""
    made = hashlib.sha256()
    for package in _PACKAGES:
        for name, content in sorted(_code(files(package), package)):
            made.update(name.encode() + b"\0" + content + b"\0")
    return f"{version('ozhb')}+{made.hexdigest()[:12]}"


def _code(folder: Traversable, path: str) -> Iterator[tuple[str, bytes]]:
    for one in folder.iterdir():
        name = f"{path}/{one.name}"
        if one.is_dir() and one.name != "__pycache__":
            yield from _code(one, name)
        elif one.name.endswith(_CODE):
            yield name, one.read_bytes()


def build() -> dict[str, Any]:
    """For probes: `version` is that of `build_id`, `editions` has how each hash begins, by code."""
    return {
        "version": build_id(),
        "editions": {one.code: hash_[:12] for hash_, one in editions().items()},
    }
