"""Read the treasury's word on one payment, ISO 20022 pain.002.001.12."""

import re
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Final

from lxml import etree

from integrations.errors import MalformedReport
from integrations.xml import load_schema, parse

SCHEMA: Final = "pain.002.001.12"
_SPACES: Final = {"p": f"urn:iso:std:iso:20022:tech:xsd:{SCHEMA}"}
_TRANSACTION: Final = "/p:Document/p:CstmrPmtStsRpt/p:OrgnlPmtInfAndSts/p:TxInfAndSts"
_REASON_CODE: Final = re.compile(r"[A-Z0-9]{1,4}")


class PaymentStatus(StrEnum):
    """What the treasury did with an order; `ACSC` alone means that the money has gone."""

    ACCEPTED = "ACCP"
    IN_PROCESS = "ACSP"
    SETTLED = "ACSC"
    PENDING = "PDNG"
    REJECTED = "RJCT"


@dataclass(frozen=True)
class StatusReport:
    """One report; what it leaves out is None. `amount` in tiyn, `reason` an ISO code (`AC04`)."""

    key: str
    status: PaymentStatus
    reason: str | None
    treasury_ref: str | None
    amount: int | None
    payee_iban: str | None = field(repr=False)
    payee_identifier: str | None = field(repr=False)


def parse_pain002(content: bytes) -> StatusReport:
    """Read a report on exactly one payment; MalformedReport names every mistake in it."""
    document, mistakes = parse(content)
    if document is None:
        raise MalformedReport(mistakes)
    mistakes = load_schema(SCHEMA).mistakes(document)
    if mistakes:
        raise MalformedReport(mistakes)
    transactions = _elements(document.getroottree(), _TRANSACTION)
    if len(transactions) != 1:
        raise MalformedReport((f"TxInfAndSts: exactly one, not {len(transactions)}",))
    return _read(transactions[0])


def _read(transaction: etree._Element) -> StatusReport:
    mistakes: list[str] = []
    key = _text(transaction, "p:OrgnlEndToEndId")
    if key is None:
        mistakes.append("OrgnlEndToEndId: missing")
    code = _text(transaction, "p:TxSts")
    status = next((status for status in PaymentStatus if status == code), None)
    if status is None:
        mistakes.append("TxSts: one of " + " ".join(PaymentStatus))
    amount = _amount(transaction, mistakes)
    identifier = _identifier(transaction, mistakes)
    if mistakes:
        raise MalformedReport(tuple(mistakes))
    assert key is not None
    assert status is not None
    return StatusReport(
        key=key,
        status=status,
        reason=_reason(transaction),
        treasury_ref=_text(transaction, "p:AcctSvcrRef"),
        amount=amount,
        payee_iban=_text(transaction, "p:OrgnlTxRef/p:CdtrAcct/p:Id/p:IBAN"),
        payee_identifier=identifier,
    )


def _reason(transaction: etree._Element) -> str | None:
    """The first code; a reason in free words is left out, it may be personal."""
    code = _text(transaction, "p:StsRsnInf/p:Rsn/p:Cd")
    return code if code is not None and _REASON_CODE.fullmatch(code) else None


def _amount(transaction: etree._Element, mistakes: list[str]) -> int | None:
    found = _elements(transaction, "p:OrgnlTxRef/p:Amt/p:InstdAmt")
    if not found:
        return None
    if found[0].get("Ccy") != "KZT":
        mistakes.append("OrgnlTxRef/Amt/InstdAmt/@Ccy: KZT")
        return None
    tiyn = Decimal((found[0].text or "").strip()) * 100
    if tiyn != tiyn.to_integral_value():
        mistakes.append("OrgnlTxRef/Amt/InstdAmt: whole tiyn")
        return None
    return int(tiyn)


def _identifier(transaction: etree._Element, mistakes: list[str]) -> str | None:
    """The payee's BIN or IIN; a report that names two says nothing about either."""
    party = "p:OrgnlTxRef/p:Cdtr/p:Pty/p:Id"
    found = [
        number
        for kind in ("OrgId", "PrvtId")
        for other in _elements(transaction, f"{party}/p:{kind}/p:Othr")
        if _text(other, "p:SchmeNm/p:Prtry") in (None, "BIN", "IIN")
        and (number := _text(other, "p:Id")) is not None
    ]
    if len(found) > 1:
        mistakes.append("OrgnlTxRef/Cdtr/Pty/Id: one BIN or IIN")
        return None
    return found[0] if found else None


def _text(parent: etree._Element, path: str) -> str | None:
    found = _elements(parent, path)
    return (found[0].text or "").strip() or None if found else None


def _elements(parent: etree._Element | etree._ElementTree, path: str) -> list[etree._Element]:
    found = parent.xpath(path, namespaces=_SPACES)
    assert isinstance(found, list)
    return [element for element in found if isinstance(element, etree._Element)]
