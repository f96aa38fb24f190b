"""The invariants of the process, each a function over one more step of a history."""

from collections.abc import Callable
from datetime import date
from functools import cache
from typing import Any

from domain.case.periods import complained
from domain.case.state import Case, Order, Period
from domain.messages import Event, Role
from domain.money.ledger import OF_ORDER, entries_of, moves_money, places
from domain.parties.sides import acts_for_of, on_both_sides
from domain.process import Edition
from domain.terms.agenda import agenda, runs
from domain.terms.counting import Certificate, Term, certify, local_day, recompute
from tests.domain.period_invariants import (
    parts_make_no_more_than_the_order,
    periods_follow_each_other,
    within_the_norm,
)
from tests.domain.play import ABOVE, calendar_of
from tests.domain.steps import Step

PEOPLE = {"recipient", "supplier", "caseworker", "commission"}
# What the treasury was told to pay and has not finally answered.
UNDER_WAY = ("to_send", "sent", "unknown")
# Where no attempt may be of uncertain fate.
CERTAIN = ("payment_failed", "paid", "completed", "recovering", "recovered")


def one_order_and_one_payment(step: Step) -> None:
    """1: one live order; what is paid, net of what came back, is never more than is payable but
    for the excess that is to come back; one attempt under way, and none begun beside one.
    """
    for period in step.after.periods.values():
        assert sum(order.live for order in period.orders) <= 1
        assert sum(payment.status in UNDER_WAY for payment in period.payments) <= 1
        if period.status in CERTAIN:
            assert not any(payment.unanswered for payment in period.payments)
        if (order := period.order) and period.application and not _being_decided(period):
            mine = [p for p in period.payments if p.order == order.number]
            over = period.owed_back(order.number, period.payments)
            assert not over or period.status == "recovering"
    keys = [payment.key for period in step.after.periods.values() for payment in period.payments]
    assert len(set(keys)) == len(keys)
    for event in step.events:
        if pays(event):
            begun, now = step.before.periods.get(event.period), step.after.periods[event.period]
            assert begun is not None
            assert begun.order is not None
            order = begun.order
            mine = [p for p in now.payments if p.order == order.number]
            (sending,) = (p for p in mine if p.status == "to_send")
            known = [p for p in mine if p is not sending]
            assert not any(p.open or p.doubtful or p.status == "void" for p in known)
            assert now.application is not None
            paid = sum(p.left + p.lost for p in mine)
            assert paid + sending.amount <= now.application.amount


def the_ledger_follows(step: Step) -> None:
    """1: what the events make of the ledger is where the attempts are, and nothing is forgotten."""
    if not any(moves_money(event) for event in step.events):
        return
    empty = Case(id=step.after.id, edition=step.after.edition)
    lies: dict[str, dict[str, int]] = {}
    for _, entries in entries_of(empty, step.file):
        for entry in entries:
            mine = lies.setdefault(entry.payment, {})
            for account, sign in ((entry.debit, -1), (entry.credit, 1)):
                mine[account] = mine.get(account, 0) + sign * entry.amount
    for period in step.after.periods.values():
        for payment in period.payments:
            held = {k: v for k, v in lies[payment.key].items() if k not in OF_ORDER and v}
            assert held == places(payment)


def _being_decided(period: Period) -> bool:
    """Two caseworkers have to say what stands."""
    return any(payment.doubtful for payment in period.payments)


def within_the_sum(step: Step) -> None:
    """2: never more than the smaller of price and guaranteed sum for what was accepted."""
    for period in step.after.periods.values():
        if application := period.application:
            order = period.orders[application.order - 1]
            accepted = period.delivery.accepted if period.delivery else None
            most = order.quantity if accepted is None else accepted
            assert most <= order.quantity
            assert application.amount <= most_for(order, most)
        for payment in period.payments:
            order = period.orders[payment.order - 1]
            if period.application is None or period.application.order != order.number:
                continue
            assert period.delivery is not None
            accepted = period.delivery.accepted or 0
            assert 0 < payment.amount <= most_for(order, accepted)
            assert payment.returned <= (payment.settled or payment.amount)


