"""What people send with their commands: every field with its bounds, nothing beside them."""

from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    StrictInt,
    StringConstraints,
    ValidationInfo,
    field_validator,
)
from pydantic_core import PydanticCustomError

from definitions.forms import is_day
from domain.contacts import LONGEST, read_email, read_phone
from domain.identifiers import is_iban, plain_iban
from integrations.signatures.forms import MAX_TEXT, PATTERN, read_signature

MOST_TIYN = 10**13
# Free text: it may be personal, so it stays sealed in the inbox.
WORDS = frozenset(("reason", "evidence"))


def fault(code: str) -> PydanticCustomError:
    """A mistake of a field, by pydantic's name of it or ours."""
    return PydanticCustomError(code, "wrong form")


def _day(value: Any) -> Any:
    if not isinstance(value, str) or not is_day(value):
        raise fault("date_parsing")
    return value


def _iban(value: str) -> str:
    if not is_iban(value):
        raise fault("iban")
    return value


def _plain_iban(value: Any) -> Any:
    return plain_iban(value) if isinstance(value, str) else value


def _phone(value: str) -> str:
    """The number in E.164; who types it is told at once that no SMS would reach it."""
    read = read_phone(value)
    if read.flaw in ("landline", "foreign"):
        raise fault(f"phone_{read.flaw}")
    if read.value is None:
        raise fault("phone_unreadable")
    return read.value


def _email(value: str) -> str:
    read = read_email(value)
    if read.value is None:
        raise fault("email_unreadable")
    return read.value


def _signature(value: str) -> str:
    try:
        read_signature(value)
    except ValueError:
        raise fault("signature_form") from None
    return value


Day = Annotated[
    date,
    BeforeValidator(_day),
    Field(examples=["2026-12-01"], json_schema_extra={"pattern": "^(19|20|21)[0-9]{2}-"}),
]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


def _whole(value: Any) -> Any:
    """Like JSON, which has one kind of number: 2.0 is 2; neither texts nor truths are numbers."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


# Stands last: bounds written after it would be missing in the document.
WHOLE = BeforeValidator(_whole)
# Words without control characters, at least one of them to be seen.
WORDING = (
    r"^[^\x00-\x08\x0b-\x1f\x7f-\x9f]*[^\x00-\x20\x7f-\xa0\u2000-\u200f\u2028-\u202f\u3000\ufeff]"
    r"[^\x00-\x08\x0b-\x1f\x7f-\x9f]*$"
)
Quantity = Annotated[StrictInt, Field(ge=1, le=1_000_000), WHOLE]
Tiyn = Annotated[StrictInt, Field(ge=0, le=MOST_TIYN, description="Tiyn"), WHOLE]
FreeText = Annotated[
    str,
    StringConstraints(min_length=1, max_length=4000, pattern=WORDING),
    Field(description="In your own words; kept enciphered"),
]
Signature = Annotated[
    str,
    StringConstraints(min_length=4, max_length=MAX_TEXT),
    AfterValidator(_signature),
    Field(
        description="Detached CMS signature: base64, with or without line breaks, or PEM",
        examples=["MIIGxQYJKoZI"],
        json_schema_extra={"pattern": PATTERN},
    ),
]
Iban = Annotated[
    str,
    StringConstraints(pattern=r"^KZ[0-9]{2}[0-9]{3}[0-9A-Z]{13}$"),
    AfterValidator(_iban),
    BeforeValidator(_plain_iban),
    Field(examples=["KZ86125KZT5004100100"]),
]
Bic = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Z]{6}[A-Z0-9]{2}([A-Z0-9]{3})?$"),
    Field(examples=["KKMFKZ2A"]),
]
Period = Annotated[
    StrictInt, Field(ge=1, le=1000, description="Which, if there are several"), WHOLE
]
Key = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9-]{1,35}$")]
Code = Annotated[str, StringConstraints(pattern=r"^[a-z_]{1,64}$")]
Addressee = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
Phone = Annotated[
    str,
    StringConstraints(min_length=1, max_length=LONGEST),
    AfterValidator(_phone),
    Field(examples=["+77001234567"], description="A mobile number of Kazakhstan in any form"),
]
Email = Annotated[
    str,
    StringConstraints(min_length=1, max_length=LONGEST),
    AfterValidator(_email),
    Field(examples=["name@example.kz"]),
]


class Body(BaseModel):
    """What a command carries. `reason` and `evidence` are free text and leave no other trace."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    period: Period | None = None

    def told(self) -> dict[str, Any]:
        """What the decider sees of it: that there are words, not which."""
        said = self.model_dump(mode="json", exclude={"period"}, exclude_none=True)
        return {name: True if name in WORDS else value for name, value in said.items()}


class Plain(Body):
    """Nothing but the wish itself."""


class Reasoned(Body):
    """A wish with its reason."""

    reason: FreeText


