"""Loads the editions of the law with their process, proves them, and finds them by hash or day."""

import tomllib
from collections.abc import Mapping
from datetime import date, datetime
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from definitions.calendars import current_calendar
from definitions.faults import by_schema, edition_faults, joined, process_faults
from domain.canonical import canonical_bytes, sha256_hex
from domain.errors import UnknownEdition
from domain.process import Edition, Process
from domain.rules import GUARDS, RECORDERS, SELECTORS
from domain.terms.counting import Certificate, Term, certify, local_day


class DefinitionInvalid(ValueError):
    """A process or an edition contradicts its schema or itself; every mistake is listed."""


@cache
def editions() -> dict[str, Edition]:
    """Every published edition by its hash, proven; DefinitionInvalid otherwise."""
    return {one.hash: one for one in (read_edition(text) for text in edition_texts().values())}


def edition_texts() -> dict[str, str]:
    """The TOML text of each edition by the name of its file."""
    return texts_in(files("definitions") / "editions")


def chapter_texts() -> dict[str, str]:
    """The TOML text of each chapter of the process, likewise."""
    return texts_in(files("definitions") / "process")


def texts_in(folder: Traversable | Path) -> dict[str, str]:
    """The text of each TOML file of a folder by its name."""
    named = sorted((one.name, one) for one in folder.iterdir() if one.name.endswith(".toml"))
    return {name.removesuffix(".toml"): one.read_text("utf-8") for name, one in named}


def published() -> dict[str, str]:
    """The hash under which each edition was published, by its code; it never changes."""
    return {code: str(hash_) for code, hash_ in _hashes()["editions"].items()}


@cache
def replaced() -> dict[str, str]:
    """Hashes from before the first release, each with the code of what it was completed to."""
    return {str(hash_): str(code) for hash_, code in _hashes()["replaced"].items()}


def _hashes() -> dict[str, dict[str, Any]]:
    return tomllib.loads((files("definitions") / "published.toml").read_text("utf-8"))


def edition(hash_: str) -> Edition:
    """The edition a case is bound to. UnknownEdition if it is not among the published ones.

    A case that was opened before the first release goes on under what its edition became.
    """
    known = editions()
    if hash_ in known:
        return known[hash_]
    code = replaced().get(hash_)
    found = next((one for one in known.values() if one.code == code), None)
    if found is None:
        raise UnknownEdition(f"no published edition has the hash {hash_[:12]}")
    return found


def title_of(code: str, language: str) -> str:
    """What an edition is called by people; its code where no edition has it any more."""
    found = (one.title[language] for one in editions().values() if one.code == code)
    return next(found, code)


def hashes_of(one: Edition) -> list[str]:
    """Every hash that a case under this edition may be bound to."""
    return [one.hash, *(hash_ for hash_, code in replaced().items() if code == one.code)]


def edition_on(day: date) -> Edition:
    """The edition in force on a local day; of several, the one that takes precedence."""
    in_force = [
        one
        for one in editions().values()
        if one.valid_from <= day and (one.valid_to is None or day <= one.valid_to)
    ]
    if not in_force:
        raise UnknownEdition(f"no edition is in force on {day}")
    return max(in_force, key=lambda one: one.precedence)


def certified(value: str, at: datetime) -> Certificate:
    """The term that a value of the edition of that day sets, from then on, for what is no case."""
    law = edition_on(local_day(at))
    return certify(at, Term.parse(law.values[value]), current_calendar(), law.bases[value])


def read_edition(text: str, chapters: Mapping[str, str] | None = None) -> Edition:
    """Read and prove the TOML text of an edition; DefinitionInvalid with all its mistakes.

    Its hash covers the edition, the hash of each of its chapters, and the names of the rules that
    these use. `chapters` are the texts of chapters by name; without them those of this build.
    """
    raw = _parsed("the edition", text)
    told = f"edition {raw.get('code')}: "
    if faults := list(by_schema("edition", raw)):
        raise DefinitionInvalid(told + "; ".join(faults))
    known, names = chapter_texts() if chapters is None else chapters, raw["chapters"]
    if lost := [name for name in names if name not in known]:
        raise DefinitionInvalid(f"{told}there is no chapter {', '.join(lost)}")
    process, hashes = _read_process(tuple((name, known[name]) for name in names))
    if faults := edition_faults(raw, process):
        raise DefinitionInvalid(told + "; ".join(faults))
    hashed = _hash({name: raw[name] for name in raw if name != "chapters"}, hashes, process)
    return Edition.model_validate({**raw, "hash": hashed, "process": process})


@cache
def _read_process(chapters: tuple[tuple[str, str], ...]) -> tuple[Process, list[str]]:
    """The process that chapters make, and the hash of each."""
    read = {name: _parsed(f"the chapter {name}", text) for name, text in chapters}
    if faults := process_faults(read):
        raise DefinitionInvalid("the process: " + "; ".join(faults))
    return joined(read), [sha256_hex(canonical_bytes(one)) for one in read.values()]


def _parsed(what: str, text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise DefinitionInvalid(f"{what} is no TOML: {error}") from error


def _hash(raw: dict[str, Any], chapters: list[str], process: Process) -> str:
    rows = process.rows
    named = {name for row in rows for name in (*row.when, *row.guards, row.records or "")}
    names = sorted({*SELECTORS, *GUARDS, *RECORDERS} & named)
    plain = {key: _plain(value) for key, value in raw.items()}
    return sha256_hex(canonical_bytes({"edition": plain, "chapters": chapters, "names": names}))


def _plain(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    return value
