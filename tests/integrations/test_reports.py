"""Status reports of any version, prefix and level are read; what is not clear is told by place."""

import random
import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integrations.errors import MalformedReport
from integrations.reports import MAX_WORDS, read_report, read_word
from integrations.words import STATUSES, Outcome, Word, compared
from integrations.xml import MAX_BYTES
from tests.support.reports import prefixed

KEY = "P7F3K2-2-1"
AMOUNT = '<Amt><InstdAmt Ccy="KZT">125000.05</InstdAmt></Amt>'
PERSON = (
    "<Cdtr><Pty><Nm>Әлия</Nm><Id><PrvtId><Othr><Id>000101500011</Id><SchmeNm><Prtry>IIN</Prtry>"
    "</SchmeNm></Othr></PrvtId></Id></Pty></Cdtr>"
)
ACCOUNT = "<CdtrAcct><Id><IBAN>KZ86125KZT5004100100</IBAN></Id></CdtrAcct>"
TRANSACTION = (
    f"<TxInfAndSts><OrgnlEndToEndId>{KEY}</OrgnlEndToEndId><TxSts>ACSC</TxSts>"
    f"<AcctSvcrRef>T-000017</AcctSvcrRef><OrgnlTxRef>{AMOUNT}{PERSON}{ACCOUNT}</OrgnlTxRef>"
    "</TxInfAndSts>"
)
SETTLED = Word(
    key=KEY,
    outcome=Outcome.SETTLED,
    status="ACSC",
    amount=12_500_005,
    payee_iban="KZ86125KZT5004100100",
    payee_identifier="000101500011",
    reference="T-000017",
)


def status(name: str, code: str | None, reason: str | None = None) -> str:
    why = f"<StsRsnInf><Rsn><Cd>{reason}</Cd></Rsn></StsRsnInf>" if reason else ""
    return (f"<{name}>{code}</{name}>" if code else "") + why


def block(inside: str, key: str = KEY, told: str = "") -> str:
    return (
        f"<OrgnlPmtInfAndSts><OrgnlPmtInfId>{key}</OrgnlPmtInfId>{told}{inside}</OrgnlPmtInfAndSts>"
    )


def report(
    inside: str = block(TRANSACTION),
    group: str = "",
    version: str = "pain.002.001.12",
    prolog: str = "",
    message: str = KEY,
) -> bytes:
    return f"""<?xml version="1.0" encoding="UTF-8"?>{prolog}
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:{version}"><CstmrPmtStsRpt>
<GrpHdr><MsgId>S-1</MsgId><CreDtTm>2026-11-23T07:00:00Z</CreDtTm></GrpHdr>
<OrgnlGrpInfAndSts><OrgnlMsgId>{message}</OrgnlMsgId><OrgnlMsgNmId>pain.001.001.09</OrgnlMsgNmId>
{group}</OrgnlGrpInfAndSts>{inside}</CstmrPmtStsRpt></Document>""".encode()


def words(content: bytes) -> list[Word]:
    return [told.word for told in read_report(content).told]


def mistakes(content: bytes) -> str:
    """What is wrong with a report that tells no word."""
    try:
        found = read_report(content)
    except MalformedReport as malformed:
        return " ".join(malformed.mistakes)
    assert found.told == ()
    return " ".join([*map(str, found.faults), *found.remarks])


def test_a_settlement_is_read_with_all_that_must_match() -> None:
    assert words(report()) == [SETTLED]
    assert read_report(report()).remarks == ()


@pytest.mark.parametrize("prefix", ["ns2", "d", "pain", "Document"])
def test_a_prefix_changes_nothing(prefix: str) -> None:
    found = read_report(prefixed(report(), prefix))
    assert [told.word for told in found.told] == [SETTLED]
    assert found.remarks == ()


