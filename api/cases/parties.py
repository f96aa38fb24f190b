"""What people say of who acts for a recipient and where they live, and how it reaches the cases.

What is personal is kept sealed, and named by id.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final
from uuid import UUID, uuid4

from api.door import Desk, Prepared
from db.authorities import authority_of
from db.inbox import Submission, leave
from db.persons import Contacts, person_to_name
from db.reference import conflict_of, known_of, read_case
from db.representations import (
    Power,
    fingerprint_of,
    keep_contacts,
    keep_power,
    other_cases,
    take_contacts,
)
from domain.messages import Role
from domain.parties.representatives import Acting, Kind

# How the keys begin of what one command says to several cases.
ALIKE: Final = "alike:"


def beginning_representation(desk: Desk) -> Prepared:
    """The paper is kept with the person; the cases of one authority all learn of it.

    So are contacts, under their fingerprint: they count once a second caseworker confirms.
    """
    iin = desk.said["iin"]
    person = person_to_name(desk.connection, desk.seal, iin)
    made = keep_power(desk.connection, desk.seal, _power(desk.said, desk.person, person))
    conflict = conflict_of(desk.connection, desk.case, str(person))
    told = made.model_dump(mode="json", exclude={"told_by", "ended"})
    facts = {"representative_conflict": conflict}
    contacts = Contacts(**{name: desk.said[name] for name in Contacts.model_fields})
    data: dict[str, Any] = {"representative": told, "evidence": True}
    if contacts != Contacts():
        data["contacts"] = fingerprint_of(desk.seal, contacts)

    def keep() -> None:
        if "contacts" in data:
            keep_contacts(desk.connection, desk.seal, made, iin, contacts)
        _tell_others(desk, data, facts)

    return Prepared(data, facts, keep=keep)


def confirming_representation(desk: Desk) -> Prepared:
    """Confirmed in one case it is in all; then its contacts become those of the person."""
    data, facts = desk.told, {}
    acting = desk.case.measure.acting if desk.case.measure else Acting()
    made = acting.proposal(desk.said["proposal"])
    if made is not None and made.begins is not None:
        found = conflict_of(desk.connection, desk.case, made.begins.person)
        facts = {"representative_conflict": found}

    def keep() -> None:
        if made is not None and made.begins is not None and made.contacts is not None:
            take_contacts(desk.connection, desk.seal, made.begins.id, made.contacts)
        _tell_others(desk, data, facts)

    return Prepared(data, facts, keep=keep)


def moving(desk: Desk) -> Prepared:
    """The authority by its BIN; made when it is new to us."""
    authority = authority_of(desk.connection, desk.said["authority_bin"])
    data = {"authority": str(authority), "region": desk.said["kato"], "evidence": True}
    return _in_every_case(desk, data)


def consenting(desk: Desk) -> Prepared:
    """To an order a trustee consents by the application that it makes."""
    told = {"act": desk.said["act"], "application": desk.said["application_sha256"]}
    return Prepared({name: value for name, value in told.items() if value is not None})


def in_every_case(desk: Desk) -> Prepared:
    """What is said of the person in all of their cases, in one."""
    return _in_every_case(desk, desk.told)


def _in_every_case(desk: Desk, data: Mapping[str, Any]) -> Prepared:
    return Prepared(data, {}, keep=lambda: _tell_others(desk, data, {}))


def _tell_others(desk: Desk, data: Mapping[str, Any], facts: Mapping[str, Any]) -> None:
    """What concerns the person reaches all of their open cases of this authority.

    Each decides for itself when its run looks, and may know it already.
    """
    if desk.actor.role != Role.CASEWORKER or desk.actor.on_behalf_of is None:
        return
    authority = UUID(desk.actor.on_behalf_of)
    connection = desk.connection
    # Who stands on which side is another fact in each.
    asked = [
        Submission(
            case_id=case_id,
            name=desk.command,
            actor=desk.actor,
            key=f"{ALIKE}{uuid4()}",
            body=f"as in case {desk.case.id}".encode(),
            # Uploads are of the case in which they were named.
            data={name: told for name, told in data.items() if name != "documents"},
            facts={
                **known_of(connection, read_case(connection, case_id), desk.actor),
                **facts,
            },
        )
        for case_id in other_cases(connection, desk.person, authority, desk.case.id)
    ]
    leave(connection, desk.seal, asked)


def _power(said: Mapping[str, Any], recipient: UUID, person: UUID) -> Power:
    since, until = said["valid_from"], said["valid_until"]
    return Power(
        recipient=recipient,
        person=person,
        kind=Kind(said["kind"]),
        number=said["basis_number"],
        given_on=date.fromisoformat(said["basis_date"]),
        since=since and date.fromisoformat(since),
        until=until and date.fromisoformat(until),
        scope=tuple(dict.fromkeys(said["scope"] or ())),
    )
