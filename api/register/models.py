"""What is sent and told of suppliers, offers and drafts: the forms of the reference data."""

from typing import Annotated, Any, ClassVar, Final, Literal
from uuid import UUID

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    StrictInt,
    StringConstraints,
)
from pydantic.json_schema import SkipJsonSchema
from pydantic_core import PydanticCustomError

from api.bodies import MOST_TIYN, WHOLE, Bic, Day, Email, FreeText, Iban, Period, Phone, Quantity
from api.register.removals import RemovalView
from api.rules import Ruled
from api.schemas import Answer, Reason
from definitions.forms import is_plain_text
from definitions.places import is_area
from domain.identifiers import is_bin, is_iin


def _named(value: str) -> str:
    if not is_plain_text(value):
        raise PydanticCustomError("plain_text", "wrong form")
    return value.strip()


def _bin(value: str) -> str:
    if not is_bin(value):
        raise PydanticCustomError("bin", "wrong form")
    return value


def _iin(value: str) -> str:
    if not is_iin(value):
        raise PydanticCustomError("iin", "wrong form")
    return value


def _area(value: str) -> str:
    if not is_area(value):
        raise PydanticCustomError("unknown_place", "wrong form")
    return value


Name = Annotated[str, StringConstraints(min_length=1, max_length=140), AfterValidator(_named)]
TwelveDigits = StringConstraints(pattern=r"^[0-9]{12}$")
Bin = Annotated[str, TwelveDigits, AfterValidator(_bin)]
Iin = Annotated[str, TwelveDigits, AfterValidator(_iin)]
Region = Annotated[str, StringConstraints(pattern=r"^[0-9]{2,9}$"), AfterValidator(_area)]


def _each_once(values: list[str]) -> list[str]:
    return list(dict.fromkeys(values))


Regions = Annotated[
    list[Region],
    AfterValidator(_each_once),
    Field(min_length=1, max_length=500, description="Beginnings of KATO codes that are served"),
]
Item = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._~-]{0,63}$")]
Price = Annotated[StrictInt, Field(ge=1, le=MOST_TIYN, description="Tiyn per unit"), WHOLE]
Language = Literal["kk", "ru", "en"]


class Form(Ruled):
    """A form takes its own fields and no others, and never repeats a value in a mistake."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class SupplierForm(Form):
    """A supplier for the portal: an organisation by BIN, or a person by IIN."""

    exactly_one: ClassVar = ("bin", "iin")

    bin: Bin | None = None
    iin: Iin | None = Field(default=None, repr=False)
    name: Name = Field(repr=False)
    phone: Phone | None = Field(default=None, repr=False)
    email: Email | None = Field(default=None, repr=False)
    language: Language = "kk"
    regions: Regions
    active: StrictBool = True


def _given(value: Any) -> Any:
    """A field that is named has a value: only by leaving it out does it stay as it is."""
    if value is None:
        raise PydanticCustomError("missing", "required")
    return value


GIVEN: Final = BeforeValidator(_given)


class ChangeSupplier(Form):
    """What is to be changed; a field left out stays. `null` removes a phone or an e-mail, and
    nothing else can be without a value.
    """

    command: Literal["change"]
    name: Annotated[Name | SkipJsonSchema[None], GIVEN] = Field(default=None, repr=False)
    phone: Phone | None = Field(default=None, repr=False)
    email: Email | None = Field(default=None, repr=False)
    language: Annotated[Language | SkipJsonSchema[None], GIVEN] = None
    regions: Annotated[Regions | SkipJsonSchema[None], GIVEN] = None
    active: Annotated[StrictBool | SkipJsonSchema[None], GIVEN] = None


class OfferForm(Form):
    """At which price an item is offered; `active` false withdraws the offer."""

    price: Price
    active: StrictBool = True


class DeliverTo(Form):
    """Where to bring what is ordered, and whom to call there."""

    address: Annotated[
        FreeText,
        StringConstraints(min_length=5, max_length=500),
        Field(description="Place, street, house and flat"),
    ] = Field(repr=False)
    phone: Phone | None = Field(default=None, repr=False)


class ApplicationForm(Form):
    """The order that is to be drafted; goods are brought somewhere, which it says before it is
    signed. No word of that is in the draft.
    """

    draft: Literal["application"]
    offer_id: UUID
    quantity: Quantity
    companion: StrictBool = False
    deliver_by: Day | None = None
    deliver_to: DeliverTo | None = Field(
        default=None, repr=False, description="Where to bring it; an order of goods needs it"
    )
    period: Period | None = None


class AccountForm(Form):
    """The account that is to be drafted."""

    draft: Literal["account"]
    iban: Iban = Field(repr=False)
    bic: Bic
    period: Period | None = None


class SupplierView(Answer):
    """A supplier. Contacts of a person are shown to administrators and the supplier alone."""

    id: UUID
    bin: str | None
    name: str | None
    phone: str | None
    email: str | None
    regions: list[str]
    active: bool
    removals: list[RemovalView] | None = Field(
        None, description="For those who oversee it, and for itself: the latest first"
    )
    barred: Reason | None = Field(
        None, description="To the same: why it may not come back to the portal yet"
    )


class SupplierList(Answer):
    """Part of the suppliers; `after` leads to the next part."""

    suppliers: list[SupplierView]
    after: str | None


class OfferView(Answer):
    """An offer; for a case also what an order today would get, and its recipient pay (tiyn a unit).

    `unit_sum` is the guaranteed sum in force today, from the version `catalogue`.
    """

    id: UUID
    supplier_id: UUID
    supplier: str | None
    item: str
    price: int
    active: bool
    regions: list[str]
    unit_sum: int | None = None
    co_payment: int | None = None
    catalogue: str | None = None
    waited_days: int | None = Field(
        None,
        description="Where one item is asked for: in how many days half of the recipients of this"
        " supplier had it, or sooner; null: too few to tell",
    )


class OfferList(Answer):
    """Part of the offers, the cheapest first; `after` leads to the next part.

    For a case the supplier of its last order comes before all others.
    """

    offers: list[OfferView]
    after: str | None


class ApplicationDraft(Answer):
    """The very bytes to be signed (base64), and what they say in figures (tiyn).

    `unit_sum` is the guaranteed sum in force today, from the version `catalogue`.
    """

    bytes: str
    sha256: str
    unit_price: int
    unit_sum: int
    amount: int
    co_payment: int
    catalogue: str


class AccountDraft(Answer):
    """The very bytes to be signed (base64)."""

    bytes: str
    sha256: str


def cursor(price: int, offer: UUID) -> str:
    """After which offer the next part begins."""
    return f"{price}.{offer}"


def read_cursor(text: str | None) -> tuple[int, UUID] | None:
    """The place that a cursor names; its form has been checked."""
    if text is None:
        return None
    price, _, offer = text.partition(".")
    return int(price), UUID(offer)


CURSOR = r"^[0-9]{1,14}\.[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"
ANSWERS: dict[int | str, dict[str, Any]] = {404: {"description": "There is none, or not for you"}}
