"""The hearing before a decision against a person (rows V5, V6, C7, A4; APPC 73)."""

from datetime import date

from domain.agenda import OVER
from domain.context import Context
from domain.guards.registry import body_guard, guard, naming, unless
from domain.messages import Refusal, Role
from domain.selectors.registry import body_selector, selector
from domain.terms import local_day

UNSIGNED = "unsigned"


# --- which row fits ---


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


@guard
def no_hearing(c: Context) -> Refusal | None:
    """What is intended is withdrawn first, then something else may be decided."""
    return unless(c.period.hearing is None, "hearing_pending")


@guard
def hearing_runs(c: Context) -> Refusal | None:
    return unless(c.period.hearing is not None, "nothing_to_do")


@body_guard
def proof_since_intention(c: Context) -> Refusal | None:
    """What is entered was received after it was announced, and not tomorrow."""
    hearing, on = c.period.hearing, date.fromisoformat(c.data["on"])
    return unless(hearing is not None and local_day(hearing.at) <= on <= c.today, "day_wrong")


@guard
def objection_in_time(c: Context) -> Refusal | None:
    """Within the term of the edition from the receipt (APPC 73(3)); before it at any time."""
    deadline = c.deadline("objections")
    if c.period.hearing is None or c.period.hearing.told_on is None or deadline is None:
        return None
    return unless(not deadline.passed(c.message.at), "late", last_day=deadline.last_day.isoformat())


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
    unsigned = c.data.get("ground") == UNSIGNED
    return unless(unsigned == (c.period.status == "awaiting_signatures"), "ground_not_listed")


@guard
def unsigned_long_enough(c: Context) -> Refusal | None:
    """The supplier's signature is missing after two warnings and the term of row A4."""
    signed = c.period.application and c.period.application.signatures.get(Role.SUPPLIER)
    return unless("unsigned_long" in c.period.flags and not signed, "too_early")
