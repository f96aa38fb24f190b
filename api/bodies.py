"""What people send with their commands: every field with its bounds, nothing beside them."""

from collections.abc import Callable
from datetime import date
from typing import Annotated, Any

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

from definitions.command_forms import WrongForm, account, bank, email, phone
from definitions.forms import is_day
from domain.parties.contacts import LONGEST

MOST_TIYN = 10**13


def fault(code: str) -> PydanticCustomError:
    """A mistake of a field, by pydantic's name of it or ours."""
    return PydanticCustomError(code, "wrong form")


def _day(value: Any) -> Any:
    if not isinstance(value, str) or not is_day(value):
        raise fault("date_parsing")
    return value


def _read(reader: Callable[[str], str]) -> Callable[[str], str]:
    """A field as the forms of commands read it."""

    def read(value: str) -> str:
        try:
            return reader(value)
        except WrongForm as wrong:
            raise fault(wrong.code) from None

    return read


Day = Annotated[
    date,
    BeforeValidator(_day),
    Field(examples=["2026-12-01"], json_schema_extra={"pattern": "^(19|20|21)[0-9]{2}-"}),
]


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
FreeText = Annotated[
    str,
    StringConstraints(min_length=1, max_length=4000, pattern=WORDING),
    Field(description="In your own words; kept enciphered"),
]
Iban = Annotated[
    str,
    StringConstraints(min_length=1, max_length=LONGEST),
    AfterValidator(_read(account)),
    Field(examples=["KZ86125KZT5004100100"], description="An IBAN of Kazakhstan in any form"),
]
Bic = Annotated[
    str,
    StringConstraints(min_length=1, max_length=LONGEST),
    AfterValidator(_read(bank)),
    Field(examples=["KKMFKZ2A"], description="The BIC of a bank of Kazakhstan in any form"),
]
Period = Annotated[
    StrictInt, Field(ge=1, le=1000, description="Which, if there are several"), WHOLE
]
Phone = Annotated[
    str,
    StringConstraints(min_length=1, max_length=LONGEST),
    AfterValidator(_read(phone)),
    Field(examples=["+77001234567"], description="A mobile number of Kazakhstan in any form"),
]
Email = Annotated[
    str,
    StringConstraints(min_length=1, max_length=LONGEST),
    AfterValidator(_read(email)),
    Field(examples=["name@example.kz"]),
]


class Body(BaseModel):
    """What a question about a case carries."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    period: Period | None = None


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
