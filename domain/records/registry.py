"""The register of what events may write, by the names that the process uses."""

from collections.abc import Callable
from typing import Any

from domain.case import Decision
from domain.context import Change, Context

Recorder = Callable[[Context], Change]
RECORDERS: dict[str, Recorder] = {}


def recorder(function: Recorder) -> Recorder:
    """Make a function known to the process under its own name."""
    RECORDERS[function.__name__] = function
    return function


def with_flag(c: Context, *flags: str) -> tuple[str, ...]:
    """The period's flags with these added, each once."""
    return tuple(dict.fromkeys((*c.period.flags, *flags)))


def without_flags(c: Context, *flags: str) -> tuple[str, ...]:
    """The period's flags but these."""
    return tuple(flag for flag in c.period.flags if flag not in flags)


def decided(c: Context, kind: str, **data: Any) -> tuple[Decision, ...]:
    """The period's decisions with the actor's added."""
    assert c.actor.id is not None, "a decision is taken by a person"
    made = Decision(kind=kind, by=c.actor.id, at=c.message.at, data=data, message=c.message.id)
    return (*c.period.decisions, made)


def undecided(c: Context, kind: str) -> tuple[Decision, ...]:
    """The period's decisions but those of this kind."""
    return tuple(decision for decision in c.period.decisions if decision.kind != kind)
