"""Who acts for the recipient, and where they live (rows L6, L7)."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from domain.case.context import Change, Context, Start
from domain.case.state import Measure, Pause
from domain.messages import Refusal
from domain.parties.representatives import NOBODY, Acting, Consent, Kind, Proposed, Representative
from domain.rules.common import escalate_overdue, no_party, same
from domain.rules.registry import (
    body_guard,
    body_selector,
    bounding,
    guard,
    naming,
    of_another,
    recorder,
    selector,
    unless,
    unless_on,
)
from domain.terms.counting import Term, certify

# No further ahead than this is the end of a power counted; then it is counted on.
_LONGEST_WATCH = timedelta(days=365)


# --- which row fits ---


@body_selector
def representation_changes(c: Context) -> bool:
    """The message tells of other representatives or another capacity than are known (row L6)."""
    told = Measure.model_validate(c.data["measure"]).acting
    return c.measure.acting.revised(told, c.today) != c.measure.acting


@body_selector
def moves_elsewhere(c: Context) -> bool:
    """The message names another authority or place (row L7)."""
    return not same(c, "authority", "region")


@selector
def nothing_to_confirm(c: Context) -> bool:
    """A second caseworker is asked, and nothing waits for them any more (row L6)."""
    asked = c.has_task("representation_to_confirm")
    return asked and not c.measure.acting.proposed


@selector
def nobody_can_act(c: Context) -> bool:
    """Neither the recipient nor anybody for them; of the dead nobody acts and nothing waits."""
    acting = c.measure.acting
    return not acting.died and not acting.somebody(c.today)


@selector
def somebody_acts(c: Context) -> bool:
    return not nobody_can_act(c)


@selector
def not_standing_still(c: Context) -> bool:
    return c.period.pause is None


@selector
def paused_for_nobody(c: Context) -> bool:
    """The case stands still because nobody could act, and for no other reason (row L6)."""
    return c.period.pause is not None and c.period.pause.ground == NOBODY


@selector
def power_has_lapsed(c: Context) -> bool:
    """A power that was given until a day is over."""
    powers = c.measure.acting.representatives
    return any(one.until and one.until < c.today and not one.ended for one in powers)


@selector
def power_will_lapse(c: Context) -> bool:
    """A power that holds now has a last day."""
    return c.measure.acting.lapses_on(c.today) is not None


# --- what must hold ---


@guard
def recipient_alive(c: Context) -> Refusal | None:
    return unless(not c.measure.acting.died, "recipient_died")


@body_guard
def representative_right(c: Context) -> Refusal | None:
    """Another person than the recipient, with a power that has begun and not ended (CC 167, 168).

    A caseworker of the authority represents nobody there (APPC 68(4)).
    """
    made = Representative.model_validate(c.data["representative"])
    return _right(c, made, c.fact("representative_conflict"))


def _right(c: Context, made: Representative, conflict: str | None) -> Refusal | None:
    if made.person == c.measure.recipient:
        return Refusal(code="representative_is_recipient")
    begun = unless_on(made.since, None, c.today)
    ended = unless_on(made.until, c.today, None) if made.until else None
    if begun or ended:
        return begun or ended
    decides = made.person == c.actor.id or conflict == "caseworker"
    return unless(not decides, "representative_is_caseworker")


@guard
def another_proposed(c: Context) -> Refusal | None:
    """Something of who acts waits for a second caseworker, and that may be this one."""
    proposed = c.measure.acting.proposed
    if not proposed:
        return Refusal(code="nothing_to_do")
    return unless(any(one.by != c.actor.id for one in proposed), "same_person")


@guard
def something_proposed(c: Context) -> Refusal | None:
    return unless(bool(c.measure.acting.proposed), "nothing_to_do")


@naming("proposal")
def proposal_open(c: Context) -> Refusal | None:
    return unless(c.measure.acting.proposal(c.data["proposal"]) is not None, "nothing_to_do")


@naming("proposal")
def second_confirmer(c: Context) -> Refusal | None:
    """Who entered it does not confirm it (row L6)."""
    made = c.measure.acting.proposal(c.data["proposal"])
    return of_another(c, made.by if made else None)


@naming("proposal")
def proposal_still_right(c: Context) -> Refusal | None:
    """What was right when it was entered may be so no longer."""
    made, acting = c.measure.acting.proposal(c.data["proposal"]), c.measure.acting
    if made is None:
        return None
    if made.begins is not None:
        # Whom a proposal names is looked up for the command alone, not for what is offered.
        return _right(c, made.begins, c.facts.get("representative_conflict"))
    if made.ends is not None:
        held = next((one for one in acting.representatives if one.id == made.ends), None)
        return unless(held is not None and not held.ended, "nothing_to_do")
    return unless(made.capacity != acting.capacity, "nothing_to_do")


@guard
def somebody_represents(c: Context) -> Refusal | None:
    powers = c.measure.acting.representatives
    return unless(any(not power.ended for power in powers), "nothing_to_do")


@bounding("on", by="representative")
@body_guard
def representative_known(c: Context) -> Refusal | None:
    """The power that is to end, on a day that is not ahead and not before it began."""
    power = _named(c)
    if power is None or power.ended:
        return Refusal(code="nothing_to_do")
    on = date.fromisoformat(c.data["on"])
    return unless_on(on, power.since, c.today)


@guard
def power_of_attorney(c: Context) -> Refusal | None:
    """Who asks has given a power of attorney, or has one."""
    powers = c.measure.acting.representatives
    mine = (c.measure.recipient, *(one.person for one in powers if _by_attorney(one)))
    given = any(_by_attorney(one) for one in powers)
    return unless(given and c.actor.id in mine, "nothing_to_do")


def _by_attorney(power: Representative) -> bool:
    return power.kind == Kind.ATTORNEY and not power.ended


@naming("representative")
def own_power(c: Context) -> Refusal | None:
    """A power of attorney is taken back by who gave it or laid down by who has it (CC 170)."""
    power = _named(c)
    if power is None or power.kind != Kind.ATTORNEY:
        return Refusal(code="power_by_law")
    return unless(c.actor.id in (c.measure.recipient, power.person), "not_your_case")


def _named(c: Context) -> Representative | None:
    found = (one for one in c.measure.acting.representatives if one.id == c.data["representative"])
    return next(found, None)


@naming("capacity")
def capacity_differs(c: Context) -> Refusal | None:
    return unless(c.data["capacity"] != c.measure.acting.capacity, "nothing_to_do")


@guard
def is_trustee(c: Context) -> Refusal | None:
    """Only a trustee consents to what the ward does."""
    power = c.power
    return unless(power is not None and power.kind == Kind.TRUSTEE, "not_your_case")


@body_guard
def act_needs_consent(c: Context) -> Refusal | None:
    """To an order the trustee consents by the very application that it makes."""
    if c.data["act"] not in c.edition.consent_acts:
        return Refusal(code="nothing_to_do")
    named = c.data["act"] != "place_order" or bool(c.data.get("application"))
    return unless(named, "wrong_document")


@body_guard
def place_differs(c: Context) -> Refusal | None:
    here = (c.measure.authority, c.measure.region)
    return unless((c.data["authority"], c.data["region"]) != here, "nothing_to_do")


@guard
def of_residence(c: Context) -> Refusal | None:
    """What concerns the person, not an order, is for the authority of the recipient's place."""
    if c.actor.on_behalf_of != c.measure.authority:
        return Refusal(code="not_your_case")
    return no_party(c)


# --- what is written ---


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


def _waiting(c: Context, **said: Any) -> Change:
    """Nothing follows from it until a second caseworker has confirmed it (row L6)."""
    made = Proposed.model_validate({"by": c.person, "at": c.message.at, **said})
    measure = c.measure.model_copy(update={"acting": c.measure.acting.with_proposal(made)})
    return Change(case={"measure": measure}, data={"proposal": made.id})


@recorder
def propose_representation(c: Context) -> Change:
    made = {**c.data["representative"], "told_by": "caseworker"}
    return _waiting(c, begins=made, contacts=c.data.get("contacts"))


@recorder
def propose_ending(c: Context) -> Change:
    return _waiting(c, ends=c.data["representative"], on=c.data["on"])


@recorder
def propose_capacity(c: Context) -> Change:
    return _waiting(c, capacity=c.data["capacity"])


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
    act = c.data["act"]
    made = Consent(by=c.person, at=c.message.at, act=act, application=c.data.get("application"))
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
