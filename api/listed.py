"""Which list is meant, by its filters: as somebody keeps it for another day, or takes it away."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from api.cases.lists import Area, AskedList, Instant, Item, Spoken, StatusCode, WaitsFor, YesNo
from api.work.asked import AskedTasks
from api.work.lines import Kind
from db.work_lists import Lateness


class _Filters(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    @property
    def codes(self) -> dict[str, str]:
        """Those that are given, as an address has them."""
        found: dict[str, str] = self.model_dump(mode="json", exclude_none=True)
        return found


class CaseFilters(_Filters):
    """Filters of `GET /v1/cases`."""

    status: StatusCode | None = Field(None, description="Code of a status")
    waits_for: WaitsFor | None = Field(None, description="Role that must act")
    due_before: Instant | None = Field(None, description="The term ends before")
    item: Item | None = Field(None, description="Code of the catalogue")
    region: Area | None = Field(None, description="The beginning of the code of a place")
    closed: YesNo | None = Field(None, description="Open or closed ones only")
    silent: YesNo | None = Field(None, description="Only those in which nobody says anything")
    language: Spoken | None = Field(None, description="In which language the recipient is told")


class WorkFilters(_Filters):
    """Filters of `GET /v1/tasks`."""

    of: Literal["me", "everybody"] | None = Field(
        None, description="For administrators: what waits for them, or for everybody"
    )
    kind: Kind | None = Field(None, description="Only work of this kind")
    lateness: Lateness | None = Field(None, description="Only what is past its day, or so soon")
    assignee: Literal["mine", "unassigned"] | UUID | None = Field(
        None, description="What you have taken, nobody has, or this person has"
    )
    authority: UUID | None = Field(None, description="Only work of this authority")


class ListOfCases(BaseModel):
    """A list of cases."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    of: Literal["cases"]
    filters: CaseFilters = Field(default=CaseFilters(), description="What narrows it")

    @property
    def asked(self) -> AskedList:
        """The same as it is asked for in an address, the soonest due first."""
        return AskedList.model_validate({**self.filters.codes, "sort": "due"})


class ListOfWork(BaseModel):
    """A list of work."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    of: Literal["work"]
    filters: WorkFilters = Field(default=WorkFilters(), description="What narrows it")

    @property
    def asked(self) -> AskedTasks:
        """The same as it is asked for in an address, the soonest due first."""
        return AskedTasks.model_validate(self.filters.codes)


ListOf = Annotated[
    ListOfCases | ListOfWork,
    Field(discriminator="of", description="Which list, with the filters of its address"),
]
