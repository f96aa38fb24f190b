"""What the fields of a command may name in a case as it stands."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from domain.context import Context

# By field; where it names nothing, the command has nothing to be about.
OPTIONS: Final[Mapping[str, Callable[[Context], Iterable[Any]]]] = {
    "escalation": lambda c: c.case.escalations,
    "objection": lambda c: [o.id for o in c.period.hearing.objections] if c.period.hearing else (),
    "term": lambda c: c.period.deadlines,
    "contest": lambda c: [one.id for one in c.period.contests],
    "correction": lambda c: [one.id for one in c.period.corrections],
    "proposal": lambda c: [one.id for one in c.measure.acting.proposed],
    # The least that may be asked for.
    "quantity": lambda _: (1,),
}
