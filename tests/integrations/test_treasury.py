"""An order says exactly what is to be paid; only the treasury's clear word changes a payment."""

import hashlib
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from functools import cache
from importlib.resources import files
from io import BytesIO

import httpx
import pytest
from lxml import etree

from integrations.errors import MalformedOrder, MalformedReport, Refused, Unavailable
from integrations.http import open_client
from integrations.treasury import (
    Eknp,
    Party,
    PaymentOrder,
    PaymentStatus,
    StatusReport,
    Treasury,
    build_pain001,
    parse_pain002,
)

AUTHORITY = Party(
    "«Алматы қаласы Жұмыспен қамту басқармасы» КММ",
    "200140000014",
    "BIN",
    "KZ75125KZT1001300335",
    "KKMFKZ2A",
)
COMPANY = Party(
    "ЖШС «Өнім & Ұлан» <Қостанай>", "200140000024", "BIN", "KZ86125KZT5004100100", "CASPKZKA"
)
PERSON = replace(COMPANY, name="Әлия Іңкәрқызы Ғұмарова", identifier="000101500011", kind="IIN")
ORDER = PaymentOrder(
    key="P7F3K2-2-1",
    amount=12_500_005,
    payer=AUTHORITY,
    payee=COMPANY,
    eknp=Eknp("12", "17", "859"),
    application_number="A7F3K2/2",
    execute_on=date(2026, 11, 24),
    created_at=datetime(2026, 11, 23, 6, 0, 0, 123456, tzinfo=UTC),
)
INITIATION = "/Document/CstmrCdtTrfInitn"
PAYMENT = f"{INITIATION}/PmtInf"
TRANSFER = f"{PAYMENT}/CdtTrfTxInf"


@cache
def schema() -> etree.XMLSchema:
    path = files("integrations").joinpath("xsd", "pain.001.001.09.xsd")
    return etree.XMLSchema(etree.fromstring(path.read_bytes()))


def leaves(content: bytes) -> dict[str, str]:
    """Every leaf of a document by its path without name spaces: read apart from the writer."""
    found = {}
    for event, element in etree.iterparse(BytesIO(content)):
        assert event == "end"
        if len(element) == 0:
            names = [
                etree.QName(part).localname
                for part in (*reversed(list(element.iterancestors())), element)
            ]
            found["/" + "/".join(names)] = element.text or ""
    return found


def test_an_order_says_what_the_contract_asks_for_and_nothing_else() -> None:
    content = build_pain001(ORDER)
    assert schema().validate(etree.fromstring(content))
    assert leaves(content) == {
        f"{INITIATION}/GrpHdr/MsgId": "P7F3K2-2-1",
        f"{INITIATION}/GrpHdr/CreDtTm": "2026-11-23T06:00:00Z",
        f"{INITIATION}/GrpHdr/NbOfTxs": "1",
        f"{INITIATION}/GrpHdr/CtrlSum": "125000.05",
        f"{INITIATION}/GrpHdr/InitgPty/Nm": AUTHORITY.name,
        f"{INITIATION}/GrpHdr/InitgPty/Id/OrgId/Othr/Id": "200140000014",
        f"{INITIATION}/GrpHdr/InitgPty/Id/OrgId/Othr/SchmeNm/Prtry": "BIN",
        f"{PAYMENT}/PmtInfId": "P7F3K2-2-1",
        f"{PAYMENT}/PmtMtd": "TRF",
        f"{PAYMENT}/NbOfTxs": "1",
        f"{PAYMENT}/CtrlSum": "125000.05",
        f"{PAYMENT}/ReqdExctnDt/Dt": "2026-11-24",
        f"{PAYMENT}/Dbtr/Nm": AUTHORITY.name,
        f"{PAYMENT}/Dbtr/Id/OrgId/Othr/Id": "200140000014",
        f"{PAYMENT}/Dbtr/Id/OrgId/Othr/SchmeNm/Prtry": "BIN",
        f"{PAYMENT}/DbtrAcct/Id/IBAN": "KZ75125KZT1001300335",
        f"{PAYMENT}/DbtrAgt/FinInstnId/BICFI": "KKMFKZ2A",
        f"{TRANSFER}/PmtId/InstrId": "P7F3K2-2-1",
        f"{TRANSFER}/PmtId/EndToEndId": "P7F3K2-2-1",
        f"{TRANSFER}/Amt/InstdAmt": "125000.05",
        f"{TRANSFER}/CdtrAgt/FinInstnId/BICFI": "CASPKZKA",
        f"{TRANSFER}/Cdtr/Nm": "ЖШС «Өнім & Ұлан» <Қостанай>",
        f"{TRANSFER}/Cdtr/Id/OrgId/Othr/Id": "200140000024",
        f"{TRANSFER}/Cdtr/Id/OrgId/Othr/SchmeNm/Prtry": "BIN",
        f"{TRANSFER}/CdtrAcct/Id/IBAN": "KZ86125KZT5004100100",
        f"{TRANSFER}/RmtInf/Ustrd": "EKNP 12 17 KZT 859; application No A7F3K2/2",
    }


