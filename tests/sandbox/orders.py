"""Payment orders written by hand, so that they share no builder with anybody."""

from uuid import uuid4

from lxml import etree

from sandbox.identities import make_bin, make_iban
from tests.sandbox.world import World, wait_until

SPACE = {"p": "urn:iso:std:iso:20022:tech:xsd:pain.002.001.12"}
TEMPLATE = """<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"><CstmrCdtTrfInitn>
 <GrpHdr><MsgId>{key}</MsgId><CreDtTm>2026-11-23T05:00:00Z</CreDtTm><NbOfTxs>1</NbOfTxs>
  <CtrlSum>{total}</CtrlSum><InitgPty><Nm>Authority</Nm></InitgPty></GrpHdr>
 <PmtInf><PmtInfId>{key}</PmtInfId><PmtMtd>TRF</PmtMtd><ReqdExctnDt><Dt>2026-11-23</Dt></ReqdExctnDt>
  <Dbtr><Nm>Authority</Nm><Id><OrgId><Othr><Id>{debtor}</Id><SchmeNm><Prtry>BIN</Prtry></SchmeNm>
   </Othr></OrgId></Id></Dbtr>
  <DbtrAcct><Id><IBAN>{debtor_account}</IBAN></Id></DbtrAcct>
  <DbtrAgt><FinInstnId><BICFI>KKMFKZ2A</BICFI></FinInstnId></DbtrAgt>
  <CdtTrfTxInf><PmtId><EndToEndId>{key}</EndToEndId></PmtId>
   <Amt><InstdAmt Ccy="{currency}">{amount}</InstdAmt></Amt>
   <CdtrAgt><FinInstnId><BICFI>KCJBKZKX</BICFI></FinInstnId></CdtrAgt>
   <Cdtr><Nm>Supplier</Nm><Id><OrgId><Othr><Id>{payee}</Id><SchmeNm><Prtry>BIN</Prtry></SchmeNm>
    </Othr></OrgId></Id></Cdtr>
   <CdtrAcct><Id><IBAN>{account}</IBAN></Id></CdtrAcct>
   <RmtInf><Ustrd>EKNP 12 17 KZT 320; application No 1</Ustrd></RmtInf></CdtTrfTxInf>
 </PmtInf></CstmrCdtTrfInitn></Document>"""
ORDINARY = {
    "amount": "1250000.50",
    "total": "1250000.50",
    "currency": "KZT",
    "debtor": make_bin(1),
    "debtor_account": make_iban(1),
    "payee": make_bin(2),
    "account": make_iban(2),
}


def make_key() -> str:
    """A payment's permanent key that no other test uses."""
    return uuid4().hex


def write_order(key: str, **changes: str) -> bytes:
    """An order of 1,250,000.50 tenge to a supplier, with what the test changes."""
    return TEMPLATE.format(**{**ORDINARY, "key": key, **changes}).encode()


def pay(world: World, key: str, **changes: str) -> int:
    """Hand an order over; the status of the answer."""
    return world.client.post("/treasury/payments", content=write_order(key, **changes)).status_code


def read_ledger(world: World, key: str) -> dict[str, object]:
    """The treasury's line on a payment."""
    (line,) = world.get("/treasury/orders", key=key)
    assert isinstance(line, dict)
    return line


def settle(world: World, key: str) -> dict[str, object]:
    """Wait until money left for a payment; its line."""
    return wait_until(lambda: read_ledger(world, key), lambda line: line["settled"] == 1)


def read_report(document: bytes) -> dict[str, str | None]:
    """The few fields of a pain.002 that the tests look at."""
    root = etree.fromstring(document)
    transfer = "p:CstmrPmtStsRpt/p:OrgnlPmtInfAndSts/p:TxInfAndSts"
    original = f"{transfer}/p:OrgnlTxRef"
    places = {
        "key": f"{transfer}/p:OrgnlEndToEndId",
        "status": f"{transfer}/p:TxSts",
        "reason": f"{transfer}/p:StsRsnInf/p:Rsn/p:Cd",
        "reference": f"{transfer}/p:AcctSvcrRef",
        "amount": f"{original}/p:Amt/p:InstdAmt",
        "account": f"{original}/p:CdtrAcct/p:Id/p:IBAN",
        "payee": f"{original}/p:Cdtr/p:Pty/p:Id/p:OrgId/p:Othr/p:Id",
    }
    return {name: root.findtext(place, namespaces=SPACE) for name, place in places.items()}


def hear_documents(world: World, key: str, count: int) -> list[bytes]:
    """Wait until the product has heard so many documents that name a payment; all, in order."""

    def read() -> list[bytes]:
        calls = world.product.at("/v1/treasury/status-reports")
        return [call.body for call in calls if key.encode() in call.body]

    return wait_until(read, lambda documents: len(documents) >= count)


def read_entries(document: bytes) -> list[dict[str, str | None]]:
    """The few fields of the entries of a camt.053 or camt.054 that the tests look at."""
    places = {
        "key": "NtryDtls/TxDtls/Refs/EndToEndId",
        "amount": "Amt",
        "direction": "CdtDbtInd",
        "reference": "AcctSvcrRef",
        "day": "BookgDt/Dt",
        "account": "NtryDtls/TxDtls/RltdPties/CdtrAcct/Id/IBAN",
    }
    found = etree.fromstring(document).iter("{*}Ntry")
    paths = {
        name: "/".join(f"{{*}}{one}" for one in path.split("/")) for name, path in places.items()
    }
    return [{name: entry.findtext(path) for name, path in paths.items()} for entry in found]


def hear_reports(world: World, key: str, count: int) -> list[dict[str, str | None]]:
    """Wait until the product has heard so many reports on a payment; all of them, in order."""

    def read() -> list[dict[str, str | None]]:
        calls = world.product.at("/v1/treasury/status-reports")
        reports = [read_report(call.body) for call in calls]
        return [report for report in reports if report["key"] == key]

    return wait_until(read, lambda reports: len(reports) >= count)
