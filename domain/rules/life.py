"""What may happen at any time: revoked, revised, standing still, moved on (L1-L5, L8-L14)."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any, Final

from domain.case.context import Change, Context, Start
from domain.case.state import Measure, Pause, RevocationAhead
from domain.messages import Refusal, Role
from domain.rules.application import all_signed
from domain.rules.common import ahead, ask, no_party, of_authority, same, until_named
from domain.rules.order import voided
from domain.rules.parties import watched
from domain.rules.registry import (
    body_guard,
    body_selector,
    bounding,
    guard,
    naming,
    recorder,
    selector,
    unless,
)
from domain.terms.agenda import runs
from domain.terms.later_edition import moved_by_edition
from domain.terms.recount import concerned, moved
from domain.terms.revisions import certified

CONTENT = (
    "recipient",
    "entitlement",
    "item",
    "quantity",
    "unit",
    "implement_until",
    "valid_until",
    "payer",
)
# Whoever has the role answers what is put to these desks (row L10).
ANY_OF: Final = {Role.COMMISSION: "commission_chair", Role.ADMINISTRATOR: "administrators"}
# So far from the end of a calendar any term still finds its last day.
FAR: Final = timedelta(days=31)


# --- which row fits ---


@selector
def is_revoked(c: Context) -> bool:
    return "revoked" in c.period.flags


@body_selector
def content_unchanged(c: Context) -> bool:
    """The revision leaves item, quantity, term, person and payer as they were (row L4)."""
    return same(c, *CONTENT)


@body_selector
def order_still_covered(c: Context) -> bool:
    """What was taken of the same order in another period counts with its rest (row F6)."""
    new = Measure.model_validate(c.data["measure"])
    origin = c.case.periods.get(c.period.part_of or 0)
    taken = origin.delivery.accepted if origin and origin.delivery else 0
    ordered = c.order.quantity + (taken or 0)
    return same(c, "recipient", "item", "payer") and new.quantity >= ordered


@body_selector
def takes_effect_later(c: Context) -> bool:
    """The day that the revocation names has not come."""
    return not_yet(c, c.data)


def not_yet(c: Context, revocation: Mapping[str, Any]) -> bool:
    """Whether a revocation holds from a day that lies ahead."""
    day = revocation.get("effective_on")
    return day is not None and date.fromisoformat(day) > c.today


@selector
def revoked_first(c: Context) -> bool:
    return "revoked" not in c.period.flags


# --- what must hold ---


@guard
def revision_open(c: Context) -> Refusal | None:
    return unless("revision_to_judge" in c.period.flags, "nothing_to_do")


@guard
def recipient_dead(c: Context) -> Refusal | None:
    """What the recipient would do themselves is done for them only after their death (row L3)."""
    return unless(c.measure.acting.died, "recipient_lives")


@guard
def somebody_can_act(c: Context) -> Refusal | None:
    """Terms do not go on while nobody can act for the recipient (row L6)."""
    return unless(c.measure.acting.somebody(c.today), "nobody_acts")


@guard
def recipients_signature_missing(c: Context) -> Refusal | None:
    missing = "recipient" not in c.application.signatures and not c.application.attested
    return unless(missing and not all_signed(c), "nothing_to_do")


@guard
def not_revoked(c: Context) -> Refusal | None:
    """Nor is this the day from which it is, before the case has heard of it."""
    ahead = c.measure.revocation
    begun = ahead is not None and ahead.effective_on <= c.today
    return unless(not begun and "revoked" not in c.period.flags, "programme_not_in_force")


@naming("escalation")
def may_answer(c: Context) -> Refusal | None:
    """Who is asked answers, wherever they belong, or a caseworker of the authority; of the
    commission and of administrators anybody what is put to them as such.
    """
    if c.facts.get("actor_is_asked"):
        return no_party(c)
    question = c.case.escalations.get(c.data.get("escalation", ""))
    desk = ANY_OF.get(c.actor.role)
    if desk and question and question.to != desk:
        return Refusal(code="not_asked")
    return of_authority(c)


@body_guard
def addressee_given(c: Context) -> Refusal | None:
    return unless(bool(c.data.get("to")), "addressee_required")


@body_guard
def addressee_exists(c: Context) -> Refusal | None:
    """A desk or a person who can answer; the refusal names those that are possible."""
    known, asked = c.fact("addressees"), c.data.get("to")
    if asked in [one["to"] for one in known]:
        return None
    return Refusal(code="addressee_unknown", facts={"addressees": known, "named": c.fact("named")})


@naming("escalation")
def escalation_open(c: Context) -> Refusal | None:
    return unless(c.data.get("escalation") in c.case.escalations, "nothing_to_do")


@guard
def not_paused(c: Context) -> Refusal | None:
    return unless(c.period.pause is None, "case_paused")


@guard
def is_paused(c: Context) -> Refusal | None:
    return unless(c.period.pause is not None, "nothing_to_do")


@naming("ground")
def pause_ground_listed(c: Context) -> Refusal | None:
    return unless(c.data["ground"] in c.edition.pause_grounds, "ground_not_listed")


@bounding("until")
@body_guard
def pause_day_right(c: Context) -> Refusal | None:
    """A pause has an end, and not an arbitrarily late one (policy)."""
    return ahead(c, c.today, "longest_pause")


@naming("term")
def term_is_policy(c: Context) -> Refusal | None:
    """Terms of the law are moved by their own rows alone."""
    length, rule = c.edition.terms.get(c.data["term"]), c.edition.process.terms
    movable = length is not None and length.basis == "policy"
    return unless(movable and not rule[c.data["term"]].unstoppable, "term_is_statutory")


@naming("term")
def term_runs(c: Context) -> Refusal | None:
    return unless(_running(c), "nothing_to_do")


def _running(c: Context) -> bool:
    deadline = c.deadline(c.data["term"])
    return deadline is not None and runs(c.period, deadline, c.edition.process)


@bounding("until", by="term")
@body_guard
def extension_forward(c: Context) -> Refusal | None:
    """Only forward, and by no more than a value of the edition."""
    if not _running(c):
        return None
    return ahead(c, c.period.deadlines[c.data["term"]].last_day, "longest_extension")


@body_guard
def edition_changes(c: Context) -> Refusal | None:
    """It is decided under the edition that it names, and the case is under another (row L14)."""
    named = c.data["edition"] == c.edition.hash
    return unless(named and c.case.edition != c.edition.hash, "nothing_to_do")


@guard
def some_term_moves(c: Context) -> Refusal | None:
    """Another calendar changes something here."""
    return unless(bool(moved(c)), "nothing_to_do")


# --- what is written ---


@recorder
def attest(c: Context) -> Change:
    """The act of hand-over stands for the signature that the dead can no longer give (row L3)."""
    attested = c.application.model_copy(update={"attested": True})
    return Change(period={"application": attested})


@recorder
def escalate(c: Context) -> Change:
    """What is asked is free text and stays in the inbox, under the message's id."""
    return ask(c, c.data["to"], c.actor.id, "asked")


