"""What an authority or the commission writes to the parties of a case, in three languages."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection

from db.authorities import read_authority
from definitions.editions import edition
from definitions.wording import LANGUAGES, facts_of, length, text
from domain.canonical import canonical_bytes, sha256_hex
from domain.case.state import Case
from domain.terms.counting import Term, local_day

# The kind of each paper under which it is kept; its words are `paper.<code>` in the texts.
KINDS: Final[Mapping[str, str]] = {
    "preliminary_refusal": "preliminary_decision",
    "preliminary_closing": "preliminary_decision",
    "refusal": "decision",
    "closing": "decision",
    "return": "decision",
    "contest_granted": "decision",
    "contest_denied": "decision",
    "withdrawal": "answer",
    "answer": "answer",
    "no_supplier_confirmed": "conclusion",
    "no_supplier_denied": "conclusion",
    "complaint_dismissed": "conclusion",
    "remedy": "conclusion",
    "for_supplier": "conclusion",
    "for_recipient": "conclusion",
    "breach": "conclusion",
}
# The texts of its ground; a paper that is not named here has the grounds of a refusal, or none.
GROUNDS: Final[Mapping[str, str]] = {"breach": "breach"}


@dataclass(frozen=True)
class WrittenPaper:
    """A document: canonical JSON, with `title` and `text` by language."""

    kind: str
    content: bytes = field(repr=False)

    @property
    def told(self) -> dict[str, str]:
        """What the file says of it."""
        return {"kind": self.kind, "sha256": sha256_hex(self.content)}


@dataclass(frozen=True)
class Said:
    """What a paper is to say: its code, the writer's own words, and what else was told."""

    code: str
    words: str = field(repr=False)
    told: Mapping[str, Any]

    def ground(self, language: str) -> str:
        """The ground in words, empty without one."""
        ground = self.told.get("ground")
        return text(f"{GROUNDS.get(self.code, 'ground')}.{ground}", language) if ground else ""


def write_paper(
    connection: Connection, case: Case, period: int, now: datetime, said: Said
) -> WrittenPaper:
    """Write a paper about a period of a case; it is kept by whoever records the act."""
    assert case.measure is not None, "a case with a status has a measure"
    decides = case.periods[period].payer or case.measure.authority
    authority = read_authority(connection, decides)
    assert authority is not None, "a case lies with an authority"
    law, day = edition(case.edition), local_day(now)
    terms = {name: Term.parse(law.terms[name].length) for name in ("objections", "hearing")}
    terms["appeal"] = Term.parse(law.values["appeal"])
    texts = {}
    for language in LANGUAGES:
        known = {
            **said.told,
            "reference": case.measure.reference,
            "day": day,
            "authority": authority.forms(language),
            "said": said.words,
            "ground": said.ground(language),
            **{name: length(term, language) for name, term in terms.items()},
        }
        code = f"paper.{said.code}"
        named = {name: known[name] for name in facts_of(f"{code}.body")}
        texts[language] = {
            "title": text(f"{code}.title", language),
            "text": text(f"{code}.body", language, **named),
        }
    kind = KINDS[said.code]
    content: dict[str, Any] = {
        "document": kind,
        "about": said.code,
        "case": case.measure.reference,
        "period": period,
        "on": day.isoformat(),
        "authority_bin": authority.bin,
        "edition": law.code,
        "ground": said.told.get("ground"),
        "texts": texts,
    }
    return WrittenPaper(kind, canonical_bytes(content))
