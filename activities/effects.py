"""What the run of a case asks of an effect, and what came of it."""

from datetime import datetime
from typing import Any

from pydantic import Field

from domain.messages import Actor, Frozen, Message, Role


class EffectKeys(Frozen):
    """All that a run says: the activity reads from the file what is wanted, and whether it is.

    Several keys are texts that are sent together; every other effect comes alone.
    """

    case_id: str
    keys: tuple[str, ...]


class EffectOrder(Frozen):
    """One entry of a case's outbox. Everything personal is read from the database."""

    case_id: str
    key: str
    kind: str
    period: int
    data: dict[str, Any] = Field(default_factory=dict)


class EffectOutcome(Frozen):
    """What came of an effect, as it is kept. `at` is the legal instant of its end."""

    name: str
    role: Role
    at: datetime
    data: dict[str, Any] = Field(default_factory=dict)

    def message(self, key: str, period: int) -> Message:
        """The message that the effect's end is to its case."""
        return Message(
            id=f"effect:{key}",
            name=self.name,
            at=self.at,
            actor=Actor(role=self.role),
            period=period,
            data={**self.data, "effect": key},
        )
