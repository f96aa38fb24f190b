"""What reaches a case and what it becomes: actors, messages, events.

None of these carries personal data: identifiers are our own, free text stays in the inbox and is
named by the message's id (invariant 8).
"""

from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field


class Role(StrEnum):
    """Who may act; the letters of the process are in the comments."""

    RECIPIENT = "recipient"  # R, or the legal representative
    SUPPLIER = "supplier"  # S
    CASEWORKER = "caseworker"  # C, C2
    COMMISSION = "commission"  # K
    ESOBES = "esobes"  # E
    TREASURY = "treasury"  # T
    ADMINISTRATOR = "administrator"  # A
    DEADLINE = "deadline"  # D
    GATEWAY = "gateway"  # SMS and mail gateway
    SERVICE = "service"  # ozhb itself


# In these roles a person acts, who is always named; the others are systems.
PERSONS: Final = (
    Role.RECIPIENT,
    Role.SUPPLIER,
    Role.CASEWORKER,
    Role.COMMISSION,
    Role.ADMINISTRATOR,
)


class Frozen(BaseModel):
    """A value: compared by content, never changed."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Actor(Frozen):
    """Who did it, and for whom. Ids are those of the persons and suppliers tables."""

    role: Role
    id: str | None = None
    on_behalf_of: str | None = None


DEADLINE = Actor(role=Role.DEADLINE)
SERVICE = Actor(role=Role.SERVICE)


class Message(Frozen):
    """A command, a notice or a deadline, as it was received.

    `id` is the inbox id; a deadline's and an effect's outcome have ids of their own that are the
    same each time they are made. `at` is the legal instant of submission, `data` what was asked,
    `facts` the reference data that held at that instant (offers, sums, verdicts on signatures).
    """

    id: str
    name: str
    at: datetime
    actor: Actor
    period: int | None = None
    data: dict[str, Any] = Field(default_factory=dict)
    facts: dict[str, Any] = Field(default_factory=dict)


class Event(Frozen):
    """One line of the case file. `seq` is 0 until the file has numbered it."""

    seq: int = 0
    type: str
    row: str
    message_id: str
    at: datetime
    actor: Actor
    period: int
    data: dict[str, Any] = Field(default_factory=dict)


class Refusal(Frozen):
    """Why a message changed nothing: a code with a text in every language, and its facts."""

    code: str
    facts: dict[str, Any] = Field(default_factory=dict)
