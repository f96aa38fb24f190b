"""What people say of who acts for a recipient and where they live, and how it reaches the cases."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal
from uuid import UUID, uuid4

from pydantic import AfterValidator, Field, StringConstraints
from sqlalchemy import Connection

from api.bodies import Body, Code, ContactsForm, Day, FreeText, Quantity, Sha256, fault
from api.door import Desk, Prepared
from api.offers import Bin, Iin
from db.authorities import authority_of
from db.engine import reads
from db.inbox import Submission, leave
from db.persons import Contacts, person_of
from db.reference import conflict_of, known_of, read_case
from db.representations import (
    Power,
    fingerprint_of,
    keep_contacts,
    keep_power,
    other_cases,
    take_contacts,
)
from db.sealing import Seal
from definitions.forms import is_plain_text
from definitions.places import is_place
from domain.messages import Role
from domain.representatives import Acting, Kind

Prepare = Callable[[Desk], Prepared]


def _kato(value: str) -> str:
    if not is_place(value):
        raise fault("unknown_place")
    return value


def _number(value: str) -> str:
    if not is_plain_text(value):
        raise fault("plain_text")
    return value


Kato = Annotated[
    str,
    StringConstraints(pattern=r"^[0-9]{9}$"),
    AfterValidator(_kato),
    Field(examples=["751110000"]),
]
PaperNumber = Annotated[
    str,
    StringConstraints(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f-\x9f]*\S.*$"),
    AfterValidator(_number),
    Field(description="Of the act or the power of attorney; kept enciphered", repr=False),
]
ProposalId = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
Scope = Literal["order", "receive", "sign"]


class BeginRepresentation(ContactsForm, Body):
    """Somebody has a power to act for the recipient, by this paper.

    Without `valid_from` it begins on the day of the paper; without `scope` it is for all acts.
    """

    iin: Iin = Field(repr=False)
    kind: Literal["GUARDIAN", "TRUSTEE", "PARENT", "ATTORNEY"]
    basis_number: PaperNumber
    basis_date: Day
    valid_from: Day | None = None
    valid_until: Day | None = None
    scope: Annotated[list[Scope], Field(max_length=3)] | None = None
    evidence: FreeText


class ConfirmRepresentation(Body):
    """What another caseworker entered of who acts for the recipient, by the id that the case shows.

    The id stands for what was entered: what is confirmed is what was read.
    """

    proposal: ProposalId


class RefuseRepresentation(ConfirmRepresentation):
    """Not to confirm it, and why; who entered it takes it back so."""

    reason: FreeText


class EndRepresentation(Body):
    """A power has ended, and which day was its last. A caseworker says what proves it."""

    representative: UUID
    on: Day
    evidence: FreeText | None = None


class RecordCapacity(Body):
    """Whether the recipient acts alone, with a trustee's consent, or through a representative."""

    capacity: Literal["full", "assisted", "represented"]
    evidence: FreeText


class Consent(Body):
    """A trustee's consent to an act of the ward; to an order, by the application it makes."""

    act: Code
    application_sha256: Sha256 | None = None


class Move(Body):
    """The recipient lives elsewhere: the authority of the new place and its KATO code."""

    authority_bin: Bin
    kato: Kato
    evidence: FreeText


class AttestHandover(Body):
    """What was handed over to a recipient who has died since, and the act that proves it."""

    quantity: Quantity
    reason: FreeText
    evidence: FreeText


