"""An application that is returned for correction (row V1; APPC 64)."""

from datetime import date

from domain.context import Change, Context, Start
from domain.records.application import next_version
from domain.records.registry import decided, recorder, with_flag, without_flags

RETURN = "return"
RETURNED, MISSING = "returned_once", "attachment_missing"


@recorder
def propose_return(c: Context) -> Change:
    return Change(period={"decisions": decided(c, RETURN, what=c.data["what"])})


@recorder
def return_content(c: Context) -> Change:
    """Every signature is void (as in row A3); it is to be signed within the term that is set."""
    flags = tuple(f for f in with_flag(c, RETURNED) if f != MISSING)
    quantity = c.data.get("quantity", c.application.quantity)
    written = {"application": next_version(c, quantity), "decisions": (), "flags": flags}
    until = Start(until=date.fromisoformat(c.data["until"]), basis="APPC 64")
    return Change(period=written, starts={"signatures": until})


@recorder
def ask_attachment(c: Context) -> Change:
    """What is missing voids no signature; the review stands still until it comes."""
    flags = with_flag(c, RETURNED, MISSING)
    until = Start(until=date.fromisoformat(c.data["until"]), basis="APPC 64")
    return Change(period={"flags": flags}, starts={"remedy": until})


@recorder
def take_attachment(c: Context) -> Change:
    return Change(period={"flags": without_flags(c, MISSING)})


@recorder
def begin_giving_back(c: Context) -> Change:
    """The three days run from the last day of the remedy, not from the midnight that ended it."""
    ended = c.deadline("remedy")
    assert ended is not None, "the row is of its end"
    return Change(starts={"giving_back": Start(event=ended.last_day)})


@recorder
def give_back(c: Context) -> Change:
    """Not remedied: it goes back to the parties, who may sign it again once it is whole."""
    written = {
        "application": next_version(c, c.application.quantity),
        "decisions": (),
        "flags": without_flags(c, MISSING),
    }
    return Change(period=written)
