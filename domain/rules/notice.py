"""How the recipient is told, and what proves it (rows N1-N6)."""

from dataclasses import replace
from datetime import date
from typing import Any

from domain.case.context import Change, Context, Start
from domain.case.state import Round
from domain.messages import Refusal, Role
from domain.parties.representatives import Capacity
from domain.rules.life import programme, renewed
from domain.rules.order import first_days
from domain.rules.registry import (
    body_guard,
    body_selector,
    bounding,
    recorder,
    selector,
    unless,
    unless_on,
)
from domain.terms.counting import local_day

# --- which row fits ---


@body_selector
def has_usable_channel(c: Context) -> bool:
    return bool(c.data.get("channels"))


@body_selector
def of_this_round(c: Context) -> bool:
    return c.period.round is not None and c.data.get("round") == c.period.round.number


@body_selector
def contact_confirmed(c: Context) -> bool:
    """A receipt from an unconfirmed contact proves nothing (APPC 66(4))."""
    return bool(c.data.get("confirmed"))


@body_selector
def proof_counts(c: Context) -> bool:
    """The edition takes a delivery on this way for a proof; the cabinet is the recipient's."""
    own = "cabinet" if c.actor.role == Role.RECIPIENT else None
    return c.data.get("channel", own) in c.edition.proofs


@body_selector
def doubts_the_proof(c: Context) -> bool:
    """The very message came back whose receipt was the proof that the recipient knows (row N6)."""
    told = c.period.round
    if told is None or told.notified_on is None or not of_this_round(c):
        return False
    if told.letter is not None:
        return told.letter == c.data.get("letter")
    return told.channel == c.data.get("channel")  # proofs from before the message was kept


@selector
def nothing_done_yet(c: Context) -> bool:
    """Nothing but the proof says that the recipient knows: they have ordered and asked nothing."""
    asked = ("no_supplier_asked", "reopening_asked")
    return not c.period.orders and not set(asked).intersection(c.period.flags)


@selector
def bounce_begins_round(c: Context) -> bool:
    """The edition notifies anew where a proof is in doubt, once; then a person looks (row N6)."""
    anew = c.edition.values["bounced_proof"] == "new_round"
    return anew and "notified_anew" not in c.period.flags


@selector
def proof_in_doubt(c: Context) -> bool:
    return "proof_doubted" in c.period.flags and not c.period.orders


@selector
def opener_is_addressee(c: Context) -> bool:
    """What an incapable recipient opens proves nothing: the representative is to be notified."""
    return not (
        c.actor.id == c.measure.recipient and c.measure.acting.capacity == Capacity.REPRESENTED
    )


# --- what must hold ---


@bounding("on")
@body_guard
def proof_dated(c: Context) -> Refusal | None:
    """The delivery that is proven lies between the begin of the round and today."""
    on = date.fromisoformat(c.data["on"])
    begun = c.period.round.started_at if c.period.round else c.period.since
    return unless_on(on, local_day(begun), c.today)


@body_guard
def way_counts(c: Context) -> Refusal | None:
    """The edition takes this way of notice for a proof (row N2)."""
    return unless(proof_counts(c), "proof_not_counted")


# --- what is written ---


@recorder
def revise_and_begin_round(c: Context) -> Change:
    revised = renewed(c, "recipient", **begin_round(c).period, flags=())
    return replace(revised, starts={"programme": programme(c, revised.case["measure"])})


@recorder
def begin_round(c: Context) -> Change:
    number = c.period.round.number + 1 if c.period.round else 1
    begun = Round(number=number, started_at=c.message.at)
    return Change(period={"round": begun}, starts={"programme": programme(c, c.measure)})


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
    flags = (*c.without_flags("proof_doubted"), *(("notified_anew",) if bounced else ()))
    corrected = correct_contacts(c).case if c.message.name == "change_contacts" else {}
    period = {**begun.period, "flags": flags}
    return replace(begun, period=period, case={**begun.case, **corrected}, data=bounced)


@recorder
def doubt_proof(c: Context) -> Change:
    return Change(period={"flags": c.with_flag("proof_doubted")}, data=_bounced(c))


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

    A delivery of long ago leaves at least the days of `late_proof` from the entry (policy).
    """
    assert c.period.round is not None
    on = c.told_on(c.period.round.started_at)
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
    flags = c.without_flags("proof_doubted")
    return replace(proven, period={**proven.period, "flags": flags})
