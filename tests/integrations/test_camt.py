"""Entries of the payer's account confirm payments and give them back; a statement is read whole."""

from contextlib import suppress
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.camt import AccountEntry
from integrations.errors import MalformedReport
from integrations.reports import read_report, read_statement
from integrations.words import OrderParties, Outcome, Word, counts_on, parties_named
from tests.support.statements import PAYER, Movement, entry_of, statement_xml, transaction_xml

KEY, IBAN, BIN = "P7F3K2-2-1", "KZ86125KZT5004100100", "200140000024"
OWN = "OZ000000018-1-1-1-1"
PAID = Movement(KEY, 1_400_000, iban=IBAN, payee=BIN)
KINDS = [
    f"camt.05{family}.001.{version}" for family in (3, 4) for version in ("02", "04", "08", "13")
]


def words(content: bytes) -> list[Word]:
    return [told.word for told in read_report(content).told]


@pytest.mark.parametrize("kind", [*KINDS, "camt.053.001.06", "camt.054.001.11"])
def test_a_booked_debit_of_any_version_settles(kind: str) -> None:
    found = read_report(statement_xml(PAID, kind=kind))
    assert found.remarks == ()
    assert [told.word for told in found.told] == [
        Word(
            key=KEY,
            outcome=Outcome.SETTLED,
            status="BOOK",
            amount=1_400_000,
            payee_iban=IBAN,
            payee_identifier=BIN,
            reference="T-000017",
            source=found.told[0].word.source,
            told_on=PAYER,
            booked="2026-11-24",
            entry_reference="T-000017",
        )
    ]
    assert found.told[0].word.source == kind[:8]


def test_a_credit_under_our_key_is_a_return_with_its_sum_and_reason() -> None:
    back = replace(PAID, amount=100_000, direction="CRDT", reason="AC04", reference="R-1")
    assert words(statement_xml(back, kind="camt.054.001.08")) == [
        Word(
            key=KEY,
            outcome=Outcome.RETURNED,
            status="BOOK",
            amount=100_000,
            reference="R-1",
            reason="AC04",
            source="camt.054",
            told_on=PAYER,
            booked="2026-11-24",
            entry_reference="R-1",
        )
    ]


@pytest.mark.parametrize("version", ["02", "08", "13"])
@pytest.mark.parametrize(
    "movement",
    [
        PAID,
        replace(PAID, status="PDNG"),
        replace(PAID, status="INFO"),
        replace(PAID, amount=1),
        replace(PAID, iban="KZ52070103KSN0000012"),
        replace(PAID, direction="CRDT", reason="AC04"),
        replace(PAID, reversed=True),
    ],
)
def test_what_a_bank_tells_of_a_day_that_has_not_ended_informs_and_proves_nothing(
    movement: Movement, version: str
) -> None:
    content = statement_xml(movement, kind=f"camt.052.001.{version}")
    assert words(content) == [
        Word(KEY, Outcome.UNDER_WAY, movement.status, source="camt.052", told_on=PAYER)
    ]
    with pytest.raises(MalformedReport) as refused:
        read_statement(content)
    assert refused.value.mistakes == ("/Document: not a statement",)


@pytest.mark.parametrize(
    ("movement", "outcome"),
    [
        (replace(PAID, status="PDNG"), Outcome.UNDER_WAY),
        (replace(PAID, status="FUTR"), Outcome.UNDER_WAY),
        (replace(PAID, status="INFO"), Outcome.OTHER),
        (replace(PAID, direction="CRDT", reversed=True), Outcome.RETURNED),
        (replace(PAID, reversed=True), Outcome.OTHER),
        (replace(PAID, reason="AC04"), Outcome.OTHER),
    ],
)
def test_what_an_entry_means(movement: Movement, outcome: Outcome) -> None:
    (word,) = words(statement_xml(movement))
    assert (word.outcome, word.amount) == (outcome, 1_400_000)