def most_for(order: Order, quantity: int) -> int:
    """By the article: the price or the guaranteed sum; of a child's companion 70 % of it."""
    sums = [order.unit_sum, *([order.companion_sum] if order.companion_sum is not None else [])]
    return sum(min(order.unit_price, one) for one in sums) * quantity


def sums_of_their_day(step: Step) -> None:
    """2: an order has the guaranteed sum of its own day, and keeps it."""
    for number, period in step.before.periods.items():
        for held, now in zip(period.orders, step.after.periods[number].orders, strict=False):
            assert (held.unit_sum, held.catalogue) == (now.unit_sum, now.catalogue)
    for event in step.events:
        if event.type == "ordered":
            placed, measure = step.after.periods[event.period].orders[-1], step.before.measure
            assert measure is not None
            assert placed.unit_sum == step.message.facts.get("unit_sum", measure.unit_sum)
            assert placed.catalogue == step.message.facts.get("catalogue")


def pays(event: Event) -> bool:
    """Whether an event asks to pay."""
    return any(effect["kind"] == "pay" for effect in event.data.get("effects", ()))


def approved_by_two_over_what_was_signed(step: Step) -> None:
    """3: no approval and no payment without signatures, acceptance, and two who are no parties.

    A conclusion of the commission may stand for the recipient's acceptance and signature, never for
    the supplier's.
    """
    for event in step.events:
        if event.type in ("signed", "account_changed"):
            signed = step.after.periods[event.period].application
            assert signed is not None
            assert step.message.data["application"] == signed.sha256
    for event in step.events:
        if event.type != "approved" and not pays(event):
            continue
        period, measure = step.after.periods[event.period], step.after.measure
        application, order = period.application, period.order
        assert application is not None
        assert order is not None
        assert measure is not None
        needed = set(step.edition.signers(measure.category))
        if application.attested:
            assert measure.acting.died
            needed -= {"recipient"} - application.signatures.keys()
        if application.concluded:
            assert concluded_for_supplier(step.file)
            needed -= {"recipient"} - application.signatures.keys()
        assert all(application.signatures[role].checked for role in needed)
        assert application.account is not None
        assert application.account.checked
        assert signed_over(step.file, application.sha256) >= needed
        assert period.delivery is not None
        assert period.delivery.accepted is not None
        assert not period.delivery.concluded or concluded_for_supplier(step.file)
        approvers = [d.by for d in period.decisions if d.kind == "approve"]
        assert len(set(approvers)) == 2
        assert approvers[0] != ABOVE.id, "who stands above approves second"
        by = event.actor
        assert event.type != "approved" or by == ABOVE or by.on_behalf_of == period.payer
        represented_by = {one.person for one in measure.acting.representatives}
        parties = {measure.recipient, *represented_by, order.supplier, order.successor}
        assert not set(approvers) & parties
        if "account_changed" in {e.type for e in step.file}:
            assert not application.account.checks or len(set(application.account.checks)) == 2


def concluded_for_supplier(file: list[Event]) -> bool:
    """Whether the commission has concluded so."""
    return any(e.type == "decided_for_supplier" and e.actor.role == Role.COMMISSION for e in file)


# What two caseworkers decide together.
OF_TWO = ("enter_statement", "refuse", "reopen_case", "write_off", "retry_payment", "end_order",
          "enter_successor")  # fmt: skip


def said_by_two(step: Step) -> None:
    """3: what two caseworkers decide together, two of them said, and anew each time."""
    for event in step.events:
        decided = "to" in event.data or event.type == "successor_entered"
        if step.message.name not in OF_TWO or not decided or event.message_id != step.message.id:
            continue
        if event.row == "-" or event.actor != step.message.actor:
            continue
        first = event.data["first"]
        assert first["by"] != step.message.actor.id
        used = [e for e in step.file if e.data.get("first") == first and e.period == event.period]
        if step.message.name == "reopen_case":  # what was said at the very instant of the end
            continue
        assert used == [event], "one said it once, and it was counted twice"


