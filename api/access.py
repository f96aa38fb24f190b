"""Who sees which case: one rule, for a row in hand and for SQL."""

from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from api.auth import Caller
from db.lists import EVERYTHING, OWN, AskedPerson, Seen, Way
from domain.messages import Actor, Role

OFFICIALS: Final = frozenset((Role.CASEWORKER, Role.COMMISSION, Role.ADMINISTRATOR))


@dataclass(frozen=True, slots=True)
class Parties:
    """Those to whom a case belongs; `asked` are officials to whom a question in it is put."""

    recipient: UUID
    representatives: tuple[UUID, ...]
    authority: UUID
    payers: tuple[UUID, ...]
    suppliers: tuple[UUID, ...]
    region: str
    asked: tuple[UUID, ...] = ()

    @classmethod
    def of(cls, row: Any) -> "Parties":
        """From a row of `case_view`."""
        return cls(
            row["recipient_id"],
            tuple(row["representative_ids"]),
            row["authority_id"],
            tuple(row["payer_ids"]),
            tuple(row["supplier_ids"]),
            row["region"],
            tuple(row["asked_ids"]),
        )


def may_see(caller: Caller, parties: Parties) -> bool:
    """Recipients and representatives see their own, suppliers their orders, caseworkers their
    authority's and those whose orders it pays, the commission its region's, administrators all;
    an official who is asked in a case sees it too. To everybody else a case does not exist.
    """
    match caller.role:
        case Role.RECIPIENT:
            return caller.person in (parties.recipient, *parties.representatives)
        case Role.SUPPLIER:
            return caller.on_behalf_of is not None and caller.on_behalf_of in parties.suppliers
        case Role.CASEWORKER:
            return is_asked(caller, parties) or is_of_house(caller, parties)
        case Role.COMMISSION:
            here = caller.region is not None and parties.region.startswith(caller.region)
            return here or is_asked(caller, parties)
        case Role.ADMINISTRATOR:
            return True
    return False


def is_of_house(caller: Caller, parties: Parties) -> bool:
    """Whether a caseworker is of the case's authority, or of one that pays in it."""
    return caller.on_behalf_of in (parties.authority, *parties.payers)


def is_asked(caller: Caller, parties: Parties) -> bool:
    """Whether a question in the case is put to the caller."""
    return caller.person is not None and caller.person in parties.asked


def asks(caller: Caller) -> AskedPerson | None:
    """Whose questions an official looks for: their own, and for administrators what nobody holds.

    None for those who are never asked.
    """
    if caller.role not in (Role.CASEWORKER, Role.COMMISSION, Role.ADMINISTRATOR):
        return None
    return AskedPerson(caller.person, everything_else=caller.role == Role.ADMINISTRATOR)


def seen(caller: Caller) -> Seen:
    """The same rule for lists; a supplier's say what it sees, not where the case stands."""
    match caller.role:
        case Role.RECIPIENT:
            return Seen("case_view", (Way(OWN, few=True),), caller.person)
        case Role.SUPPLIER:
            own = Way("v.supplier_id = $1::uuid")
            return Seen("supplier_view", (own,), caller.on_behalf_of)
        case Role.CASEWORKER:
            paying = "v.payer_ids <> '{}' AND v.payer_ids @> ARRAY[$1::uuid]"
            elsewhere = Way(f"{paying} AND v.authority_id <> $1", few=True)
            ways = (Way("v.authority_id = $1"), elsewhere)
            return Seen("case_view", ways, caller.on_behalf_of)
        case Role.COMMISSION:
            within = " AND starts_with(v.region, $1)" if len(caller.region or "") > 2 else ""
            return Seen("case_view", (Way(f"v.oblast = left($1::text, 2){within}"),), caller.region)
        case Role.ADMINISTRATOR:
            return EVERYTHING
    raise AssertionError("only people have lists")


def actor_of(caller: Caller, parties: Parties | None) -> Actor:
    """The caller as messages of this case name them: a representative acts for the recipient."""
    actor = caller.actor
    if parties is None or caller.role != Role.RECIPIENT or caller.person == parties.recipient:
        return actor
    return actor.model_copy(update={"on_behalf_of": str(parties.recipient)})
