"""Identifiers are recognised by form and control digit, and by nothing softer."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from domain.identifiers import (
    control_digit,
    identifier_kind,
    is_bic,
    is_bin,
    is_email,
    is_iban,
    is_iin,
    is_kato,
    plain_bic,
    plain_iban,
)

digits = st.text("0123456789", min_size=11, max_size=11)


@pytest.mark.parametrize(
    "text",
    [
        "000101500011",
        "000101500021",
        "000101500031",
        "000101500206",
        "000101500218",
        "000101500231",
    ],
)
def test_an_iin_of_the_first_and_of_the_second_pass_is_one(text: str) -> None:
    assert is_iin(text)
    assert not is_bin(text)


@pytest.mark.parametrize(
    "text", ["200140000014", "200140000024", "200141000016", "200150000019", "200160000013"]
)
def test_a_bin_is_told_from_an_iin_by_its_fifth_digit(text: str) -> None:
    assert is_bin(text)
    assert not is_iin(text)


@pytest.mark.parametrize("prefix", ["00010150022", "00010150103", "00010150294"])
def test_some_prefixes_have_no_number(prefix: str) -> None:
    assert control_digit(prefix) is None
    assert not any(identifier_kind(f"{prefix}{last}") for last in range(10))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "000101500012",
        "00010150001",
        "0001015000110",
        " 000101500011",
        "000101500011\n",
        "٠٠٠١٠١٥٠٠٠١١",
        "００0101500011",
        "000000000000",
        "123456789011",
    ],
)
def test_what_is_no_identifier_is_none(text: str) -> None:
    assert identifier_kind(text) is None


@given(digits)
def test_one_last_digit_at_most_makes_an_identifier(prefix: str) -> None:
    fitting = [last for last in range(10) if identifier_kind(f"{prefix}{last}")]
    expected = control_digit(prefix)
    assert fitting == ([] if expected is None or int(prefix) == 0 else [expected])


@given(digits, st.integers(0, 9), st.integers(1, 9))
def test_one_wrong_digit_of_the_first_ten_shows(prefix: str, place: int, shift: int) -> None:
    # The eleventh weighs 11, which is nothing modulo 11; and a mistake may move into the second
    # pass, where it can hit the right digit by chance.
    changed = (int(prefix[place]) + shift) % 10
    other = f"{prefix[:place]}{changed}{prefix[place + 1 :]}"
    sums = [sum(int(d) * w for w, d in enumerate(text, 1)) % 11 for text in (prefix, other)]
    assume(10 not in sums)
    assert control_digit(prefix) != control_digit(other)


@pytest.mark.parametrize("text", ["KZ75125KZT1001300335", "KZ86125KZT5004100100"])
def test_a_kazakh_iban_passes(text: str) -> None:
    assert is_iban(text)


@pytest.mark.parametrize(
    "text",
    [
        "KZ76125KZT1001300335",
        "KZ75125kzt1001300335",
        "KZ75 125K ZT10 0130 0335",
        "KZ75125KZT100130033",
        "DE89370400440532013000",
        "KZ75125KZT100130033５",
        "KZ75125KZT1001300335\n",
    ],
)
def test_what_is_no_kazakh_iban_fails(text: str) -> None:
    assert not is_iban(text)


@pytest.mark.parametrize(
    ("typed", "right"),
    [
        ("KZ86125KZT5004100100", True),
        ("kz86125kzt5004100100", True),
        (" KZ86 125K ZT50 0410 0100\N{NO-BREAK SPACE}", True),
        ("KZ86-125KZT-5004100100", True),
        ("KZ86\N{NARROW NO-BREAK SPACE}125K\N{THIN SPACE}ZT50\N{FIGURE SPACE}0410\t0100", True),
        ("\N{ZERO WIDTH NO-BREAK SPACE}KZ86125K\N{ZERO WIDTH SPACE}ZT5004100100\n", True),
        ("\N{LEFT-TO-RIGHT MARK}KZ86\N{EN DASH}125KZT\N{NON-BREAKING HYPHEN}5004100100", True),
        ("IBAN KZ86 125K ZT50 0410 0100", True),
        ("iban:kz86125kzt5004100100", True),
        ("IBAN KZ87 125K ZT50 0410 0100", False),
        ("IBAN IBAN KZ86125KZT5004100100", False),
        ("KZ86125KZT500410010\N{ARABIC-INDIC DIGIT ZERO}", False),
        ("KZ86125KZT500410010\N{FULLWIDTH DIGIT ZERO}", False),
        ("КZ86125KZT5004100100", False),
        ("кz86125kzt5004100100", False),
    ],
)
def test_an_account_is_typed_with_blanks_and_small_letters(typed: str, right: bool) -> None:
    assert is_iban(plain_iban(typed)) is right


@pytest.mark.parametrize(
    ("typed", "right"),
    [
        ("KKMFKZ2A", True),
        ("kkmfkz2axxx", True),
        (" KKMF KZ\N{NO-BREAK SPACE}2A", True),
        ("OZHBDEKA", False),
        ("KZKZDEKA", False),
        ("KKMFKZ2AX", False),
        ("ҚKMFKZ2A", False),
        ("", False),
    ],
)
def test_a_bank_is_of_the_country_of_its_account(typed: str, right: bool) -> None:
    assert is_bic(plain_bic(typed)) is right


@given(st.from_regex(r"[0-9]{3}[0-9A-Z]{13}", fullmatch=True))
def test_exactly_one_pair_of_check_digits_fits_an_account(account: str) -> None:
    fitting = [check for check in range(100) if is_iban(f"KZ{check:02d}{account}")]
    assert len(fitting) == 1
    assert 2 <= fitting[0] <= 98


@pytest.mark.parametrize(
    ("text", "right"),
    [("710000000", True), ("71000000", False), ("7100000000", False), ("71000000٠", False)],
)
def test_a_kato_code_has_nine_digits(text: str, right: bool) -> None:
    assert is_kato(text) is right


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("aliya@example.kz", True),
        ("a.b+c@mail.example.kz", True),
        ("a@b", False),
        ("a@@example.kz", False),
        ("a..b@example.kz", False),
        (".a@example.kz", False),
        ("a@-example.kz", False),
        ("a b@example.kz", False),
        ("a@example.kz\nBcc: b@example.kz", False),
        ("a@example.kz\n", False),
        ("Aliya <a@example.kz>", False),
        (f"{'a' * 65}@example.kz", False),
        (f"a@{'b' * 60}.{'c' * 60}.{'d' * 60}.{'e' * 60}.{'f' * 60}.kz", False),
    ],
)
def test_a_mailbox_fits_into_a_header(text: str, right: bool) -> None:
    assert is_email(text) is right