def never_on_both_sides(step: Step) -> None:
    """3: nothing is approved or paid while one person is known to stand on both sides."""
    known = acts_for_of(step.message.facts, step.message.data)
    for event in step.events:
        if event.type == "approved" or pays(event):
            period = step.after.periods[event.period]
            assert not on_both_sides(step.after, period, known, step.message.actor)


def no_refusal_without_hearing(step: Step) -> None:
    """3: nobody is refused or closed out unheard: told, three working days, every answer given."""
    for event in step.events:
        if event.row not in ("V6", "C7") or "to" not in event.data:
            continue
        place = max(n for n, one in enumerate(step.file) if one.type in INTENDED)
        said = step.file[place:]
        announced = said[0]
        if event.row == "V6":
            assert announced.data["period"]["hearing"]["ground"] == step.message.data["ground"]
        assert not any(one.type == "intention_withdrawn" for one in said)
        begun = next(one for one in said if _told_on(one))
        calendar = calendar_of(_made(begun, "hearing")["certificate"]["calendar"])
        told = date.fromisoformat(_told_on(begun))
        assert local_day(announced.at) <= told <= local_day(begun.at)
        assert event.at >= certify(told, Term.parse("3wd"), calendar, "").expires_at
        heard = step.before.periods[event.period].hearing
        assert heard is not None
        objected = {one.message_id for one in said if one.type == "objected"}
        assert {one.id for one in heard.objections if one.answered} == objected


INTENDED = ("refusal_intended", "closing_intended")


def _told_on(event: Event) -> str:
    return (event.data.get("period", {}).get("hearing") or {}).get("told_on") or ""


def _made(event: Event, term: str) -> dict[str, Any]:
    found: dict[str, Any] = next(one for one in event.data["deadlines"] if one["term"] == term)
    return found


def signed_over(file: list[Event], sha256: str) -> set[str]:
    """The roles whose recorded signature came when the application had these bytes."""
    roles: set[str] = set()
    for event in file:
        application = event.data.get("period", {}).get("application")
        if application and application["sha256"] == sha256:
            roles |= application["signatures"].keys()
    return roles


@cache
def _recomputed(certificate: tuple[tuple[str, Any], ...]) -> bool:
    held = Certificate.from_json({k: _thaw(v) for k, v in certificate})
    return recompute(held, calendar_of(held.calendar)) == held