def test_a_person_is_paid_under_the_iin() -> None:
    content = build_pain001(replace(ORDER, payee=PERSON))
    found = leaves(content)
    assert schema().validate(etree.fromstring(content))
    assert found[f"{TRANSFER}/Cdtr/Id/PrvtId/Othr/Id"] == "000101500011"
    assert found[f"{TRANSFER}/Cdtr/Id/PrvtId/Othr/SchmeNm/Prtry"] == "IIN"
    assert found[f"{TRANSFER}/Cdtr/Nm"] == "Әлия Іңкәрқызы Ғұмарова"


def test_the_same_order_is_the_same_bytes_wherever_its_clock_stood() -> None:
    in_almaty = ORDER.created_at.astimezone(timezone(timedelta(hours=5)))
    assert build_pain001(replace(ORDER, created_at=in_almaty)) == build_pain001(ORDER)


def test_nothing_of_the_european_area_is_claimed() -> None:
    assert b"SEPA" not in build_pain001(ORDER)
    assert build_pain001(ORDER).count(b'Ccy="KZT"') == 1


@pytest.mark.parametrize(
    ("amount", "written"),
    [(1, "0.01"), (10, "0.10"), (100, "1.00"), (12_345_678_901_234, "123456789012.34")],
)
def test_tiyn_are_written_as_tenge(amount: int, written: str) -> None:
    found = leaves(build_pain001(replace(ORDER, amount=amount)))
    assert found[f"{TRANSFER}/Amt/InstdAmt"] == written


def test_a_name_longer_than_the_standard_is_cut_not_refused() -> None:
    long_name = replace(COMPANY, name="Ә" * 200)
    assert (
        leaves(build_pain001(replace(ORDER, payee=long_name)))[f"{TRANSFER}/Cdtr/Nm"] == "Ә" * 140
    )


@pytest.mark.parametrize(
    ("order", "place"),
    [
        (replace(ORDER, amount=0), "amount"),
        (replace(ORDER, amount=-5), "amount"),
        (replace(ORDER, amount=10**20), "CtrlSum"),
        (replace(ORDER, key=""), "MsgId"),
        (replace(ORDER, key="k" * 36), "MsgId"),
        (replace(ORDER, created_at=datetime(2026, 11, 23)), "created_at"),  # noqa: DTZ001  # the mistake
        (replace(ORDER, payer=PERSON), "payer"),
        (replace(ORDER, payee=replace(COMPANY, name="")), "Nm"),
        (replace(ORDER, payee=replace(COMPANY, name="Өнім\x00")), "character"),
        (replace(ORDER, payee=replace(COMPANY, iban="not an account")), "IBAN"),
        (replace(ORDER, payee=replace(COMPANY, bic="kaspi")), "BICFI"),
        (replace(ORDER, payee=replace(COMPANY, identifier="2" * 36)), "Othr"),
        (replace(ORDER, application_number="A" * 130), "Ustrd"),
    ],
)
def test_an_order_that_cannot_be_written_names_the_place_and_no_content(
    order: PaymentOrder, place: str
) -> None:
    with pytest.raises(MalformedOrder) as malformed:
        build_pain001(order)
    text = " ".join(malformed.value.mistakes)
    assert place in text
    assert "not an account" not in text
    assert "Өнім" not in text + str(malformed.value)


def test_an_order_does_not_show_whom_it_concerns() -> None:
    shown = repr(replace(ORDER, payee=PERSON))
    assert PERSON.name not in shown
    assert PERSON.identifier not in shown
    assert PERSON.iban not in shown


