"""Phones and e-mails are read as people write them; what is of no use says why."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.identifiers import is_email
from domain.parties.contacts import is_mobile, read_email, read_phone

MOBILE = "+77011234567"


@pytest.mark.parametrize(
    "typed",
    [
        "+77011234567",
        "87011234567",
        "77011234567",
        "7011234567",
        "8 (701) 123-45-67",
        "+7 (701) 123-45-67",
        "8-701-123-45-67",
        "8.701.123.45.67",
        "+7\N{NO-BREAK SPACE}701\N{NO-BREAK SPACE}1234567",
        "\N{LEFT-TO-RIGHT MARK}+77011234567",
        "８７０１１２３４５６７",
        "٨٧٠١١٢٣٤٥٦٧",
        "tel:+77011234567",
        "моб. 8 701 123 45 67 (мама)",
        "+8 701 123 45 67",
        "0077011234567",
        "8-10-7-701 123 45 67",
        "8 701 123–45–67",
        "8/701/1234567",
        "+7/701/123/45/67",
        "87011234567 / нет",
    ],
)
def test_a_mobile_number_is_taken_in_any_form(typed: str) -> None:
    read = read_phone(typed)
    assert (read.value, read.flaw) == (MOBILE, None)


@pytest.mark.parametrize(
    "typed",
    [
        "87011234567, 87021234567",
        "8 701 123 45 67; 8 702 123 45 67",
        "87011234567/87021234567",
        "8701123456787021234567",
        "8 701 123 45 67 8 702 123 45 67",
        "8 (7172) 55-12-34, 8 701 123 45 67",
        "+7 916 123 45 67 или 8 701 123 45 67",
    ],
)
def test_of_several_numbers_the_first_mobile_one_is_taken(typed: str) -> None:
    assert read_phone(typed).value == MOBILE


@pytest.mark.parametrize(
    "typed", ["+77172551234", "8 (7172) 55-12-34", "7272 123456", "77511234567", "8/7172/551234"]
)
def test_a_landline_keeps_its_number_and_gets_no_sms(typed: str) -> None:
    read = read_phone(typed)
    assert read.flaw == "landline"
    assert read.value is not None
    assert not is_mobile(read.value)


@pytest.mark.parametrize(
    ("typed", "flaw"),
    [
        ("+79161234567", "foreign"),
        ("8 916 123 45 67", "foreign"),
        ("+996 555 123 456", "foreign"),
        ("нет", "says_none"),
        ("Жоқ", "says_none"),
        ("-", "says_none"),
        ("—", "says_none"),
        ("n/a", "unreadable"),
        ("8/701/123", "unreadable"),
        ("55-12-34/55-12-35", "unreadable"),
        ("55-12-34", "unreadable"),
        ("8701123456", "unreadable"),
        ("+7 701 123 45 6", "unreadable"),
        ("87О11234567", "unreadable"),
        ("+7" * 2000, "unreadable"),
    ],
)
def test_what_is_no_number_of_the_country_is_left_out(typed: str, flaw: str) -> None:
    read = read_phone(typed)
    assert (read.value, read.flaw) == (None, flaw)


@pytest.mark.parametrize("typed", ["", " ", "\t\n", "\N{ZERO WIDTH SPACE}"])
def test_nothing_given_is_no_flaw(typed: str) -> None:
    for read in (read_phone(typed), read_email(typed)):
        assert (read.value, read.flaw) == (None, None)


@pytest.mark.parametrize(
    ("typed", "mailbox"),
    [
        ("USER@MAIL.KZ", "USER@mail.kz"),
        ("user@почта.қаз", "user@xn--80a1acny.xn--80ao21a"),
        (" a@b.kz. ", "a@b.kz"),
        ("mailto:a@b.kz", "a@b.kz"),
        ("MAILTO:a@b.kz", "a@b.kz"),
        ("a@b.kz; c@d.kz", "a@b.kz"),
        ("нет такого, a@b.kz", "a@b.kz"),
        ("Мысал <a@b.kz>", "a@b.kz"),
        ("a @ b.kz", "a@b.kz"),
        ("a@b.kz\r\nBcc: c@d.kz", "a@b.kz"),
    ],
)
def test_a_mailbox_is_taken_in_any_form(typed: str, mailbox: str) -> None:
    read = read_email(typed)
    assert (read.value, read.flaw) == (mailbox, None)


@pytest.mark.parametrize(
    ("typed", "flaw"),
    [
        ("нет", "says_none"),
        ("жоқ", "says_none"),
        ("-", "says_none"),
        ("mysal at example.kz", "unreadable"),
        ("пошта@b.kz", "unreadable"),
        ("a@b@c.kz", "unreadable"),
        ("a@-b.kz", "unreadable"),
        ("a@" + "b" * 300 + ".kz", "unreadable"),
    ],
)
def test_what_is_no_mailbox_is_left_out(typed: str, flaw: str) -> None:
    read = read_email(typed)
    assert (read.value, read.flaw) == (None, flaw)


@given(st.from_regex(r"7(0[0-9]|47|7[0-9])[0-9]{7}", fullmatch=True), st.text(" -().", max_size=3))
def test_any_mobile_number_survives_any_grouping(national: str, between: str) -> None:
    for written in (f"8{national}", f"+7{national}"):
        grouped = between.join((written[:2], written[2:5], written[5:]))
        assert read_phone(grouped).value == f"+7{national}"


@given(st.text())
def test_any_text_is_read_and_what_is_read_is_read_again_the_same(typed: str) -> None:
    phone, email = read_phone(typed), read_email(typed)
    if phone.value:
        assert read_phone(phone.value) == phone
    if email.value:
        assert is_email(email.value)
        assert read_email(email.value) == email
