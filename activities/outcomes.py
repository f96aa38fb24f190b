"""An effect has one outcome: written down once, taken by the file in the same transaction."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import Connection, Engine

from activities.orders import EffectKeys, EffectOrder, EffectOutcome
from db.casefile import File, Look, opened
from db.dispatches import begin, finish, read_owed
from domain.messages import Message, Role

Planned = TypeVar("Planned")


class Result(NamedTuple):
    """What came of an effect: the message's name, who says it, and its data."""

    name: str
    role: Role
    data: dict[str, Any]


@dataclass
class Done:
    """What came of effects that were done together.

    `keep` writes beside the outcomes what else is to be remembered; `failed` is why those that
    have no result are to be tried again.
    """

    results: list[tuple[EffectOrder, Result]] = field(default_factory=list)
    keep: Callable[[Connection], None] = lambda _: None
    failed: Exception | None = None


def once(
    engine: Engine,
    asked: EffectKeys,
    plan: Callable[[Connection, EffectOrder], Planned],
    work: Callable[[EffectOrder, Planned], Result],
) -> Look:
    """Do the work unless it has been done or was called off; what the run has to see to then.

    `plan` reads and writes down what is about to be asked, and is committed before `work` asks the
    outside world. Exceptions of the work pass, and it is tried again.
    """

    def each(planned: Sequence[tuple[EffectOrder, Planned]]) -> Done:
        return Done([(order, work(order, one)) for order, one in planned])

    return together(engine, asked, plan, each)


def together(
    engine: Engine,
    asked: EffectKeys,
    plan: Callable[[Connection, EffectOrder], Planned],
    work: Callable[[Sequence[tuple[EffectOrder, Planned]]], Done],
    *,
    tells: bool = False,
) -> Look:
    """The same for several effects of a case. What was done is taken, also where others failed.

    Where some did, or where the caller `tells`, the run is given no answer by this: it is told.
    """
    planned, known = [], []
    with engine.begin() as connection:
        for key in asked.keys:
            if (order := read_order(connection, asked.case_id, key)) is None:
                continue
            held = begin(connection, _request(order), order.case_id, f"effect:{order.kind}", {})
            if held.outcome is not None:
                known.append((order, held.outcome))
            else:
                planned.append((order, plan(connection, order)))
    done = work(planned) if planned else Done()
    with engine.begin() as connection:
        done.keep(connection)
        with opened(connection, asked.case_id, tells=tells or done.failed is not None) as file:
            look = _take(file, known, done)
    if done.failed is not None:
        raise done.failed
    return look


def read_order(connection: Connection, case_id: str, key: str) -> EffectOrder | None:
    """What the outbox holds under a key; None where it was done, or called off."""
    owed = read_owed(connection, case_id, key)
    return None if owed is None else EffectOrder(case_id=case_id, **owed)


def _request(order: EffectOrder) -> str:
    return f"{order.case_id}/{order.key}"


def _take(file: File, known: Sequence[tuple[EffectOrder, dict[str, Any]]], done: Done) -> Look:
    """The outcomes stand in the file with what the run has to see to after them."""
    file.hear()
    for order, kept in known:
        file.take(_message(order, kept))
    for order, result in done.results:
        outcome = EffectOutcome(at=file.now, **result._asdict()).model_dump(mode="json")
        file.take(_message(order, finish(file.connection, _request(order), outcome)))
    return file.look


def _message(order: EffectOrder, kept: dict[str, Any]) -> Message:
    return EffectOutcome.model_validate(kept).message(order.key, order.period)
