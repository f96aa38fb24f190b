"""Questions put to a named person: by people, or by a term that runs out."""

from domain.case import Escalation
from domain.context import Change, Context
from domain.records.registry import recorder


def _ask(c: Context, to: str, by: str | None, reason: str) -> Change:
    """The event carries this question, and none of those beside it: a case may have hundreds."""
    made = Escalation(id=c.message.id, to=to, by=by, at=c.message.at, reason=reason)
    return Change(case={"question": made})


@recorder
def escalate(c: Context) -> Change:
    """What is asked is free text and stays in the inbox, under the message's id."""
    return _ask(c, c.data["to"], c.actor.id, "asked")


@recorder
def escalate_overdue(c: Context) -> Change:
    """A term ran out: nothing is decided, the authority's lead is asked (rows N5, C8, V4, P6)."""
    return _ask(c, "authority_lead", None, "overdue")


@recorder
def escalate_to_commission(c: Context) -> Change:
    """Likewise where the commission is silent: its chair is asked (rows C4, D2, D6)."""
    return _ask(c, "commission_chair", None, "overdue")


@recorder
def answer_escalation(c: Context) -> Change:
    return Change(case={"answers": c.data["escalation"]})
