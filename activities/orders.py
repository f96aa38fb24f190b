"""What the host of a case asks of an effect, and what it is answered."""

from datetime import datetime
from typing import Any

from pydantic import Field

from domain.messages import Frozen, Role


class EffectOrder(Frozen):
    """One entry of a case's outbox. The activity reads everything personal from the database."""

    case_id: str
    key: str
    kind: str
    period: int
    data: dict[str, Any] = Field(default_factory=dict)


class EffectOutcome(Frozen):
    """The message that the effect's end is to its case. `at` is the legal instant of that end."""

    name: str
    role: Role
    at: datetime
    data: dict[str, Any] = Field(default_factory=dict)
