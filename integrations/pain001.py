"""Write one payment of the treasury as an ISO 20022 order, pain.001.001.09."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, Final, Literal

from lxml import etree

from domain.money.payer import Eknp
from integrations.errors import MalformedOrder
from integrations.xml import load_schema, parse

SCHEMA: Final = "pain.001.001.09"
CURRENCY: Final = "KZT"
_NAMESPACE: Final = f"urn:iso:std:iso:20022:tech:xsd:{SCHEMA}"
_NSMAP: Final[dict[Any, str]] = {None: _NAMESPACE}  # None: the default namespace has no prefix
_MAX_NAME: Final = 140


@dataclass(frozen=True)
class Party:
    """One side of a payment: who it is (BIN or IIN) and its account (IBAN) at a bank (BIC)."""

    name: str = field(repr=False)
    identifier: str = field(repr=False)
    kind: Literal["BIN", "IIN"]
    iban: str = field(repr=False)
    bic: str


@dataclass(frozen=True)
class PaymentOrder:
    """One payment under its permanent key (1 to 35 characters); `amount` in tiyn, above zero."""

    key: str
    amount: int
    payer: Party
    payee: Party
    eknp: Eknp
    application_number: str
    execute_on: date
    created_at: datetime


def build_pain001(order: PaymentOrder) -> bytes:
    """The order as UTF-8 XML that the official schema accepts; the same order, the same bytes.

    Names keep their letters; one longer than the 140 that ISO leaves is cut. MalformedOrder names
    the places that cannot be written.
    """
    mistakes = _mistakes(order)
    if mistakes:
        raise MalformedOrder(mistakes)
    document = etree.Element(f"{{{_NAMESPACE}}}Document", nsmap=_NSMAP)
    initiation = _add(document, "CstmrCdtTrfInitn")
    try:
        _add_header(initiation, order)
        _add_payment(initiation, order)
    except ValueError:
        raise MalformedOrder(("/Document: a character that XML cannot hold",)) from None
    mistakes = load_schema(SCHEMA).mistakes(document)
    if mistakes:
        raise MalformedOrder(mistakes)
    return etree.tostring(document, xml_declaration=True, encoding="UTF-8")


def read_payer(content: bytes) -> tuple[str | None, str | None]:
    """Who pays by an order as it was written: the number, and the account."""
    document, _ = parse(content)
    if document is None:
        return None, None
    payer = "{*}CstmrCdtTrfInitn/{*}PmtInf/{*}Dbtr/{*}Id/{*}OrgId/{*}Othr/{*}Id"
    account = "{*}CstmrCdtTrfInitn/{*}PmtInf/{*}DbtrAcct/{*}Id/{*}IBAN"
    return document.findtext(payer), document.findtext(account)


def _mistakes(order: PaymentOrder) -> tuple[str, ...]:
    found = []
    if order.amount <= 0:
        found.append("amount: above zero")
    if order.created_at.tzinfo is None:
        found.append("created_at: an instant with its offset from UTC")
    if order.payer.kind != "BIN":
        found.append("payer: an authority with its BIN")
    return tuple(found)


def _add_header(parent: etree._Element, order: PaymentOrder) -> None:
    header = _add(parent, "GrpHdr")
    _add(header, "MsgId", order.key)
    _add(header, "CreDtTm", order.created_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"))
    _add(header, "NbOfTxs", "1")
    _add(header, "CtrlSum", _tenge(order.amount))
    _add_party(header, "InitgPty", order.payer)


def _add_payment(parent: etree._Element, order: PaymentOrder) -> None:
    payment = _add(parent, "PmtInf")
    _add(payment, "PmtInfId", order.key)
    _add(payment, "PmtMtd", "TRF")
    _add(payment, "NbOfTxs", "1")
    _add(payment, "CtrlSum", _tenge(order.amount))
    _add(_add(payment, "ReqdExctnDt"), "Dt", order.execute_on.isoformat())
    _add_party(payment, "Dbtr", order.payer)
    _add_account(payment, "DbtrAcct", order.payer)
    _add_agent(payment, "DbtrAgt", order.payer)
    transfer = _add(payment, "CdtTrfTxInf")
    identification = _add(transfer, "PmtId")
    _add(identification, "InstrId", order.key)
    _add(identification, "EndToEndId", order.key)
    _add(_add(transfer, "Amt"), "InstdAmt", _tenge(order.amount)).set("Ccy", CURRENCY)
    _add_agent(transfer, "CdtrAgt", order.payee)
    _add_party(transfer, "Cdtr", order.payee)
    _add_account(transfer, "CdtrAcct", order.payee)
    _add(_add(transfer, "RmtInf"), "Ustrd", _remittance(order))


def _remittance(order: PaymentOrder) -> str:
    """EKNP and the number of the application: what the payment is for, and no name."""
    eknp = order.eknp
    codes = f"{eknp.sender} {eknp.beneficiary} {CURRENCY} {eknp.purpose}"
    return f"EKNP {codes}; application No {order.application_number}"


def _add_party(parent: etree._Element, name: str, party: Party) -> None:
    element = _add(parent, name)
    _add(element, "Nm", party.name[:_MAX_NAME])
    identity = _add(_add(element, "Id"), "OrgId" if party.kind == "BIN" else "PrvtId")
    other = _add(identity, "Othr")
    _add(other, "Id", party.identifier)
    _add(_add(other, "SchmeNm"), "Prtry", party.kind)


def _add_account(parent: etree._Element, name: str, party: Party) -> None:
    _add(_add(_add(parent, name), "Id"), "IBAN", party.iban)


def _add_agent(parent: etree._Element, name: str, party: Party) -> None:
    _add(_add(_add(parent, name), "FinInstnId"), "BICFI", party.bic)


def _add(parent: etree._Element, name: str, text: str | None = None) -> etree._Element:
    element = etree.SubElement(parent, f"{{{_NAMESPACE}}}{name}")
    element.text = text
    return element


def _tenge(amount: int) -> str:
    return f"{amount // 100}.{amount % 100:02d}"
