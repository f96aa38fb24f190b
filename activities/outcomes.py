"""An effect has one outcome: written down once, answered again without asking anybody."""

from collections.abc import Callable
from typing import Any, NamedTuple

from sqlalchemy import Engine

from activities.orders import EffectOrder, EffectOutcome
from db.dispatches import begin, finish, legal_now
from domain.messages import Role


class Result(NamedTuple):
    """What came of an effect: the message's name, who says it, and its data."""

    name: str
    role: Role
    data: dict[str, Any]


def once(
    engine: Engine, order: EffectOrder, work: Callable[[EffectOrder], Result]
) -> EffectOutcome:
    """Do the work unless it has been done; after a kill or a reset the answer is the same.

    Exceptions of the work pass, and it is tried again.
    """
    key = f"{order.case_id}/{order.key}"
    with engine.begin() as connection:
        held = begin(connection, key, order.case_id, f"effect:{order.kind}", {})
    if held.outcome is not None:
        return EffectOutcome.model_validate(held.outcome)
    result = work(order)
    with engine.begin() as connection:
        outcome = EffectOutcome(
            name=result.name, role=result.role, at=legal_now(connection), data=result.data
        )
        kept = finish(connection, key, outcome.model_dump(mode="json"))
    return EffectOutcome.model_validate(kept)
