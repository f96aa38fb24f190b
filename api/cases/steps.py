"""Who acts next in a case, by when, and what happens otherwise, in words for one reader."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final

from api.cases.timeline import told_ahead
from api.language import labels, worded, words
from definitions.wording import LANGUAGES, codes, every_language
from domain.case.awaited import NO_ONE, Awaiting, Step
from domain.case.proceedings import RevocationAhead
from domain.messages import Role
from domain.terms.counting import end_of_day

# What runs beside the next step, as far as a page tells of it.
BESIDE: Final = 3


def told_next(
    steps: Sequence[Step], role: Role, now: datetime, ahead: RevocationAhead | None
) -> dict[str, Any]:
    """The first step, and what runs beside it: also a revocation whose day is to come."""
    by_itself = [_revoked(ahead.effective_on)] if ahead else []
    told = [_told(one, role, now) for one in steps[: 1 + BESIDE - len(by_itself)]]
    first = told[0] if told else _nobody()
    beside = [*told[1:], *by_itself]
    return {**first, "beside": beside} if beside else first


def asked_of(one: Awaiting, role: Role) -> Any:
    """What a reader is asked to do."""
    return words("task", one.task) if one.task else words(f"act.{role}", str(one.term))


def _told(step: Step, role: Role, now: datetime) -> dict[str, Any]:
    one = step.awaited
    about = {"period": one.period, "term": one.term, "task": one.task}
    return {
        "who": list(one.who),
        "yours": step.yours,
        "text": asked_of(one, role) if step.yours else _waiting(one, role),
        **{name: value for name, value in about.items() if value is not None},
        "by": one.expires_at,
        "last_day": one.last_day,
        "overdue": one.expires_at is not None and one.expires_at <= now,
        "otherwise": words("otherwise", one.term) if one.term else None,
    }


def _revoked(on: date) -> dict[str, Any]:
    """Nobody need do anything for it: it holds once its day begins."""
    before = on - timedelta(days=1)
    told = {"who": [NO_ONE], "yours": False, "text": told_ahead(on), "overdue": False}
    return {**told, "by": end_of_day(before), "last_day": before, "otherwise": None}


def _nobody() -> dict[str, Any]:
    nothing = dict.fromkeys(("by", "last_day", "otherwise"))
    text = words("waits_for", NO_ONE)
    return {"who": [NO_ONE], "yours": False, "text": text, "overdue": False, **nothing}


def _waiting(one: Awaiting, role: Role) -> Any:
    """Whose act it is; where two decide, which of them is waited for, and that it is not the reader
    where that is a colleague.
    """
    group = "awaits_colleague" if role == Role.CASEWORKER else "awaits"
    part = f"{group}.{'second' if one.first else one.term}"
    told = [
        every_language(part)
        if who == Role.CASEWORKER and part in codes(group)
        else labels("waits_for", who)
        for who in one.who
    ]
    return worded({lang: ". ".join(one[lang] for one in told) for lang in LANGUAGES})
