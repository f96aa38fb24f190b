"""Questions that a term puts by itself when it runs out."""

from domain.case import Escalation
from domain.context import Change, Context
from domain.records.registry import recorder


def _ask(c: Context, to: str) -> Change:
    made = Escalation(id=c.message.id, to=to, by=None, at=c.message.at, reason="overdue")
    return Change(case={"escalations": {**c.case.escalations, made.id: made}})


@recorder
def escalate_overdue(c: Context) -> Change:
    """A term ran out: nothing is decided, the authority's lead is asked (rows N5, C8, V4, P6)."""
    return _ask(c, "authority_lead")


@recorder
def escalate_to_commission(c: Context) -> Change:
    """Likewise where the commission is silent: its chair is asked (rows C4, D2, D6)."""
    return _ask(c, "commission_chair")
