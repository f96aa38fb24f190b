"""An effect has one outcome: written down once, answered again without asking anybody."""

from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import Connection, Engine

from activities.orders import EffectOrder, EffectOutcome
from db.dispatches import begin, finish, legal_now
from domain.messages import Role

Planned = TypeVar("Planned")


class Result(NamedTuple):
    """What came of an effect: the message's name, who says it, and its data.

    `keep` writes beside the outcome what else is to be remembered.
    """

    name: str
    role: Role
    data: dict[str, Any]
    keep: Callable[[Connection], None] = lambda _: None


def once(
    engine: Engine,
    order: EffectOrder,
    plan: Callable[[Connection, EffectOrder], Planned],
    work: Callable[[EffectOrder, Planned], Result],
) -> EffectOutcome:
    """Do the work unless it has been done; after a kill or a reset the answer is the same.

    `plan` reads and writes down what is about to be asked, and is committed before `work` asks the
    outside world. Exceptions of the work pass, and it is tried again.
    """
    key = f"{order.case_id}/{order.key}"
    with engine.begin() as connection:
        held = begin(connection, key, order.case_id, f"effect:{order.kind}", {})
        if held.outcome is not None:
            return EffectOutcome.model_validate(held.outcome)
        planned = plan(connection, order)
    result = work(order, planned)
    with engine.begin() as connection:
        result.keep(connection)
        outcome = EffectOutcome(
            name=result.name, role=result.role, at=legal_now(connection), data=result.data
        )
        kept = finish(connection, key, outcome.model_dump(mode="json"))
    return EffectOutcome.model_validate(kept)
