"""Whether an application may be returned for correction, and what then is awaited (row V1)."""

from domain.context import Context
from domain.guards.registry import body_guard, by_another, guard, naming, unless
from domain.guards.standing import ahead
from domain.messages import Refusal
from domain.selectors import naming_selector, selector

WHAT = ("content", "attachment")


# --- which row fits ---


@selector
def returned_before(c: Context) -> bool:
    return "returned_once" in c.period.flags


@naming_selector("what")
def no_return_yet(c: Context) -> bool:
    return not c.proposed("return", "what")


@naming_selector("what")
def content_must_change(c: Context) -> bool:
    return c.data.get("what") == "content"


# --- what must hold ---


@naming("what")
def what_is_wrong(c: Context) -> Refusal | None:
    return unless(c.data.get("what") in WHAT, "ground_not_listed")


@body_guard
def correction_day_right(c: Context) -> Refusal | None:
    """A reasonable term, by at most a value of the edition (APPC 64(6))."""
    return ahead(c, c.today, "longest_correction")


@naming("quantity")
def returned_quantity_right(c: Context) -> Refusal | None:
    """Where another quantity is named, it is no more than was accepted."""
    delivery = c.period.delivery
    most = (delivery.accepted or 0) if delivery else 0
    asked = c.data.get("quantity", most)
    return unless(0 < asked <= most, "quantity_wrong", most=most)


@naming("what")
def second_returner(c: Context) -> Refusal | None:
    return by_another(c, c.proposed("return", "what"))


def _missing(c: Context) -> bool:
    return "attachment_missing" in c.period.flags


@guard
def nothing_awaited(c: Context) -> Refusal | None:
    """While a document is awaited nothing is decided."""
    return unless(not _missing(c), "attachment_awaited")


@guard
def attachment_asked(c: Context) -> Refusal | None:
    return unless(_missing(c), "nothing_to_do")


@guard
def remedy_passed(c: Context) -> Refusal | None:
    """The term to remedy has run out, and nothing came."""
    deadline = c.deadline("remedy")
    over = deadline is not None and deadline.passed(c.message.at)
    return unless(_missing(c) and over, "too_early")
