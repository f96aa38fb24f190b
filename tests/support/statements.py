"""Notifications (camt.054) and statements (camt.053) as banks write them; nobody's parser."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Movement:
    """One entry with one transaction; `amount` in tiyn. What is None is left out."""

    key: str | None
    amount: int
    direction: str = "DBIT"
    status: str = "BOOK"
    reference: str | None = "T-000017"
    day: str = "2026-11-24"
    currency: str = "KZT"
    iban: str | None = None
    payee: str | None = None
    reason: str | None = None
    reversed: bool = False


_ROOTS = {
    "camt.052": ("BkToCstmrAcctRpt", "Rpt"),
    "camt.053": ("BkToCstmrStmt", "Stmt"),
    "camt.054": ("BkToCstmrDbtCdtNtfctn", "Ntfctn"),
}


# The account that the authority of the tests pays from.
PAYER = "KZ52070103KSN0000011"


def statement_xml(
    *movements: Movement, kind: str = "camt.053.001.08", account: str | None = PAYER
) -> bytes:
    """A whole document; versions before 8 write the status without a choice."""
    root, holder = _ROOTS[kind[:8]]
    entries = "".join(entry_xml(one, kind) for one in movements)
    on = "" if account is None else f"<Acct><Id><IBAN>{account}</IBAN></Id></Acct>"
    balance = "".join(_balance(code) for code in ("OPBD", "CLBD")) if kind[:8] == "camt.053" else ""
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:{kind}"><{root}>
<GrpHdr><MsgId>N-1</MsgId><CreDtTm>2026-11-24T15:00:00Z</CreDtTm></GrpHdr><{holder}><Id>S-1</Id>
<CreDtTm>2026-11-24T15:00:00Z</CreDtTm>{on}
{balance}{entries}</{holder}></{root}></Document>""".encode()


def entry_xml(one: Movement, kind: str) -> str:
    """An entry with its only transaction."""
    return entry_of((transaction_xml(one, kind),), one, kind)


def entry_of(transactions: tuple[str, ...], one: Movement, kind: str) -> str:
    """An entry around transactions that are written already, with the sum of the movement."""
    status = one.status if kind[-2:] < "08" else f"<Cd>{one.status}</Cd>"
    reversal = "<RvslInd>true</RvslInd>" if one.reversed else ""
    details = f"<NtryDtls>{''.join(transactions)}</NtryDtls>" if transactions else ""
    return (
        f"<Ntry>{_sum(one)}<CdtDbtInd>{one.direction}</CdtDbtInd>{reversal}<Sts>{status}</Sts>"
        f"<BookgDt><Dt>{one.day}</Dt></BookgDt>{_tag('AcctSvcrRef', one.reference)}"
        f"<BkTxCd><Prtry><Cd>X</Cd></Prtry></BkTxCd>{details}</Ntry>"
    )


def transaction_xml(one: Movement, kind: str) -> str:
    """One transaction; its own sum stands where its version wants it."""
    party = ("<Pty>", "</Pty>") if kind[-2:] >= "08" else ("", "")
    identity = "" if one.payee is None else f"<OrgId><Othr><Id>{one.payee}</Id></Othr></OrgId>"
    payee = f"<Cdtr>{party[0]}<Id>{identity}</Id>{party[1]}</Cdtr>" if identity else ""
    account = f"<CdtrAcct><Id><IBAN>{one.iban}</IBAN></Id></CdtrAcct>" if one.iban else ""
    parties = f"<RltdPties>{payee}{account}</RltdPties>" if payee or account else ""
    own = f"{_sum(one)}<CdtDbtInd>{one.direction}</CdtDbtInd>"
    if kind[-2:] < "03":
        own = f"<AmtDtls><TxAmt>{_sum(one)}</TxAmt></AmtDtls>"
    why = f"<RtrInf><Rsn><Cd>{one.reason}</Cd></Rsn></RtrInf>" if one.reason else ""
    key = _tag("EndToEndId", one.key)
    return f"<TxDtls><Refs>{key}</Refs>{own}{parties}{why}</TxDtls>"


def _sum(one: Movement) -> str:
    return f'<Amt Ccy="{one.currency}">{one.amount // 100}.{one.amount % 100:02d}</Amt>'


def _balance(code: str) -> str:
    return (
        f"<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp>"
        '<Amt Ccy="KZT">0.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2026-11-24</Dt></Dt></Bal>'
    )


def _tag(name: str, value: str | None) -> str:
    return "" if value is None else f"<{name}>{value}</{name}>"