def test_several_transactions_of_one_entry_are_told_apart() -> None:
    kind = "camt.053.001.08"
    other = replace(PAID, key="Оклад", amount=500)
    both = tuple(transaction_xml(one, kind) for one in (other, PAID))
    content = statement_xml(kind=kind).replace(
        b"</Stmt>", entry_of(both, replace(PAID, amount=1_400_500), kind).encode() + b"</Stmt>"
    )
    assert [(word.key, word.amount) for word in words(content)] == [
        ("Оклад", 500),
        (KEY, 1_400_000),
    ]


def test_the_sum_of_an_entry_is_not_that_of_its_transactions() -> None:
    kind = "camt.053.001.08"
    own = '<Amt Ccy="KZT">14000.00</Amt>'
    bare = transaction_xml(PAID, kind).replace(own, "")
    entry = entry_of((bare, bare.replace(KEY, "K-2")), PAID, kind)
    content = statement_xml(kind=kind).replace(b"</Stmt>", entry.encode() + b"</Stmt>")
    assert [word.amount for word in words(content)] == [None, None]


def test_the_number_of_an_entry_of_several_transactions_is_that_of_none_of_them() -> None:
    kind = "camt.053.001.08"
    bare = transaction_xml(PAID, kind)
    entry = entry_of((bare, bare.replace(KEY, "K-2")), replace(PAID, amount=2_800_000), kind)
    content = statement_xml(kind=kind).replace(b"</Stmt>", entry.encode() + b"</Stmt>")
    assert [word.numbers for word in words(content)] == [frozenset(), frozenset()]
    assert [one.reference for one in read_statement(content).entries] == [None, None]


def test_a_batch_whose_parts_are_not_its_sum_says_nothing_of_any() -> None:
    kind = "camt.053.001.08"
    parts = tuple(transaction_xml(replace(PAID, key=key), kind) for key in (KEY, "K-2"))
    entry = entry_of(parts, PAID, kind)
    content = statement_xml(kind=kind).replace(b"</Stmt>", entry.encode() + b"</Stmt>")
    found = read_report(content)
    assert (found.told, {fault.named for fault in found.faults}) == ((), {(KEY,), ("K-2",)})


def test_the_numbers_of_a_transaction_and_of_its_entry_are_told_apart() -> None:
    own = b"<Refs><AcctSvcrRef>TX-1</AcctSvcrRef>"
    (word,) = words(statement_xml(PAID).replace(b"<Refs>", own))
    assert (word.reference, word.entry_reference) == ("TX-1", "T-000017")


def test_a_word_of_an_entry_says_on_which_account_it_is_told() -> None:
    strangers = "KZ75125KZT1001300335"
    assert [word.told_on for word in words(statement_xml(PAID, account=strangers))] == [strangers]
    assert [word.told_on for word in words(statement_xml(PAID, account=None))] == [None]


ORDERED = OrderParties(payee=BIN, account=IBAN, payer="200140900011", paid_from=PAYER)
BACK = replace(PAID, direction="CRDT", iban=None, payee=None)


@pytest.mark.parametrize(
    ("movement", "account", "named"),
    [
        (PAID, PAYER, "same"),
        (BACK, PAYER, None),
        (replace(BACK, iban=PAYER), PAYER, "same"),
        (replace(BACK, iban=IBAN), PAYER, "other"),
        (replace(BACK, iban=IBAN, reason="AC04"), PAYER, None),
        (replace(BACK, status="PDNG", iban=PAYER), PAYER, None),
    ],
)
def test_an_entry_names_the_payee_of_what_was_paid_and_the_payer_of_what_came_back(
    movement: Movement, account: str | None, named: str | None
) -> None:
    (word,) = words(statement_xml(movement, account=account))
    assert parties_named(word, ORDERED)["account"] == named


@pytest.mark.parametrize("movement", [PAID, BACK, replace(BACK, reversed=True)])
@pytest.mark.parametrize("account", [PAYER, IBAN, "KZ75125KZT1001300335", None])
def test_an_entry_counts_on_the_account_alone_that_the_payment_left_from(
    movement: Movement, account: str | None
) -> None:
    (word,) = words(statement_xml(movement, account=account))
    assert counts_on(word.account, ORDERED) == (account == PAYER)


