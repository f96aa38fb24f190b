"""What is signed, as papers: the application and its annex, with who has signed them.

All that the signed bytes say stands in them, and beside it only words for their codes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

from definitions.editions import title_of
from definitions.papers.sheet import (
    Block,
    CheckMark,
    Code,
    Grid,
    Paragraph,
    PrintedPaper,
    Sheet,
    facts,
)
from definitions.wording import text
from definitions.written import moment, tenge
from domain.money.amounts import co_payment

# The rows of each paper, in their order; how a value is written is told by `_shown`.
_APPLICATION: Final = (
    *("case", "programme", "measure", "period", "order", "version", "recipient_iin"),
    *("supplier", "supplier_number", "authority", "authority_bin", "item", "item_code", "unit"),
    *("quantity", "unit_price", "unit_sum", "companion_sum", "amount", "co_payment"),
    *("catalogue", "edition"),
)
_ACCOUNT: Final = ("case", "supplier", "supplier_number", "iban", "bic", "application")
_SUMS: Final = ("unit_price", "unit_sum", "companion_sum", "amount", "co_payment")
_COUNTS: Final = ("period", "order", "version", "quantity")
# Of these the words are known beside the document; the rest is read letter by letter.
_WORDS: Final = ("supplier", "authority", "item", "unit", "edition")


@dataclass(frozen=True, slots=True)
class Signatory:
    """Who has signed, as the certificate names them; `checked` once a verifier has said so."""

    role: str
    name: str = field(repr=False)
    at: datetime
    checked: bool


@dataclass(frozen=True, slots=True)
class Beside:
    """What is known of a document beside its bytes.

    `item` and `authority` (its name in each grammatical case) by language. `instead`: what stands
    in place of the recipient's signature. Without `check` it is a draft, to be signed by its hash.
    """

    reference: str
    sha256: str
    supplier: str | None = field(default=None, repr=False)
    authority: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    item: Mapping[str, str] = field(default_factory=dict)
    unit: str | None = None
    signatories: tuple[Signatory, ...] = ()
    instead: tuple[str, ...] = ()
    check: CheckMark | None = None


def application_paper(
    content: Mapping[str, Any], languages: Sequence[str], beside: Beside, made_on: date
) -> PrintedPaper:
    """The application, from its canonical content."""
    return PrintedPaper(
        tuple(_application(content, one, beside) for one in languages), made_on, beside.check
    )


def account_paper(
    content: Mapping[str, Any], languages: Sequence[str], beside: Beside, made_on: date
) -> PrintedPaper:
    """The annex that names the account, likewise."""
    return PrintedPaper(
        tuple(_account(content, one, beside) for one in languages), made_on, beside.check
    )


def _application(content: Mapping[str, Any], language: str, beside: Beside) -> Sheet:
    left = co_payment(
        content["unit_price"],
        content["unit_sum"],
        content.get("companion_sum"),
        content["quantity"],
    )
    rows = _rows(_APPLICATION, {**content, "co_payment": left}, language, beside)
    blocks = (
        Paragraph(text("printed.asks", language)),
        facts(text("printed.facts", language), rows),
        *_signed(language, beside),
    )
    authority = beside.authority.get(language)
    return Sheet(
        language,
        text("printed.kind.application", language),
        blocks,
        text("printed.to", language, authority=authority) if authority else "",
        text("printed.sum", language, amount=tenge(content["amount"])),
    )


def _account(content: Mapping[str, Any], language: str, beside: Beside) -> Sheet:
    rows = _rows(_ACCOUNT, {"case": beside.reference, **content}, language, beside)
    blocks = (
        Paragraph(text("printed.pays_to", language)),
        facts(text("printed.account_facts", language), rows),
        *_signed(language, beside),
    )
    return Sheet(language, text("printed.kind.account", language), blocks)


def _rows(
    names: Sequence[str], content: Mapping[str, Any], language: str, beside: Beside
) -> list[tuple[str, str | None]]:
    words = {
        "supplier": beside.supplier,
        "authority": beside.authority.get(language, {}).get("nominative"),
        "item": beside.item.get(language),
        "edition": title_of(content["edition"], language) if "edition" in content else None,
        "unit": beside.unit and text(f"printed.unit.{beside.unit}", language),
    }
    told = {
        **content,
        "supplier_number": content["supplier"],
        "item_code": content.get("item"),
        **words,
    }
    return [
        (text(f"printed.fact.{name}", language), _shown(name, told.get(name))) for name in names
    ]


def _shown(name: str, value: Any) -> str | None:
    if value is None:
        return None
    if name in _WORDS:
        return str(value)
    if name in _SUMS:
        return tenge(value)
    return str(value) if name in _COUNTS else Code(value)


def _signed(language: str, beside: Beside) -> tuple[Block, ...]:
    """Who has signed, or that nobody has yet."""
    if beside.check is None:
        draft = Paragraph(text("printed.draft", language), apart=True)
        return draft, Paragraph(text("printed.hash", language, sha256=beside.sha256))
    instead = (Paragraph(text(f"printed.signature.{one}", language)) for one in beside.instead)
    if not beside.signatories:
        return (Paragraph(text("printed.signature.none", language), apart=True), *instead)
    columns = ("who", "name", "at", "state")
    rows = (
        (
            text(f"law.actor.{one.role}", language),
            one.name,
            moment(one.at, language),
            text(f"printed.signature.{'good' if one.checked else 'waits'}", language),
        )
        for one in beside.signatories
    )
    named = tuple(text(f"printed.signature.{one}", language) for one in columns)
    return (Grid(text("printed.signature.caption", language), tuple(rows), named), *instead)
