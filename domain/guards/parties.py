"""Who may act, in time, with a reason and evidence; signatures of the parties."""

from datetime import date

from domain.context import Context
from domain.guards.registry import body_guard, by_another, guard, naming, unless
from domain.messages import Refusal, Role
from domain.representatives import Capacity, Representative
from domain.selectors.course import proof_counts
from domain.sides import HEARD, differ, is_party
from domain.terms import local_day

# Who acts for an authority, for the commission or for the portal.
OFFICIALS = frozenset((Role.CASEWORKER, Role.COMMISSION, Role.ADMINISTRATOR))


@guard
def of_authority(c: Context) -> Refusal | None:
    """A caseworker belongs to the authority of the recipient's place, or to the one that pays the
    order (row L7); no official acts in a case of their own; others pass.
    """
    theirs = (c.measure.authority, c.payer)
    if c.actor.role == Role.CASEWORKER and c.actor.on_behalf_of not in theirs:
        return Refusal(code="not_your_case")
    return no_party(c) if c.actor.role in OFFICIALS else None


@guard
def of_residence(c: Context) -> Refusal | None:
    """What concerns the person, not an order, is for the authority of the recipient's place."""
    if c.actor.on_behalf_of != c.measure.authority:
        return Refusal(code="not_your_case")
    return no_party(c)


def no_party(c: Context) -> Refusal | None:
    """Who is a party acts for the authority or the commission in no case of their own (APPC 68)."""
    party = is_party(c, c.actor.id) or bool(c.facts.get("actor_is_party"))
    return unless(not party, "party_cannot_decide")


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
    they act for the supplier, too, is asked of every act (see `domain.sides`).
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
    conflict = c.facts.get("representative_conflict")
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
def is_held(c: Context) -> Refusal | None:
    return unless(c.period.held, "nothing_to_do")


@guard
def nothing_under_way(c: Context) -> Refusal | None:
    """No payment of the order may still reach anybody, and it is known what became of each."""
    unknown = any(one.open or one.doubtful for one in c.attempts())
    return unless(not unknown, "payment_under_way")


@guard
def second_ender(c: Context) -> Refusal | None:
    """Another caseworker proposed to end the order (row L15)."""
    proposed = [one for one in c.period.decisions if one.kind == "end_order"]
    return by_another(c, proposed)


@guard
def in_time(c: Context) -> Refusal | None:
    """Submitted before the end of the term of the status; the instant of submission decides."""
    term = c.edition.process.statuses[c.period.status].term
    deadline = c.deadline(term) if term else None
    if deadline is None:
        return None
    return unless(not deadline.passed(c.message.at), "late", last_day=deadline.last_day.isoformat())


@guard
def choice_in_time(c: Context) -> Refusal | None:
    """Submitted before the choice ran out, even if its end was recorded first."""
    deadline = c.deadline("choice")
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


@body_guard
def proof_dated(c: Context) -> Refusal | None:
    """The delivery that is proven lies between the begin of the round and today."""
    on = date.fromisoformat(c.data["on"])
    begun = c.period.round.started_at if c.period.round else c.period.since
    return unless(local_day(begun) <= on <= c.today, "day_wrong")


@body_guard
def way_counts(c: Context) -> Refusal | None:
    """The edition takes this way of notice for a proof (row N2)."""
    return unless(proof_counts(c), "proof_not_counted")


@body_guard
def proof_since_void(c: Context) -> Refusal | None:
    """The recipient learned that the order fell through after it did, and not tomorrow (row O2)."""
    on = date.fromisoformat(c.data["on"])
    return unless(local_day(c.period.since) <= on <= c.today, "day_wrong")


@body_guard
def right_draft(c: Context) -> Refusal | None:
    """What the recipient signed is the application that this very order makes.

    `drafted_sum` is what stood in what was signed, where that is a draft of this case.
    """
    shown = c.facts.get("drafted_sum", c.unit_sum)
    if shown != c.unit_sum:
        return Refusal(code="sum_changed", facts={"shown": shown, "current": c.unit_sum})
    return unless(c.data["application"] == c.facts.get("application"), "wrong_document")


@naming("application")
def right_document(c: Context) -> Refusal | None:
    """What was signed is the current version of the application."""
    held = c.period.application
    return unless(held is not None and c.data["application"] == held.sha256, "wrong_document")


@body_guard
def signature_good(c: Context) -> Refusal | None:
    """A verifier found nothing wrong; one that could not be asked yet does not make anyone late."""
    reason = c.verdict("signature")
    if reason is None or reason == "unchecked":
        return None
    return Refusal(code="signature_invalid", facts={"reason": reason})


@body_guard
def account_signed(c: Context) -> Refusal | None:
    """The supplier's signature comes with the signed annex that names its account.

    Like any signature, that over the annex may be verified later.
    """
    if c.actor.role != Role.SUPPLIER:
        return None
    if not c.data.get("account"):
        return Refusal(code="account_required")
    reason = c.verdict("account_signature")
    if reason is None or reason == "unchecked":
        return None
    return Refusal(code="signature_invalid", facts={"reason": reason})


@guard
def of_authority_or_asked(c: Context) -> Refusal | None:
    """Likewise; who is asked answers, wherever they belong."""
    return no_party(c) if c.facts.get("actor_is_asked") else of_authority(c)


@body_guard
def addressee_given(c: Context) -> Refusal | None:
    return unless(bool(c.data.get("to")), "addressee_required")


@body_guard
def addressee_exists(c: Context) -> Refusal | None:
    """A desk or a person who can answer; the refusal names those that are possible."""
    known = c.facts.get("addressees")
    if known is None or c.data.get("to") in [one["to"] for one in known]:
        return None
    return Refusal(code="addressee_unknown", facts={"addressees": known, "named": c.facts["named"]})


@naming("escalation")
def escalation_open(c: Context) -> Refusal | None:
    return unless(c.data.get("escalation") in c.case.escalations, "nothing_to_do")
