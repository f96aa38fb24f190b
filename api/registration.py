"""The register of suppliers: who applies, what is proven, and who is removed and why."""

from datetime import datetime
from typing import Any, Final, Literal, Self
from uuid import UUID

from pydantic import Field, StrictBool, model_validator
from pydantic_core import PydanticCustomError

from api.bodies import Email, FreeText, Phone
from api.language import Text, said
from api.offers import Form, Language, Name, Regions
from api.schemas import Answer
from db.registration import Application
from db.removals import Removal
from domain.suppliers import CONDITIONS

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
Ground = Literal[
    "own_application",
    "ceased",
    "bad_faith_procurement",
    "bad_faith_samruk",
    "commission_conclusion",
    "permits_register",
]
State = Literal["open", "registered", "refused"]
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

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        named = [proof.condition for proof in self.proofs]
        if len(named) != len(set(named)):
            raise PydanticCustomError("stands_twice", "a condition is proven once")
        return self


class RefuseRegistration(Form):
    """Why a supplier is not admitted."""

    reason: FreeText = Field(repr=False)


class RemoveSupplier(Form):
    """Why a supplier is removed, and the act that says so."""

    ground: Ground
    reason: FreeText = Field(repr=False)
    evidence: FreeText = Field(repr=False)


class ProofView(Answer):
    """One condition and what proves it."""

    condition: str
    label: Text
    evidence: str


class RegistrationView(Answer):
    """An application to become a supplier, as the commission and the applicant see it.

    Overdue is an open one whose `due_at` is past; `certificate` explains that term.
    """

    id: UUID
    bin: str | None
    name: str | None
    phone: str | None
    email: str | None
    regions: list[str]
    assistants_only: bool
    proofs: list[ProofView]
    state: State
    submitted_at: datetime
    due_at: datetime
    overdue: bool
    certificate: dict[str, Any]
    decided_at: datetime | None
    reason: str | None
    supplier_id: UUID | None


class RegistrationList(Answer):
    """Part of the applications; `after` leads to the next part."""

    applications: list[RegistrationView]
    after: UUID | None


class RemovalView(Answer):
    """One removal: `asked` cases with an order were told, `recorded` of them have it in the file.

    `settled`: nobody more is to be told.
    """

    id: UUID
    supplier_id: UUID
    ground: str
    label: Text
    removed_at: datetime
    asked: int
    recorded: int
    settled: bool
    reason: str | None
    evidence: str | None


class RemovalList(Answer):
    """Every removal of a supplier, the latest first."""

    removals: list[RemovalView]


def told_application(held: Application) -> dict[str, Any]:
    """An application in JSON types and words."""
    contacts = held.contacts
    return {
        "id": held.id,
        "bin": held.bin,
        "name": contacts and contacts.name,
        "phone": contacts and contacts.phone,
        "email": contacts and contacts.email,
        "regions": held.regions,
        "assistants_only": held.assistants_only,
        "proofs": [
            {
                "condition": one,
                "label": said(f"supplier_condition.{one}"),
                "evidence": held.proofs.get(one, ""),
            }
            for one in held.proven
        ],
        "state": held.state,
        "submitted_at": held.submitted_at,
        "due_at": held.term.expires_at,
        "overdue": held.overdue,
        "certificate": held.term.to_json(),
        "decided_at": held.decided_at,
        "reason": held.reason,
        "supplier_id": held.supplier,
    }


def told_removal(held: Removal) -> dict[str, Any]:
    """A removal in JSON types and words."""
    return {
        "id": held.id,
        "supplier_id": held.supplier,
        "ground": held.ground,
        "label": said(f"removal_ground.{held.ground}"),
        "removed_at": held.removed_at,
        "asked": held.asked,
        "recorded": held.recorded,
        "settled": held.settled_at is not None,
        "reason": held.words.get("reason"),
        "evidence": held.words.get("evidence"),
    }
