"""What a case waits for outside itself: effects, work on desks, questions put to a person."""

from datetime import datetime
from typing import Any

from pydantic import Field

from domain.messages import Frozen


class Effect(Frozen):
    """Something the outside world was asked for and has not answered yet."""

    key: str
    kind: str
    period: int
    data: dict[str, Any] = Field(default_factory=dict)


def place(key: str) -> tuple[int, str]:
    """By what effects, and activities, are put in the order in which they were asked for."""
    number = key.partition(".")[0]
    return (int(number) if number.isdecimal() else 0, key)


class Task(Frozen):
    """Work that lies on a person's desk: it has an owner and an age."""

    code: str
    owner: str
    opened_at: datetime
    period: int
    data: dict[str, Any] = Field(default_factory=dict)


class Escalation(Frozen):
    """A question put to a named person, shown until it is answered.

    `reason` is a code: `overdue`, or `asked`, whose text stays in the inbox under `id`.
    """

    id: str
    to: str
    by: str | None
    at: datetime
    reason: str
