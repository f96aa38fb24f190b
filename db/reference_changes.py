"""Authorities and catalogues: proposed by one administrator, previewed, approved by another.

A version is kept whole from its proposal on. What it would change is told beforehand, field by
field; what it did change is kept with the approval.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal
from uuid import UUID

from sqlalchemy import Connection, update
from sqlmodel import col

from db.authorities import (
    list_authorities,
    list_commissions,
    put_authorities,
    superiors,
    with_people_counted,
    with_people_known,
)
from db.catalogues import VersionTaken, add_catalogue, catalogue_today, prove_fits
from db.escalations import write_offices
from db.proposals import Proposals
from db.reference_tables import ReferenceChange
from db.sealing import Seal
from definitions.authorities import (
    AuthoritiesInvalid,
    read_authorities,
    superior_faults,
    told_faults,
)
from definitions.catalogues import CatalogueInvalid, made_of, read_catalogue
from domain.canonical import canonical_bytes, sha256_hex
from domain.messages import Refusal

Kind = Literal["authorities", "catalogue"]
What = Literal["added", "changed", "removed"]
# One of those who hold a post.
_PERSON: Final = re.compile(r"(?<=/people)/[0-9]+$")
# By which field an entry of a list is known.
KEYS: Final = {"authorities": "bin", "commissions": "region", "categories": "code", "items": "code"}


@dataclass(frozen=True, slots=True)
class Changed:
    """One value of an entry as it was and as it is to be; None: it is not there."""

    field: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class ReferenceDifference:
    """An entry (its list and code) that is added, changed or removed, with its values."""

    group: str
    code: str
    what: What
    fields: tuple[Changed, ...]


def propose(
    connection: Connection,
    seal: Seal,
    person: UUID,
    kind: Kind,
    value: object,
    *,
    only_shown: bool = False,
) -> ReferenceChange:
    """Keep it for approval; the same proposal again is the same row.

    What is `only_shown` says of the people in it how many there are: whom an IIN means is looked up
    for a proposal alone, which is written down.

    Raises AuthoritiesInvalid or CatalogueInvalid with every mistake, or VersionTaken.
    """
    if kind == "catalogue":
        new = read_catalogue(value)
        prove_fits(connection, new)
        content = dict(new.content)
    else:
        read = read_authorities(value)
        if faults := superior_faults(read, superiors(connection)):
            raise AuthoritiesInvalid(told_faults(faults))
        content = (
            with_people_counted(read) if only_shown else with_people_known(connection, seal, read)
        )
    sha256 = sha256_hex(canonical_bytes(content))
    return CHANGES.propose(connection, person, kind=kind, content=content, sha256=sha256)


def differences(connection: Connection, change: ReferenceChange) -> list[dict[str, Any]]:
    """What an approval changed, or would change now."""
    if change.differences is not None:
        return change.differences
    held = _held(connection, change.kind)
    removes = change.kind == "catalogue"  # a catalogue is whole, a list of authorities adds to it
    found = [
        one
        for group in KEYS
        if group in change.content
        for one in _differences(group, held.get(group, ()), change.content[group], removes)
    ]
    return [asdict(one) for one in found]


def _held(connection: Connection, kind: str) -> Mapping[str, Any]:
    if kind == "catalogue":
        return catalogue_today(connection)[0].content
    return {
        "authorities": [one.record for one in list_authorities(connection) if one.record],
        "commissions": [*list_commissions(connection).values()],
    }


def _differences(
    group: str, held: Iterable[Mapping[str, Any]], new: Iterable[Mapping[str, Any]], removes: bool
) -> Iterator[ReferenceDifference]:
    key = KEYS[group]
    before, after = ({one[key]: dict(_leaves(one)) for one in each} for each in (held, new))
    for code in sorted({*after, *(before if removes else ())}):
        old, now = before.get(code), after.get(code)
        if old == now:
            continue
        what: What = "added" if old is None else "removed" if now is None else "changed"
        yield ReferenceDifference(group, code, what, tuple(_fields(old or {}, now or {})))


def _fields(old: Mapping[str, str], now: Mapping[str, str]) -> Iterator[Changed]:
    """Every value that is another; of people that they are others, and how many: never who."""
    others = [name for name in sorted({*old, *now}) if old.get(name) != now.get(name)]
    for name in dict.fromkeys(_PERSON.sub("", one) for one in others):
        yield Changed(name, _told(old, name), _told(now, name))


def _told(leaves: Mapping[str, str], name: str) -> str | None:
    people = [one for one in leaves if _PERSON.sub("", one) == name != one]
    return str(len(people)) if people else leaves.get(name)


def _leaves(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    match value:
        case dict():
            for name, child in value.items():
                yield from _leaves(child, f"{path}/{name}" if path else name)
        case list():
            for place, child in enumerate(value):
                yield from _leaves(child, f"{path}/{place}")
        case str():
            yield path, value
        case _:
            yield path, json.dumps(value)


def _outdated(connection: Connection, change: ReferenceChange, _: UUID) -> Refusal | None:
    """Why what was proposed does not fit any more to what was approved since."""
    if change.kind == "catalogue":
        try:
            prove_fits(connection, made_of(change.content))
        except (VersionTaken, CatalogueInvalid):
            return Refusal(code="change_outdated")
        return None
    faults = superior_faults(change.content, superiors(connection))
    return Refusal(code="change_outdated") if faults else None


def _carry_out(connection: Connection, change: ReferenceChange) -> None:
    kept = update(ReferenceChange).where(col(ReferenceChange.id) == change.id)
    connection.execute(kept.values(differences=differences(connection, change)))
    if change.kind == "authorities":
        put_authorities(connection, change.content)
        write_offices(connection)
        return
    add_catalogue(connection, made_of(change.content))


CHANGES: Final = Proposals(
    table=ReferenceChange, called="reference", refuse=_outdated, carry_out=_carry_out
)
approve = CHANGES.approve
read_change = CHANGES.read
list_changes = CHANGES.page
