"""Payment orders as the treasury reads them (pain.001) and reports as it writes them (pain.002)."""

import re
import uuid
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from lxml import etree

from sandbox.clock import write_instant
from sandbox.identities import check_iban, check_number
from sandbox.speech import Speech

ORDER = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"
REPORT = "urn:iso:std:iso:20022:tech:xsd:pain.002.001."
# The version from which on a party is a person, an organisation or an agent.
PARTY_CHOICE = "09"
NAMES = {"p": ORDER}
KEY = re.compile(r"[A-Za-z0-9/\-?:().,'+ ]{1,35}")
AMOUNT = re.compile(r"[0-9]{1,15}(\.[0-9]{1,2})?")
BIC = re.compile(r"[A-Z0-9]{4}[A-Z]{2}[A-Z0-9]{2}([A-Z0-9]{3})?")
HEAD = "p:CstmrCdtTrfInitn/p:GrpHdr"
INFO = "p:CstmrCdtTrfInitn/p:PmtInf"
TRANSFER = f"{INFO}/p:CdtTrfTxInf"


class Malformed(Exception):
    """An order that the treasury does not take: ISO reason code, place, what is wrong there."""

    def __init__(self, code: str, place: str, message: str) -> None:
        super().__init__(f"{code} {place}")
        self.code = code
        self.place = place.replace("p:", "")
        self.message = message


@dataclass(frozen=True)
class Order:
    """One transfer: amount in tiyn; the payee by BIN or IIN, as `scheme` says.

    `paid_from` is the account of the payer.
    """

    key: str
    amount: int
    account: str
    scheme: str
    payee: str
    paid_from: str


@dataclass(frozen=True)
class Status:
    """What a report says of an order."""

    code: str
    reason: str | None
    reference: str
    at: datetime


def read_order(document: bytes) -> Order:
    """The order in a document; raises Malformed with the first thing that is wrong."""
    root = parse(document)
    key = read_key(root)
    transfers = root.findall(TRANSFER, NAMES)
    if len(root.findall(INFO, NAMES)) != 1 or len(transfers) != 1:
        raise Malformed("NARR", TRANSFER, "exactly one transfer to a document")
    if text(root, f"{INFO}/p:PmtMtd") != "TRF":
        raise Malformed("NARR", f"{INFO}/p:PmtMtd", "TRF is the only method")
    text(root, f"{INFO}/p:ReqdExctnDt/p:Dt")
    text(root, f"{TRANSFER}/p:RmtInf/p:Ustrd")
    check_debtor(root)
    amount = read_amount(root)
    account = text(root, f"{TRANSFER}/p:CdtrAcct/p:Id/p:IBAN")
    if not check_iban(account):
        raise Malformed("AC03", f"{TRANSFER}/p:CdtrAcct/p:Id/p:IBAN", "not an IBAN of Kazakhstan")
    bank = f"{TRANSFER}/p:CdtrAgt/p:FinInstnId/p:BICFI"
    if not BIC.fullmatch(text(root, bank)):
        raise Malformed("RC01", bank, "not a BIC")
    scheme, payee = read_party(root, f"{TRANSFER}/p:Cdtr")
    paid_from = text(root, f"{INFO}/p:DbtrAcct/p:Id/p:IBAN")
    return Order(key, amount, account, scheme, payee, paid_from)


def parse(document: bytes) -> etree._Element:
    """The root of a document without entities, types or anything fetched from elsewhere."""
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False
    )
    try:
        root = etree.fromstring(document, parser)
    except etree.XMLSyntaxError as error:
        raise Malformed("FF01", "Document", "not well-formed XML") from error
    if root.getroottree().docinfo.internalDTD is not None:
        raise Malformed("FF01", "Document", "a document type is not accepted")
    if root.tag != f"{{{ORDER}}}Document":
        raise Malformed("FF01", "Document", "not a pain.001.001.09 document")
    return root


def read_key(root: etree._Element) -> str:
    """The permanent key, which stands in three places alike."""
    key = text(root, f"{TRANSFER}/p:PmtId/p:EndToEndId")
    if not KEY.fullmatch(key):
        raise Malformed(
            "FF01", f"{TRANSFER}/p:PmtId/p:EndToEndId", "at most 35 characters of the set"
        )
    for place in (f"{HEAD}/p:MsgId", f"{INFO}/p:PmtInfId"):
        if text(root, place) != key:
            raise Malformed("DU01", place, "not the key of the payment")
    return key


def read_amount(root: etree._Element) -> int:
    """The sum in tiyn, which also stands in the totals of the document."""
    place = f"{TRANSFER}/p:Amt/p:InstdAmt"
    amount = read_tiyn(root, place)
    if amount <= 0:
        raise Malformed("AM01", place, "nothing to pay")
    element = root.find(place, NAMES)
    if element is None or element.get("Ccy") != "KZT":
        raise Malformed("AM03", place, "the currency is KZT")
    if text(root, f"{HEAD}/p:NbOfTxs") != "1":
        raise Malformed("AM18", f"{HEAD}/p:NbOfTxs", "not the number of transfers")
    if read_tiyn(root, f"{HEAD}/p:CtrlSum") != amount:
        raise Malformed("AM10", f"{HEAD}/p:CtrlSum", "not the sum of the transfers")
    return amount