def _freeze(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(tuple(sorted(one.items())) for one in value)
    return value


def _thaw(value: Any) -> Any:
    return [dict(one) for one in value] if isinstance(value, tuple) else value


def deadlines_prove_themselves(step: Step) -> None:
    """4: each deadline follows from its certificate; the choice never ends earlier than it did."""
    for event in step.events:
        for made in event.data.get("deadlines", ()):
            certificate = made["certificate"]
            assert certificate["last_day"] == made["last_day"]
            assert certificate["expires_at"] == made["expires_at"]
            assert _recomputed(tuple((k, _freeze(v)) for k, v in certificate.items()))
    for number, period in step.before.periods.items():
        for term, held in period.deadlines.items():
            now = step.after.periods[number].deadlines[term]
            assert now.revision >= held.revision
            assert now.revision > held.revision or now.expires_at == held.expires_at
            assert term != "choice" or now.expires_at >= held.expires_at


def recorded_once_in_order(step: Step) -> None:
    """5: every message makes events once, without gaps, with actor and time."""
    earlier = step.file[: len(step.file) - len(step.events)]
    assert step.events
    assert [e.seq for e in step.events] == [
        step.before.seq + i for i in range(1, len(step.events) + 1)
    ]
    assert step.after.seq == step.before.seq + len(step.events)
    assert not earlier or earlier[-1].seq == step.before.seq
    assert all(event.message_id == step.message.id for event in step.events)
    assert not any(event.message_id == step.message.id for event in earlier)
    first, *followed = step.events
    assert first.actor == step.message.actor
    whole = step.message.name in step.edition.process.whole_case.every
    assert all(e.actor.role == Role.SERVICE or (whole and e.actor == first.actor) for e in followed)
    assert all(event.at == step.message.at for event in step.events)
    assert all(event.at.tzinfo is not None for event in step.events)


# Payment reports, a breach found later, and what undoes an end take a case out of a closed status.
FROM_CLOSED = {"P8", "P9", "P10", "P15", "L12"}


def closed_stays_closed(step: Step) -> None:
    """6: a closed status is left only by rows that name it; a refusal changes nothing else."""
    statuses = step.edition.process.statuses
    for number, period in step.before.periods.items():
        if statuses[period.status].closed and step.after.periods[number].status != period.status:
            assert step.events[0].row in FROM_CLOSED
    known = step.message.name in step.edition.process.messages
    assert known or not step.moved
    if not step.moved:
        assert step.after == unchanged(step)


def unchanged(step: Step) -> Case:
    """The case before, but for the number of the event and what a refused outcome leaves behind."""
    done = step.events[0].data.get("done")
    outbox = {k: v for k, v in step.before.outbox.items() if k != done}
    update: dict[str, Any] = {"seq": step.before.seq + 1, "outbox": outbox}
    if term := step.events[0].data.get("misfires"):
        number = step.events[0].period
        period = step.before.periods[number]
        spent = period.deadlines[term]
        spent = spent.model_copy(update={"misfires": spent.misfires + 1})
        period = period.model_copy(update={"deadlines": {**period.deadlines, term: spent}})
        update["periods"] = {**step.before.periods, number: period}
    return step.before.model_copy(update=update)


ALWAYS = {"escalate", "answer_escalation", "open_case", "revoke", "judge_revision"}
_ACTS: dict[tuple[str, str], bool] = {}


def somebody_acts(edition: Edition, status: str) -> bool:
    """Whether a person has a command that is meant for a status: passing on does not count."""
    key = (edition.hash, status)
    if key not in _ACTS:
        rows = [row for row in edition.process.rows if row.on not in ALWAYS]
        table = edition.process.table
        _ACTS[key] = any(
            role in PEOPLE and row in table.get((status, row.on), ())
            for row in rows
            for role in row.by
        )
    return _ACTS[key]


# What the treasury says after the end, and nobody can act on, lies with caseworkers.
_OF_MONEY = {"payment_doubt", "payment_unclear"}


def nobody_waits_for_ever(step: Step) -> None:
    """9: in every open status a person can act, or a deadline runs, or the outside was asked."""
    process = step.edition.process
    for period in step.after.periods.values():
        if process.statuses[period.status].closed:
            left = {t.code for t in step.after.tasks.values() if t.period == period.number}
            assert left - _OF_MONEY == ({"complaint"} if complained(period, process) else set())
            assert not _being_decided(period) or "payment_doubt" in left
            continue
        running = any(runs(period, one, process) for one in period.deadlines.values())
        asked = any(effect.period == period.number for effect in step.after.outbox.values())
        assert running or asked or _people(step, period)
        if period.status == "paid":
            owed = [e for e in step.after.outbox.values() if e.kind == "report"]
            told = {effect.period for effect in owed if effect.data["status"] == "paid"}
            assert period.number in told
    spent = {event.message_id for event in step.file}
    assert not any(due.message.id in spent for due in agenda(step.after, process))


def _people(step: Step, period: Period) -> bool:
    if period.status == "recovering":
        return f"{period.number}:court_claim" in step.after.tasks
    return somebody_acts(step.edition, period.status)


INVARIANTS: tuple[Callable[[Step], None], ...] = (
    one_order_and_one_payment,
    the_ledger_follows,
    within_the_sum,
    within_the_norm,
    parts_make_no_more_than_the_order,
    periods_follow_each_other,
    sums_of_their_day,
    approved_by_two_over_what_was_signed,
    said_by_two,
    never_on_both_sides,
    no_refusal_without_hearing,
    deadlines_prove_themselves,
    recorded_once_in_order,
    closed_stays_closed,
    nobody_waits_for_ever,
)
