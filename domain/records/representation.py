"""Who acts for the recipient, and where they live (rows L6, L7)."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from domain.case import Pause
from domain.context import Change, Context, Start
from domain.records.escalations import escalate_overdue
from domain.records.registry import recorder
from domain.representatives import NOBODY, Acting, Consent, Proposed
from domain.terms import Term, certify

# No further ahead than this is the end of a power counted; then it is counted on.
_LONGEST_WATCH = timedelta(days=365)


def watched(c: Context, acting: Acting) -> Mapping[str, Start]:
    """The term after which the next power to end is looked at; none where none has an end.

    A power ends on its very day, working or not: guards go by the day itself, this term only wakes.
    """
    last = acting.lapses_on(c.today)
    if last is None or acting.died:
        return {}
    until = min(last, c.today + _LONGEST_WATCH)
    return {"representation": Start(until=until, basis="policy")}


def _standing(c: Context, acting: Acting) -> Change:
    measure = c.measure.model_copy(update={"acting": acting})
    return Change(case={"measure": measure}, extends=watched(c, acting))


def _proposed(c: Context, **said: Any) -> Change:
    """Nothing follows from it until a second caseworker has confirmed it (row L6)."""
    assert c.actor.id is not None, "it is entered by a person"
    made = Proposed.model_validate({"by": c.actor.id, "at": c.message.at, **said})
    measure = c.measure.model_copy(update={"acting": c.measure.acting.with_proposal(made)})
    return Change(case={"measure": measure}, data={"proposal": made.id})


@recorder
def propose_representation(c: Context) -> Change:
    made = {**c.data["representative"], "told_by": "caseworker"}
    return _proposed(c, begins=made, contacts=c.data.get("contacts"))


@recorder
def propose_ending(c: Context) -> Change:
    return _proposed(c, ends=c.data["representative"], on=c.data["on"])


@recorder
def propose_capacity(c: Context) -> Change:
    return _proposed(c, capacity=c.data["capacity"])


@recorder
def confirm_representation(c: Context) -> Change:
    """It holds from now on; of a power that has ended nothing is left, and earlier acts stand."""
    acting = c.measure.acting
    made = acting.proposal(c.data["proposal"])
    if made is None:  # recorded in another period already: it is about the whole case
        return _standing(c, acting)
    return _standing(c, acting.confirmed(made, c.today))


@recorder
def drop_proposal(c: Context) -> Change:
    acting = c.measure.acting.without_proposal(c.data["proposal"])
    return Change(case={"measure": c.measure.model_copy(update={"acting": acting})})


@recorder
def end_representation(c: Context) -> Change:
    """Who gave a power of attorney takes it back alone. Earlier acts stand; nothing is left."""
    on = date.fromisoformat(c.data["on"])
    return _standing(c, c.measure.acting.ended(c.data["representative"], on))


@recorder
def watch_powers(c: Context) -> Change:
    """Powers whose day is over are marked as ended; the next one is watched."""
    acting = c.measure.acting
    for one in acting.representatives:
        if one.until is not None and one.until < c.today and not one.ended:
            acting = acting.ended(one.id, one.until)
    return _standing(c, acting)


@recorder
def consent(c: Context) -> Change:
    """To what a trustee consents; a later consent to the same act takes the place of this one."""
    assert c.actor.id is not None, "a trustee is a person"
    act = c.data["act"]
    made = Consent(by=c.actor.id, at=c.message.at, act=act, application=c.data.get("application"))
    others = tuple(one for one in c.period.consents if one.act != act)
    return Change(period={"consents": (*others, made)})


@recorder
def pause_for_nobody(c: Context) -> Change:
    return Change(period=_pause(c))


@recorder
def pause_on_and_escalate(c: Context) -> Change:
    """Still nobody can act: the head of the department is asked, and the case stands still."""
    return Change(case=escalate_overdue(c).case, period=_pause(c))


def _pause(c: Context) -> dict[str, Any]:
    length = Term.parse(c.edition.terms["pause"].length)
    until = certify(c.today, length, c.calendar, "policy").last_day
    return {"pause": Pause(ground=NOBODY, at=c.message.at, until=until)}


@recorder
def move(c: Context) -> Change:
    """Readers, offers and later periods are of the new place; an order is paid by its own."""
    place = {"authority": c.data["authority"], "region": c.data["region"]}
    return Change(case={"measure": c.measure.model_copy(update=place)})