def read_tiyn(root: etree._Element, place: str) -> int:
    """An amount with at most two decimals, in tiyn."""
    written = text(root, place)
    if not AMOUNT.fullmatch(written):
        raise Malformed("AM12", place, "not an amount with at most two decimals")
    return int(Decimal(written) * 100)


def check_debtor(root: etree._Element) -> None:
    """The payer is an authority with its BIN and an account at an agent."""
    scheme, _ = read_party(root, f"{INFO}/p:Dbtr")
    if scheme != "BIN":
        raise Malformed("BE16", f"{INFO}/p:Dbtr", "the debtor is an authority with a BIN")
    account = text(root, f"{INFO}/p:DbtrAcct/p:Id/p:IBAN")
    if not check_iban(account):
        raise Malformed("AC02", f"{INFO}/p:DbtrAcct/p:Id/p:IBAN", "not an IBAN of Kazakhstan")
    bank = f"{INFO}/p:DbtrAgt/p:FinInstnId/p:BICFI"
    if not BIC.fullmatch(text(root, bank)):
        raise Malformed("RC01", bank, "not a BIC")


def read_party(root: etree._Element, place: str) -> tuple[str, str]:
    """Scheme and number of a party: BIN or IIN."""
    text(root, f"{place}/p:Nm")
    for kind in ("OrgId", "PrvtId"):
        other = f"{place}/p:Id/p:{kind}/p:Othr"
        if root.find(other, NAMES) is None:
            continue
        scheme, number = text(root, f"{other}/p:SchmeNm/p:Prtry"), text(root, f"{other}/p:Id")
        if scheme not in ("BIN", "IIN") or not check_number(number):
            raise Malformed("BE16", other, "not a BIN or an IIN")
        return scheme, number
    raise Malformed("BE16", f"{place}/p:Id", "no BIN or IIN")


def text(root: etree._Element, place: str) -> str:
    """What stands at a place that may not be empty."""
    found = (root.findtext(place, namespaces=NAMES) or "").strip()
    if not found:
        raise Malformed("FF01", place, "missing")
    return found


def write_report(order: Order, status: Status, speech: Speech) -> bytes:
    """A pain.002 document with one status, in the version, prefix and level of the speech."""
    space = f"{REPORT}{speech.version}"
    # None: the default namespace has no prefix, which the stubs do not know.
    spaces: dict[Any, str] = {speech.prefix: space}
    root = etree.Element(f"{{{space}}}Document", nsmap=spaces)
    body = put(root, "CstmrPmtStsRpt")
    header = put(body, "GrpHdr")
    put(header, "MsgId", uuid.uuid4().hex)
    put(header, "CreDtTm", write_instant(status.at))
    group = put(body, "OrgnlGrpInfAndSts")
    put(group, "OrgnlMsgId", order.key)
    put(group, "OrgnlMsgNmId", "pain.001.001.09")
    if speech.level == "group":
        write_status(group, "GrpSts", status)
    else:
        information = put(body, "OrgnlPmtInfAndSts")
        put(information, "OrgnlPmtInfId", order.key)
        if speech.level == "block":
            write_status(information, "PmtInfSts", status)
        else:
            write_transaction(put(information, "TxInfAndSts"), order, status, speech.version)
    document: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8")
    return document


def write_status(level: etree._Element, name: str, status: Status) -> None:
    """The code of a level, and its reason."""
    put(level, name, status.code)
    if status.reason is not None:
        put(level, "StsRsnInf/Rsn/Cd", status.reason)


def write_transaction(transfer: etree._Element, order: Order, status: Status, version: str) -> None:
    """All that is known of one transaction."""
    put(transfer, "OrgnlEndToEndId", order.key)
    write_status(transfer, "TxSts", status)
    put(transfer, "AcctSvcrRef", status.reference)
    original = put(transfer, "OrgnlTxRef")
    write_sum(put(original, "Amt/InstdAmt"), order.amount)
    kind = "OrgId" if order.scheme == "BIN" else "PrvtId"
    party = "Cdtr/Pty" if version >= PARTY_CHOICE else "Cdtr"
    other = put(original, f"{party}/Id/{kind}/Othr")
    put(other, "Id", order.payee)
    put(other, "SchmeNm/Prtry", order.scheme)
    put(original, "CdtrAcct/Id/IBAN", order.account)


def write_sum(element: etree._Element, amount: int) -> None:
    """Tiyn as tenge."""
    element.text = f"{amount // 100}.{amount % 100:02d}"
    element.set("Ccy", "KZT")


def put(parent: etree._Element, path: str, content: str | None = None) -> etree._Element:
    """Add the elements of a path one inside the other; the innermost, with its content."""
    space = str(parent.tag).partition("}")[0] + "}"
    for name in path.split("/"):
        parent = etree.SubElement(parent, space + name)
    parent.text = content
    return parent
