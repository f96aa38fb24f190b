"""Which operation is asked for: a model each, told apart by its `kind`."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar, Literal
from uuid import UUID

from pydantic import ConfigDict, Field, StrictInt
from pydantic_core import InitErrorDetails

from api.bodies import WHOLE, FreeText
from api.listed import ListOf
from api.rules import Ruled, broken
from db.holds import Switch
from db.operations import FIRST

MOST_AT_ONCE = 200


class AskedOperation(Ruled):
    """A request of an administrator."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class Retry(AskedOperation):
    """Try now what is parked; without an activity also a task of the run that fails."""

    kind: Literal["retry"]
    case: UUID = Field(description="Of which case")
    activity: str | None = Field(
        default=None,
        min_length=1,
        max_length=200,
        description="Only this one, by its id; without it everything that is parked",
    )


class Reset(AskedOperation):
    """Show what taking the run back to a point would do, or propose it to a second administrator.

    The point is one of the two. What was recorded stays: the run reads it from the file.
    """

    kind: Literal["reset"]
    case: UUID = Field(description="Of which case")
    to_seq: Annotated[StrictInt, Field(ge=0, le=1_000_000), WHOLE] | None = Field(
        default=None, description="To after so many events of the file"
    )
    to_event: Annotated[StrictInt, Field(ge=1, le=1_000_000), WHOLE] | None = Field(
        default=None, description="To an event of the history of the run"
    )
    dry_run: bool = Field(default=True, strict=True, description="Only show it")

    exactly_one: ClassVar = ("to_seq", "to_event")


class ApproveReset(AskedOperation):
    """Approve, as the second administrator, what another proposed: the run is taken back."""

    kind: Literal["approve_reset"]
    case: UUID = Field(description="Of which case")
    reset: UUID = Field(description="The id of the proposal")


class CasesPage(AskedOperation):
    """A part of all cases: those after an id, so many at most."""

    after: UUID = FIRST
    limit: Annotated[StrictInt, Field(ge=1, le=MOST_AT_ONCE), WHOLE] = 50


class Replay(CasesPage):
    """Replay stored histories against this build and decide every message again. A dry run.

    Of one case, or of a part of all open ones; of these only what comes out otherwise is listed.
    """

    kind: Literal["replay"]
    case: UUID | None = Field(default=None, description="Only this case")


class Rebuild(CasesPage):
    """Make the projections anew beside those that stand, and name every difference.

    Numbers, hashes and the messages behind the events are proven as well. The scratch tables are
    temporary ones. `apply` puts what the events make in the place of one case's own.
    """

    kind: Literal["rebuild"]
    case: UUID | None = Field(default=None, description="Only this case")
    apply: bool = Field(default=False, strict=True, description="Write the projections of the case")

    @classmethod
    def broken(cls, said: Mapping[str, Any]) -> Iterator[InitErrorDetails]:
        if said.get("apply") is True and said.get("case") is None:
            yield broken("missing", "case")


class Restart(CasesPage):
    """Begin new runs from the files of cases, also on an empty Temporal: of one, or of a part of
    all open ones.

    Cases to which the administrator is a party are left to another one, and named.
    """

    kind: Literal["restart"]
    case: UUID | None = Field(default=None, description="Only this case")


class Hold(AskedOperation):
    """From now on these effects wait: they are neither lost nor failed, and go out once released.

    What has left already cannot be called back: of orders to pay the answer says how many.
    """

    kind: Literal["hold"]
    switch: Switch = Field(description="What is held")
    reason: FreeText = Field(repr=False, description="Why; kept enciphered")


class Release(AskedOperation):
    """What was held goes out again, at once."""

    kind: Literal["release"]
    switch: Switch = Field(description="What is released")


class Whom(AskedOperation):
    """A person: by an id that says nothing of them, or as the recipient of a case."""

    person: UUID | None = Field(default=None, description="The id by which the portal knows them")
    case: UUID | None = Field(default=None, description="A case of which they are the recipient")

    exactly_one: ClassVar = ("person", "case")


class PlaceLegalHold(Whom):
    """From now on nothing of this person is erased, whoever asks and whatever term is over."""

    kind: Literal["legal_hold"]
    reason: FreeText = Field(repr=False, description="Why; kept enciphered")


class LiftLegalHold(Whom):
    """They may be erased again, where nothing else stands against it."""

    kind: Literal["lift_legal_hold"]


class Export(AskedOperation):
    """Take a list away as a file. Who did, which list, how many rows and what for is recorded."""

    kind: Literal["export"]
    list: ListOf
    form: Literal["csv", "xlsx"] = Field(default="csv", description="Which kind of file")
    purpose: FreeText = Field(repr=False)


# Of these there is a report; what is exported is a file.
Proof = (
    Replay
    | Rebuild
    | Restart
    | Retry
    | Reset
    | ApproveReset
    | Hold
    | Release
    | PlaceLegalHold
    | LiftLegalHold
)
Operation = Annotated[Proof | Export, Field(discriminator="kind")]