@pytest.mark.parametrize(
    "version",
    ["03", "04", "08", "09", "10", "11", "12", "13", "14", "15", "16", "03.ch.02"],
)
def test_every_version_is_read(version: str) -> None:
    party = PERSON.replace("<Pty>", "").replace("</Pty>", "")
    inside = block(TRANSACTION.replace(PERSON, party) if version < "10" else TRANSACTION)
    found = read_report(report(inside, version=f"pain.002.001.{version}"))
    assert found.kind == f"pain.002.001.{version}"
    assert [told.word for told in found.told] == [SETTLED]
    assert found.remarks == ()


def test_a_message_in_an_envelope_and_one_without_a_name_space_are_read() -> None:
    bare = report().decode().partition("?>")[2]
    envelope = f'<m:Msg xmlns:m="urn:bank"><m:Head/>{bare}</m:Msg>'.encode()
    nameless = report().replace(b' xmlns="urn:iso:std:iso:20022:tech:xsd:pain.002.001.12"', b"")
    assert words(envelope) == words(nameless) == [SETTLED]


@pytest.mark.parametrize(("code", "outcome"), STATUSES.items())
def test_every_status_of_the_standard_means_something(code: str, outcome: Outcome) -> None:
    bare = f"<TxInfAndSts><OrgnlEndToEndId>k</OrgnlEndToEndId><TxSts>{code}</TxSts></TxInfAndSts>"
    assert words(report(block(bare))) == [Word("k", outcome, code)]


@pytest.mark.parametrize("code", ["BLCK", "ACIS", "CPUC", "XXXX", "9"])
def test_a_status_that_means_nothing_to_us_is_a_word_all_the_same(code: str) -> None:
    (word,) = words(report(block(TRANSACTION.replace("ACSC", code))))
    assert (word.outcome, word.status) == (Outcome.OTHER, code)


def test_a_group_or_a_block_without_transactions_speaks_for_ours() -> None:
    assert words(report("", status("GrpSts", "RJCT", "DU01"))) == [
        Word(KEY, Outcome.NOT_EXECUTED, "RJCT", reason="DU01")
    ]
    rejected = block("", told=status("PmtInfSts", "RJCT", "DT01"))
    assert words(report(rejected, status("GrpSts", "RJCT"), message="OTHER")) == [
        Word(KEY, Outcome.NOT_EXECUTED, "RJCT", reason="DT01")
    ]


def test_the_most_specific_level_counts() -> None:
    under_way = block(TRANSACTION.replace("ACSC", "ACSP"), told=status("PmtInfSts", "ACSC"))
    assert words(report(under_way, status("GrpSts", "PART")))[0].status == "ACSP"
    silent = block(TRANSACTION.replace("<TxSts>ACSC</TxSts>", ""), told=status("PmtInfSts", "ACCC"))
    assert words(report(silent, status("GrpSts", "ACTC")))[0].status == "ACCC"
    whole = block(TRANSACTION.replace("<TxSts>ACSC</TxSts>", ""))
    assert words(report(whole, status("GrpSts", "RJCT", "AM04")))[0].reason == "AM04"


@pytest.mark.parametrize(
    ("group", "told", "own"),
    [("RJCT", None, "ACSC"), (None, "RJCT", "ACCC"), ("PART", "RJCT", "ACSC"),
     ("CANC", "ACSC", "ACSC"), ("ACSC", None, "RJCT"), (None, "ACCC", "CANC"),
     ("BLCK", None, "ACSC"), (None, "BLCK", "RJCT"), ("ZZZZ", None, "ACCC")],
)  # fmt: skip
def test_levels_that_cannot_both_be_true_are_words_at_odds(
    group: str | None, told: str | None, own: str
) -> None:
    inside = block(TRANSACTION.replace("ACSC", own), told=status("PmtInfSts", told))
    content = report(inside, status("GrpSts", group))
    assert len({word.outcome for word in words(content)}) == 2
    assert {one.word.at_odds for one in compared(read_report(content).told)} == {True}
    assert read_word(content, KEY).at_odds