@dataclass(frozen=True, slots=True)
class Parties:
    """Prepares what is said of the parties. What is personal is kept sealed, and named by id."""

    seal: Seal

    def begin_representation(self, body: BeginRepresentation) -> Prepare:
        """The paper is kept with the person; the cases of one authority all learn of it.

        So are contacts, under their fingerprint: they count once a second caseworker confirms.
        """

        def prepare(desk: Desk) -> Prepared:
            with desk.engine.begin() as connection:
                person = person_of(connection, self.seal, body.iin)
                made = keep_power(connection, self.seal, _power(body, desk.person, person))
                conflict = conflict_of(connection, desk.case, str(person))
            told = made.model_dump(mode="json", exclude={"told_by", "ended"})
            facts = {"representative_conflict": conflict}
            contacts = Contacts(**body.model_dump(include=set(Contacts.model_fields)))

            def keep(connection: Connection) -> None:
                if "contacts" in data:
                    keep_contacts(connection, self.seal, made, body.iin, contacts)
                self._tell_others(connection, desk, "begin_representation", data, facts)

            data = {"representative": told, "evidence": True}
            if contacts != Contacts():
                data["contacts"] = fingerprint_of(self.seal, contacts)
            return Prepared(data, facts, keep)

        return prepare

    def confirm_representation(self, body: ConfirmRepresentation) -> Prepare:
        """Confirmed in one case it is in all; then its contacts become those of the person."""

        def prepare(desk: Desk) -> Prepared:
            data, facts = body.told(), {}
            acting = desk.case.measure.acting if desk.case.measure else Acting()
            made = acting.proposal(body.proposal)
            if made is not None and made.begins is not None:
                with reads(desk.engine) as connection:
                    found = conflict_of(connection, desk.case, made.begins.person)
                facts = {"representative_conflict": found}

            def keep(connection: Connection) -> None:
                if made is not None and made.begins is not None and made.contacts is not None:
                    take_contacts(connection, self.seal, made.begins.id, made.contacts)
                self._tell_others(connection, desk, "confirm_representation", data, facts)

            return Prepared(data, facts, keep)

        return prepare

    def refuse_representation(self, body: RefuseRepresentation) -> Prepare:
        return self._in_every_case("refuse_representation", lambda _: body.told())

    def end_representation(self, body: EndRepresentation) -> Prepare:
        return self._in_every_case("end_representation", lambda _: body.told())

    def record_capacity(self, body: RecordCapacity) -> Prepare:
        return self._in_every_case("record_capacity", lambda _: body.told())

    def move(self, body: Move) -> Prepare:
        """The authority by its BIN; made when it is new to us."""

        def said(desk: Desk) -> dict[str, Any]:
            with desk.engine.begin() as connection:
                authority = authority_of(connection, body.authority_bin)
            return {"authority": str(authority), "region": body.kato, "evidence": True}

        return self._in_every_case("move", said)

    def consent(self, body: Consent) -> Prepare:
        told = {"act": body.act, "application": body.application_sha256}
        said = {name: value for name, value in told.items() if value is not None}
        return lambda _: Prepared(said)

    def _in_every_case(self, name: str, said: Callable[[Desk], dict[str, Any]]) -> Prepare:
        def prepare(desk: Desk) -> Prepared:
            data = said(desk)
            return Prepared(data, {}, lambda c: self._tell_others(c, desk, name, data, {}))

        return prepare

    def _tell_others(
        self,
        connection: Connection,
        desk: Desk,
        name: str,
        data: Mapping[str, Any],
        facts: Mapping[str, Any],
    ) -> None:
        """What concerns the person reaches all of their open cases of this authority.

        Each decides for itself when its run looks, and may know it already.
        """
        if desk.actor.role != Role.CASEWORKER or desk.actor.on_behalf_of is None:
            return
        authority = UUID(desk.actor.on_behalf_of)
        # Who stands on which side is another fact in each.
        for case_id in other_cases(connection, desk.person, authority, desk.case.id):
            asked = Submission(
                case_id=case_id,
                name=name,
                actor=desk.actor,
                key=f"{ALIKE}{uuid4()}",
                body=f"as in case {desk.case.id}".encode(),
                data=dict(data),
                facts={**known_of(connection, read_case(connection, case_id), desk.actor), **facts},
            )
            leave(connection, self.seal, asked)


# How the keys begin of what one command says to several cases.
ALIKE: Final = "alike:"


def _power(body: BeginRepresentation, recipient: UUID, person: UUID) -> Power:
    return Power(
        recipient=recipient,
        person=person,
        kind=Kind(body.kind),
        number=body.basis_number,
        given_on=body.basis_date,
        since=body.valid_from,
        until=body.valid_until,
        scope=tuple(dict.fromkeys(body.scope or ())),
    )
