"""What rows of every chapter ask: who may act, in time, with a reason and evidence."""

from datetime import date, timedelta

from domain.case.context import Change, Context
from domain.case.state import Escalation, Measure
from domain.messages import Refusal, Role
from domain.parties.representatives import Capacity, Representative
from domain.parties.sides import HEARD, differ, is_party
from domain.rules.registry import body_guard, guard, recorder, selector, unless, unless_on
from domain.terms.counting import Term, certify

# Who acts for an authority, for the commission or for the portal.
OFFICIALS = frozenset((Role.CASEWORKER, Role.COMMISSION, Role.ADMINISTRATOR))


# --- which row fits ---


def same(c: Context, *names: str) -> bool:
    """The measure that the message brings is in these as it was."""
    new = Measure.model_validate(c.data["measure"])
    return all(getattr(new, name) == getattr(c.measure, name) for name in names)


@selector
def not_wanted(c: Context) -> bool:
    """A text that was asked again when it was sent, and was in vain by then."""
    return bool(c.data.get("not_wanted"))


# --- what must hold ---


@guard
def impartial(c: Context) -> Refusal | None:
    """Whoever concludes for the commission, or says what becomes of an order, is no party to it."""
    return no_party(c)


@guard
def of_authority(c: Context) -> Refusal | None:
    """A caseworker belongs to the authority of the recipient's place, or to the one that pays the
    order (row L7); no official acts in a case of their own; others pass.
    """
    theirs = (c.measure.authority, c.payer)
    if c.actor.role == Role.CASEWORKER and c.actor.on_behalf_of not in theirs:
        return Refusal(code="not_your_case")
    return no_party(c) if c.actor.role in OFFICIALS else None


def no_party(c: Context) -> Refusal | None:
    """Who is a party acts for the authority or the commission in no case of their own (APPC 68)."""
    return unless(not is_party(c, c.actor.id), "party_cannot_decide")


@guard
def own_case(c: Context) -> Refusal | None:
    """A recipient or representative acts in the recipient's own case; others pass.

    Whether they may is decided by the day of the act (rows of L6): see `acts_alone` and
    `acts_for_another`.
    """
    if c.actor.role != Role.RECIPIENT:
        return None
    if c.actor.id is None or c.measure.acting.died:
        return Refusal(code="not_your_case")
    alone = c.actor.id == c.measure.recipient
    refusal = acts_alone(c) if alone else acts_for_another(c)
    return refusal or (None if c.message.name in HEARD else differ(c))


def acts_alone(c: Context) -> Refusal | None:
    """Who is represented acts through the representative, a ward with the trustee's consent.

    To which acts a trustee consents is a value of the edition (policy); a consent counts where the
    case stood when it was given. Everybody may open their own case.
    """
    act, acting = c.message.name, c.measure.acting
    if acting.capacity == Capacity.REPRESENTED and act != "open_case":
        return Refusal(code="represented")
    if acting.capacity != Capacity.ASSISTED or act not in c.edition.consent_acts:
        return None
    given = [one for one in c.period.consents if one.act == act and one.at >= c.period.since]
    return unless(any(acting.power_of(one.by, c.today) for one in given), "consent_missing")


def acts_for_another(c: Context) -> Refusal | None:
    """A power that holds on the day and covers the act, in no other interest (CC 163(3)).

    `representative_conflict`: the representative decides in the authority (APPC 68(4)). Whether
    they act for the supplier, too, is asked of every act (see `domain.parties.sides`).
    """
    power = c.power
    if c.measure.acting.awaits(c.actor.id) and (power is None or not power.holds(c.today)):
        return Refusal(code="representative_unconfirmed")
    if power is None or c.actor.on_behalf_of != c.measure.recipient:
        return Refusal(code="not_your_case")
    if not power.holds(c.today):
        last = power.until.isoformat() if power.until else c.today.isoformat()
        ended = power.ended or last < c.today.isoformat()
        return Refusal(code="power_ended", facts={"last_day": last}) if ended else _not_begun(power)
    if not power.covers(c.message.name):
        return Refusal(code="outside_power")
    conflict = c.fact("representative_conflict")
    return unless(conflict is None, f"representative_is_{conflict}")


def _not_begun(power: Representative) -> Refusal:
    return Refusal(code="power_not_begun", facts={"since": power.since.isoformat()})


@guard
def own_order(c: Context) -> Refusal | None:
    """A supplier, or its successor, acts on its own live order; others pass."""
    if c.actor.role != Role.SUPPLIER:
        return None
    order = c.period.order
    if order is None or order.acting != c.actor.on_behalf_of:
        return Refusal(code="not_your_case")
    return None if c.message.name in HEARD else differ(c)


@guard
def may_decide(c: Context) -> Refusal | None:
    """A caseworker of the authority that pays, who is no party to the case (invariant 3)."""
    return unless(c.actor.on_behalf_of == c.payer, "not_your_case") or no_party(c)


@guard
def sides_differ(c: Context) -> Refusal | None:
    """No money goes out while one person stands on both sides (row L15, CC 163(3))."""
    return differ(c)


@guard
def in_time(c: Context) -> Refusal | None:
    """Submitted before the end of the term of the status; the instant of submission decides."""
    return not_late(c, c.edition.process.statuses[c.period.status].term or "")


def not_late(c: Context, term: str) -> Refusal | None:
    """The refusal of what comes after a term that the period has."""
    deadline = c.deadline(term)
    if deadline is None:
        return None
    return unless(not deadline.passed(c.message.at), "late", last_day=deadline.last_day.isoformat())


@body_guard
def reason_given(c: Context) -> Refusal | None:
    """The reason itself is free text and stays in the inbox."""
    return unless(bool(c.data.get("reason")), "reason_required")


@body_guard
def evidence_given(c: Context) -> Refusal | None:
    return unless(bool(c.data.get("evidence")), "evidence_required")


def ahead(c: Context, after: date, most: str) -> Refusal | None:
    """The day that is named lies after a day, by at most a value of the edition."""
    latest = certify(after, Term.parse(c.edition.values[most]), c.calendar, "").last_day
    return unless_on(until_named(c), after + timedelta(days=1), latest)


def until_named(c: Context) -> date:
    return date.fromisoformat(c.data["until"])


# --- what is written ---


def ask(c: Context, to: str, by: str | None, reason: str) -> Change:
    """The event carries this question, and none of those beside it: a case may have hundreds."""
    made = Escalation(id=c.message.id, to=to, by=by, at=c.message.at, reason=reason)
    return Change(case={"question": made})


@recorder
def escalate_overdue(c: Context) -> Change:
    """A term ran out: nothing is decided, the authority's lead is asked (rows N5, C8, V4, P6)."""
    return ask(c, "authority_lead", None, "overdue")


@recorder
def escalate_to_commission(c: Context) -> Change:
    """Likewise where the commission is silent: its chair is asked (rows C4, D2, D6)."""
    return ask(c, "commission_chair", None, "overdue")
