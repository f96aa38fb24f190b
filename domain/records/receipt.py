"""Receipt of a measure, its revisions, its notices, and the end of the choice."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any, Final

from domain.case import Measure, Round
from domain.context import Change, Context, Start
from domain.messages import Role
from domain.records.life import told_of
from domain.records.orders import first_days, voided
from domain.records.registry import recorder, with_flag, without_flags
from domain.records.representation import watched
from domain.representatives import Acting
from domain.terms import local_day

# So far from the end of a calendar any term still finds its last day.
FAR: Final = timedelta(days=31)


@recorder
def take_over(c: Context) -> Change:
    """The measure as it came; the end of a power that has one is watched (row L6).

    A revocation that has waited for it holds from the begin (row R7).
    """
    measure = Measure.model_validate(c.data["measure"])
    acting = Acting().revised(measure.acting, c.today)
    taken = measure.model_copy(update={"acting": acting})
    revoked = c.data.get("revoked")
    if revoked is None:
        return Change(case={"measure": taken}, extends=watched(c, acting))
    flags = with_flag(c, "revoked")
    return Change(case={"measure": told_of(taken, revoked)}, period={"flags": flags})


def _revised(c: Context, *kept: str, **period: Any) -> Change:
    """The newer measure with who acts and where they live (rows L6, L7).

    What was fixed at receipt stays, and an order keeps its own snapshot.
    """
    new = Measure.model_validate(c.data["measure"])
    acting = c.measure.acting.revised(new.acting, c.today)
    update = {name: getattr(c.measure, name) for name in ("reference", *kept)}
    measure = new.model_copy(update={**update, "acting": acting})
    changed = acting != c.measure.acting
    extends = watched(c, acting) if changed else {}
    return Change(case={"measure": measure}, period=period, extends=extends)


@recorder
def revise(c: Context) -> Change:
    """Contacts, dates and the revision's number come from the new message (row L4)."""
    revised = _revised(c, "recipient")
    ends = programme(c, revised.case["measure"])
    return replace(revised, extends={**revised.extends, **({"programme": ends} if ends else {})})


@recorder
def revise_before_order(c: Context) -> Change:
    """Another measure: it is received anew; an order that no longer fits it is void (row L5)."""
    return _revised(c, flags=(), orders=voided(c), application=None, hearing=None)


@recorder
def revise_and_begin_round(c: Context) -> Change:
    revised = _revised(c, "recipient", **begin_round(c).period, flags=())
    return replace(revised, starts={"programme": programme(c, revised.case["measure"])})


@recorder
def flag_revision(c: Context) -> Change:
    """The measure changed under an order: a person judges it, and nothing is lost (row L5).

    Whose order it is does not change with it: the parties stay (invariant 3).
    """
    return _revised(c, "recipient", flags=with_flag(c, "revision_to_judge"))


@recorder
def judge_revision(c: Context) -> Change:
    return Change(period={"flags": without_flags(c, "revision_to_judge")})


@recorder
def begin_round(c: Context) -> Change:
    number = c.period.round.number + 1 if c.period.round else 1
    begun = Round(number=number, started_at=c.message.at)
    return Change(period={"round": begun}, starts={"programme": programme(c, c.measure)})


def programme(c: Context, measure: Measure) -> Start | None:
    """The programme ends with its last day, which no weekend moves on by more than itself (C9).

    None where it has no end, one that the calendar does not reach, or the one that stands. Where
    the end is past when it is told, the next working day is the first on which it can be.
    """
    last = measure.valid_until
    if last is None or last > c.calendar.last - FAR:
        return None
    day_before = last - timedelta(days=1)
    held = c.deadline("programme")
    if held is not None and held.certificate["start"] == day_before.isoformat():
        return None
    past = (c.today, "1wd") if last < c.today else None
    return Start(event=max(day_before, c.calendar.first), at_least=past)


@recorder
def tell_contacts_left_out(c: Context) -> Change:
    """Which, and why: `phone:foreign`; never what was written."""
    return Change(data={"contacts": list(c.measure.unusable)})


@recorder
def correct_contacts(c: Context) -> Change:
    """The contacts themselves are kept with the person, not in the file."""
    return Change(case={"measure": c.measure.model_copy(update={"unusable": ()})})


@recorder
def correct_contacts_and_begin_round(c: Context) -> Change:
    begun = begin_round(c)
    return replace(begun, case={**begun.case, **correct_contacts(c).case})


@recorder
def notify_anew(c: Context) -> Change:
    """The proof of the round before is in doubt: nothing of it counts any more (row N6)."""
    begun, bounced = begin_round(c), _bounced(c)
    flags = (*without_flags(c, "proof_doubted"), *(("notified_anew",) if bounced else ()))
    corrected = correct_contacts(c).case if c.message.name == "change_contacts" else {}
    period = {**begun.period, "flags": flags}
    return replace(begun, period=period, case={**begun.case, **corrected}, data=bounced)


@recorder
def doubt_proof(c: Context) -> Change:
    return Change(period={"flags": with_flag(c, "proof_doubted")}, data=_bounced(c))


def _bounced(c: Context) -> dict[str, Any]:
    """What came back: the round and the way."""
    if c.actor.role != Role.GATEWAY:
        return {}
    return {"bounced": {name: c.data.get(name) for name in ("round", "channel")}}


@recorder
def send_round(c: Context) -> Change:
    assert c.period.round is not None
    return Change(period={"round": c.period.round.model_copy(update={"sent": True})})


@recorder
def prove_notice(c: Context) -> Change:
    """The first proof fixes the day from which the two months run.

    The day of a gateway's receipt is taken as lying between the begin of the round and today,
    whatever its clock says; a caseworker's was checked. A delivery of long ago leaves at least the
    days of `late_proof` from the entry (policy).
    """
    assert c.period.round is not None
    on = date.fromisoformat(c.data["on"]) if "on" in c.data else c.today
    if c.actor.role == Role.GATEWAY:
        on = max(local_day(c.period.round.started_at), min(on, c.today))
    proven = c.period.round.model_copy(
        update={
            "notified_on": on,
            "channel": c.data.get("channel", "cabinet"),
            "letter": c.data.get("letter"),
        }
    )
    late = (c.today, c.edition.values["late_proof"]) if on < c.today else None
    days = {} if c.measure.standing else first_days(c, on)
    return Change(
        period={"round": proven, **days},
        starts={"choice": Start(event=on, at_least=late, keep=True)},
    )


@recorder
def prove_again(c: Context) -> Change:
    """Another proof than the one in doubt: the two months run from it, never to an earlier day."""
    proven = prove_notice(c)
    flags = without_flags(c, "proof_doubted")
    return replace(proven, period={**proven.period, "flags": flags})


@recorder
def reopen(c: Context) -> Change:
    flags, begun = without_flags(c, "reopening_asked", "no_supplier_asked"), begin_round(c)
    period = {**begun.period, "flags": flags, "hearing": None}
    return Change(period=period, starts=begun.starts)


@recorder
def ask_reopening(c: Context) -> Change:
    return Change(period={"flags": with_flag(c, "reopening_asked")})


@recorder
def deny_reopening(c: Context) -> Change:
    return Change(period={"flags": without_flags(c, "reopening_asked")})
