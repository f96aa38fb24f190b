"""Recognise the identifiers of persons, organisations, accounts, mailboxes and places.

Only ASCII digits count: `str.isdigit` alone would also take Arabic-Indic ones. A birth date inside
an IIN is tradition, not law (Order MVD 521 of 29.06.2023), and is never a reason to refuse.
"""

import re
from typing import Final, Literal

IdentifierKind = Literal["iin", "bin"]

_TWELVE_DIGITS: Final = re.compile(r"[0-9]{12}")
_IBAN: Final = re.compile(r"KZ[0-9]{2}[0-9]{3}[0-9A-Z]{13}")
# What people, and the programs they copy from, set between the groups of an account and around
# them: blanks of every width, signs that are not seen, dashes; and the word before it.
_BETWEEN: Final = re.compile(
    r"[\s\u00ad\u200b-\u200f\u2010-\u2015\u202a-\u202e\u2060-\u2069\u2212\ufeff-]"
)
_BEFORE: Final = re.compile(r"IBAN[:.]?")
# Of a bank of the country (ISO 9362), whose branch may be left out.
_BIC: Final = re.compile(r"[A-Z0-9]{4}KZ[A-Z0-9]{2}([A-Z0-9]{3})?")
_KATO: Final = re.compile(r"[0-9]{9}")
_EMAIL: Final = re.compile(
    r"(?=.{3,254}\Z)(?=[^@]{1,64}@)"
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]([A-Za-z0-9-]{0,61}[A-Za-z0-9])"
)
_FIRST_WEIGHTS: Final = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11)
_SECOND_WEIGHTS: Final = (3, 4, 5, 6, 7, 8, 9, 10, 11, 1, 2)
# Old systems fill an unknown number with zeros, and the control digit of zeros is zero.
_PLACEHOLDER: Final = "0" * 12


def control_digit(prefix: str) -> int | None:
    """The twelfth digit that belongs to eleven ASCII digits, or None where none may be issued.

    Order MVD 521: weights 1 to 11 modulo 11; on ten a second pass with other weights; a prefix
    that gives ten again is not used.
    """
    digits = [int(digit) for digit in prefix]
    for weights in (_FIRST_WEIGHTS, _SECOND_WEIGHTS):
        digit = sum(a * b for a, b in zip(digits, weights, strict=True)) % 11
        if digit < 10:
            return digit
    return None


def identifier_kind(text: str) -> IdentifierKind | None:
    """`iin` or `bin` for a number with a right control digit, else None.

    The fifth digit decides: 0 to 3 for persons, 4 to 9 for organisations (Order MinJust 423 of
    27.06.2023), so that no BIN equals an IIN. A sole proprietor has an IIN only.
    """
    if not _TWELVE_DIGITS.fullmatch(text) or text == _PLACEHOLDER:
        return None
    if control_digit(text[:11]) != int(text[11]):
        return None
    return "iin" if text[4] <= "3" else "bin"


def is_iin(text: str) -> bool:
    """A person's individual identification number."""
    return identifier_kind(text) == "iin"


def is_bin(text: str) -> bool:
    """An organisation's business identification number."""
    return identifier_kind(text) == "bin"


def plain_iban(text: str) -> str:
    """An IBAN as people type it, without what stands between and before its groups, in capitals."""
    plain = plain_bic(text)
    return _BEFORE.sub("", plain, count=1) if plain.startswith("IBAN") else plain


def is_iban(text: str) -> bool:
    """A Kazakh IBAN without spaces: KZ, two check digits (ISO 13616, mod 97), bank, account."""
    if not _IBAN.fullmatch(text):
        return False
    # Letters count as two digits, A = 10; the check digits are zero while they are computed.
    number = int("".join(str(int(sign, 36)) for sign in text[4:] + "KZ00"))
    return int(text[2:4]) == 98 - number % 97


def plain_bic(text: str) -> str:
    """A BIC as people type it, without blanks, in capitals."""
    found = _BETWEEN.sub("", text)
    return found.upper() if found.isascii() else found


def is_bic(text: str) -> bool:
    """A bank of Kazakhstan: only there are Kazakh accounts."""
    return _BIC.fullmatch(text) is not None


def is_kato(text: str) -> bool:
    """A code of the classifier of administrative territories: nine digits."""
    return _KATO.fullmatch(text) is not None


def is_email(text: str) -> bool:
    """An ASCII mailbox that can be written into a mail header; whether it exists is not asked."""
    return _EMAIL.fullmatch(text) is not None
