"""Loads the editions of the law with their process, proves them, and finds them by hash or day."""

import tomllib
from datetime import date, datetime
from functools import cache
from importlib.resources import files
from typing import Any

from definitions.calendars import current_calendar
from definitions.faults import edition_faults, process_faults
from domain.canonical import canonical_bytes, sha256_hex
from domain.errors import UnknownEdition
from domain.guards import GUARDS
from domain.process import Edition, Process
from domain.records import RECORDERS
from domain.selectors import SELECTORS
from domain.terms import Certificate, Term, certify, local_day


class DefinitionInvalid(ValueError):
    """A process or an edition contradicts its schema or itself; every mistake is listed."""


@cache
def editions() -> dict[str, Edition]:
    """Every published edition by its hash, proven; DefinitionInvalid otherwise."""
    return {one.hash: one for one in (read_edition(text) for text in edition_texts().values())}


def edition_texts() -> dict[str, str]:
    """The TOML text of each edition by the name of its file."""
    found = list((files("definitions") / "editions").iterdir())
    named = sorted((entry.name, entry) for entry in found if entry.name.endswith(".toml"))
    return {name.removesuffix(".toml"): entry.read_text("utf-8") for name, entry in named}


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


def read_process(text: str) -> Process:
    """Read and prove the TOML text of a process; DefinitionInvalid with all its mistakes."""
    return _read_process(text)[0]


def read_edition(text: str, process: str | None = None) -> Edition:
    """Read and prove the TOML text of an edition; DefinitionInvalid with all its mistakes.

    Its hash covers the edition, its process, and the names of the rules that these use. `process`
    is the text of the process; without it that of the file which the edition names.
    """
    raw = _parsed("the edition", text)
    name = str(raw.get("process"))
    source = files("definitions") / name
    if process is None and not (name.endswith(".toml") and source.is_file()):
        raise DefinitionInvalid(f"edition {raw.get('code')}: there is no process {name}")
    made, parsed = _read_process(process or source.read_text("utf-8"))
    if faults := edition_faults(raw, made):
        raise DefinitionInvalid(f"edition {raw.get('code')}: " + "; ".join(faults))
    del raw["process"]
    hashed = _hash(raw, parsed, made)
    return Edition.model_validate({**raw, "hash": hashed, "process": made})


@cache
def _read_process(text: str) -> tuple[Process, dict[str, Any]]:
    raw = _parsed("the process", text)
    if faults := process_faults(raw):
        raise DefinitionInvalid("the process: " + "; ".join(faults))
    return Process.model_validate(raw), raw


def _parsed(what: str, text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise DefinitionInvalid(f"{what} is no TOML: {error}") from error


def _hash(raw: dict[str, Any], parsed: dict[str, Any], process: Process) -> str:
    rows = process.rows
    named = {name for row in rows for name in (*row.when, *row.guards, row.records or "")}
    names = sorted({*SELECTORS, *GUARDS, *RECORDERS} & named)
    plain = {key: _plain(value) for key, value in raw.items()}
    return sha256_hex(canonical_bytes({"edition": plain, "process": parsed, "names": names}))


def _plain(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    return value
