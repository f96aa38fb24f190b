"""What is set right: fields, disputed deadlines, ends that are undone (rows L11, L12)."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from domain.case.context import Change, Context, Start
from domain.case.proceedings import Contest, Correction
from domain.case.state import Decision, Measure
from domain.messages import Refusal, Role
from domain.rules.notice import begin_round
from domain.rules.order import revived
from domain.rules.registry import (
    body_guard,
    body_selector,
    bounding,
    by_another,
    guard,
    naming,
    naming_selector,
    of_another,
    proposed,
    recorder,
    selector,
    unless,
    unless_on,
)
from domain.terms.contests import reading
from domain.terms.counting import CalendarEnds, Certificate, Term, certify
from domain.terms.revisions import certified

# Which grounds re-open what; from other ends every ground of the edition does.
FITTING: Final[Mapping[str, tuple[str, ...]]] = {
    "refused": ("appeal", "court"),
    "withdrawn": ("appeal", "court"),
    "to_procurement": ("appeal", "court", "procurement_failed"),
    "to_employer": ("appeal", "court", "employer_gone"),
}
OTHERWISE: Final = ("appeal", "court", "new_application")
TOLD: Final = ("choosing", "choice_expired")


# --- which row fits ---


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


@body_selector
def choice_had_not_ended(c: Context) -> bool:
    """What is granted is the choice, and its last day lies ahead."""
    contest, made = _contest(c), _reading(c)
    is_choice = contest is not None and contest.term == "choice"
    return is_choice and made is not None and made.expires_at > c.message.at


def _proposed(c: Context) -> list[Decision]:
    """Who wants to re-open the case as it is closed now, on this ground."""
    return [one for one in proposed(c, "reopen", "ground") if one.at >= c.period.since]


@naming_selector("ground")
def no_reopening_yet(c: Context) -> bool:
    return not _proposed(c)


@selector
def closed_in_review(c: Context) -> bool:
    return c.period.closed_from == "under_review"


@selector
def closed_when_told(c: Context) -> bool:
    """The recipient had been notified: there is a choice that goes on."""
    return c.period.closed_from in TOLD


@body_selector
def programme_runs_again(c: Context) -> bool:
    """The revision brings a programme that has not ended."""
    until = Measure.model_validate(c.data["measure"]).valid_until
    return until is None or until >= c.today


# --- what must hold ---


def _correction(c: Context) -> Correction | None:
    named = c.data.get("correction")
    return next((one for one in c.period.corrections if one.id == named), None)


@naming("field")
def field_correctable(c: Context) -> Refusal | None:
    """Listed in the edition, and there: never a signature, a sum, a payment, a deadline."""
    field = c.data["field"]
    there = field != "delivered_on" or c.period.delivery is not None
    return unless(field in c.edition.correctable_fields and there, "field_not_correctable")


@bounding("value", by="field")
@body_guard
def corrected_day_right(c: Context) -> Refusal | None:
    """Nothing was handed over or developed tomorrow."""
    day = date.fromisoformat(c.data["value"])
    if c.data["field"] == "implement_until":
        return None
    return unless_on(day, None, c.today)


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
    return of_another(c, held.by if held else None)


@naming("term")
def term_contestable(c: Context) -> Refusal | None:
    """A deadline that stands, and is not disputed already."""
    term = c.data["term"]
    deadline = c.deadline(term)
    open_ = any(one.term == term and one.ruling is None for one in c.period.contests)
    return unless(deadline is not None and not deadline.stopped and not open_, "nothing_to_do")


@naming("term")
def term_shown(c: Context) -> Refusal | None:
    """A supplier disputes what it is shown: of others it is not told that they are there."""
    deadline = c.deadline(c.data["term"])
    if c.actor.role != Role.SUPPLIER or deadline is None:
        return None
    named = [c.period.number, deadline.term, deadline.revision]
    return unless(named not in c.fact("terms_hidden"), "nothing_to_do")


@bounding("start")
@body_guard
def contested_day_right(c: Context) -> Refusal | None:
    """Something is named that differs: a day that has come, or a calendar."""
    start, calendar = c.data.get("start"), c.data.get("calendar")
    if start is None:
        return unless(calendar is not None, "incomplete", fields="start, calendar")
    return unless_on(date.fromisoformat(start), None, c.today)


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


@naming("ground")
def reopening_ground_fits(c: Context) -> Refusal | None:
    """A ground of the edition that undoes this end."""
    ground = c.data.get("ground")
    fits = ground in FITTING.get(c.period.status, OTHERWISE)
    return unless(fits and ground in c.edition.reopening_grounds, "ground_not_listed")


@naming("ground")
def second_reopener(c: Context) -> Refusal | None:
    return by_another(c, _proposed(c))


# --- what is written ---


@recorder
def propose_correction(c: Context) -> Change:
    made = Correction(
        id=c.message.id,
        field=c.data["field"],
        value=date.fromisoformat(c.data["value"]),
        by=c.person,
        at=c.message.at,
    )
    return Change(period={"corrections": (*c.period.corrections, made)})


def _without(c: Context) -> dict[str, Any]:
    named = c.data["correction"]
    return {"corrections": tuple(one for one in c.period.corrections if one.id != named)}


@recorder
def drop_correction(c: Context) -> Change:
    return Change(period=_without(c))


@recorder
def carry_out_correction(c: Context) -> Change:
    """What stood there before, and what stands there now, are both kept in the event."""
    made = next(one for one in c.period.corrections if one.id == c.data["correction"])
    if made.field == "delivered_on":
        assert c.period.delivery is not None, "the guard has seen a delivery"
        before = c.period.delivery.on
        delivery = c.period.delivery.model_copy(update={"on": made.value})
        change = Change(period={**_without(c), "delivery": delivery})
    else:
        before = getattr(c.measure, made.field)
        measure = c.measure.model_copy(update={made.field: made.value})
        change = Change(period=_without(c), case={"measure": measure})
    told = {"field": made.field, "before": before.isoformat(), "after": made.value.isoformat()}
    return Change(period=change.period, case=change.case, data={"correction": told})


@recorder
def contest_deadline(c: Context) -> Change:
    """The reason itself is free text and stays in the inbox, under the id of the contest."""
    start = c.data.get("start")
    made = Contest(
        id=c.message.id,
        term=c.data["term"],
        revision=c.period.deadlines[c.data["term"]].revision,
        start=date.fromisoformat(start) if start else None,
        calendar=c.data.get("calendar"),
        by=c.actor.role.value,
        at=c.message.at,
    )
    return Change(period={"contests": (*c.period.contests, made)})


def _ruled(c: Context, ruling: str) -> tuple[Contest, ...]:
    return tuple(
        one.model_copy(update={"ruling": ruling}) if one.id == c.data["contest"] else one
        for one in c.period.contests
    )


@recorder
def grant_contest(c: Context) -> Change:
    """The later day holds from now on, certified from the contested day (never an earlier one)."""
    contest = next(one for one in c.period.contests if one.id == c.data["contest"])
    held = c.period.deadlines[contest.term]
    made = reading(contest, held, c.calendar)
    before, after = held.last_day.isoformat(), made.last_day.isoformat()
    told = {"field": f"deadline.{contest.term}", "before": before, "after": after}
    return Change(
        period={"contests": _ruled(c, "granted")},
        moved=(certified(c, contest.term, made),),
        data={"correction": told},
    )


@recorder
def grant_and_choose(c: Context) -> Change:
    """The choice had not run out at all: it goes on, and nothing is to be closed any more."""
    granted = grant_contest(c)
    flags = c.without_flags("reopening_asked", "no_supplier_asked")
    period = {**granted.period, "flags": flags, "hearing": None}
    return Change(period=period, moved=granted.moved, data=granted.data)


@recorder
def deny_contest(c: Context) -> Change:
    return Change(period={"contests": _ruled(c, "denied")})


def anew(c: Context, term: str) -> Start:
    """A term that ran at the end begins anew, and never ends earlier than it would have."""
    rule, held = c.edition.terms[term], c.deadline(term)
    made = certify(c.today, Term.parse(rule.length), c.calendar, rule.basis)
    if held is None or held.last_day <= made.last_day:
        return Start()
    return Start(until=held.last_day, basis=rule.basis)


@recorder
def propose_reopening(c: Context) -> Change:
    return Change(period={"decisions": c.decided("reopen", ground=c.data["ground"])})


def _reopened(c: Context) -> dict[str, object]:
    """What was decided before the end counts no more; who re-opened it stays in the file."""
    both = c.decided("reopen", ground=c.data["ground"])
    kept = tuple(d for d in both if d.kind == "reopen" and d.at >= c.period.since)
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
        period={**_reopened(c), "orders": revived(c), "flags": c.without_flags("unsigned_long")},
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
