"""The whims of the model player: one more step of a walk, plausible or not."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from domain.case.periods import live_periods
from domain.case.state import Case
from domain.messages import DEADLINE, Actor, Event, Message, Role
from domain.terms.agenda import GRACE, agenda
from tests.domain.chance import Body, choose, mostly, related
from tests.domain.changes_of_law import other_calendar, other_edition
from tests.domain.commission_whims import dispute_body, succession_body
from tests.domain.hearing_whims import SAID
from tests.domain.order_whims import order_body
from tests.domain.party_whims import PLACES, acting, begin, proposal_of, standing_of
from tests.domain.play import (
    ABOVE,
    ACTORS,
    CURRENT,
    MOMENT,
    SUPERIOR,
    C,
    Choices,
    Play,
    measure,
    outcome,
    signing,
)
from tests.domain.rare_whims import both_sides, revoked_early
from tests.domain.rounds import GRANTED
from tests.domain.sensible import FRESH, PEOPLE, SENSIBLE, STANDING
from tests.domain.starts import STARTS

DAY = timedelta(days=1)
DELAYS = (timedelta(), timedelta(hours=3), DAY, 9 * DAY)
NAMES = (*sorted({row.on for row in CURRENT.process.rows} - {"entered"}), "dance")
BY: dict[str, tuple[Role, ...]] = {
    name: tuple({role: None for row in CURRENT.process.rows if row.on == name for role in row.by})
    for name in NAMES
}
REPORTS = ("settled", "settled", "not_executed", "returned", "under_way", "other", "unsaid")

# --- bodies: what each message says, sometimes wrongly ---


def _revocation(play: Play, whim: Choices) -> Body:
    data, facts = _plain(play, whim)
    return {**data, "ground": choose(whim, ("person_died", "programme_revoked"))}, facts


def _told_revocation(play: Play, whim: Choices) -> Body:
    """At times on a day to come, of a newer revision or not."""
    data, facts = _revocation(play, whim)
    known = play.case.measure.revision if play.case.measure else 0
    if whim.below(2):
        data |= {"effective_on": play.today(whim.below(9) - 1), "revision": known + whim.below(2)}
    return data, facts


def _measure(play: Play, whim: Choices) -> Body:
    held = play.case.measure
    revision = mostly(whim, held.revision + 1, held.revision) if held else 1
    changed: dict[str, Any] = choose(
        whim,
        ({}, {}, {}, {}, {"quantity": 1}, {"item": "cane"}, {"acting": {}},
         {"acting": acting(whim, play)}, {"acting": acting(whim, play)}, PLACES[1],
         {"procured": True}, {"payer": "EMPLOYER"}, {"implement_until": "2027-06-30"},
         {"valid_until": play.today(whim.below(120))}),
    )  # fmt: skip
    granted = {name: getattr(held, name) for name in GRANTED} if held else {}
    return {"measure": measure(**{**granted, "revision": revision, **changed})}, {}


def _sign(play: Play, whim: Choices) -> Body:
    if play.case.periods == {} or play.period.application is None:
        return {"application": "none", "signature": "cms"}, {}
    number = f"cms-{choose(whim, (0, 1, len(play.seen)))}"
    data, facts = signing(play, signature=number, account=f"acc-{whim.below(2)}")
    verdict = mostly(whim, None, "unchecked", "wrong_signer")
    facts = {**facts, "signature": {"reason": verdict}}
    if not whim.below(16):
        data["application"] = "app-other"
    if not whim.below(4):
        facts["account_signature"] = {"reason": choose(whim, ("attached", "unchecked"))}
    return data, facts


def _report(play: Play, whim: Choices) -> Body:
    payments = play.period.payments if play.case.periods else ()
    payment = choose(whim, payments) if payments and whim.below(3) == 0 else None
    payment = payment or (payments[-1] if payments else None)
    data = {
        "key": mostly(whim, payment.key if payment else "none", "unknown-key"),
        "outcome": choose(whim, REPORTS),
        "amount": mostly(whim, payment.amount if payment else 1, 1, None, 1_000_00),
        "reference": mostly(whim, None, "T-1", "T-2"),
        "payee": mostly(whim, "same", "same", "other", None),
        "account": mostly(whim, "same", "same", "other", None),
    }
    return data, {}


def _statement(play: Play, whim: Choices) -> Body:
    data = _report(play, whim)[0]
    outcome_ = choose(whim, ("settled", "rejected", "returned"))
    elsewhere = {"differs": choose(whim, ("payee", "account"))} if not whim.below(4) else {}
    return {"key": data["key"], "outcome": outcome_, "amount": data["amount"], **elsewhere}, {}


def _quantity(play: Play, whim: Choices) -> Body:
    data = {
        "quantity": mostly(whim, 2, 1, 1, 0, 3),
        "on": play.today(mostly(whim, 0, -1, 1, -30)),
        "reason": True,
        "evidence": mostly(whim, True, False),
    }
    return data, {"application": f"app-{len(play.seen)}"}


def _proof(play: Play, whim: Choices) -> Body:
    round_ = play.period.round if play.case.periods else None
    heard_ = play.period.hearing if play.case.periods else None
    data = {
        "round": mostly(whim, round_.number if round_ else 1, 0, 1),
        "confirmed": mostly(whim, True, False),
        "on": play.today(mostly(whim, 0, -1, -70, 5)),
        "channel": "sms",
        "text": mostly(whim, "order_refused", "choice_reminder"),
        "told": mostly(whim, f"{heard_.seq}.1" if heard_ else "none", "0.1"),
        "evidence": mostly(whim, True, False),
        "channels": mostly(whim, ["sms"], []),
    }
    return data, {}


def _plain(play: Play, whim: Choices) -> Body:
    payment = play.period.payment if play.case.periods else None
    data = {
        "reason": mostly(whim, "stated", ""),
        "evidence": mostly(whim, True, False),
        "to": mostly(whim, "lead-1", ""),
        "ground": mostly(whim, "not_delivered", "terms_broken", "no_such_ground"),
        "funds_lacking": not whim.below(4),
        "escalation": next(iter(play.case.escalations), "none"),
        "key": payment.key if payment else "none",
        "status": choose(whim, ("paid", "withdrawn")),
        "role": "supplier",
        "signature": "cms-0",
        "calendar": play.calendar.version,
        "edition": play.edition.hash,
    }
    return data, {**related(whim), "application": f"app-{len(play.seen)}"}


def _standing(play: Play, whim: Choices) -> Body:
    """Pauses and extensions, by a sensible or a silly day."""
    terms = tuple(CURRENT.process.terms)
    held = play.period.deadlines if play.case.periods else {}
    data = {
        "ground": mostly(whim, "court", "no_such_ground"),
        "reason": mostly(whim, "stated", ""),
        "until": play.today(choose(whim, (20, 40, 70, 100, -1, 900))),
        "term": choose(whim, tuple(held) or terms) if whim.below(4) else choose(whim, terms),
    }
    return data, related(whim)


BODIES: dict[str, Callable[[Play, Choices], Body]] = {
    "measure_arrived": _measure,
    "place_order": order_body,
    "sign": _sign,
    "change_account": _sign,
    "payment_reported": _report,
    "payment_never_received": _report,
    "enter_statement": _statement,
    "mark_delivered": _quantity,
    "accept": _quantity,
    "change_content": _quantity,
    "delivery_proven": _proof,
    "delivery_bounced": _proof,
    "told_proven": _proof,
    "enter_proof": _proof,
    "begin_representation": begin,
    "end_representation": standing_of,
    "record_capacity": standing_of,
    "confirm_representation": proposal_of,
    "refuse_representation": proposal_of,
    "consent": standing_of,
    "move": standing_of,
    "revoked": _told_revocation,
    "revoke": _revocation,
    "attest_handover": _quantity,
    "notice_sent": _proof,
    **SAID,
    "pause": _standing,
    "extend_term": _standing,
    "extend_review": _standing,
    "complain": dispute_body,
    "order_remedy": dispute_body,
    "find_breach": dispute_body,
    "enter_successor": succession_body,
    "supplier_removed": succession_body,
}


# --- steps ---


def step(play: Play, whim: Choices) -> None:
    """One more thing happens to the case, mostly in a period that lives."""
    if len(play.case.periods) > 1:
        live = [one.number for one in live_periods(play.case, CURRENT.process)]
        known = tuple(play.case.periods)
        play.about = mostly(whim, choose(whim, live or known), choose(whim, known))
        if not whim.below(12):
            play.about = None
    STEPS[whim.below(len(STEPS))](play, whim)


def _say(play: Play, whim: Choices, name: str, actor: Actor) -> list[Event]:
    data, facts = BODIES.get(name, _plain)(play, whim)
    return play.send(name, actor, data, facts | (SUPERIOR if actor == ABOVE else {}))


def sensible(play: Play, whim: Choices) -> None:
    """Somebody does what the status asks of them."""
    options = SENSIBLE.get(play.status)
    if options is None:
        return anything(play, whim)
    if play.case.measure is None and not whim.below(3):
        return revoked_early(play, whim)
    name, actor = choose(
        whim, options if whim.below(8) else choose(whim, (STANDING, FRESH or STANDING))
    )
    if not whim.below(8):
        actor = choose(whim, ACTORS[actor.role])
    play.now += choose(whim, DELAYS[:3])
    _say(play, whim, name, actor)
    return None


def anything(play: Play, whim: Choices) -> None:
    """Any message of the process by anybody, mostly by one who has it."""
    name = choose(whim, NAMES)
    role = choose(whim, BY.get(name) or tuple(Role))
    if not whim.below(8):
        role = choose(whim, tuple(Role))
    _say(play, whim, name, choose(whim, ACTORS[role]))


def from_desk(play: Play, whim: Choices) -> None:
    """Work that lies on a desk is done, by a row that the process has for it."""
    lies = {task.code for task in play.case.tasks.values()}
    known = play.edition.process.rows
    rows = [row for row in known if lies & set(row.closes) and PEOPLE & set(row.by)]
    if not rows:
        return sensible(play, whim)
    row = choose(whim, rows)
    role = choose(whim, [role for role in row.by if role in PEOPLE])
    _say(play, whim, row.on, choose(whim, ACTORS[role]))
    return None


def answered(play: Play, whim: Choices) -> None:
    """An effect comes to its end, well or badly."""
    waiting = list(play.case.outbox.values())
    if not waiting:
        return sensible(play, whim)
    effect = choose(whim, waiting)
    changed: dict[str, Any] = {}
    if effect.kind == "notify" and not whim.below(3):
        changed = {"channels": []}
    if effect.kind == "verify" and whim.below(2):
        changed = {"reason": choose(whim, ("certificate_revoked", "unchecked"))}
    name, actor, data = outcome(effect, changed)
    if effect.kind == "enquire" and whim.below(2):
        name, data = "payment_reported", {**_report(play, whim)[0], "key": data["key"]}
    play.now += choose(whim, DELAYS[:2])
    play.outcome(effect, name, actor, data)
    return None


def waits(play: Play, whim: Choices) -> None:
    """Time passes: a little, or until the next deadline, which comes exactly when it should."""
    if whim.below(3):
        play.wait()
    else:
        play.wait(play.now + choose(whim, DELAYS))


def races(play: Play, whim: Choices) -> None:
    """A message in the instant before or at a deadline, processed before or after it."""
    due = next(iter(agenda(play.case, play.edition.process)), None)
    options = SENSIBLE.get(play.status)
    if due is None or options is None or due.message.at <= play.now:
        return waits(play, whim)
    name, actor = choose(whim, options)
    data, facts = BODIES.get(name, _plain)(play, whim)
    at = due.message.at - MOMENT if whim.below(2) else due.message.at
    play.now = due.wake_at
    if whim.below(2):
        play.host(due.message)
    play.send(name, actor, data, facts, at=at)
    # The host may still hold the deadline message that it made before: stale, and harmless.
    play.host(due.message)
    return None


def again(play: Play, whim: Choices) -> None:
    """The same message, under its old id or, as a repeated report has, under a new one."""
    if not play.seen:
        return
    old = choose(whim, list(play.seen.values()))
    if whim.below(2):
        assert play.host(old) == []
    elif old.actor.role != Role.DEADLINE:
        play.send(old.name, old.actor, old.data, old.facts)


def stale(play: Play, whim: Choices) -> None:
    """A deadline message that nobody ever made, or not for now."""
    if not play.case.periods:
        return
    term = choose(whim, tuple(CURRENT.process.terms))
    deadline = play.period.deadlines.get(term)
    code = choose(whim, ("over", "7cd"))
    revision = deadline.revision if deadline and whim.below(2) else 0
    at = deadline.expires_at if deadline else play.now
    # Nothing is said to a file at an instant that has not come: what follows comes after it, and
    # after the grace in which what was in time is taken.
    play.now = max(play.now, at + GRACE)
    play.host(
        Message(
            id=f"{term}:{play.about or 1}:{revision}:{code}",
            name=CURRENT.process.terms[term].fires,
            at=at,
            actor=DEADLINE,
            period=play.about or 1,
            data={"fires": {"term": term, "code": code}},
        )
    )


def lost_period(play: Play, whim: Choices) -> None:
    """A message for a period that is not there."""
    if play.case.periods:
        name = choose(whim, NAMES)
        play.send(name, C, period=700)


STEPS = (
    *(sensible,) * 14, *(answered,) * 7, *(waits,) * 4, *(anything,) * 3,
    from_desk, from_desk, races, races, again, again, stale, lost_period, both_sides,
    other_calendar, other_edition,
)  # fmt: skip


def walk(
    whim: Choices, steps: int, watch: Callable[[Play, Message, Case, list[Event]], None]
) -> Play:
    """So many whims from one of the starts, watched after every message."""
    play = choose(whim, STARTS).copy()
    play.watch = watch
    for _ in range(steps):
        step(play, whim)
    return play
