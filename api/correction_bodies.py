"""What people send to have a field set right, or a deadline counted otherwise."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import StringConstraints

from api.bodies import Code, Day, Reasoned


class ProposeCorrection(Reasoned):
    """A listed field and the day that should stand there."""

    field: Literal["delivered_on", "developed_on", "implement_until"]
    value: Day


class RuleOnCorrection(Reasoned):
    """Carries out a correction, or drops it."""

    correction: UUID


class ContestDeadline(Reasoned):
    """Which deadline is wrong, and from which day or by which calendar it should be counted."""

    term: Code
    start: Day | None = None
    calendar: Annotated[str, StringConstraints(pattern=r"^kz-[0-9]{4}-[0-9]{2}$")] | None = None


class RuleOnContest(Reasoned):
    """The ruling on a disputed deadline."""

    contest: UUID
