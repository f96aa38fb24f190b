"""Loads the editions of the law with their process, proves them, and finds them by hash or day."""

import tomllib
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any

from domain.canonical import canonical_bytes, sha256_hex
from domain.errors import UnknownEdition, UnknownName
from domain.guards import GUARDS
from domain.process import Edition, Process, Row
from domain.records import RECORDERS
from domain.selectors import SELECTORS


@cache
def editions() -> dict[str, Edition]:
    """Every published edition by its hash. UnknownName if a definition names what is not there."""
    folder = files("definitions") / "editions"
    found = [
        _load(entry.read_text("utf-8"))
        for entry in folder.iterdir()
        if entry.name.endswith(".toml")
    ]
    return {edition.hash: edition for edition in found}


def edition(hash_: str) -> Edition:
    """The edition a case is bound to. UnknownEdition if it is not among the published ones."""
    try:
        return editions()[hash_]
    except KeyError:
        raise UnknownEdition(f"no published edition has the hash {hash_[:12]}") from None


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


@cache
def _process(name: str) -> tuple[Process, dict[str, Any]]:
    raw = tomllib.loads((files("definitions") / name).read_text("utf-8"))
    process = Process.model_validate(raw)
    prove(process)
    return process, raw


def _load(text: str) -> Edition:
    raw = tomllib.loads(text)
    process, parsed = _process(raw.pop("process"))
    names = sorted({*SELECTORS, *GUARDS, *RECORDERS} & _named(process))
    plain = {key: _plain(value) for key, value in raw.items()}
    hashed = sha256_hex(canonical_bytes({"edition": plain, "process": parsed, "names": names}))
    made = Edition.model_validate({**raw, "hash": hashed, "process": process})
    missing = sorted(set(process.terms) - set(made.terms))
    if missing:
        raise UnknownName(f"edition {made.code} gives no length for {', '.join(missing)}")
    return made


def _plain(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    return value


def _named(process: Process) -> set[str]:
    rows = process.rows
    return {name for row in rows for name in (*row.when, *row.guards, row.records or "")}


def prove(process: Process) -> None:
    """Every name in the process exists. UnknownName lists all that do not."""
    wrong = [
        f"{row.id} ({row.on}): {one}" for row in process.rows for one in _unknown(process, row)
    ]
    sent = {row.on for row in process.rows}
    for term, rule in process.terms.items():
        fired = [rule.fires, *([rule.reminds] if rule.reminds else [])]
        wrong += [f"term {term}: no row takes {name}" for name in fired if name not in sent]
        wrong += [f"term {term}: no status {s}" for s in rule.runs_in if s not in process.statuses]
    if wrong:
        raise UnknownName("the process names what is not there: " + "; ".join(wrong))


def _unknown(process: Process, row: Row) -> list[str]:
    statuses = {*process.statuses, "open", "closed", "*"}
    return [
        *(name for name in row.when if name not in SELECTORS),
        *(name for name in row.guards if name not in GUARDS),
        *([row.records] if row.records and row.records not in RECORDERS else []),
        *(name for name in row.starts if name not in process.terms),
        *(name for name in (*row.source, row.to or "none") if name not in statuses),
        *(word for word in row.effects if word.partition(":")[0] not in EFFECTS),
    ]


# What the outside world can be asked for; a test proves one activity for each.
EFFECTS = frozenset(("notify", "tell", "pay", "enquire", "report", "verify"))
