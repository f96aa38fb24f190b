"""Searching for cases: what a query means for SQL, and a record of who searched for persons.

What a query names stands in no statement but as our own ids, as numbers of the blind index, or as
what is no person's: digits of a reference, the number of a programme.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final
from unicodedata import normalize

from sqlalchemy import Connection, TextClause, text

from db.catalogues import every_catalogue
from db.envelopes import envelop
from db.inbox import fingerprint
from db.lists import Way
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

# Where there are more, cases are not found one by one: whoever walks a list in its order meets some
# of them soon.
FEW: Final = 5_000
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


def findings(
    connection: Connection, sealer: Seal, searched: Searched, *, representatives: bool
) -> dict[SearchKind, Way]:
    """By which of its kinds a query may find cases, and how they are come by.

    `representatives`: a person is found, too, in the cases of those for whom they act.
    """
    found = {}
    for kind in searched.kinds:
        way = _finding(connection, sealer, kind, searched.query, representatives)
        if way is not None:
            found[kind] = way
    return found


def _finding(
    connection: Connection, sealer: Seal, kind: SearchKind, query: str, representatives: bool
) -> Way | None:
    match kind:
        case "reference":
            return _by_reference(connection, plain_reference(query))
        case "programme":
            cases = _ids(connection, _PROGRAMME, {"number": normalize("NFC", query).strip()})
            return Way(f"v.case_id = ANY({cases})", few=True) if cases else None
        case "name":
            return _by_name(connection, words_of_name(sealer, query))
        case "iin":
            persons = _ids(connection, _BY_IIN, {"index": sealer.index(digits_in(query))})
            return _by_persons(persons, representatives)
        case "phone":
            phone = read_phone(query).value
            assert phone is not None, "what is searched for by phone is one"
            persons = _ids(connection, _BY_PHONE, {"words": words_of_phone(sealer, phone)})
            return _by_persons(persons, representatives)
        case "supplier":
            return _by_supplier(connection, sealer, query)
        case "item":
            codes = ",".join(sorted(_codes(connection, query)))
            return Way(f"v.item = ANY('{{{codes}}}')") if codes else None


def _by_reference(connection: Connection, part: str) -> Way:
    digits = digits_in(part)
    four = ",".join(digits[at : at + DIGITS] for at in range(len(digits) - DIGITS + 1))
    within = f"strpos({{of}}.reference, '{part}') > 0"
    heads = (
        f"FROM case_head h WHERE reference_parts(h.reference) @> '{{{four}}}'"
        f" AND {within.format(of='h')}"
    )
    if _are_few(connection, heads):
        return Way(f"v.case_id = ANY(ARRAY(SELECT h.case_id {heads}))", few=True)
    return Way(within.format(of="v"))


def _by_name(connection: Connection, words: Collection[int]) -> Way:
    named = f"p.words @> {_numbers(words)}"
    persons = f"FROM person p WHERE {named}"
    if _are_few(connection, persons):
        return Way(f"v.recipient_id = ANY(ARRAY(SELECT p.id {persons}))", few=True)
    return Way(f"(SELECT {named} FROM person p WHERE p.id = v.recipient_id)")


def _by_persons(persons: str | None, representatives: bool) -> Way | None:
    if persons is None:
        return None
    own = f"v.recipient_id = ANY({persons})"
    others = f"(v.representative_ids <> '{{}}' AND v.representative_ids && {persons})"
    return Way(f"({own} OR {others})" if representatives else own, few=True)


def _by_supplier(connection: Connection, sealer: Seal, query: str) -> Way | None:
    digits = digits_in(query)
    if is_bin(digits):
        suppliers = _ids(connection, _BY_BIN, {"bin": digits})
    else:
        suppliers = _ids(connection, _BY_NAME, {"words": words_of_name(sealer, query)})
    if suppliers is None:
        return None
    theirs = f"o.supplier_id = ANY({suppliers})"
    orders = f"FROM supplier_view o WHERE {theirs}"
    if _are_few(connection, orders):
        return Way(f"v.case_id = ANY(ARRAY(SELECT o.case_id {orders}))", few=True)
    return Way(f"(SELECT bool_or({theirs}) FROM supplier_view o WHERE o.case_id = v.case_id)")


def _are_few(connection: Connection, rows: str) -> bool:
    """Whether so few rows are named that they are found before all else."""
    counted = text(f"SELECT count(*) FROM (SELECT 1 {rows} LIMIT {FEW + 1}) AS one")
    return int(connection.execute(counted).scalar_one()) <= FEW


def _codes(connection: Connection, query: str) -> set[str]:
    """The items of all catalogues that are called so in one of the languages, or by their code."""
    wanted = wanted_beginnings(query)
    items = (item for one in every_catalogue(connection) for item in one.items.values())
    return {item.code for item in items if any(wanted <= _label(one) for one in _called(item))}


def _called(item: CatalogueItem) -> Iterable[str]:
    return (item.code, *item.name.values())


# Labels of catalogues alone: nothing that people ask is kept in memory.
_label = lru_cache(maxsize=20_000)(beginnings)


def _ids(connection: Connection, statement: TextClause, named: Mapping[str, Any]) -> str | None:
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
