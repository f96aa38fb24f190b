"""Terms that stand still, go on, or are moved forward."""

from datetime import date

from domain.case import Pause
from domain.context import Change, Context, Start
from domain.records.registry import recorder, with_flag, without_flags


def _until(c: Context) -> date:
    return date.fromisoformat(c.data["until"])


@recorder
def pause(c: Context) -> Change:
    """The reason itself is free text and stays in the inbox; the ground is a code."""
    made = Pause(ground=c.data["ground"], at=c.message.at, until=_until(c))
    return Change(period={"pause": made}, starts={"pause": Start(until=made.until, basis="policy")})


@recorder
def resume(c: Context) -> Change:
    return Change(period={"pause": None})


@recorder
def miss_co_payment(c: Context) -> Change:
    return Change(period={"flags": with_flag(c, "co_payment_missing")})


@recorder
def receive_co_payment(c: Context) -> Change:
    flags = without_flags(c, "co_payment_missing", "cancelling_allowed")
    return Change(period={"flags": flags})


@recorder
def extend_review(c: Context) -> Change:
    extended = Start(until=_until(c), basis="APPC 76(3)")
    return Change(period={"flags": with_flag(c, "review_extended")}, starts={"review": extended})


@recorder
def extend_term(c: Context) -> Change:
    return Change(extends={c.data["term"]: Start(until=_until(c), basis="policy")})
