"""Which tasks are asked for, and the one act that closes one."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from api.cases.lists import YesNo
from api.queries import Unmarked

Desk = Literal["intake", "treasury_report", "registration"]
State = Literal[
    "open", "overdue", "corrected", "returned", "cured", "closed", "registered", "refused"
]


class AskedTasks(BaseModel):
    """Which tasks, and which part of their list."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    task: Desk | None = Field(default=None, description="Only of this kind")
    state: State | None = Field(default=None, description="`overdue`: open and past its day")
    limit: int = Field(default=50, ge=1, le=200, description="How many at most")
    after: Annotated[UUID | None, Unmarked] = Field(
        default=None, description="The `after` of the part before"
    )
    count: YesNo = Field(
        default="false", description="Count all rejected messages that the filters let through"
    )