def test_what_comes_back_is_paid_to_the_payer() -> None:
    for payee, named in (("200140900011", "same"), (BIN, "other")):
        (word,) = words(statement_xml(replace(BACK, payee=payee)))
        assert parties_named(word, ORDERED)["payee"] == named


@pytest.mark.parametrize(
    ("old", "new", "mistake"),
    [
        ("<Ntry>", "<Ntry>", None),
        ("<CdtDbtInd>DBIT", "<CdtDbtInd>CRDT", "directions disagree"),
        ("14000.00", "1.00", "sums disagree"),
        (
            "</CdtDbtInd><RltdPties>",
            '</CdtDbtInd><AmtDtls><InstdAmt><Amt Ccy="KZT">1.00</Amt></InstdAmt></AmtDtls>'
            "<RltdPties>",
            "sums disagree",
        ),
        (
            "</CdtDbtInd><RltdPties>",
            '</CdtDbtInd><AmtDtls><TxAmt><Amt Ccy="KZT">14000</Amt></TxAmt></AmtDtls><RltdPties>',
            None,
        ),
        ("<NtryDtls>", "<NtryDtls><Btch><NbOfTxs>3</NbOfTxs></Btch>", "not all transactions"),
        ("<NtryDtls>", "<NtryDtls><Btch><NbOfTxs>many</NbOfTxs></Btch>", "not all transactions"),
        ("<NtryDtls>", "<NtryDtls><Btch><NbOfTxs>1</NbOfTxs></Btch>", None),
    ],
)
def test_an_entry_that_does_not_agree_with_its_transaction_says_nothing(
    old: str, new: str, mistake: str | None
) -> None:
    content = statement_xml(PAID).decode()
    start, entry, end = content.partition("<Ntry>")
    found = read_report(f"{start}{(entry + end).replace(old, new, 1)}".encode())
    assert [fault.code for fault in found.faults] == ([mistake] if mistake else [])
    assert len(found.told) == (0 if mistake else 1)


def test_an_entry_without_details_is_told_by_its_reference_alone() -> None:
    content = statement_xml(kind="camt.053.001.08").replace(
        b"</Stmt>", entry_of((), PAID, "camt.053.001.08").encode() + b"</Stmt>"
    )
    (told,) = read_report(content).told
    assert (told.named, told.word.key, told.word.reference) == ((), "", "T-000017")


def test_a_payment_is_found_by_the_batch_that_is_ours() -> None:
    batch = b"<NtryDtls><Btch><PmtInfId>P7F3K2-2-1</PmtInfId></Btch></NtryDtls>"
    entry = entry_of((), PAID, "camt.053.001.08").encode().replace(b"</Ntry>", batch + b"</Ntry>")
    content = statement_xml(kind="camt.053.001.08").replace(b"</Stmt>", entry + b"</Stmt>")
    assert [told.named for told in read_report(content).told] == [(KEY,)]


def test_what_is_no_payment_of_ours_is_no_fault_of_a_report() -> None:
    fee = Movement(None, 100, reference=None)
    euros = replace(PAID, key="E-1", currency="EUR")
    found = read_report(statement_xml(fee, euros, PAID))
    assert [(told.word.key, told.word.at_odds) for told in found.told] == [
        ("E-1", True),
        (KEY, False),
    ]
    assert {fault.named for fault in found.faults} == {("E-1",)}


@pytest.mark.parametrize(
    ("movement", "mistake"),
    [
        (replace(PAID, direction="BOTH"), "CdtDbtInd: DBIT or CRDT"),
        (replace(PAID, status="??"), "Sts/Cd: wrong format"),
        (replace(PAID, iban="my account"), "IBAN: not an account"),
    ],
)
def test_an_entry_that_is_not_clear_is_told_by_its_place(movement: Movement, mistake: str) -> None:
    found = read_report(statement_xml(movement))
    assert (found.told, found.faults[0].named) == ((), (KEY,))
    assert mistake in str(found.faults[0])


