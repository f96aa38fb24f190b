"""A decision against a person: announced, heard, and taken or withdrawn (rows V5, V6, C7)."""

from datetime import date
from typing import Any

from domain.case.context import Change, Context, Start
from domain.case.proceedings import Hearing, Objection
from domain.messages import Refusal, Role
from domain.rules.common import not_late
from domain.rules.order import voided
from domain.rules.registry import (
    body_guard,
    body_selector,
    bounding,
    by_another,
    guard,
    naming,
    naming_selector,
    proposed,
    recorder,
    selector,
    unless,
    unless_on,
)
from domain.terms.agenda import OVER
from domain.terms.counting import local_day

# --- which row fits ---


@naming_selector("ground")
def no_refusal_yet(c: Context) -> bool:
    """Nobody has proposed to refuse on this ground."""
    return not proposed(c, "refuse", "ground")


@selector
def hearing_untold(c: Context) -> bool:
    """A decision is intended, and nothing proves yet that the recipient knows."""
    return c.period.hearing is not None and c.period.hearing.told_on is None


@body_selector
def tells_of_hearing(c: Context) -> bool:
    """The text is the one that announced this very intention, not an earlier one."""
    hearing = c.period.hearing
    return hearing is not None and str(c.data.get("told")).partition(".")[0] == str(hearing.seq)


@body_selector
def last_objection(c: Context) -> bool:
    """No other objection waits for an answer."""
    objections = c.period.hearing.objections if c.period.hearing else ()
    return all(one.answered or one.id == c.data.get("objection") for one in objections)


# --- what must hold ---


@naming("ground")
def second_refuser(c: Context) -> Refusal | None:
    """Another person proposed to refuse on the same ground."""
    return by_another(c, proposed(c, "refuse", "ground"))


@naming("ground")
def ground_listed(c: Context) -> Refusal | None:
    return unless(c.data.get("ground") in c.edition.refusal_grounds, "ground_not_listed")


@guard
def no_hearing(c: Context) -> Refusal | None:
    """What is intended is withdrawn first, then something else may be decided."""
    return unless(c.period.hearing is None, "hearing_pending")


@guard
def hearing_runs(c: Context) -> Refusal | None:
    return unless(c.period.hearing is not None, "nothing_to_do")


@bounding("on")
@body_guard
def proof_since_intention(c: Context) -> Refusal | None:
    """What is entered was received after it was announced, and not tomorrow."""
    if c.period.hearing is None:
        return Refusal(code="nothing_to_do")
    on = date.fromisoformat(c.data["on"])
    return unless_on(on, local_day(c.period.hearing.at), c.today)


@guard
def objection_in_time(c: Context) -> Refusal | None:
    """Within the term of the edition from the receipt (APPC 73(3)); before it at any time."""
    told = c.period.hearing is not None and c.period.hearing.told_on is not None
    return not_late(c, "objections") if told else None


@naming("objection")
def objection_open(c: Context) -> Refusal | None:
    objections = c.period.hearing.objections if c.period.hearing else ()
    named = c.data.get("objection")
    return unless(any(one.id == named and not one.answered for one in objections), "nothing_to_do")


@guard
def hearing_is_over(c: Context) -> Refusal | None:
    """Its term has run out since the recipient is proven to know (APPC 73(1))."""
    hearing, deadline = c.period.hearing, c.deadline("hearing")
    if hearing is None or hearing.told_on is None or deadline is None:
        return Refusal(code="not_heard")
    over = OVER in deadline.fired or (not deadline.stopped and deadline.passed(c.message.at))
    return unless(over, "hearing_pending")


@guard
def objections_answered(c: Context) -> Refusal | None:
    return unless(c.period.hearing is None or c.period.hearing.answered, "objections_open")


@naming("ground")
def ground_heard(c: Context) -> Refusal | None:
    """What is decided is what the parties were heard about."""
    hearing = c.period.hearing
    return unless(hearing is None or hearing.ground == c.data.get("ground"), "ground_not_heard")


@naming("ground")
def ground_fits_status(c: Context) -> Refusal | None:
    """What nobody signed is refused for that alone; what is signed, for anything else."""
    unsigned = c.data.get("ground") == "unsigned"
    return unless(unsigned == (c.period.status == "awaiting_signatures"), "ground_not_listed")


@guard
def unsigned_long_enough(c: Context) -> Refusal | None:
    """The supplier's signature is missing after two warnings and the term of row A4."""
    signed = c.period.application and c.period.application.signatures.get(Role.SUPPLIER)
    return unless("unsigned_long" in c.period.flags and not signed, "too_early")


# --- what is written ---


def heard_no_more(c: Context) -> dict[str, Any]:
    """What was intended against the party is not any more: another decides, or nothing is left."""
    return {} if c.period.hearing is None else unheard(c)


def _hearing(c: Context) -> Hearing:
    assert c.period.hearing is not None, "the row is for a hearing that runs"
    return c.period.hearing


def intended(c: Context, kind: str, ground: str | None) -> Change:
    made = Hearing(kind=kind, ground=ground, by=c.person, at=c.message.at, seq=c.case.seq + 1)
    return Change(period={"hearing": made})


@recorder
def intend_refusal(c: Context) -> Change:
    return intended(c, "refusal", c.data["ground"])


@recorder
def drop_intention(c: Context) -> Change:
    """Nothing is intended any more; who had proposed to carry it out has proposed nothing."""
    return Change(period=unheard(c))


def unheard(c: Context) -> dict[str, Any]:
    """What becomes of the period when what was intended against the party no longer is."""
    return {"hearing": None, "decisions": c.undecided("refuse")}


@recorder
def begin_hearing(c: Context) -> Change:
    """The first proof counts. One entered late leaves at least the days of `late_hearing`."""
    on = c.told_on(_hearing(c).at)
    late = (c.today, c.edition.values["late_hearing"]) if on < c.today else None
    runs = Start(event=on, at_least=late)
    heard = _hearing(c).model_copy(update={"told_on": on})
    return Change(period={"hearing": heard}, starts={"hearing": runs, "objections": runs})


def _objected(c: Context, hearing: Hearing) -> Hearing:
    made = Objection(id=c.message.id, by=c.actor.role.value, at=c.message.at)
    return hearing.model_copy(update={"objections": (*hearing.objections, made)})


@recorder
def object_to_intention(c: Context) -> Change:
    return Change(period={"hearing": _objected(c, _hearing(c))})


@recorder
def object_and_begin(c: Context) -> Change:
    """Who objects has read it: nothing proves receipt better."""
    begun = begin_hearing(c)
    return Change(period={"hearing": _objected(c, begun.period["hearing"])}, starts=begun.starts)


@recorder
def answer_objection(c: Context) -> Change:
    hearing = _hearing(c)
    objections = tuple(
        one.model_copy(update={"answered": True}) if one.id == c.data["objection"] else one
        for one in hearing.objections
    )
    answered = hearing.model_copy(update={"objections": objections})
    return Change(period={"hearing": answered})


@recorder
def refuse_first(c: Context) -> Change:
    return Change(period={"decisions": c.decided("refuse", ground=c.data["ground"])})


@recorder
def refuse_second(c: Context) -> Change:
    decisions = c.decided("refuse", ground=c.data["ground"])
    return Change(period={"decisions": decisions, "orders": voided(c)})