class Account(BaseModel):
    """The account to be paid."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    iban: Iban = Field(repr=False)
    bic: Bic


class PlaceOrder(Body):
    """An order with the recipient's signature over the application it makes."""

    offer_id: UUID
    quantity: Quantity
    price_shown: Tiyn
    co_payment_confirmed: Tiyn
    deliver_by: Day | None = None
    companion: StrictBool = Field(
        default=False, description="With a place for the child's representative (SC 168(4))"
    )
    application_sha256: Sha256
    signature: Signature


class Sign(Body):
    """A signature over the application. A supplier names the account, and signs that too."""

    application_sha256: Sha256
    signature: Signature
    account: Account | None = None
    account_signature: Signature | None = None


class ChangeAccount(Body):
    """Another account, signed by the supplier alone."""

    application_sha256: Sha256
    account: Account
    account_signature: Signature


class MarkDelivered(Body):
    """The hand-over: when, how much, and what proves it."""

    on: Day
    quantity: Quantity
    evidence: FreeText


class Accept(Body):
    """What was received."""

    quantity: Quantity


class ChangeContent(Body):
    """The quantity that is asked for instead; every signature becomes void."""

    quantity: Quantity


class Approve(Body):
    """Approval; the second of two may add that there is no money yet."""

    funds_lacking: StrictBool = False


class Refuse(Reasoned):
    """Refusal of the application on a ground of the law."""

    ground: Code


class ReturnApplication(Reasoned):
    """What is to be put right, and until when; another quantity, if that is what is wrong."""

    what: Literal["content", "attachment"]
    until: Day
    quantity: Quantity | None = None


class ProvideAttachment(Body):
    """The document that was missing."""

    evidence: FreeText


class AnswerObjection(Reasoned):
    """The answer to an objection, which the case names by its id."""

    objection: UUID


class Revoke(Body):
    """The measure is withdrawn, with what proves it."""

    ground: Code
    reason: FreeText
    evidence: FreeText


class ReopenCase(Reasoned):
    """A closed case goes on, on a ground of the edition and with what proves it."""

    ground: Code
    evidence: FreeText


class Evidenced(Body):
    """A wish with its reason and what proves it."""

    reason: FreeText
    evidence: FreeText


class Complain(Body):
    """What is wrong with an order, and since when it is known."""

    known_on: Day
    reason: FreeText


class OrderRemedy(Reasoned):
    """Until when the supplier has to set it right."""

    until: Day


class FindBreach(Reasoned):
    """What the supplier has to pay back, and whether the recipient chooses again."""

    ground: Literal["poor_quality", "not_performed", "fraud"]
    amount: Tiyn
    still_needed: StrictBool


class ConfirmReturn(Body):
    """What proves that the money came back in full."""

    evidence: FreeText


class EnterSuccessor(Body):
    """Who takes the place of a supplier that is no more, by the act that proves it."""

    supplier_id: UUID
    ground: Literal["heir", "liquidator", "merged"]
    reason: FreeText
    evidence: FreeText


class EnterStatement(Body):
    """A line of the bank statement about a payment.

    `amount` is the sum that was settled, or all that came back of it (`returned`).
    """

    key: Key
    outcome: Literal["settled", "rejected", "returned"]
    amount: Tiyn


class EnterProof(Body):
    """A notice that was delivered on paper or by hand."""

    on: Day
    channel: Literal["registered_letter", "hand_over", "refusal_to_accept"]
    evidence: FreeText


class ContactsForm(BaseModel):
    """How the recipient can be reached; a contact left out is forgotten."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    phone: Phone | None = Field(default=None, repr=False)
    phone_confirmed: StrictBool = False
    email: Email | None = Field(default=None, repr=False)
    email_confirmed: StrictBool = False

    @field_validator("phone_confirmed", "email_confirmed")
    @classmethod
    def _is_given(cls, confirmed: bool, form: ValidationInfo) -> bool:
        """Who marks a contact as confirmed gives it; one that is wrong itself is told of alone."""
        contact = str(form.field_name).removesuffix("_confirmed")
        if confirmed and form.data.get(contact, "") is None:
            raise fault("confirmed_without_contact")
        return confirmed


class ChangeContacts(ContactsForm, Body):
    """Other contacts of the recipient of a case."""


class Pause(Body):
    """The terms stand still until a day at the latest."""

    ground: Code
    until: Day
    reason: FreeText


class ExtendTerm(Body):
    """Another last day of a term that policy set."""

    term: Code
    until: Day
    reason: FreeText


class ExtendReview(Body):
    """Another last day of the review."""

    until: Day
    reason: FreeText


class Escalate(Body):
    """A question to a person or a desk."""

    to: Addressee
    reason: FreeText


class AnswerEscalation(Body):
    """The answer to a question."""

    escalation: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9:_.-]{1,100}$")]
    reason: FreeText
