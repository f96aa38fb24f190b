"""The documents that are signed: canonical bytes of the application and its annex, and by whom."""

from dataclasses import dataclass, field
from typing import Any, Final

from domain.canonical import canonical_bytes
from domain.case.state import Application
from domain.messages import Role
from domain.money.amounts import Money, co_payment, payable
from domain.process import Edition

CURRENCY: Final = "KZT"


@dataclass(frozen=True)
class ApplicationText:
    """All that an application says; sums in tiyn. `amount` is what is asked for."""

    case_reference: str
    period: int
    order: int
    version: int
    programme_number: str
    measure_id: str
    recipient_iin: str = field(repr=False)
    supplier: str = field(repr=False)
    authority_bin: str
    item: str
    quantity: int
    unit_price: int
    unit_sum: int
    catalogue: str
    edition: str
    companion_sum: int | None = None

    @property
    def amount(self) -> int:
        """The price, but not above the guaranteed sums, for the quantity (Social Code 168(3))."""
        asked = payable(self.unit_price, self.unit_sum, self.companion_sum, self.quantity)
        return Money(asked).tiyn

    @property
    def co_payment(self) -> int:
        """What the recipient pays: the price above the guaranteed sums, for the quantity."""
        left = co_payment(self.unit_price, self.unit_sum, self.companion_sum, self.quantity)
        return Money(left).tiyn


@dataclass(frozen=True)
class AccountText:
    """The account to be paid; `application` is the SHA-256 (hex) of what it belongs to."""

    application: str
    supplier: str = field(repr=False)
    iban: str = field(repr=False)
    bic: str


def application_bytes(said: ApplicationText) -> bytes:
    """What recipient and supplier sign: the same words, the same bytes."""
    content: dict[str, Any] = {
        "document": "application",
        "case": said.case_reference,
        "period": said.period,
        "order": said.order,
        "version": said.version,
        "programme": said.programme_number,
        "measure": said.measure_id,
        "recipient_iin": said.recipient_iin,
        "supplier": said.supplier,
        "authority_bin": said.authority_bin,
        "item": said.item,
        "quantity": said.quantity,
        "unit_price": said.unit_price,
        "unit_sum": said.unit_sum,
        "amount": said.amount,
        "currency": CURRENCY,
        "catalogue": said.catalogue,
        "edition": said.edition,
    }
    if said.companion_sum is not None:
        content["companion_sum"] = said.companion_sum
    return canonical_bytes(content)


def account_bytes(said: AccountText) -> bytes:
    """What the supplier alone signs, so that a new account never needs the recipient again."""
    content: dict[str, Any] = {
        "document": "account",
        "application": said.application,
        "supplier": said.supplier,
        "iban": said.iban,
        "bic": said.bic,
    }
    return canonical_bytes(content)


def unsigned_by(
    application: Application | None, edition: Edition, category: str
) -> tuple[str, ...]:
    """The required signers whose verified signature is missing.

    In place of the recipient's, once they have died, the act of hand-over may stand (row L3); of
    one of them, never the supplier's, a conclusion of the commission (row D4). Of a signature that
    is there the verdict is waited for.
    """
    held = application.signatures if application else {}
    stood_for = set()
    if application and application.attested:
        stood_for.add(Role.RECIPIENT.value)
    if application and application.concluded:
        stood_for |= {edition.values["conclusion_signs"]} - {Role.SUPPLIER.value}
    return tuple(
        role
        for role in edition.signers(category)
        if not (held[role].checked if role in held else role in stood_for)
    )
