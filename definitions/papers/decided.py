"""What an authority or the commission wrote to the parties, as a paper with its letterhead."""

from collections.abc import Mapping
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


def decision_paper(
    content: Mapping[str, Any],
    languages: tuple[str, ...],
    authority: Mapping[str, Mapping[str, str]],
    check: CheckMark | None,
) -> PrintedPaper:
    """The paper, from its canonical content; `authority` is its name by language and case."""
    made_on = date.fromisoformat(content["on"])
    every = (*OFFICIAL, *(one for one in languages if one not in OFFICIAL))
    sheets = tuple(_sheet(content, one, authority[one], made_on) for one in every)
    return PrintedPaper(sheets, made_on, check)


def _sheet(
    content: Mapping[str, Any], language: str, authority: Mapping[str, str], made_on: date
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
    rows = [(text(f"printed.fact.{name}", language), value) for name, value in named.items()]
    about = facts(text("printed.decision_facts", language), rows)
    return Sheet(language, told["title"], (*passages(told["text"]), about), issuer)
