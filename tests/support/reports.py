"""Status reports as the treasury writes them (pain.002.001.12), without anybody's parser."""

_REPORT = """<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.002.001.12"><CstmrPmtStsRpt>
<GrpHdr><MsgId>R-{key}</MsgId><CreDtTm>2026-11-24T05:00:00Z</CreDtTm></GrpHdr>
<OrgnlGrpInfAndSts><OrgnlMsgId>{key}</OrgnlMsgId><OrgnlMsgNmId>pain.001.001.09</OrgnlMsgNmId>
</OrgnlGrpInfAndSts>
<OrgnlPmtInfAndSts><OrgnlPmtInfId>{key}</OrgnlPmtInfId><TxInfAndSts>
<OrgnlEndToEndId>{key}</OrgnlEndToEndId><TxSts>{status}</TxSts>{reason}
<AcctSvcrRef>T-{key}</AcctSvcrRef>
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
) -> bytes:
    """A report on one payment; `amount` in tiyn."""
    return _REPORT.format(
        key=key,
        status=status,
        tenge=f"{amount // 100}.{amount % 100:02d}",
        iban=_IBAN.format(iban) if iban else "",
        payee=_PAYEE.format(payee) if payee else "",
        reason=_REASON.format(reason) if reason else "",
    ).encode()
