"""The register of suppliers: who applies, what is proven, and who is removed and why."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, Literal, get_args
from uuid import UUID

from pydantic import BaseModel, Field, StrictBool
from pydantic_core import InitErrorDetails
from sqlalchemy import Connection

from api.auth import Caller, person_of
from api.bodies import Email, FreeText, Phone
from api.deps import Parts
from api.language import Text, said
from api.problems import Problem, Refused
from api.register.models import Form, Language, Name, Regions
from api.rules import broken
from api.schemas import Answer
from api.work.asked import AskedTasks
from db.intake_tasks import Act
from db.registration import (
    OVERDUE,
    Registration,
    WantedApplications,
    is_own,
    list_applications,
    read_application,
    refuse,
    register,
)
from domain.messages import Refusal, Role
from domain.parties.suppliers import CONDITIONS

Condition = Literal[
    "conformity",
    "classifier",
    "no_debt",
    "not_bankrupt",
    "not_bad_faith",
    "not_in_samruk_lists",
    "origin_and_price",
    "medical_registration",
    "licence",
    "sign_language_qualification",
    "permit",
]
RegistrationState = Literal["open", "registered", "refused"]
MOST_PROOFS: Final = len(CONDITIONS)


class Proof(Form):
    """What proves one condition: number, date and issuer of the document."""

    condition: Condition
    evidence: FreeText = Field(repr=False)


class ApplicationToRegister(Form):
    """An application to become a supplier (Social Code 167(6)).

    `assistants_only`: individual assistants alone are offered, of whom nothing has to be proven.
    """

    name: Name = Field(repr=False)
    phone: Phone | None = Field(default=None, repr=False)
    email: Email | None = Field(default=None, repr=False)
    language: Language = "kk"
    regions: Regions
    assistants_only: StrictBool = False
    proofs: tuple[Proof, ...] = Field(default=(), max_length=MOST_PROOFS)

    @classmethod
    def broken(cls, said: Mapping[str, Any]) -> Iterator[InitErrorDetails]:
        proofs = said.get("proofs")
        known = [one.get("condition") for one in proofs or () if isinstance(one, dict)]
        named = [one for one in known if isinstance(one, str)]
        if len(named) != len(set(named)):
            yield broken("stands_twice", "proofs")


class Register(Form):
    """Conclude that the conditions are met: the applicant is a supplier from now on."""

    act: Literal["register"]


class RefuseRegistration(Form):
    """Conclude that the conditions are not met, with the reason."""

    act: Literal["refuse_registration"]
    reason: FreeText = Field(repr=False)


class ProofView(Answer):
    """One condition and what proves it."""

    condition: str
    label: Text
    evidence: str


class RegistrationView(Answer):
    """An application to become a supplier, as the commission and the applicant see it.

    Overdue is an open one whose `due_at` is past; `certificate` explains that term.
    """

    task: Literal["registration"] = Field(description="An application to become a supplier")
    id: UUID
    bin: str | None
    name: str | None
    phone: str | None
    email: str | None
    regions: list[str]
    assistants_only: bool
    proofs: list[ProofView]
    state: RegistrationState
    submitted_at: datetime
    due_at: datetime
    overdue: bool
    certificate: dict[str, Any]
    decided_at: datetime | None
    reason: str | None
    supplier_id: UUID | None


def told_application(held: Registration) -> dict[str, Any]:
    """An application in JSON types and words."""
    row, contacts = held.row, held.contacts
    return {
        "task": "registration",
        "id": row.id,
        "bin": row.bin,
        "name": contacts and contacts.name,
        "phone": contacts and contacts.phone,
        "email": contacts and contacts.email,
        "regions": row.regions,
        "assistants_only": row.assistants_only,
        "proofs": [
            {
                "condition": one,
                "label": said(f"supplier_condition.{one}"),
                "evidence": held.proofs.get(one, ""),
            }
            for one in row.proven
        ],
        "state": row.state,
        "submitted_at": row.submitted_at,
        "due_at": held.term.expires_at,
        "overdue": held.overdue,
        "certificate": held.term.to_json(),
        "decided_at": row.decided_at,
        "reason": held.reason,
        "supplier_id": row.supplier_id,
    }


class RegistrationDesk:
    """Applications of the commission's region, or a supplier's own."""

    roles = frozenset((Role.COMMISSION, Role.SUPPLIER))
    states: tuple[str, ...] = (*get_args(RegistrationState), OVERDUE)

    def part(
        self, connection: Connection, parts: Parts, reader: Caller, asked: AskedTasks
    ) -> list[dict[str, Any]]:
        """Part of them, the oldest first."""
        mine = reader.role == Role.SUPPLIER
        wanted = WantedApplications(
            state=asked.state,
            region=None if mine else region_of(reader),
            everyone=not mine,
            bin=reader.bin,
            person=None if reader.bin else reader.person,
            after=asked.after_task,
            most=asked.limit,
        )
        return [told_application(one) for one in list_applications(connection, parts.seal, wanted)]

    def read(
        self, connection: Connection, parts: Parts, reader: Caller, id_: UUID
    ) -> dict[str, Any] | None:
        """One application with what was said; to those whom it does not concern, there is none."""
        held = read_application(connection, parts.seal, id_)
        if held is None:
            return None
        if reader.role == Role.SUPPLIER:
            own = held.row.bin == reader.bin if reader.bin else held.row.person_id == reader.person
        else:
            own = meets(held.row.regions, region_of(reader))
        return told_application(held) if own else None

    def carry_out(
        self,
        connection: Connection,
        parts: Parts,
        caller: Caller,
        id_: UUID,
        _: Act,
        form: BaseModel,
    ) -> None:
        """The conclusion of the commission; the same again is the same."""
        held = read_application(connection, parts.seal, id_)
        if held is not None and is_own(connection, held, person_of(caller)):
            raise Refused([{"code": "party_cannot_decide", "facts": {}}])
        found: object
        if isinstance(form, RefuseRegistration):
            found = refuse(connection, parts.seal, caller.actor, id_, form.reason)
        else:
            found = register(connection, parts.seal, caller.actor, id_)
        if isinstance(found, Refusal):
            raise Refused([found.model_dump(mode="json")])


def region_of(commission: Caller) -> str:
    """Problem `not_allowed` for a commission of nowhere."""
    if commission.region is None:
        raise Problem("not_allowed")
    return commission.region


def meets(regions: Sequence[str], region: str) -> bool:
    """Whether one of these is within the region, or the region within one of these."""
    return any(one.startswith(region) or region.startswith(one) for one in regions)