@recorder
def answer_escalation(c: Context) -> Change:
    return Change(case={"answers": c.data["escalation"]})


@recorder
def await_revocation(c: Context) -> Change:
    """Until its day the case goes on: it is told then once more, unless it is taken back."""
    return Change(case={"measure": ahead_of(c, c.measure, c.data)})


def ahead_of(c: Context, measure: Measure, told: Mapping[str, Any]) -> Measure:
    """The measure with a revocation on a day to come."""
    ahead = RevocationAhead(
        message=c.message.id,
        ground=told.get("ground"),
        revision=told.get("revision"),
        effective_on=date.fromisoformat(told["effective_on"]),
    )
    revision = max(measure.revision, ahead.revision or 0)
    return measure.model_copy(update={"revocation": ahead, "revision": revision})


@recorder
def flag_revoked(c: Context) -> Change:
    """From which day the measure is gone: the day the message names, at latest the one it came."""
    on = min(c.today, date.fromisoformat(c.data.get("effective_on") or c.today.isoformat()))
    flags = c.with_flag("revoked", f"revoked_on:{on.isoformat()}")
    return Change(case=revoked_measure(c), period={"flags": flags})


@recorder
def withdraw(c: Context) -> Change:
    written: dict[str, Any] = {"orders": voided(c), "flags": c.with_flag("revoked")}
    if c.period.dispute:
        written["dispute"] = None
    return Change(case=revoked_measure(c), period=written)


