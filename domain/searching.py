"""What a search may be for, and how words are compared.

Kazakh letters are compared as the Russian ones that are typed in their place, whoever typed which;
so are capital and small ones, and ё as е.
"""

import re
import unicodedata
from collections.abc import Iterator
from typing import Final, Literal, get_args

from domain.parties.contacts import read_phone

SearchKind = Literal["reference", "programme", "iin", "phone", "name", "supplier", "item"]
SEARCH_KINDS: Final[tuple[SearchKind, ...]] = get_args(SearchKind)
# Who is searched for by them is a person.
OF_PERSONS: Final[frozenset[SearchKind]] = frozenset(("iin", "phone", "name"))
# The least that is searched for: so many letters of one word, so many digits of a reference.
LETTERS: Final = 3
DIGITS: Final = 4
# Of a longer word only the beginning is compared.
LONGEST_BEGINNING: Final = 12
_FOLDED: Final = str.maketrans("әғқңөұүһіё", "агкноуухие")
_REFERENCE: Final = re.compile(r"OZ[0-9]+")


def kinds_of(query: str) -> tuple[SearchKind, ...]:
    """What a query may be meant to name, by its form alone."""
    digits = digits_in(query)
    programme: tuple[SearchKind, ...] = ("programme",) if len(query.strip()) >= DIGITS else ()
    if any(sign.isalpha() for sign in query):
        if _REFERENCE.fullmatch(plain_reference(query)):
            return ("reference",)
        return (*(programme if digits else ("name",)), "supplier", "item")
    if is_number(query):
        # An organisation's has at least 4 at the fifth place, right or wrong.
        return ("supplier",) if digits[4] >= "4" else ("iin",)
    if "+" in query or read_phone(query).value:
        return ("phone",)
    return ("reference", *programme)


def is_number(query: str) -> bool:
    """Whether a query has the form of an IIN or a BIN, right or wrong."""
    return len(digits_in(query)) == 12 and not any(sign.isalpha() for sign in query)


def is_enough(kind: SearchKind, query: str) -> bool:
    """Whether a query says enough for a search of this kind."""
    match kind:
        case "reference":
            return len(digits_in(query)) >= DIGITS
        case "name" | "supplier" | "item":
            return is_number(query) or any(len(word) >= LETTERS for word in words_in(query))
    return True


def plain_reference(query: str) -> str:
    """A reference, or a part of one, without what people set between its signs."""
    return re.sub(r"[^0-9A-Z]", "", unicodedata.normalize("NFKC", query).upper())


def digits_in(query: str) -> str:
    """The digits of a query, without what stands between them."""
    return re.sub(r"[^0-9]", "", unicodedata.normalize("NFKC", query))


def words_in(text: str) -> tuple[str, ...]:
    """The words of a text as they are compared."""
    folded = unicodedata.normalize("NFKC", text).casefold().translate(_FOLDED)
    return tuple(re.findall(r"[^\W_]+", folded))


def beginnings(text: str) -> frozenset[str]:
    """By what a text is found: every beginning of each of its words."""
    return frozenset(_beginnings(text))


def _beginnings(text: str) -> Iterator[str]:
    for word in words_in(text):
        yield from (word[:end] for end in range(1, min(len(word), LONGEST_BEGINNING) + 1))


def wanted_beginnings(query: str) -> frozenset[str]:
    """With which beginnings a text must have words, to be found by a query."""
    return frozenset(word[:LONGEST_BEGINNING] for word in words_in(query))