@pytest.mark.parametrize(
    ("group", "own"),
    [("PART", "RJCT"), ("PART", "ACSC"), ("RJCT", "RJCT"), ("ACSP", "RJCT"), ("RJCT", "ACSP"),
     ("ACCP", "ACSC"), ("PDNG", "ACSC"), ("BLCK", "ACSP")],
)  # fmt: skip
def test_what_a_transaction_says_more_exactly_than_its_group_is_one_word(
    group: str, own: str
) -> None:
    content = report(block(TRANSACTION.replace("ACSC", own)), status("GrpSts", group))
    assert [word.status for word in words(content)] == [own]
    assert not read_word(content, KEY).at_odds


def test_a_payment_is_found_by_the_name_that_the_bank_gives_it() -> None:
    key = f"<OrgnlEndToEndId>{KEY}</OrgnlEndToEndId>"
    by_instruction = f"<OrgnlInstrId>{KEY}</OrgnlInstrId>"
    both = f"{by_instruction}<OrgnlEndToEndId>NOTPROVIDED</OrgnlEndToEndId>"
    for named in (by_instruction, both, ""):
        told = read_report(report(block(TRANSACTION.replace(key, named)))).told
        assert [(one.named, one.word) for one in told] == [((KEY,), SETTLED)]


def test_two_nameless_transactions_of_one_block_are_nobodys() -> None:
    nameless = TRANSACTION.replace(f"<OrgnlEndToEndId>{KEY}</OrgnlEndToEndId>", "")
    assert "TxInfAndSts[2]/OrgnlEndToEndId: missing" in mistakes(report(block(nameless * 2)))


def test_a_batch_is_read_transaction_by_transaction() -> None:
    theirs = TRANSACTION.replace(KEY, "Зарплата-1").replace('"KZT"', '"USD"')
    third = TRANSACTION.replace(KEY, "K-3").replace("ACSC", "RJCT")
    found = read_report(report(block(theirs + TRANSACTION + third, key="B-1"), message="M-1"))
    assert [told.named for told in found.told] == [("Зарплата-1",), (KEY,), ("K-3",)]
    assert [(fault.named, fault.code) for fault in found.faults] == [
        (("Зарплата-1",), "not in KZT")
    ]
    assert found.told[1].place.endswith("TxInfAndSts[2]")
    assert read_word(report(block(theirs + TRANSACTION)), KEY) == SETTLED


@pytest.mark.parametrize(
    "written", ["\r\nKZ86125KZT5004100100", "kz86 125k zt50 0410 0100", " KZ86125KZT5004100100\t"]
)
def test_blanks_around_and_inside_an_account_do_not_count(written: str) -> None:
    content = report(block(TRANSACTION.replace("KZ86125KZT5004100100", written)))
    assert words(content) == [SETTLED]


def test_blanks_around_a_value_do_not_count() -> None:
    assert words(report().replace(b">P7F3K2-2-1<", b">\n P7F3K2-2-1 <")) == [SETTLED]


@pytest.mark.parametrize(
    ("written", "tiyn"),
    [("125000.05", 12_500_005), ("125000.05000", 12_500_005), ("14000", 1_400_000), ("0", 0)],
)
def test_a_sum_is_read_as_tiyn(written: str, tiyn: int) -> None:
    (word,) = words(report(block(TRANSACTION.replace("125000.05", written))))
    assert word.amount == tiyn


def test_an_account_number_that_is_no_iban_is_read() -> None:
    other = "<CdtrAcct><Id><Othr><Id>KZ86125KZT5004100100</Id></Othr></Id></CdtrAcct>"
    assert words(report(block(TRANSACTION.replace(ACCOUNT, other)))) == [SETTLED]


@pytest.mark.parametrize(
    ("scheme", "found"),
    [
        ("", "000101500011"),
        ("<SchmeNm><Cd>NIDN</Cd></SchmeNm>", "000101500011"),
        ("<SchmeNm><Cd>CUST</Cd></SchmeNm>", None),
        ("<SchmeNm><Prtry>CLIENT</Prtry></SchmeNm>", None),
    ],
)
def test_only_a_bin_or_an_iin_tells_the_payee(scheme: str, found: str | None) -> None:
    transaction = TRANSACTION.replace("<SchmeNm><Prtry>IIN</Prtry></SchmeNm>", scheme)
    (word,) = words(report(block(transaction)))
    assert word.payee_identifier == found