@recorder
def note_death(c: Context) -> Change:
    """Nothing changes but that nobody writes to the dead any more."""
    return Change(case=revoked_measure(c))


def revoked_measure(c: Context) -> dict[str, Any]:
    """What a revocation changes of the measure, if it does."""
    told = told_of(c.measure, c.data)
    return {} if told == c.measure else {"measure": told}


def told_of(measure: Measure, revocation: Mapping[str, Any]) -> Measure:
    """The measure with what a revocation says: that the recipient died; up to which revision.

    A revision that is older than the revocation comes too late, whenever it comes (row R3).
    """
    update: dict[str, Any] = {"revocation": None}
    if revocation.get("ground") == "person_died" and not measure.acting.died:
        update["acting"] = measure.acting.model_copy(update={"died": True})
    if revocation.get("revision", 0) > measure.revision:
        update["revision"] = revocation["revision"]
    return measure.model_copy(update=update)


@recorder
def recount_terms(c: Context) -> Change:
    """Another calendar holds: what ends later under it is certified anew (row L13)."""
    found = moved(c)
    made = tuple(certified(c, term, one) for term, one in found.items())
    return Change(moved=made, tells=concerned(c, found))


@recorder
def move_edition(c: Context) -> Change:
    """The case goes on under this edition (row L14).

    A term that limits the status and did not exist before begins today.
    """
    found, period = moved_by_edition(c), c.period
    limit = c.edition.process.statuses[period.status].term
    begun = {limit: Start()} if limit and limit not in period.deadlines else {}
    return Change(
        case={"edition": c.edition.hash},
        extends=begun,
        moved=tuple(certified(c, term, one) for term, one in found.items()),
        tells=concerned(c, found),
    )


def renewed(c: Context, *kept: str, **period: Any) -> Change:
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
    revised = renewed(c, "recipient")
    ends = programme(c, revised.case["measure"])
    return replace(revised, extends={**revised.extends, **({"programme": ends} if ends else {})})


@recorder
def revise_before_order(c: Context) -> Change:
    """Another measure: it is received anew; an order that no longer fits it is void (row L5)."""
    return renewed(c, flags=(), orders=voided(c), application=None, hearing=None)


@recorder
def flag_revision(c: Context) -> Change:
    """The measure changed under an order: a person judges it, and nothing is lost (row L5).

    Whose order it is does not change with it: the parties stay (invariant 3).
    """
    return renewed(c, "recipient", flags=c.with_flag("revision_to_judge"))


@recorder
def judge_revision(c: Context) -> Change:
    return Change(period={"flags": c.without_flags("revision_to_judge")})


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
def pause(c: Context) -> Change:
    """The reason itself is free text and stays in the inbox; the ground is a code."""
    made = Pause(ground=c.data["ground"], at=c.message.at, until=until_named(c))
    return Change(period={"pause": made}, starts={"pause": Start(until=made.until, basis="policy")})


@recorder
def resume(c: Context) -> Change:
    return Change(period={"pause": None})


@recorder
def extend_term(c: Context) -> Change:
    return Change(extends={c.data["term"]: Start(until=until_named(c), basis="policy")})