def test_a_notification_that_names_no_payment_is_malformed() -> None:
    with pytest.raises(MalformedReport) as malformed:
        read_report(statement_xml(Movement(None, 100, reference=None)))
    assert "says nothing of a payment" in malformed.value.mistakes[0]


def test_a_statement_is_every_booked_movement_of_the_account() -> None:
    fee = Movement(None, 100, reference=None)
    back = replace(PAID, direction="CRDT", amount=100_000, reference="R-1")
    waiting = replace(PAID, key="K-2", status="PDNG")
    assert list(read_statement(statement_xml(PAID, fee, back, waiting)).entries) == [
        AccountEntry(KEY, 1_400_000, "debit", date(2026, 11, 24), "T-000017"),
        AccountEntry(None, 100, "debit", date(2026, 11, 24), None),
        AccountEntry(KEY, 100_000, "credit", date(2026, 11, 24), "R-1"),
    ]


def test_an_instant_of_booking_is_told_as_its_local_day() -> None:
    content = statement_xml(PAID).replace(
        b"<BookgDt><Dt>2026-11-24</Dt>", b"<BookgDt><DtTm>2026-11-24T20:30:00Z</DtTm>"
    )
    assert read_statement(content).entries[0].booked == date(2026, 11, 25)


@pytest.mark.parametrize(
    "movement",
    [
        replace(PAID, currency="EUR"),
        Movement(None, 100, currency="EUR", reference=None),
        replace(PAID, day="2026-13-41"),
        replace(PAID, status="??"),
    ],
)
def test_a_statement_of_which_a_part_cannot_be_read_is_not_read(movement: Movement) -> None:
    with pytest.raises(MalformedReport):
        read_statement(statement_xml(PAID, movement))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("14000.00", "28000.00"),
        ("<CdtDbtInd>DBIT", "<CdtDbtInd>CRDT"),
        ("<NtryDtls>", "<NtryDtls><Btch><NbOfTxs>2</NbOfTxs></Btch>"),
    ],
)
def test_a_statement_whose_entry_says_other_than_its_transaction_is_not_read(
    old: str, new: str
) -> None:
    """The account lost more, or gained, where the transaction alone is as it was ordered."""
    content = statement_xml(replace(PAID, key=OWN)).decode()
    read_statement(content.encode())
    start, entry, end = content.partition("<Ntry>")
    with pytest.raises(MalformedReport):
        read_statement(f"{start}{(entry + end).replace(old, new, 1)}".encode())


def test_an_entry_of_a_statement_is_known_by_whichever_of_its_keys_is_ours() -> None:
    content = statement_xml(replace(PAID, key="SALARY")).replace(
        b"<Refs>", f"<Refs><InstrId>{OWN}</InstrId>".encode()
    )
    assert [one.key for one in read_statement(content).entries] == [OWN]


@pytest.mark.parametrize(
    "content",
    [
        b'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.002.001.12"/>',
        statement_xml(PAID, kind="camt.052.001.08"),
    ],
)
def test_neither_a_status_report_nor_one_of_a_day_that_is_not_over_is_a_statement(
    content: bytes,
) -> None:
    with pytest.raises(MalformedReport) as malformed:
        read_statement(content)
    assert malformed.value.mistakes == ("/Document: not a statement",)


@given(st.data())
def test_a_statement_with_anything_anywhere_ends_in_words_or_in_a_malformed_report(
    data: st.DataObject,
) -> None:
    content = statement_xml(PAID, replace(PAID, direction="CRDT"))
    start = data.draw(st.integers(0, len(content)))
    end = data.draw(st.integers(start, min(len(content), start + 40)))
    mutated = content[:start] + data.draw(st.binary(max_size=12)) + content[end:]
    for read in (read_report, read_statement):
        with suppress(MalformedReport):
            read(mutated)