def test_what_is_left_out_is_none() -> None:
    bare = f"<TxInfAndSts><OrgnlEndToEndId>{KEY}</OrgnlEndToEndId><TxSts>ACSC</TxSts></TxInfAndSts>"
    assert words(report(block(bare))) == [Word(KEY, Outcome.SETTLED, "ACSC")]


@pytest.mark.parametrize("reason", ["<Prtry>Әлияның шоты жабық</Prtry>", "<Cd>счёт закрыт</Cd>"])
def test_a_reason_in_free_words_is_left_out(reason: str) -> None:
    told = f"RJCT</TxSts><StsRsnInf><Rsn>{reason}</Rsn></StsRsnInf>"
    (word,) = words(report(block(TRANSACTION.replace("ACSC</TxSts>", told))))
    assert word.reason is None


def test_a_breach_of_the_schema_is_remarked_and_harms_no_word() -> None:
    found = read_report(report().replace(b"<OrgnlMsgNmId>pain.001.001.09</OrgnlMsgNmId>", b""))
    assert [told.word for told in found.told] == [SETTLED]
    assert found.remarks == ("/Document/CstmrPmtStsRpt/OrgnlGrpInfAndSts: element-content",)


def test_a_word_does_not_show_whom_it_concerns() -> None:
    shown = repr(read_report(report()))
    assert "000101500011" not in shown
    assert "KZ86125KZT5004100100" not in shown


LAUGHS = "".join(f'<!ENTITY l{level} "{f"&l{level - 1};" * 10}">' for level in range(1, 10))
BOMB = f'<!DOCTYPE Document [<!ENTITY l0 "хаха">{LAUGHS}]>'
FILE = '<!DOCTYPE Document [<!ENTITY file SYSTEM "file:///etc/passwd">]>'
NETWORK = '<!DOCTYPE Document SYSTEM "http://127.0.0.1:9/evil.dtd">'
PARAMETER = '<!DOCTYPE Document [<!ENTITY % dtd SYSTEM "http://127.0.0.1:9/evil.dtd"> %dtd;]>'
DOCTYPE = "<!DOCTYPE Document>"


@pytest.mark.parametrize(
    "content",
    [
        report(block(TRANSACTION.replace("T-000017", "&l9;")), prolog=BOMB),
        report(block(TRANSACTION.replace("T-000017", "&file;")), prolog=FILE),
        report(prolog=NETWORK),
        report(prolog=PARAMETER),
        report(prolog=DOCTYPE),
        report(prolog=DOCTYPE).decode().replace("UTF-8", "UTF-16").encode("utf-16"),
        report(block(TRANSACTION.replace("T-000017", "&unknown;"))),
    ],
    ids=["laughs", "file", "network", "parameter", "empty", "utf-16", "undeclared"],
)
def test_entities_and_document_types_are_never_followed(content: bytes) -> None:
    assert "root:" not in mistakes(content)


