"""Status reports as the treasury writes them (pain.002), without anybody's parser."""

import re

_REPORT = """<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.002.001.12"><CstmrPmtStsRpt>
<GrpHdr><MsgId>R-{key}</MsgId><CreDtTm>2026-11-24T05:00:00Z</CreDtTm></GrpHdr>
<OrgnlGrpInfAndSts><OrgnlMsgId>{key}</OrgnlMsgId><OrgnlMsgNmId>pain.001.001.09</OrgnlMsgNmId>
</OrgnlGrpInfAndSts>
<OrgnlPmtInfAndSts><OrgnlPmtInfId>{key}</OrgnlPmtInfId><TxInfAndSts>
<OrgnlEndToEndId>{key}</OrgnlEndToEndId><TxSts>{status}</TxSts>{reason}
<AcctSvcrRef>{number}</AcctSvcrRef>
<OrgnlTxRef><Amt><InstdAmt Ccy="KZT">{tenge}</InstdAmt></Amt>{payee}{iban}</OrgnlTxRef>
</TxInfAndSts></OrgnlPmtInfAndSts></CstmrPmtStsRpt></Document>"""
_PAYEE = "<Cdtr><Pty><Id><OrgId><Othr><Id>{}</Id></Othr></OrgId></Id></Pty></Cdtr>"
_IBAN = "<CdtrAcct><Id><IBAN>{}</IBAN></Id></CdtrAcct>"
_REASON = "<StsRsnInf><Rsn><Cd>{}</Cd></Rsn></StsRsnInf>"


def report_xml(
    key: str,
    status: str,
    amount: int,
    *,
    iban: str | None = None,
    payee: str | None = None,
    reason: str | None = None,
    number: str | None = None,
) -> bytes:
    """A report on one payment; `amount` in tiyn, `number` the treasury's own for it."""
    return _REPORT.format(
        key=key,
        status=status,
        number=number or f"T-{key}",
        tenge=f"{amount // 100}.{amount % 100:02d}",
        iban=_IBAN.format(iban) if iban else "",
        payee=_PAYEE.format(payee) if payee else "",
        reason=_REASON.format(reason) if reason else "",
    ).encode()


def twice_xml(first: bytes, second: bytes) -> bytes:
    """One report with the transactions of two, in one block."""
    own = transaction_of(first)
    return first.replace(own, own + transaction_of(second))


def transaction_of(content: bytes) -> bytes:
    """The only transaction of a report."""
    start, end = b"<TxInfAndSts>", b"</TxInfAndSts>"
    return content[content.index(start) : content.index(end) + len(end)]


def levels_xml(
    key: str,
    *,
    group: str | None = None,
    block: str | None = None,
    transaction: str | None = None,
    reason: str = "",
    named: str = "OrgnlEndToEndId",
    version: str = "12",
) -> bytes:
    """A report that says what it says at the levels asked for; the reason stands at the lowest."""
    why = _REASON.format(reason) if reason else ""
    at = transaction or block or group
    inside = (
        f"<TxInfAndSts><{named}>{key}</{named}><TxSts>{transaction}</TxSts>{why}</TxInfAndSts>"
        if transaction
        else ""
    )
    blocks = (
        f"<OrgnlPmtInfAndSts><OrgnlPmtInfId>{key}</OrgnlPmtInfId>"
        + (f"<PmtInfSts>{block}</PmtInfSts>{why if at is block else ''}" if block else "")
        + f"{inside}</OrgnlPmtInfAndSts>"
        if block or transaction
        else ""
    )
    told = f"<GrpSts>{group}</GrpSts>{why if at is group else ''}" if group else ""
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.002.001.{version}"><CstmrPmtStsRpt>
<GrpHdr><MsgId>R-1</MsgId><CreDtTm>2026-11-24T05:00:00Z</CreDtTm></GrpHdr><OrgnlGrpInfAndSts>
<OrgnlMsgId>{key}</OrgnlMsgId><OrgnlMsgNmId>pain.001.001.09</OrgnlMsgNmId>{told}
</OrgnlGrpInfAndSts>{blocks}</CstmrPmtStsRpt></Document>""".encode()


def prefixed(content: bytes, prefix: str) -> bytes:
    """The same document as a sender with prefixes writes it."""
    text = re.sub(r"<(/?)([A-Z])", rf"<\1{prefix}:\2", content.decode())
    return text.replace("xmlns=", f"xmlns:{prefix}=").encode()
