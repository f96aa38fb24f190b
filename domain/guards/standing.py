"""Whether terms may stand still, go on, or be moved forward (rows F4, V4, L8, L9, L13)."""

from datetime import date

from domain.agenda import runs
from domain.context import Context
from domain.guards.registry import body_guard, guard, naming, unless
from domain.messages import Refusal
from domain.recount import moved
from domain.terms import Term, certify


@guard
def not_paused(c: Context) -> Refusal | None:
    return unless(c.period.pause is None, "case_paused")


@guard
def is_paused(c: Context) -> Refusal | None:
    return unless(c.period.pause is not None, "nothing_to_do")


@body_guard
def pause_ground_listed(c: Context) -> Refusal | None:
    return unless(c.data["ground"] in c.edition.pause_grounds, "ground_not_listed")


@body_guard
def pause_day_right(c: Context) -> Refusal | None:
    """A pause has an end, and not an arbitrarily late one (policy)."""
    return ahead(c, c.today, "longest_pause")


def ahead(c: Context, after: date, most: str) -> Refusal | None:
    """The day that is named lies after a day, by at most a value of the edition."""
    latest = certify(after, Term.parse(c.edition.values[most]), c.calendar, "").last_day
    named = date.fromisoformat(c.data["until"])
    return unless(after < named <= latest, "day_wrong", latest=latest.isoformat())


@guard
def co_payment_due(c: Context) -> Refusal | None:
    return unless(c.order.co_payment > 0, "nothing_to_do")


@guard
def co_payment_not_reported(c: Context) -> Refusal | None:
    return unless("co_payment_missing" not in c.period.flags, "nothing_to_do")


@guard
def co_payment_reported(c: Context) -> Refusal | None:
    return unless("co_payment_missing" in c.period.flags, "nothing_to_do")


@guard
def review_not_extended(c: Context) -> Refusal | None:
    """Once (APPC 76(3))."""
    return unless("review_extended" not in c.period.flags, "already_decided")


@body_guard
def review_day_right(c: Context) -> Refusal | None:
    """By at most two months (APPC 76(3))."""
    return ahead(c, c.period.deadlines["review"].last_day, "longest_review")


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
