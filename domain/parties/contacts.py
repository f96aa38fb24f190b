"""Read phones and e-mails as people write them into forms.

A contact is either usable, in one form, or has a flaw with a name; what was typed is not repeated.
Numbering plan of Kazakhstan as of libphonenumber: 70x, 747, 76x, 77x and 785 are mobile, 71x and
72x areas of landlines, 75x telephony over the Internet.
"""

import re
import unicodedata
from dataclasses import dataclass, field
from typing import Final, Literal

import idna

from domain.identifiers import is_email

Flaw = Literal["landline", "foreign", "says_none", "unreadable"]

LONGEST: Final = 254
_MOBILE: Final = re.compile(r"7(0[0-9]|47|6[0-9]|7[0-9]|85)[0-9]{7}")
_NO_SMS: Final = re.compile(r"7[125][0-9]{8}")
_NUMBER: Final = re.compile(r"\+?[0-9](?:[\s().‐-―_-]*[0-9])*")
# Of several in one field the best is taken.
_BEST_FIRST: Final = (None, "landline", "foreign", "unreadable")
_NONE: Final = frozenset(
    ("нет", "жоқ", "жок", "no", "none", "null", "нету", "отсутствует", "белгісіз", "неизвестно")
)
_SEPARATORS: Final = re.compile(r"[\s,;|/]+")
_AROUND: Final = "<>()[]\"'«».:-"


@dataclass(frozen=True, slots=True)
class Contact:
    """A contact in one form, or None; and why it cannot be used for what it was given for.

    A landline is known and keeps its number; no SMS reaches it.
    """

    value: str | None = field(default=None, repr=False)
    flaw: Flaw | None = None


def read_phone(text: str) -> Contact:
    """A phone in E.164 (`+77011234567`); of several the first mobile one. Nothing given is none."""
    told = _plain(text)
    if not told or len(told) > LONGEST:
        return Contact(flaw="unreadable" if told else None)
    # A stroke stands between two numbers, or between the groups of one.
    best = _best(told) or Contact(flaw="says_none" if _says_none(told) else "unreadable")
    if best.flaw == "unreadable" and "/" in told:
        return _best(told.replace("/", "-")) or best
    return best


def read_email(text: str) -> Contact:
    """An ASCII mailbox, its domain in lower case and A-labels; of several the first right one."""
    told = re.sub(r"\s*@\s*", "@", _plain(text))
    if not told or len(told) > LONGEST:
        return Contact(flaw="unreadable" if told else None)
    parts = (re.sub(r"(?i)^mailto:", "", part) for part in _SEPARATORS.split(told))
    found = (_mailbox(part.strip(_AROUND)) for part in parts if "@" in part)
    right = next((one for one in found if one), None)
    if right is not None:
        return Contact(right)
    return Contact(flaw="says_none" if _says_none(told) else "unreadable")


def is_mobile(phone: str) -> bool:
    """Whether an SMS can reach a phone in E.164."""
    return phone.startswith("+7") and _MOBILE.fullmatch(phone[2:]) is not None


def _plain(text: str) -> str:
    """Without blanks around it and invisible signs in it; digits of any script are ours."""
    kept = (sign for sign in unicodedata.normalize("NFKC", text) if not _invisible(sign))
    return "".join(str(int(sign)) if sign.isdecimal() else sign for sign in kept).strip()


def _invisible(sign: str) -> bool:
    return unicodedata.category(sign) == "Cf"


def _says_none(told: str) -> bool:
    words = re.findall(r"\w+", told.lower())
    return not words or all(word in _NONE for word in words) or set("".join(words)) == {"0"}


def _best(told: str) -> Contact | None:
    """Of the numbers in a text the most useful one; None where there is none."""
    found = [one for match in _NUMBER.findall(told) for one in _numbers(match)]
    return min(found, key=lambda one: _BEST_FIRST.index(one.flaw), default=None)


def _numbers(match: str) -> list[Contact]:
    """The number, or numbers that stand one behind the other with nothing but blanks between."""
    digits = re.sub(r"[^0-9]", "", match)
    for length in (11, 10):
        parts = [digits[at : at + length] for at in range(0, len(digits), length)]
        if len(parts) > 1 and all(_national(part, False) for part in parts):
            return [_number(part, False) for part in parts]
    return [_number(digits, match.startswith("+"))]


def _national(digits: str, international: bool) -> str | None:
    """The ten digits within Kazakhstan: after 8, after 7, or alone."""
    if len(digits) == 11 and digits[0] in "78" and digits[1] == "7":
        return digits[1:]
    return digits if len(digits) == 10 and digits[0] == "7" and not international else None


def _number(digits: str, international: bool) -> Contact:
    for prefix in ("810", "00"):  # how an international number is dialled
        if digits.startswith(prefix) and len(digits) > 11:
            digits, international = digits.removeprefix(prefix), True
            break
    national = _national(digits, international)
    if national is None:
        abroad = international and digits[0] != "7" and 8 <= len(digits) <= 15
        russian = len(digits) == 11 and digits[0] in "78"
        return Contact(flaw="foreign" if abroad or russian else "unreadable")
    if _MOBILE.fullmatch(national):
        return Contact(f"+7{national}")
    if _NO_SMS.fullmatch(national):
        return Contact(f"+7{national}", "landline")
    return Contact(flaw="unreadable")


def _mailbox(text: str) -> str | None:
    local, _, domain = text.rpartition("@")
    try:
        ascii_domain = idna.encode(domain, uts46=True).decode() if domain else ""
    except idna.IDNAError:
        return None
    whole = f"{local}@{ascii_domain.lower()}"
    return whole if is_email(whole) else None
