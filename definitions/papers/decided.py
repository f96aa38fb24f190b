"""What an authority or the commission wrote to the parties, as a paper with its letterhead."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from definitions.editions import title_of
from definitions.papers.sheet import CheckMark, Code, PrintedPaper, Sheet, facts, passages
from definitions.wording import text
from definitions.written import long_day

# State bodies write in the state language, and in Russian beside it (Law on languages 151-I,
# articles 8 and 9); English comes with it for who asks.
OFFICIAL: Final = ("kk", "ru")
COMMISSIONS: Final = "conclusion"


@dataclass(frozen=True, slots=True)
class Decider:
    """Who decided: the role, and the name for those who may see it."""

    role: str
    name: str | None = field(repr=False)

    def told(self, language: str) -> str:
        """In words."""
        role = text(f"law.actor.{self.role}", language)
        return f"{self.name}, {role}" if self.name else role


def decision_paper(
    content: Mapping[str, Any],
    languages: tuple[str, ...],
    decided: Sequence[Decider],
    authority: Mapping[str, Mapping[str, str]],
    check: CheckMark | None,
) -> PrintedPaper:
    """The paper, from its canonical content; `authority` is its name by language and case, and
    `decided` who wrote it, of two the first one first.
    """
    made_on = date.fromisoformat(content["on"])
    every = (*OFFICIAL, *(one for one in languages if one not in OFFICIAL))
    sheets = tuple(_sheet(content, one, decided, authority[one], made_on) for one in every)
    return PrintedPaper(sheets, made_on, check)


def _sheet(
    content: Mapping[str, Any],
    language: str,
    decided: Sequence[Decider],
    authority: Mapping[str, str],
    made_on: date,
) -> Sheet:
    ours = content["document"] == COMMISSIONS
    issuer = text("printed.commission", language) if ours else authority["nominative"]
    told = content["texts"][language]
    named: dict[str, str] = {
        "case": Code(content["case"]),
        "period": str(content["period"]),
        "made_on": long_day(made_on, language),
        "authority": authority["nominative"],
        "authority_bin": Code(content["authority_bin"]),
        "edition": title_of(content["edition"], language),
    }
    parts = ("decided_first", "decided_second") if len(decided) > 1 else ("decided",)
    named |= {name: one.told(language) for name, one in zip(parts, decided, strict=False)}
    rows = [(text(f"printed.fact.{name}", language), value) for name, value in named.items()]
    about = facts(text("printed.decision_facts", language), rows)
    return Sheet(language, told["title"], (*passages(told["text"]), about), issuer)
