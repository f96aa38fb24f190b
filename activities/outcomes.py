"""An effect has one outcome: written down once, taken by the file in the same transaction."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import Connection, Engine

from activities.effects import EffectKeys, EffectOrder, EffectOutcome
from activities.holds import prove_free
from db.casefile import File, Look, opened
from db.dispatches import CaseStanding, read_standing
from db.engine import reads
from domain.case.state import Case
from domain.messages import Role

Planned = TypeVar("Planned")


class Result(NamedTuple):
    """What came of an effect: the message's name, who says it, and its data."""

    name: str
    role: Role
    data: dict[str, Any]


@dataclass(frozen=True)
class WantedEffect:
    """An effect that the outbox holds, and the case as it stands."""

    connection: Connection
    order: EffectOrder
    stands: CaseStanding

    @property
    def case(self) -> Case:
        return self.stands.case

    @property
    def now(self) -> datetime:
        """The legal instant."""
        return self.stands.now


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
    plan: Callable[[WantedEffect], Planned],
    work: Callable[[EffectOrder, Planned], Result],
    *,
    writes: bool = False,
) -> Look:
    """Do the work unless it has been done or was called off; what the run has to see to then.

    `plan` reads what is to be asked; if it `writes` it down, that is committed, all or nothing,
    before `work` asks the outside world. Exceptions of the work pass, and it is tried again; so is
    what is Held.
    """

    def each(planned: Sequence[tuple[EffectOrder, Planned]]) -> Done:
        return Done([(order, work(order, one)) for order, one in planned])

    return together(engine, asked, plan, each, writes=writes)


def together(
    engine: Engine,
    asked: EffectKeys,
    plan: Callable[[WantedEffect], Planned],
    work: Callable[[Sequence[tuple[EffectOrder, Planned]]], Done],
    *,
    writes: bool = False,
    tells: bool = False,
) -> Look:
    """The same for several effects of a case. What was done is taken, also where others failed.

    Where some did, or where the caller `tells`, the run is given no answer by this: it is told.
    """
    with engine.begin() if writes else reads(engine) as connection:
        planned = [(one.order, plan(one)) for one in wanted(connection, asked)]
    done = work(planned) if planned else Done()
    with engine.begin() as connection:
        done.keep(connection)
        with opened(connection, asked.case_id, tells=tells or done.failed is not None) as file:
            file.hear()
            for order, result in done.results:
                _take(file, order, result)
            look = file.look
    if done.failed is not None:
        raise done.failed
    return look


def wanted(connection: Connection, asked: EffectKeys) -> list[WantedEffect]:
    """Of these effects those that the outbox holds: not those that were done, or called off.

    Held if one of them may not go out now.
    """
    stands = read_standing(connection, asked.case_id, asked.keys)
    if stands is None:
        return []
    found = [
        WantedEffect(connection, EffectOrder(case_id=asked.case_id, **one.model_dump()), stands)
        for key in asked.keys
        if (one := stands.case.outbox.get(key)) is not None
    ]
    for effect in found:
        prove_free(effect.order.kind, stands.held)
    return found


def _take(file: File, order: EffectOrder, result: Result) -> None:
    """The outcome stands in the file. One that came first, under the same key, is the outcome."""
    outcome = EffectOutcome(at=file.now, **result._asdict())
    message = outcome.message(order.key, order.period)
    # What the outbox holds has no outcome yet.
    if order.key in file.case.outbox or not file.knows(message.id):
        file.answers.append(
            {
                "key": f"{order.case_id}/{order.key}",
                "kind": f"effect:{order.kind}",
                "outcome": outcome.model_dump(mode="json"),
            }
        )
        file.take_new(message)
