"""Whether a field may be set right (L11), and whether a disputed deadline moves."""

from datetime import date

from domain.contests import reading
from domain.context import Context
from domain.guards.registry import body_guard, guard, naming, unless
from domain.messages import Refusal
from domain.proceedings import Contest, Correction
from domain.selectors import body_selector
from domain.terms import CalendarEnds, Certificate


def _correction(c: Context) -> Correction | None:
    named = c.data.get("correction")
    return next((one for one in c.period.corrections if one.id == named), None)


def _contest(c: Context) -> Contest | None:
    """The dispute that is named, while nobody has ruled on it."""
    named = c.data.get("contest")
    found = (one for one in c.period.contests if one.id == named and one.ruling is None)
    return next(found, None)


def _reading(c: Context) -> Certificate | None:
    contest = _contest(c)
    held = c.deadline(contest.term) if contest else None
    if contest is None or held is None:
        return None
    try:
        return reading(contest, held, c.calendar)
    except CalendarEnds:
        return None


# --- which row fits ---


@body_selector
def choice_had_not_ended(c: Context) -> bool:
    """What is granted is the choice, and its last day lies ahead."""
    contest, made = _contest(c), _reading(c)
    is_choice = contest is not None and contest.term == "choice"
    return is_choice and made is not None and made.expires_at > c.message.at


# --- what must hold: fields ---


@body_guard
def field_correctable(c: Context) -> Refusal | None:
    """Listed in the edition, and there: never a signature, a sum, a payment, a deadline."""
    field = c.data["field"]
    there = field != "delivered_on" or c.period.delivery is not None
    return unless(field in c.edition.correctable_fields and there, "field_not_correctable")


@body_guard
def corrected_day_right(c: Context) -> Refusal | None:
    """Nothing was handed over or developed tomorrow."""
    day = date.fromisoformat(c.data["value"])
    ahead = c.data["field"] == "implement_until"
    return unless(ahead or day <= c.today, "day_wrong")


@guard
def corrections_wait(c: Context) -> Refusal | None:
    return unless(bool(c.period.corrections), "nothing_to_do")


@guard
def contests_wait(c: Context) -> Refusal | None:
    return unless(any(one.ruling is None for one in c.period.contests), "nothing_to_do")


@naming("correction")
def correction_open(c: Context) -> Refusal | None:
    return unless(_correction(c) is not None, "nothing_to_do")


@naming("correction")
def second_corrector(c: Context) -> Refusal | None:
    held = _correction(c)
    return unless(held is None or held.by != c.actor.id, "same_person")


# --- what must hold: disputed deadlines ---


@naming("term")
def term_contestable(c: Context) -> Refusal | None:
    """A deadline that stands, and is not disputed already."""
    term = c.data["term"]
    deadline = c.deadline(term)
    open_ = any(one.term == term and one.ruling is None for one in c.period.contests)
    return unless(deadline is not None and not deadline.stopped and not open_, "nothing_to_do")


@body_guard
def contested_day_right(c: Context) -> Refusal | None:
    """Something is named that differs: a day that has come, or a calendar."""
    start, calendar = c.data.get("start"), c.data.get("calendar")
    if start is None:
        return unless(calendar is not None, "day_wrong")
    return unless(date.fromisoformat(start) <= c.today, "day_wrong")


@naming("contest")
def contest_open(c: Context) -> Refusal | None:
    return unless(_contest(c) is not None, "nothing_to_do")


@guard
def other_than_mover(c: Context) -> Refusal | None:
    """Not by the caseworker whose act brought the case where the term runs."""
    mover = c.period.moved_by.id if c.period.moved_by else None
    return unless(mover is None or mover != c.actor.id, "same_person")


@naming("contest")
def reading_later(c: Context) -> Refusal | None:
    """Never an earlier day; and what another calendar says is granted where it holds now."""
    contest, made = _contest(c), _reading(c)
    if contest is None:
        return None
    held = c.deadline(contest.term)
    if contest.calendar not in (None, c.calendar.version):
        return Refusal(code="calendar_not_current", facts={"current": c.calendar.version})
    later = made is not None and held is not None and made.expires_at > held.expires_at
    return unless(later, "not_later")
