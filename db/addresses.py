"""Where the people and suppliers of a case can be reached, and in which language."""

from dataclasses import dataclass, field, replace
from datetime import date
from typing import Literal

from db.persons import Profiles
from db.sealing import Unreadable
from db.suppliers import SupplierContacts
from domain.case.state import Measure
from domain.parties.contacts import is_mobile
from domain.parties.representatives import Capacity

Channel = Literal["sms", "email"]


@dataclass(frozen=True)
class Address:
    """One contact. A receipt from a contact that nobody confirmed proves nothing (APPC 66(4)).

    `for_whom`: the name of who is represented, where it is a representative's.
    """

    who: str
    channel: Channel
    to: str = field(repr=False)
    confirmed: bool
    language: str
    for_whom: str | None = field(default=None, repr=False)


def addresses_of_recipient(
    profiles: Profiles, measure: Measure, on: date, *, themselves: bool = False
) -> list[Address]:
    """The contacts of the recipient and of who represents them on a day, each contact once.

    Who is represented in everything is not written to themselves: that would prove nothing. Nobody
    is written to about the dead. `themselves`: what is about who acts for them the recipient is
    told all the same, and on the contacts, too, that a caseworker has replaced.
    """
    acting = measure.acting
    if acting.died:
        return []
    whole = acting.capacity == Capacity.REPRESENTED and not themselves
    found = [] if whole else _of_person(profiles, "recipient", measure.recipient)
    if themselves:
        found += _former(profiles, measure.recipient, {one.to for one in found})
    persons = [power.person for power in acting.present(on)]
    if not persons:
        return found
    whom = short_name(profiles, measure.recipient)
    for place, person in enumerate(dict.fromkeys(persons)):
        who = "representative" if place == 0 else f"representative-{place + 1}"
        known = {address.to for address in found}
        others = _of_person(profiles, who, person)
        found += [replace(one, for_whom=whom) for one in others if one.to not in known]
    return found


def short_name(profiles: Profiles, person: str) -> str | None:
    """Name and first letter of the surname; None where it is not known."""
    try:
        profile = profiles.of(person)
    except Unreadable:
        return None
    initial = f"{profile.surname[0]}." if profile.surname else None
    return " ".join(part for part in (profile.name, initial) if part) or None


def addresses_of_supplier(held: SupplierContacts | None) -> list[Address]:
    """The contacts that a supplier has on the portal; it keeps them right itself."""
    if held is None:
        return []
    return _addresses("supplier", (held.phone, True), (held.email, True), held.language)


def _of_person(profiles: Profiles, who: str, person: str) -> list[Address]:
    try:
        profile = profiles.of(person)
    except Unreadable:  # erased: nobody is left to be told
        return []
    phone = profile.phone, profile.phone_confirmed
    return _addresses(who, phone, (profile.email, profile.email_confirmed), profile.language)


def _former(profiles: Profiles, person: str, known: set[str]) -> list[Address]:
    """The contacts that a person had before a caseworker entered others."""
    try:
        profile = profiles.of(person)
    except Unreadable:
        return []
    if (held := profile.former) is None:
        return []
    phone, email = (held.phone, held.phone_confirmed), (held.email, held.email_confirmed)
    found = _addresses("recipient-before", phone, email, profile.language)
    return [one for one in found if one.to not in known]


def _addresses(
    who: str, phone: tuple[str | None, bool], email: tuple[str | None, bool], language: str
) -> list[Address]:
    found = []
    if phone[0] and is_mobile(phone[0]):
        found.append(Address(who, "sms", phone[0], phone[1], language))
    if email[0]:
        found.append(Address(who, "email", email[0], email[1], language))
    return found
