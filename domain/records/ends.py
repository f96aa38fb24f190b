"""Ends that come by themselves, and ends that are undone (rows C9, L12)."""

from domain.context import Change, Context, Start
from domain.records.orders import revived
from domain.records.receipt import begin_round
from domain.records.registry import decided, recorder, with_flag, without_flags
from domain.terms import Term, certify

REOPENING = "reopen"


@recorder
def warn_of_implementation(c: Context) -> Change:
    return Change(period={"flags": with_flag(c, "implementation_warned")})


def anew(c: Context, term: str) -> Start:
    """A term that ran at the end begins anew, and never ends earlier than it would have."""
    rule, held = c.edition.terms[term], c.deadline(term)
    made = certify(c.today, Term.parse(rule.length), c.calendar, rule.basis)
    if held is None or held.last_day <= made.last_day:
        return Start()
    return Start(until=held.last_day, basis=rule.basis)


@recorder
def propose_reopening(c: Context) -> Change:
    return Change(period={"decisions": decided(c, REOPENING, ground=c.data["ground"])})


def _reopened(c: Context) -> dict[str, object]:
    """What was decided before the end counts no more; who re-opened it stays in the file."""
    both = decided(c, REOPENING, ground=c.data["ground"])
    kept = tuple(d for d in both if d.kind == REOPENING and d.at >= c.period.since)
    return {"decisions": kept, "hearing": None}


@recorder
def reopen_review(c: Context) -> Change:
    """The order and the signatures stand: the content is what it was."""
    return Change(
        period={**_reopened(c), "orders": revived(c)}, starts={"review": anew(c, "review")}
    )


@recorder
def reopen_signing(c: Context) -> Change:
    return Change(
        period={
            **_reopened(c),
            "orders": revived(c),
            "flags": without_flags(c, "unsigned_long"),
        },
        starts={"signatures": anew(c, "signatures")},
    )


@recorder
def reopen_choice(c: Context) -> Change:
    """Before an order everything begins again with a new round of notices.

    Who was told to have died and has not is written to again.
    """
    begun = begin_round(c)
    period = {**begun.period, **_reopened(c), "flags": ()}
    acting = c.measure.acting
    alive = c.measure.model_copy(update={"acting": acting.model_copy(update={"died": False})})
    return Change(
        case={"measure": alive} if acting.died else {}, period=period, starts=begun.starts
    )


@recorder
def reopen_untold(c: Context) -> Change:
    """Declined before anything proved that the recipient knew: they are notified anew."""
    return begin_round(c)
