"""A decision against a person: announced, heard, and taken or withdrawn (rows V5, V6, C7)."""

from datetime import date
from typing import Any

from domain.context import Change, Context, Start
from domain.proceedings import Hearing, Objection
from domain.records.orders import voided
from domain.records.registry import decided, recorder, undecided, with_flag
from domain.terms import local_day

REFUSAL = "refusal"
CLOSING = "closing"


def _hearing(c: Context) -> Hearing:
    assert c.period.hearing is not None, "the row is for a hearing that runs"
    return c.period.hearing


def _intended(c: Context, kind: str, ground: str | None) -> Change:
    assert c.actor.id is not None, "a decision is a person's"
    made = Hearing(kind=kind, ground=ground, by=c.actor.id, at=c.message.at, seq=c.case.seq + 1)
    return Change(period={"hearing": made})


@recorder
def intend_refusal(c: Context) -> Change:
    return _intended(c, REFUSAL, c.data["ground"])


@recorder
def intend_closing(c: Context) -> Change:
    return _intended(c, CLOSING, None)


@recorder
def drop_intention(c: Context) -> Change:
    """Nothing is intended any more; who had proposed to carry it out has proposed nothing."""
    return Change(period=unheard(c))


def unheard(c: Context) -> dict[str, Any]:
    """What becomes of the period when what was intended against the party no longer is."""
    return {"hearing": None, "decisions": undecided(c, "refuse")}


def _told(c: Context) -> date:
    """The day of receipt: not before it was announced, and not tomorrow."""
    on = date.fromisoformat(c.data["on"]) if "on" in c.data else c.today
    return max(local_day(_hearing(c).at), min(on, c.today))


@recorder
def begin_hearing(c: Context) -> Change:
    """The first proof counts. One entered late leaves at least the days of `late_hearing`."""
    on = _told(c)
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
    return Change(period={"decisions": decided(c, "refuse", ground=c.data["ground"])})


@recorder
def refuse_second(c: Context) -> Change:
    decisions = decided(c, "refuse", ground=c.data["ground"])
    return Change(period={"decisions": decisions, "orders": voided(c)})


@recorder
def allow_refusing(c: Context) -> Change:
    """The supplier was warned twice and has not signed: now it may be refused (row A4)."""
    return Change(period={"flags": with_flag(c, "unsigned_long")})
