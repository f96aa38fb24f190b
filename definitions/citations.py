"""Legal citations in the words of three languages: `SC 168(2)` is Social Code, article 168, …

Definitions cite in a short form of their own (bases of terms, sources of days off); people read
it spelled out. What is no known citation stays as it is.
"""

import re
from typing import Final

from definitions.wording import text

_ACTS: Final = {
    "SC": "sc",
    "CC": "cc",
    "APPC": "appc",
    "Labour Code 414-V": "labour_code",
    "Law 267-II of 13.12.2001 on holidays": "holidays_law",
    "Constitution of 15.03.2026": "constitution",
}
_ACT: Final = "(?P<act>" + "|".join(re.escape(act) for act in _ACTS) + "),? (?:art[.] )?"
_ARTICLE: Final = r"(?P<article>\d+(?:(?:-|, )\d+)*)"
_DECREE: Final = r"(?P<number>\d+) of (?P<day>\d[\d.]*\d)"
# The first form that fits is taken, so the longer ones stand before those that begin them.
_FORMS: Final = [
    (re.compile(rf"\b{form}" if form[0].isalpha() else form), code)
    for form, code in (
        (_ACT + _ARTICLE + r"\((?P<part>\d+)\)", "part"),
        (_ACT + _ARTICLE, "article"),
        (rf"Rules p[.] {_ARTICLE}", "rules"),
        ("policy", "policy"),
        ("agreed in the order", "agreed"),
        ("provisional", "provisional"),
        (rf"brought forward from Monday (?P<from_day>[\d.]+) by Government decree {_DECREE}",
         "brought_forward"),
        (rf"as amended by decree {_DECREE}", "amended_decree"),
        (r"as amended by Law (?P<number>[\dIVX-]+) of (?P<day>\d+)", "amended_law"),
        (rf"Government decree {_DECREE}", "decree"),
        (r"Order (?P<number>\d+) of the Minister of Labour of (?P<day>[\d.]+)", "order"),
        (r"on days of rest in (?P<year>\d+)", "days_of_rest"),
        ("the working day after a holiday that falls on a day of rest", "carried_over"),
        ("First President Day, a holiday until 2021", "first_president_day"),
        (r"announced by the Muftiate and the Ministry of Labour on (?P<day>[\d.]+)",
         "announced_by_both"),
        ("announced by the Muftiate", "announced_by_muftiate"),
        ("announced by the Ministry of Labour", "announced_by_ministry"),
        (r"calendar of the Muftiate for (?P<year>\d+) \((?P<day>[\d.]+)\)", "calendar_of_muftiate"),
        (r"calendars for (?P<year>\d+) of the e-government portal \((?P<portal>[\d.]+)\) and the "
         r"Muftiate \((?P<day>[\d.]+)\)", "calendars"),
        (r"statement of the Ministry of Labour of (?P<day>[\d.]+)", "statement"),
        ("estimated by the lunar calendar", "moon"),
        (r"production calendar for (?P<year>\d+)", "working_time"),
    )
]  # fmt: skip

_PROVISION: Final = re.compile(
    r"(?P<act>SC|CC|APPC|Rules p[.])? ?(?P<article>\d+)"
    r"(?:\((?P<first>\d+)\)(?:-\((?P<last>\d+)\))?)?"
)


def provisions(basis: str) -> tuple[str, ...]:
    """The single articles that a basis cites: `SC 157, 168(1)-(2)` are three; policy is none."""
    act, found = "", []
    for cited in _PROVISION.finditer(basis):
        act = cited["act"] or act
        article = f"{act} {cited['article']}"
        if cited["first"] is None:
            found.append(article)
        else:
            last = int(cited["last"] or cited["first"])
            found += [f"{article}({part})" for part in range(int(cited["first"]), last + 1)]
    return tuple(found)


def unread(basis: str) -> str:
    """What of a basis is no article and no act: nothing, if all of it can be read."""
    return _PROVISION.sub("", basis).strip(" ,;")


def acts(basis: str) -> tuple[str, ...]:
    """The acts that a basis cites: `SC 157, APPC 64` are SC and APPC."""
    return tuple(
        dict.fromkeys(cited["act"] for cited in _PROVISION.finditer(basis) if cited["act"])
    )


def provision_code(provision: str) -> str:
    """The code of an article: `SC 168(2)` is `sc_168_2`, `Rules p. 10` is `rules_10`."""
    return "_".join(re.findall(r"[a-z]{2,}|\d+", provision.lower()))


def in_words(citation: str, language: str) -> str:
    """A basis or a source as people read it in kk, ru or en."""
    told, place = "", 0
    while place < len(citation):
        found = next(
            ((m, code) for form, code in _FORMS if (m := form.match(citation, place))), None
        )
        if found:
            told += _told(*found, language)
            place = found[0].end()
        else:
            told += citation[place]
            place += 1
    return told


def _told(found: re.Match[str], code: str, language: str) -> str:
    facts = found.groupdict()
    if "act" in facts:
        facts["act"] = text(f"citation.act.{_ACTS[facts['act']]}", language)
    return text(f"citation.{code}", language, **facts)
