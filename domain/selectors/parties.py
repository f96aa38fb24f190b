"""Which row fits by who acts for the recipient, and where they live (rows L6, L7)."""

from domain.case import Measure
from domain.context import Context
from domain.representatives import NOBODY, Capacity
from domain.selectors.course import same
from domain.selectors.registry import body_selector, selector
from domain.sides import found_in


@body_selector
def representation_changes(c: Context) -> bool:
    """The message tells of other representatives or another capacity than are known (row L6)."""
    told = Measure.model_validate(c.data["measure"]).acting
    return c.measure.acting.revised(told, c.today) != c.measure.acting


@body_selector
def moves_elsewhere(c: Context) -> bool:
    """The message names another authority or place (row L7)."""
    return not same(c, "authority", "region")


@selector
def nothing_to_confirm(c: Context) -> bool:
    """A second caseworker is asked, and nothing waits for them any more (row L6)."""
    asked = c.has_task("representation_to_confirm")
    return asked and not c.measure.acting.proposed


@selector
def one_on_both_sides(c: Context) -> bool:
    """Somebody of the recipient's side acts for the supplier of the live order (row L15)."""
    return bool(found_in(c))


@selector
def not_held(c: Context) -> bool:
    return not c.period.held


@selector
def no_longer_held(c: Context) -> bool:
    """The order is gone for which the case was held."""
    return c.has_task("parties_conflict") and not c.period.held


@selector
def no_ending_yet(c: Context) -> bool:
    return all(one.kind != "end_order" for one in c.period.decisions)


@selector
def nobody_can_act(c: Context) -> bool:
    """Neither the recipient nor anybody for them; of the dead nobody acts and nothing waits."""
    acting = c.measure.acting
    return not acting.died and not acting.somebody(c.today)


@selector
def somebody_acts(c: Context) -> bool:
    return not nobody_can_act(c)


@selector
def not_standing_still(c: Context) -> bool:
    return c.period.pause is None


@selector
def paused_for_nobody(c: Context) -> bool:
    """The case stands still because nobody could act, and for no other reason (row L6)."""
    return c.period.pause is not None and c.period.pause.ground == NOBODY


@selector
def power_has_lapsed(c: Context) -> bool:
    """A power that was given until a day is over."""
    powers = c.measure.acting.representatives
    return any(one.until and one.until < c.today and not one.ended for one in powers)


@selector
def power_will_lapse(c: Context) -> bool:
    """A power that holds now has a last day."""
    return c.measure.acting.lapses_on(c.today) is not None


@selector
def opener_is_addressee(c: Context) -> bool:
    """What an incapable recipient opens proves nothing: the representative is to be notified."""
    return not (
        c.actor.id == c.measure.recipient and c.measure.acting.capacity == Capacity.REPRESENTED
    )
