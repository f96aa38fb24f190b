"""What is set right in a file: listed fields (L11), and deadlines that were disputed."""

from datetime import date
from typing import Any

from domain.contests import reading
from domain.context import Change, Context
from domain.deadlines import certified
from domain.proceedings import Contest, Correction
from domain.records.registry import recorder, without_flags


@recorder
def propose_correction(c: Context) -> Change:
    assert c.actor.id is not None, "a correction is proposed by a person"
    made = Correction(
        id=c.message.id,
        field=c.data["field"],
        value=date.fromisoformat(c.data["value"]),
        by=c.actor.id,
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
    told = {
        "field": made.field,
        "before": before.isoformat(),
        "after": made.value.isoformat(),
    }
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
    told = {
        "field": f"deadline.{contest.term}",
        "before": held.last_day.isoformat(),
        "after": made.last_day.isoformat(),
    }
    return Change(
        period={"contests": _ruled(c, "granted")},
        moved=(certified(c, contest.term, made),),
        data={"correction": told},
    )


@recorder
def grant_and_choose(c: Context) -> Change:
    """The choice had not run out at all: it goes on, and nothing is to be closed any more."""
    granted = grant_contest(c)
    flags = without_flags(c, "reopening_asked", "no_supplier_asked")
    period = {**granted.period, "flags": flags, "hearing": None}
    return Change(period=period, moved=granted.moved, data=granted.data)


@recorder
def deny_contest(c: Context) -> Change:
    return Change(period={"contests": _ruled(c, "denied")})
