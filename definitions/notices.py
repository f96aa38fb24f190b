"""What the texts of notices say of a case: its reference, last days, and lengths of terms."""

from collections.abc import Mapping
from typing import Any

from definitions.editions import edition
from definitions.wording import notice_facts
from domain.case.state import Case
from domain.terms.later_edition import as_held


def term_of(case: Case, data: Mapping[str, Any]) -> str | None:
    """The term that a text is about: that of its effect, or by which it is to be done."""
    asking = edition(case.edition).process.asking.get(data["text"])
    return data.get("term") or (asking.term if asking else None)


def facts_of_notice(case: Case, period: int, code: str, term: str | None) -> dict[str, Any]:
    """The facts that a text names: its last day is that of a term, lengths are of the edition."""
    assert case.measure is not None, "a case that tells somebody has a measure"
    lengths = as_held(case, edition(case.edition)).terms.items()
    deadline = case.periods[period].deadlines.get(term) if term else None
    known: dict[str, Any] = {name: one.length for name, one in lengths}
    known["reference"] = case.measure.reference
    if deadline is not None:
        known["until"] = deadline.last_day.isoformat()
    return {name: known[name] for name in notice_facts(code) if name in known}