REFERENCE = """<OrgnlTxRef><Amt><InstdAmt Ccy="KZT">125000.05</InstdAmt></Amt>
<Cdtr><Pty><Nm>Әлия</Nm><Id><PrvtId><Othr><Id>000101500011</Id><SchmeNm><Prtry>IIN</Prtry></SchmeNm>
</Othr></PrvtId></Id></Pty></Cdtr><CdtrAcct><Id><IBAN>KZ86125KZT5004100100</IBAN></Id></CdtrAcct>
</OrgnlTxRef>"""
TRANSACTION = f"""<TxInfAndSts><OrgnlEndToEndId>P7F3K2-2-1</OrgnlEndToEndId><TxSts>ACSC</TxSts>
<AcctSvcrRef>T-000017</AcctSvcrRef>{REFERENCE}</TxInfAndSts>"""


def report(transactions: str = TRANSACTION, prolog: str = "") -> bytes:
    return f"""<?xml version="1.0" encoding="UTF-8"?>{prolog}
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.002.001.12"><CstmrPmtStsRpt>
<GrpHdr><MsgId>S-1</MsgId><CreDtTm>2026-11-23T07:00:00Z</CreDtTm></GrpHdr>
<OrgnlGrpInfAndSts><OrgnlMsgId>P7F3K2-2-1</OrgnlMsgId><OrgnlMsgNmId>pain.001.001.09</OrgnlMsgNmId>
</OrgnlGrpInfAndSts><OrgnlPmtInfAndSts><OrgnlPmtInfId>P7F3K2-2-1</OrgnlPmtInfId>
{transactions}</OrgnlPmtInfAndSts></CstmrPmtStsRpt></Document>""".encode()


def test_a_settlement_is_read_with_all_that_must_match() -> None:
    assert parse_pain002(report()) == StatusReport(
        key="P7F3K2-2-1",
        status=PaymentStatus.SETTLED,
        reason=None,
        treasury_ref="T-000017",
        amount=12_500_005,
        payee_iban="KZ86125KZT5004100100",
        payee_identifier="000101500011",
    )


@pytest.mark.parametrize("status", list(PaymentStatus))
def test_each_status_is_read_though_nothing_else_is_told(status: PaymentStatus) -> None:
    bare = f"<TxInfAndSts><OrgnlEndToEndId>k</OrgnlEndToEndId><TxSts>{status}</TxSts></TxInfAndSts>"
    assert parse_pain002(report(bare)) == StatusReport("k", status, None, None, None, None, None)


def test_a_rejection_carries_its_code() -> None:
    reason = "<StsRsnInf><Rsn><Cd>AC04</Cd></Rsn><AddtlInf>шот жабық</AddtlInf></StsRsnInf>"
    rejected = report(TRANSACTION.replace("ACSC</TxSts>", f"RJCT</TxSts>{reason}"))
    assert parse_pain002(rejected).reason == "AC04"


def test_a_reason_in_free_words_is_left_out() -> None:
    reason = "<StsRsnInf><Rsn><Prtry>Әлияның шоты жабық</Prtry></Rsn></StsRsnInf>"
    rejected = report(TRANSACTION.replace("ACSC</TxSts>", f"RJCT</TxSts>{reason}"))
    assert parse_pain002(rejected).reason is None


def test_a_report_does_not_show_whom_it_concerns() -> None:
    shown = repr(parse_pain002(report()))
    assert "000101500011" not in shown
    assert "KZ86125KZT5004100100" not in shown


LAUGHS = "".join(f'<!ENTITY l{level} "{f"&l{level - 1};" * 10}">' for level in range(1, 10))
BOMB = f'<!DOCTYPE Document [<!ENTITY l0 "хаха">{LAUGHS}]>'
FILE = '<!DOCTYPE Document [<!ENTITY file SYSTEM "file:///etc/passwd">]>'
NETWORK = '<!DOCTYPE Document SYSTEM "http://127.0.0.1:9/evil.dtd">'
PARAMETER = '<!DOCTYPE Document [<!ENTITY % dtd SYSTEM "http://127.0.0.1:9/evil.dtd"> %dtd;]>'


@pytest.mark.parametrize(
    "content",
    [
        report(TRANSACTION.replace("T-000017", "&l9;"), BOMB),
        report(TRANSACTION.replace("T-000017", "&file;"), FILE),
        report(prolog=NETWORK),
        report(prolog=PARAMETER),
        report(prolog="<!DOCTYPE Document>"),
        report(prolog="<!DOCTYPE Document>").decode().replace("UTF-8", "UTF-16").encode("utf-16"),
        report(TRANSACTION.replace("T-000017", "&unknown;")),
    ],
    ids=["laughs", "file", "network", "parameter", "empty", "utf-16", "undeclared"],
)
def test_entities_and_document_types_are_never_followed(content: bytes) -> None:
    with pytest.raises(MalformedReport) as malformed:
        parse_pain002(content)
    assert "root:" not in repr(malformed.value.mistakes)


