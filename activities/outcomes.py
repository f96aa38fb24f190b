"""An effect has one outcome: written down once, taken by the file in the same transaction."""

from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import Connection, Engine

from activities.orders import EffectKey, EffectOrder, EffectOutcome
from db.casefile import Look, opened
from db.dispatches import begin, finish, legal_now, read_owed
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
    asked: EffectKey,
    plan: Callable[[Connection, EffectOrder], Planned],
    work: Callable[[EffectOrder, Planned], Result],
) -> Look:
    """Do the work unless it has been done or was called off; what the run has to see to then.

    `plan` reads and writes down what is about to be asked, and is committed before `work` asks the
    outside world. Exceptions of the work pass, and it is tried again.
    """
    key = f"{asked.case_id}/{asked.key}"
    with engine.begin() as connection:
        order = read_order(connection, asked)
        if order is None:
            return _look(connection, asked.case_id)
        held = begin(connection, key, order.case_id, f"effect:{order.kind}", {})
        if held.outcome is not None:
            return _taken(connection, order, held.outcome)
        planned = plan(connection, order)
    result = work(order, planned)
    with engine.begin() as connection:
        result.keep(connection)
        outcome = EffectOutcome(
            name=result.name, role=result.role, at=legal_now(connection), data=result.data
        )
        kept = finish(connection, key, outcome.model_dump(mode="json"))
        return _taken(connection, order, kept)


def read_order(connection: Connection, asked: EffectKey) -> EffectOrder | None:
    """What the outbox holds under a key; None where it was done, or called off."""
    owed = read_owed(connection, asked.case_id, asked.key)
    return None if owed is None else EffectOrder(case_id=asked.case_id, **owed)


def _taken(connection: Connection, order: EffectOrder, kept: dict[str, Any]) -> Look:
    """The outcome stands in the file with what the run has to see to after it."""
    message = EffectOutcome.model_validate(kept).message(order.key, order.period)
    with opened(connection, order.case_id, tells=False) as file:
        file.hear()
        file.take(message)
        return file.look


def _look(connection: Connection, case_id: str) -> Look:
    with opened(connection, case_id, tells=False) as file:
        return file.look
