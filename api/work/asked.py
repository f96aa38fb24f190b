"""Which tasks are asked for, and the one act that closes one."""

import re
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from api.cases.lists import UUID_PATTERN, YesNo
from api.queries import Unmarked
from api.work.lines import Kind
from db.work_lists import Lateness, Order, WorkPlace

Desk = Literal["intake", "treasury_report", "registration"]
State = Literal[
    "open", "overdue", "corrected", "returned", "cured", "closed", "registered", "refused"
]


class AskedTasks(BaseModel):
    """Which work, and which part of its list; with `task` or `state` one desk beside the cases,
    also with what is done.
    """

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    task: Desk | None = Field(default=None, description="One desk, in full, also what is done")
    kind: Kind | None = Field(default=None, description="Only work of this kind")
    lateness: Lateness | None = Field(
        default=None, description="Only what is past its day, is so soon, or later or never"
    )
    assignee: Literal["mine", "unassigned"] | UUID | None = Field(
        default=None, description="What you have taken, nobody has, or this person has"
    )
    of: Literal["me", "everybody"] = Field(
        default="me",
        description="For administrators: what waits for them, or for everybody; all of an"
        " `authority` or a `case` is told in any event",
    )
    authority: UUID | None = Field(default=None, description="Only work of this authority")
    case: UUID | None = Field(default=None, description="Only work in this case")
    sort: Order = Field(default="due", description="Soonest due, or longest waiting first")
    state: State | None = Field(default=None, description="`overdue`: open and past its day")
    limit: int = Field(default=50, ge=1, le=200, description="How many at most")
    after: Annotated[str | None, Unmarked] = Field(
        default=None, max_length=100, description="The `after` of the part before"
    )
    count: YesNo = Field(default="false", description="Count all that the filters let through")
    colleagues: YesNo = Field(
        default="false", description="To officials, who else may be given what waits for them"
    )

    @property
    def of_a_desk(self) -> bool:
        """Whether one desk beside the cases is looked through, and not what is to be done."""
        return self.task is not None or self.state is not None

    @property
    def after_task(self) -> UUID | None:
        """Where the list of a desk goes on."""
        return None if self.after is None else UUID(self.after)

    @property
    def place(self) -> WorkPlace | None:
        """Where the list of work goes on."""
        if self.after is None:
            return None
        at, _, work = self.after.partition("~")
        return WorkPlace(datetime.fromisoformat(at), UUID(work))

    @field_validator("after")
    @classmethod
    def goes_on(cls, value: str | None, info: ValidationInfo) -> str | None:
        """Only a place of the list that is asked for continues it."""
        desk = info.data.get("task") or info.data.get("state")
        form = UUID_PATTERN if desk else rf"[0-9T:.-]{{19,26}}Z~{UUID_PATTERN}"
        if value is not None and not (re.fullmatch(form, value) and (desk or _is_place(value))):
            raise PydanticCustomError("string_pattern_mismatch", "wrong form")
        return value


def _is_place(value: str) -> bool:
    try:
        datetime.fromisoformat(value.partition("~")[0])
    except ValueError:
        return False
    return True
