"""Searching for cases: what a query means for SQL, and a record of who searched for persons.

What a query names stands in no statement but as our own ids, as numbers of the blind index, or as
what is no person's: digits of a reference, the number of a programme.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from unicodedata import normalize

from sqlalchemy import Connection, TextClause, text

from db.catalogues import every_catalogue
from db.envelopes import envelop
from db.inbox import fingerprint
from db.sealing import Seal
from db.words import words_of_name, words_of_phone
from definitions.catalogues import CatalogueItem
from domain.identifiers import is_bin
from domain.messages import Actor
from domain.parties.contacts import read_phone
from domain.searching import (
    DIGITS,
    OF_PERSONS,
    SearchKind,
    beginnings,
    digits_in,
    plain_reference,
    wanted_beginnings,
    words_in,
)

_PROGRAMME = text("SELECT case_id FROM case_head WHERE programme_number = :number")
# Of somebody who was erased the index of the IIN is kept: a message may name them again.
_BY_IIN = text("SELECT id FROM person WHERE iin_index = :index AND sealed IS NOT NULL")
_BY_PHONE = text("SELECT id FROM person WHERE words @> :words")
_BY_BIN = text("SELECT id FROM supplier WHERE bin = :bin")
_BY_NAME = text("SELECT id FROM supplier WHERE words @> :words")
_RECORD = text(
    "INSERT INTO person_search (actor_id, actor_role, on_behalf_of, kinds, query, reason, hits)"
    " VALUES (:actor, :role, :on_behalf_of, :kinds, :query, :reason, :hits)"
)


@dataclass(frozen=True, slots=True)
class Searched:
    """One search: by what, for what, and why."""

    kinds: tuple[SearchKind, ...]
    query: str = field(repr=False)
    reason: str | None = field(default=None, repr=False)

    @property
    def of_person(self) -> bool:
        return not OF_PERSONS.isdisjoint(self.kinds)

    @property
    def plain(self) -> str:
        """The query without what makes no difference to it."""
        words = words_in(self.query)
        return "".join(words) if digits_in(self.query) else " ".join(words)


def conditions(
    connection: Connection, sealer: Seal, searched: Searched, *, representatives: bool
) -> dict[SearchKind, str]:
    """By which of its kinds a query may find cases, each as a condition over `v`.

    `representatives`: a person is found, too, in the cases of those for whom they act.
    """
    found = {}
    for kind in searched.kinds:
        made = _condition(connection, sealer, kind, searched.query, representatives)
        if made is not None:
            found[kind] = made
    return found


def _condition(
    connection: Connection, sealer: Seal, kind: SearchKind, query: str, representatives: bool
) -> str | None:
    match kind:
        case "reference":
            return _reference(plain_reference(query))
        case "programme":
            cases = _ids(connection, _PROGRAMME, number=normalize("NFC", query).strip())
            return cases and f"v.case_id = ANY({cases})"
        case "name":
            named = _numbers(words_of_name(sealer, query))
            return f"v.recipient_id IN (SELECT p.id FROM person p WHERE p.words @> {named})"
        case "iin":
            persons = _ids(connection, _BY_IIN, index=sealer.index(digits_in(query)))
            return persons and _persons(persons, representatives)
        case "phone":
            phone = read_phone(query).value
            assert phone is not None, "a query that names a phone is read before"
            persons = _ids(connection, _BY_PHONE, words=words_of_phone(sealer, phone))
            return persons and _persons(persons, representatives)
        case "supplier":
            suppliers = _suppliers(connection, sealer, query)
            return suppliers and (
                "EXISTS (SELECT 1 FROM supplier_view o WHERE o.case_id = v.case_id"
                f" AND o.supplier_id = ANY({suppliers}))"
            )
        case "item":
            codes = _codes(connection, query)
            return f"v.item = ANY('{{{','.join(codes)}}}')" if codes else None


def _reference(part: str) -> str:
    digits = digits_in(part)
    four = ",".join(digits[at : at + DIGITS] for at in range(len(digits) - DIGITS + 1))
    within = f"reference_parts(h.reference) @> '{{{four}}}' AND strpos(h.reference, '{part}') > 0"
    return f"v.case_id IN (SELECT h.case_id FROM case_head h WHERE {within})"


def _persons(persons: str, representatives: bool) -> str:
    own = f"v.recipient_id = ANY({persons})"
    if not representatives:
        return own
    return f"({own} OR (v.representative_ids <> '{{}}' AND v.representative_ids && {persons}))"


def _suppliers(connection: Connection, sealer: Seal, query: str) -> str | None:
    digits = digits_in(query)
    if is_bin(digits):
        return _ids(connection, _BY_BIN, bin=digits)
    return _ids(connection, _BY_NAME, words=words_of_name(sealer, query))


def _codes(connection: Connection, query: str) -> set[str]:
    """The items of all catalogues that are called so in one of the languages, or by their code."""
    wanted = wanted_beginnings(query)
    items = (item for one in every_catalogue(connection) for item in one.items.values())
    return {item.code for item in items if any(wanted <= _label(one) for one in _called(item))}


def _called(item: CatalogueItem) -> Iterable[str]:
    return (item.code, *item.name.values())


# Labels of catalogues alone: nothing that people ask is kept in memory.
_label = lru_cache(maxsize=20_000)(beginnings)


def _ids(connection: Connection, statement: TextClause, **named: object) -> str | None:
    """What a statement finds as an array of SQL; None where it finds nothing."""
    found = [str(one) for one in connection.execute(statement, named).scalars()]
    return f"'{{{','.join(found)}}}'::uuid[]" if found else None


def _numbers(words: Collection[int]) -> str:
    return f"'{{{','.join(map(str, words))}}}'::bigint[]"


def record(
    connection: Connection, sealer: Seal, actor: Actor, searched: Searched, hits: int
) -> None:
    """Write down that somebody searched for a person, and why; what they asked as a fingerprint."""
    values = {
        "actor": actor.id,
        "role": actor.role.value,
        "on_behalf_of": actor.on_behalf_of,
        "kinds": list(searched.kinds),
        "query": fingerprint(sealer, f"search {searched.plain}".encode()),
        "reason": envelop(sealer, searched.reason.encode()) if searched.reason else None,
        "hits": hits,
    }
    connection.execute(_RECORD, values)
