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

from domain.money.payer import Eknp
from integrations.errors import MalformedOrder, OutsideRefusal, Unavailable
from integrations.http import open_client
from integrations.treasury import (
    Outcome,
    Party,
    PaymentOrder,
    Treasury,
    Word,
    build_pain001,
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
    eknp=Eknp(sender="12", beneficiary="17", purpose="859"),
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
    assert found == Word(
        key="P7F3K2-2-1",
        outcome=Outcome.SETTLED,
        status="ACSC",
        amount=12_500_005,
        payee_iban="KZ86125KZT5004100100",
        payee_identifier="000101500011",
        reference="T-000017",
    )
    assert received[0].url.path == "/treasury/payments/P7F3K2-2-1"


def test_never_received_is_said_in_so_many_words() -> None:
    assert treasury(httpx.Response(404, json={"known": False})).enquire("k") is None


@pytest.mark.parametrize(
    "body", [b"", b"<html>404</html>", b"{}", b"[]", b'{"known": true}', b'{"known": null}', b"0"]
)
def test_a_wrong_address_is_not_the_treasurys_word(body: bytes) -> None:
    with pytest.raises(OutsideRefusal):
        treasury(httpx.Response(404, content=body)).enquire("k")


_OTHER_VERSION = report().replace(b"001.12", b"001.03")


@pytest.mark.parametrize(
    "content",
    [
        report(),
        b"",
        b'{"known": false}',
        b'<ns2:Document xmlns:ns2="urn:iso:std:iso:20022:tech:xsd:pain.002.001.03"/>',
        _OTHER_VERSION.replace(b"P7F3K2-2-1<", b"another<").replace(b">ACSC<", b">acsc<"),
    ],
)
def test_an_answer_about_another_payment_or_about_nothing_is_no_answer(content: bytes) -> None:
    with pytest.raises(Unavailable):
        treasury(httpx.Response(200, content=content)).enquire("another")
