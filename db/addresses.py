"""Where the people and suppliers of a case can be reached, and in which language."""

from dataclasses import dataclass, field
from typing import Literal
from uuid import UUID

from sqlalchemy import Connection

from db.persons import read_profile
from db.sealing import Seal, Unreadable
from db.suppliers import read_supplier
from domain.case import Measure

Channel = Literal["sms", "email"]


@dataclass(frozen=True)
class Address:
    """One contact. A receipt from a contact that nobody confirmed proves nothing (APPC 66(4))."""

    who: str
    channel: Channel
    to: str = field(repr=False)
    confirmed: bool
    language: str


def addresses_of_recipient(connection: Connection, sealer: Seal, measure: Measure) -> list[Address]:
    """The recipient's contacts, and those of the representative that differ from them."""
    found = _of_person(connection, sealer, "recipient", measure.recipient)
    if measure.representative is None:
        return found
    known = {address.to for address in found}
    others = _of_person(connection, sealer, "representative", measure.representative)
    return found + [address for address in others if address.to not in known]


def addresses_of_supplier(connection: Connection, sealer: Seal, supplier: str) -> list[Address]:
    """The contacts that a supplier has on the portal; it keeps them right itself."""
    held = read_supplier(connection, sealer, supplier)
    if held is None or held.contacts is None:
        return []
    phone, email = held.contacts.phone, held.contacts.email
    return _addresses("supplier", (phone, True), (email, True), held.contacts.language)


def _of_person(connection: Connection, sealer: Seal, who: str, person: str) -> list[Address]:
    try:
        profile = read_profile(connection, sealer, UUID(person))
    except Unreadable:  # erased: nobody is left to be told
        return []
    phone = profile.phone, profile.phone_confirmed
    return _addresses(who, phone, (profile.email, profile.email_confirmed), profile.language)


def _addresses(
    who: str, phone: tuple[str | None, bool], email: tuple[str | None, bool], language: str
) -> list[Address]:
    found = []
    if phone[0]:
        found.append(Address(who, "sms", phone[0], phone[1], language))
    if email[0]:
        found.append(Address(who, "email", email[0], email[1], language))
    return found
