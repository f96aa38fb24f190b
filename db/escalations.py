"""Questions put to a person or a desk: who holds it now, who can be asked, what a person is asked.

A question names a desk by its code or a person by their id, and the file keeps that. Who it reaches
is read from the reference data of today: the head of the authority, or where there is none the head
of the one above it, the chair of the region's commission, and otherwise the administrators.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from sqlalchemy import Connection, delete, text
from sqlalchemy.dialects.postgresql import insert

from db.authorities import KnownAuthority, list_authorities, list_commissions
from db.reference_tables import Office
from definitions.wording import LANGUAGES, every_language
from domain.case.periods import authorities_of
from domain.case.state import Case
from domain.messages import Actor, Role

ADMINISTRATORS: Final = "administrators"
DESKS: Final = ("authority_lead", "superior_lead", "commission_chair", ADMINISTRATORS)
# Of a case `v`: those who hold what a question is addressed to.
ASKED: Final = (
    " ARRAY(SELECT DISTINCT o.person_id FROM escalation e JOIN office o ON o.address = e.address"
    " WHERE e.case_id = v.case_id ORDER BY 1) AS asked_ids"
)
_HELD: Final = "SELECT 1 FROM office o WHERE o.address = e.address"
# Whether a question of it is the administrators': what is put to them, and what nobody holds.
UNHELD: Final = (
    " EXISTS (SELECT 1 FROM escalation e WHERE e.case_id = v.case_id"
    f" AND NOT EXISTS ({_HELD})) AS unheld"
)


def asked_of(person: str, *, everything_else: bool) -> str:
    """SQL: whether a question `e` is addressed to a person (an expression).

    `everything_else`: also what nobody holds, as administrators have it.
    """
    mine = f"EXISTS ({_HELD} AND o.person_id = {person})"
    return f"({mine} OR NOT EXISTS ({_HELD}))" if everything_else else mine


@dataclass(frozen=True, slots=True)
class Addressee:
    """A desk or a person that may be asked, and what it is called in kk, ru and en."""

    to: str
    name: dict[str, str]


def addresses(case: Case, to: str) -> list[str]:
    """Under which addresses the holders of what a question names are found."""
    assert case.measure is not None, "a case with a status has a measure"
    match to:
        case "authority_lead" | "superior_lead":
            return [f"{to}:{authority}" for authority in authorities_of(case)]
        case "commission_chair":
            return [f"{to}:{case.measure.region[:2]}"]
    return [to]


def write_offices(connection: Connection) -> None:
    """Who holds what, after authorities or commissions have changed."""
    known = {one.bin: one for one in list_authorities(connection)}
    held: list[tuple[str, Mapping[str, Any] | None]] = []
    for one in known.values():
        above = known.get((one.record or {}).get("superior", ""))
        held.append((f"authority_lead:{one.id}", _lead(one, known)))
        held.append((f"superior_lead:{one.id}", _lead(above, known) if above else None))
    for region, record in list_commissions(connection).items():
        held.append((f"commission_chair:{region}", record["chair"]))
    rows = [
        {"address": address, "person_id": person}
        for place, office in held
        for person in (office or {}).get("people", ())
        for address in (place, person)
    ]
    connection.execute(delete(Office))
    if rows:
        connection.execute(insert(Office).on_conflict_do_nothing(), rows)


def _lead(one: KnownAuthority, known: Mapping[str, KnownAuthority]) -> Mapping[str, Any] | None:
    """The head of an authority, or of the nearest one above it that has one."""
    higher: KnownAuthority | None = one
    while higher is not None:
        record: Mapping[str, Any] = higher.record or {}
        if "head" in record:
            head: Mapping[str, Any] = record["head"]
            return head
        higher = known.get(record.get("superior", ""))
    return None


def addressees(connection: Connection, case: Case) -> list[Addressee]:
    """Whom a question in this case may be put to: desks, then the persons who hold them."""
    assert case.measure is not None, "a case with a status has a measure"
    every = list_authorities(connection)
    known = {one.bin: one for one in every}
    mine = [one for one in every if str(one.id) in authorities_of(case)]
    above = [known[bin] for one in mine if (bin := (one.record or {}).get("superior")) in known]
    commission = list_commissions(connection).get(case.measure.region[:2])
    chair: Mapping[str, Any] | None = commission["chair"] if commission else None
    heads = [_lead(one, known) for one in (*mine, *above)]
    desks = [one for one in DESKS if one != "superior_lead" or any(heads[len(mine) :])]
    persons = {
        person: Addressee(person, {language: office["post"][language] for language in LANGUAGES})
        for office in (*heads, chair)
        if office is not None
        for person in office["people"]
    }
    return [
        *(Addressee(desk, every_language(f"addressee_desk.{desk}")) for desk in desks),
        *persons.values(),
    ]


def told_addressees(found: list[Addressee]) -> dict[str, Any]:
    """The facts of a question: whom it may name, also in words by language.

    Words name desks by their codes, which are said; a person's id is no word.
    """
    named = {
        language: "; ".join(
            f"{one.name[language]} ({one.to})" if one.to in DESKS else one.name[language]
            for one in found
        )
        for language in LANGUAGES
    }
    return {"addressees": [asdict(one) for one in found], "named": named}


def is_asked(connection: Connection, case_id: str, question: str, actor: Actor) -> bool:
    """Whether a question of a case is addressed to somebody."""
    mine = asked_of("CAST(:person AS uuid)", everything_else=actor.role == Role.ADMINISTRATOR)
    asked = text(f"SELECT 1 FROM escalation e WHERE case_id = :case AND key = :key AND {mine}")
    given = {"case": case_id, "key": question, "person": actor.id}
    return connection.execute(asked, given).first() is not None