@pytest.mark.parametrize(
    ("content", "mistake"),
    [
        (b"", "/: "),
        (b"garbage", "not well-formed"),
        (report()[:-20], "not well-formed"),
        (b" " * (256 * 1024 + 1), "longer than"),
        (b"<a>" * 5_000, "not well-formed"),
        (b"<Document/>", "Document"),
        (report().replace(b"pain.002.001.12", b"pain.002.001.03"), "Document"),
        (report(""), "exactly one, not 0"),
        (report(TRANSACTION * 2), "exactly one, not 2"),
        (report(TRANSACTION.replace("ACSC", "ACWC")), "TxSts"),
        (report(TRANSACTION.replace("ACSC", "PAID5")), "TxSts"),
        (
            report(TRANSACTION.replace("<OrgnlEndToEndId>P7F3K2-2-1</OrgnlEndToEndId>", "")),
            "OrgnlEndToEndId",
        ),
        (report(TRANSACTION.replace('"KZT"', '"USD"')), "Ccy"),
        (report(TRANSACTION.replace("125000.05", "125000.055")), "whole tiyn"),
        (report(TRANSACTION.replace("125000.05", "-1.00")), "InstdAmt"),
        (report(TRANSACTION.replace("125000.05", "much")), "InstdAmt"),
        (report(TRANSACTION.replace("KZ86125KZT5004100100", "my account")), "IBAN"),
        (
            report(TRANSACTION.replace("</PrvtId>", "<Othr><Id>000101500021</Id></Othr></PrvtId>")),
            "one BIN or IIN",
        ),
    ],
)
def test_a_report_that_is_not_clear_is_malformed_and_says_where(
    content: bytes, mistake: str
) -> None:
    with pytest.raises(MalformedReport) as malformed:
        parse_pain002(content)
    text = " ".join(malformed.value.mistakes)
    assert mistake in text
    assert "my account" not in text


def test_all_mistakes_of_a_report_are_named_at_once() -> None:
    wrong = (
        TRANSACTION.replace("ACSC", "ACWC")
        .replace("125000.05", "0.001")
        .replace("<OrgnlEndToEndId>P7F3K2-2-1</OrgnlEndToEndId>", "")
    )
    with pytest.raises(MalformedReport) as malformed:
        parse_pain002(report(wrong))
    assert len(malformed.value.mistakes) == 3


def treasury(answer: httpx.Response, received: list[httpx.Request] | None = None) -> Treasury:
    def reply(request: httpx.Request) -> httpx.Response:
        if received is not None:
            received.append(request)
        return answer

    return Treasury(open_client("http://treasury", "secret", httpx.MockTransport(reply)))


def test_an_order_goes_out_unchanged_and_its_hash_is_kept() -> None:
    received: list[httpx.Request] = []
    content = build_pain001(ORDER)
    file_hash = treasury(httpx.Response(202), received).send(content)
    assert file_hash == hashlib.sha256(content).hexdigest()
    assert received[0].url.path == "/treasury/payments"
    assert received[0].headers["Content-Type"] == "application/xml"
    assert received[0].content == content


def test_an_enquiry_brings_the_report_of_that_payment() -> None:
    received: list[httpx.Request] = []
    found = treasury(httpx.Response(200, content=report()), received).enquire("P7F3K2-2-1")
    assert found == parse_pain002(report())
    assert received[0].url.path == "/treasury/payments/P7F3K2-2-1"


def test_never_received_is_said_in_so_many_words() -> None:
    assert treasury(httpx.Response(404, json={"known": False})).enquire("k") is None


@pytest.mark.parametrize(
    "body", [b"", b"<html>404</html>", b"{}", b"[]", b'{"known": true}', b'{"known": null}', b"0"]
)
def test_a_wrong_address_is_not_the_treasurys_word(body: bytes) -> None:
    with pytest.raises(Refused):
        treasury(httpx.Response(404, content=body)).enquire("k")


@pytest.mark.parametrize("content", [report(), b"", b'{"known": false}'])
def test_an_answer_about_another_payment_or_about_nothing_is_no_answer(content: bytes) -> None:
    with pytest.raises(Unavailable):
        treasury(httpx.Response(200, content=content)).enquire("another")