@pytest.mark.parametrize(
    ("content", "mistake"),
    [
        (b"", "/: "),
        (b"garbage", "not well-formed"),
        (report()[:-20], "not well-formed"),
        (b" " * (MAX_BYTES + 1), "longer than"),
        (b"<a>" * 5_000, "not well-formed"),
        (b"<Document/>", "/Document: not one message of"),
        (report().replace(b"pain.002", b"pain.014"), "/Document: not one message of"),
        (report(""), "OrgnlGrpInfAndSts/GrpSts: missing"),
        (report(block(TRANSACTION.replace("ACSC", "PAID5"))), "TxSts: wrong format"),
        (report(block(TRANSACTION.replace("ACSC", "acsc"))), "TxSts: wrong format"),
        (report(block(TRANSACTION), group=status("GrpSts", "??")), "GrpSts: wrong format"),
        (report(block(TRANSACTION.replace(' Ccy="KZT"', ""))), "InstdAmt: no currency"),
        (report(block(TRANSACTION.replace("125000.05", "-1.00"))), "not a sum"),
        (report(block(TRANSACTION.replace("125000.05", "1e5"))), "not a sum"),
        (report(block(TRANSACTION.replace("125000.05", "9" * 16))), "not a sum"),
        (report(block(TRANSACTION.replace("125000.05", "9" * 100_000))), "not a sum"),
        (report(block(TRANSACTION.replace("125000.05", "٣"))), "not a sum"),
        (report(block(TRANSACTION.replace("KZ86125KZT5004100100", "my account"))), "IBAN"),
        (report(block(TRANSACTION.replace("T-000017", "T" * 36))), "AcctSvcrRef: wrong format"),
        (
            report(block(TRANSACTION.replace("<TxSts>", "<TxSts>RJCT</TxSts><TxSts>"))),
            "TxSts: repeated",
        ),
        (
            report(
                block(
                    TRANSACTION.replace("</PrvtId>", "<Othr><Id>000101500021</Id></Othr></PrvtId>")
                )
            ),
            "one BIN or IIN",
        ),
        (
            report(
                block(
                    TRANSACTION.replace(
                        AMOUNT, f'<IntrBkSttlmAmt Ccy="KZT">1.00</IntrBkSttlmAmt>{AMOUNT}'
                    )
                )
            ),
            "IntrBkSttlmAmt: sums disagree",
        ),
    ],
)
def test_what_is_not_clear_is_told_by_its_place_and_never_by_its_content(
    content: bytes, mistake: str
) -> None:
    found = mistakes(content)
    assert mistake in found
    assert "my account" not in found


def test_all_mistakes_of_a_transaction_are_named_at_once() -> None:
    wrong = TRANSACTION.replace("ACSC", "PAID5").replace("125000.05", "0.001")
    found = read_report(report(block(wrong.replace("T-0", "T" * 40) + TRANSACTION)))
    assert [fault.place.rpartition("/")[2] for fault in found.faults] == [
        "TxSts",
        "InstdAmt",
        "AcctSvcrRef",
    ]


def test_a_message_without_a_header_is_told_where_that_is_missing() -> None:
    empty = (
        '<ns2:Document xmlns:ns2="urn:iso:std:iso:20022:tech:xsd:pain.002.001.12">'
        "<ns2:CstmrPmtStsRpt/></ns2:Document>"
    )
    assert "/Document/CstmrPmtStsRpt: element-content" in mistakes(empty.encode())


def test_a_report_on_more_payments_than_can_be_ours_is_not_read() -> None:
    bare = "<TxInfAndSts><OrgnlEndToEndId>{}</OrgnlEndToEndId><TxSts>ACSC</TxSts></TxInfAndSts>"
    many = "".join(bare.format(number) for number in range(MAX_WORDS + 1))
    assert f"more than {MAX_WORDS}" in mistakes(report(block(many)))


@given(st.binary(max_size=400))
def test_any_bytes_end_in_a_report_or_in_a_malformed_one(content: bytes) -> None:
    with pytest.raises(MalformedReport):
        read_report(content)


PIECES = re.compile(rb"<[^>]*>|[^<]+")


@given(st.integers(min_value=0, max_value=2**32), st.integers(min_value=1, max_value=8))
@settings(max_examples=400)
def test_a_mutated_report_ends_in_words_or_in_a_malformed_report(seed: int, changes: int) -> None:
    chance = random.Random(seed)
    pieces = PIECES.findall(prefixed(report(), "x") if seed % 3 == 0 else report())
    for _ in range(changes):
        here, there = chance.randrange(len(pieces)), chance.randrange(len(pieces))
        change = chance.choice(("repeat", "drop", "move", "spoil"))
        if change == "repeat":
            pieces.insert(there, pieces[here])
        elif change == "drop":
            pieces = pieces[:here] + pieces[here + 1 :] or [b"<a/>"]
        elif change == "move":
            pieces[here] = pieces[there]
        else:
            pieces[here] = chance.randbytes(6)
    try:
        found = read_report(b"".join(pieces))
    except MalformedReport:
        return
    for told in found.told:
        assert told.word == replace(told.word)
        assert told.word.amount is None or 0 <= told.word.amount < 10**17
