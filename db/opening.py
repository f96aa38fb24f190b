"""Open the case of a measure, or find it, and put a checked message of E-Собес into its inbox."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text

from db.authorities import authority_of
from db.chains import GENESIS
from db.erasures import last_certificate
from db.inbox import Submission, put
from db.persons import (
    lock_person,
    person_of,
    person_to_name,
    person_with_profile,
    save_representative,
)
from db.representations import Power, keep_power
from db.sealing import Seal
from definitions.catalogues import Catalogue, CatalogueItem
from definitions.editions import edition_on
from domain.case.entitlements import Entitlement
from domain.case.state import Measure
from domain.messages import Actor, Role
from domain.parties.contacts import is_mobile
from domain.parties.representatives import Acting, Capacity, Kind
from domain.terms.counting import local_day

ESOBES = Actor(role=Role.ESOBES)
_FIND = text(
    "SELECT case_id, reference, person_id FROM case_head"
    " WHERE programme_number = :programme AND measure_id = :measure"
)
_OPEN = text(
    "INSERT INTO case_head (reference, programme_number, measure_id, edition, person_id, seq, hash)"
    " VALUES (:reference, :programme, :measure, :edition, :person, 0, :hash)"
    " ON CONFLICT (programme_number, measure_id) DO NOTHING"
    " RETURNING case_id, reference, person_id"
)
# The case of a measure, or the number of the one that is to be opened.
_FIND_OR_NUMBER = text(
    "WITH known AS (SELECT case_id, reference, person_id FROM case_head"
    "  WHERE programme_number = :programme AND measure_id = :measure)"
    " SELECT case_id, reference, person_id, 0 AS number FROM known UNION ALL"
    " SELECT NULL, NULL, NULL, nextval('case_reference') WHERE NOT EXISTS (SELECT FROM known)"
)


class UnknownMeasure(Exception):
    """A revocation names a measure that has not arrived."""


class PersonDiffers(Exception):
    """A revision names another recipient than the case has: no message may hand a case over."""


class PersonErased(Exception):
    """The case is of somebody who was erased: nothing of them is taken in again."""


@dataclass(frozen=True)
class Arrival:
    """A checked message in its normal form, and when it was journalled.

    `unusable`: what of its contacts is of no use, as `Measure` has it. `revoked`: the revocation
    that came before it and holds for it.
    """

    message: dict[str, Any]
    body: bytes
    at: datetime
    catalogue: Catalogue
    unusable: tuple[str, ...] = ()
    revoked: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Accepted:
    """The case of a message, its person, and the row that the message has become; the person's
    `key` where it is in hand.
    """

    case_id: UUID
    inbox_id: str
    person: UUID
    key: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Head:
    """The case as its head says."""

    case_id: UUID
    reference: str
    person: UUID


def accept(connection: Connection, sealer: Seal, arrival: Arrival) -> Accepted:
    """Make a right message a row of its case's inbox; opens the case if this is the first.

    Raises UnknownMeasure, PersonDiffers or PersonErased; then nothing was written.
    """
    message, key = arrival.message, None
    if message.get("kind") == "revocation":
        head = _find(connection, message)
        if head is None:
            raise UnknownMeasure("no measure of this key has arrived")
        _refuse_erased(connection, head)
        name, data = "revoked", revocation_data(message)
    else:
        head, key = _case_of(connection, sealer, arrival)
        name, data = "measure_arrived", _arrival(connection, sealer, arrival, head)
    asked = Submission(
        case_id=str(head.case_id),
        name=name,
        actor=ESOBES,
        key=message["message_id"],
        body=arrival.body,
        data=data,
    )
    stored = put(connection, sealer, asked)
    return Accepted(head.case_id, stored.message.id, head.person, key)


def case_reference(number: int) -> str:
    """`OZ`, eight digits and a check digit (Luhn), so that a slip of the pen is noticed."""
    digits = f"{number:08d}"
    doubled = (int(digit) * (2 - place % 2) for place, digit in enumerate(reversed(digits)))
    total = sum(value - 9 if value > 9 else value for value in doubled)
    return f"OZ{digits}{-total % 10}"


def _find(connection: Connection, message: dict[str, Any]) -> Head | None:
    row = connection.execute(_FIND, _named(message)).one_or_none()
    return None if row is None else Head(*row)


def _named(message: dict[str, Any]) -> dict[str, Any]:
    return {"programme": message["programme"]["number"], "measure": message["measure_id"]}


def _case_of(connection: Connection, sealer: Seal, arrival: Arrival) -> tuple[Head, bytes]:
    """The case of a measure, and the key of its person, with what the message tells of them."""
    named = _named(arrival.message)
    *known, number = connection.execute(_FIND_OR_NUMBER, named).one()
    if number == 0:
        return _known_case(connection, sealer, arrival, Head(*known))
    person, key = person_with_profile(connection, sealer, arrival.message)
    values = {
        **named,
        "reference": case_reference(number),
        "edition": edition_on(local_day(arrival.at)).hash,
        "person": person,
        "hash": GENESIS,
    }
    row = connection.execute(_OPEN, values).one_or_none()
    if row is not None:
        return Head(*row), key
    # The unique key decides where two arrive at once.
    head = _find(connection, arrival.message)
    assert head is not None, "what stood in the way is there: heads are never deleted"
    return _known_case(connection, sealer, arrival, head)


def _known_case(
    connection: Connection, sealer: Seal, arrival: Arrival, head: Head
) -> tuple[Head, bytes]:
    _refuse_erased(connection, head)  # before anything of them is written again
    if head.person != person_of(connection, sealer, arrival.message["person"]["iin"]):
        raise PersonDiffers("the case belongs to another person")
    _, key = person_with_profile(connection, sealer, arrival.message)
    return head, key


def _refuse_erased(connection: Connection, head: Head) -> None:
    lock_person(connection, head.person)  # who is being erased is gone then
    if last_certificate(connection, head.person) is not None:
        raise PersonErased("the person of the case has been erased")


def _arrival(connection: Connection, sealer: Seal, arrival: Arrival, head: Head) -> dict[str, Any]:
    message = arrival.message
    person, programme, asked = message["person"], message["programme"], message["item"]
    item = arrival.catalogue.items[asked["classifier_code"]]
    measure = Measure(
        reference=head.reference,
        recipient=str(head.person),
        acting=_acting(connection, sealer, arrival, head),
        entitlement=Entitlement((message.get("entitlement") or "PROGRAMME").lower()),
        authority=str(authority_of(connection, person["authority_bin"])),
        region=person["kato"],
        item=item.code,
        category=item.category,
        quantity=asked["quantity"],
        unit=item.unit,
        unit_sum=item.sum_on(local_day(arrival.at)),
        developed_on=date.fromisoformat(programme["developed_on"]),
        valid_until=_day(programme.get("valid_until")),
        implement_until=date.fromisoformat(message["implement_until"]),
        revision=programme["revision"],
        payer=message["payer"],
        procured=item.by_procurement,
        yearly_norm=item.yearly_norm,
        catalogue=arrival.catalogue.version,
        contactable=_is_reached(person),
        unusable=arrival.unusable,
        periodic=item.periodic,
        share=item.share,
        standing=item.periodic != "none" and _is_service(arrival.catalogue, item),
        companion=_may_be_accompanied(message, item),
    )
    told = {"measure": measure.model_dump(mode="json")}
    return told | ({"revoked": dict(arrival.revoked)} if arrival.revoked else {})


def _is_reached(person: dict[str, Any]) -> bool:
    phone: str | None = person.get("phone")
    return bool((phone and is_mobile(phone)) or person.get("email"))


def _is_service(catalogue: Catalogue, item: CatalogueItem) -> bool:
    return catalogue.categories[item.category].kind == "service"


def _may_be_accompanied(message: dict[str, Any], item: CatalogueItem) -> bool:
    """A child, by a legal representative, to what has a place for one (Social Code 168(4))."""
    told = message.get("representative") or {"kind": None}
    legal = told["kind"] in ("PARENT", "GUARDIAN", "TRUSTEE")
    child = message["person"].get("disability_group") == "CHILD"
    return child and legal and item.companion_percent is not None


def _acting(connection: Connection, sealer: Seal, arrival: Arrival, head: Head) -> Acting:
    """Who acts for the recipient, as far as the message says it; a power that has ended is none."""
    capacity = arrival.message["person"].get("capacity")
    known = Capacity(capacity.lower()) if capacity else None
    told = arrival.message.get("representative")
    ends = _day(told.get("valid_until")) if told else None
    if not told or (ends is not None and ends < local_day(arrival.at)):
        return Acting(capacity=known)
    person = person_to_name(connection, sealer, told["iin"])
    save_representative(connection, sealer, person, told)
    power = Power(
        recipient=head.person,
        person=person,
        kind=Kind(told["kind"]),
        number=told["basis_number"],
        given_on=date.fromisoformat(told["basis_date"]),
        until=ends,
        scope=tuple(one.lower() for one in told.get("scope") or ()),
    )
    made = keep_power(connection, sealer, power)
    return Acting(capacity=known, representatives=(made,))


def revocation_data(message: dict[str, Any]) -> dict[str, Any]:
    """What a case is told of a revocation."""
    data = {"ground": message["reason"].lower(), "revision": message["programme"]["revision"]}
    effective_on = message.get("effective_on")
    return data | ({"effective_on": effective_on} if effective_on else {})


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
