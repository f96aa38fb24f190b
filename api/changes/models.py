"""The shapes of changes: what is proposed, how far it has gone, and what it makes of what."""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from api.bodies import FreeText
from api.language import Text
from api.operations.asked import AskedOperation, Whom
from api.register.removals import Ground
from api.schemas import Answer, Reason
from db.columns import State
from db.erasures import Ground as GroundOfErasure
from db.reference_changes import What

Kind = Literal["calendar", "edition", "catalogue", "authorities", "suppliers", "erasure"]
OutcomeName = Literal["moves", "unchanged", "earlier", "outside"]
Version = Annotated[str, StringConstraints(pattern=r"^kz-[0-9]{4}-[0-9]{2}$")]
EditionCode = Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{1,64}$")]


class PublishedCalendar(AskedOperation):
    """A calendar that this build holds, by its version."""

    version: Version = Field(description="The version, as in `kz-2026-12`")


class WishedChange(AskedOperation):
    """A change as somebody asks for it."""

    dry_run: bool = Field(
        default=False, strict=True, description="Only show what it would do: nothing is kept"
    )


class NewCalendar(WishedChange):
    """A calendar: one of the build, or a whole one in the shape of `calendar.schema.json`."""

    kind: Literal["calendar"]
    content: PublishedCalendar | dict[str, Any] = Field(description="The calendar that is to hold")


class Moved(AskedOperation):
    """The edition under which open cases are to go on."""

    edition: EditionCode = Field(description="Its code")


class NewEdition(WishedChange):
    """Open cases go on under a later edition."""

    kind: Literal["edition"]
    content: Moved = Field(description="Which edition")


class NewCatalogue(WishedChange):
    """A whole catalogue, in the shape of `catalogue.schema.json`."""

    kind: Literal["catalogue"]
    content: dict[str, Any] = Field(description="The catalogue that is to hold")


class NewAuthorities(WishedChange):
    """What is to hold of some authorities, in the shape of `authorities.schema.json`.

    With `dry_run` the people of a post are told as others, whoever they are: whom an IIN means is
    looked up for a proposal alone.
    """

    kind: Literal["authorities"]
    content: dict[str, Any] = Field(description="The authorities and commissions")


class Removed(AskedOperation):
    """Which supplier is to be taken off the register, why, and by which act."""

    supplier: UUID = Field(description="Which one")
    ground: Ground = Field(description="On which ground (Social Code 167(7))")
    reason: FreeText = Field(repr=False, description="Why, in words")
    evidence: FreeText = Field(
        repr=False, description="By which act: of a conclusion, that of the commission"
    )


class NewRemoval(WishedChange):
    """A supplier is taken off the register; its open orders learn of it."""

    kind: Literal["suppliers"]
    content: Removed = Field(description="Which one, and why")


class Erased(Whom):
    """Who is to be erased, and on what ground."""

    ground: GroundOfErasure = Field(
        description="`request`: they asked for it; `decision`: of a court or the authorised body"
    )


class NewErasure(WishedChange):
    """Everything that is kept of a person is made unreadable for good."""

    kind: Literal["erasure"]
    content: Erased = Field(description="Whose data, and why")


NewChange = Annotated[
    NewCalendar | NewEdition | NewCatalogue | NewAuthorities | NewRemoval | NewErasure,
    Field(discriminator="kind"),
]


class ChangeView(Answer):
    """A change and how far it has gone; instants are of the wall clock."""

    id: UUID | None = Field(description="Of the change; null: it was only shown")
    kind: Kind = Field(description="Of what")
    version: str | None = Field(None, description="Of a calendar: its version")
    days: list[date] | None = Field(None, description="Of a calendar: the days it makes others")
    values: int | None = Field(None, description="Of reference data: how many values it changes")
    edition: str | None = Field(None, description="Of a move of open cases: the edition's code")
    person: UUID | None = Field(None, description="Of an erasure: who, an id that names nobody")
    sha256: str | None = Field(None, description="Of reference data: the hash of its content")
    supplier: UUID | None = Field(None, description="Of a removal: which supplier")
    ground: Ground | GroundOfErasure | None = Field(
        None, description="Of a removal or an erasure: on which ground"
    )
    state: State = Field(description="`extending`: open cases take it over one by one")
    proposed_by: UUID = Field(description="The administrator who proposed it")
    proposed_at: datetime = Field(description="When")
    approved_by: UUID | None = Field(description="The other administrator; null: not yet")
    approved_at: datetime | None = Field(description="When")
    looked_at: int | None = Field(
        None, description="Open cases that were looked at; of a removal, that were told of it"
    )
    extended: int | None = Field(
        None,
        description="Of them those that it changed something for; of a removal, those that have it"
        " in their file",
    )
    extended_at: datetime | None = Field(None, description="When the last one was looked at")


class Outcomes(Answer):
    """How many open deadlines come out how: only `moves` changes anything."""

    moves: int = Field(0, description="End on a later day")
    unchanged: int = Field(0, description="End on the same day")
    earlier: int = Field(0, description="Would end earlier, and so stay")
    outside: int = Field(0, description="Lie outside of what the calendar knows, and so stay")


class AuthorityEffects(Answer):
    """What a change does to the open cases of one authority."""

    authority: UUID = Field(description="Of which authority")
    name: str | None = Field(description="What it is called, if that is known")
    deadlines: Outcomes | None = Field(None, description="What its open deadlines become")
    moving: int | None = Field(
        None,
        description="Of an edition: cases that go on under it; of a removal: cases in which it"
        " changes something",
    )
    staying: int | None = Field(
        None,
        description="Of an edition: cases with a status or a term that it does not know; of a"
        " removal: cases in which the order stands",
    )
    statuses: dict[str, int] | None = Field(None, description="The moving cases by status")


class ChangedField(Answer):
    """A value before and after, as text; null: there is none. Of the people of a post (`…/people`)
    it is how many there are, never who.
    """

    field: str = Field(description="Where it stands")
    before: str | None = Field(description="As it was")
    after: str | None = Field(description="As it is to be")


class ChangedEntry(Answer):
    """What becomes of one entry of reference data."""

    group: str = Field(description="Its list")
    code: str = Field(description="BIN, region, or code of the classifier")
    what: What = Field(description="What happens to it")
    fields: list[ChangedField] = Field(description="Its values")


class Recounted(Answer):
    """One open deadline, and what the change makes of it."""

    period: int = Field(description="Of which period")
    term: str = Field(description="Which term")
    revision: int = Field(description="Which value of it")
    old: date = Field(description="The last day now")
    new: date = Field(description="The last day then")
    outcome: OutcomeName = Field(description="How it comes out")
    text: Text = Field(description="Why")


class CaseEffects(Answer):
    """One open case and its deadlines; of an edition, whether it goes on under it; of a removal,
    whether that changes something in it.
    """

    case_id: UUID = Field(description="The case")
    reference: str = Field(description="Its reference")
    authority: UUID = Field(description="Its authority")
    status: str | None = Field(
        None, description="Of an edition or a removal: where the case stands"
    )
    becomes: str | None = Field(
        None, description="Of a removal: where it stands then; null: where it did"
    )
    edition: str | None = Field(None, description="Of an edition: under which the case is now")
    moves: bool | None = Field(
        None,
        description="Of an edition: whether it goes on under it; of a removal: whether that"
        " changes something in it",
    )
    deadlines: list[Recounted] = Field(description="What becomes of each")


class Certified(Answer):
    """That the key of a person was destroyed. It names nobody."""

    id: UUID = Field(description="Of the certificate")
    at: datetime = Field(description="When, in legal time")
    ground: str = Field(description="Why: `request`, `decision`, or `term`")
    key_sha256: str = Field(description="SHA-256 of the wrapped key, as it was kept")
    cases: int = Field(description="Cases of the person")
    documents: int = Field(description="Their papers that nobody can read any more")
    messages: int = Field(description="What was said in them, likewise")


class ChangePreview(ChangeView):
    """The change with exact counts of what it would still do now; of reference data, all of it."""

    reason: str | None = Field(None, description="Of a removal: why, in words")
    evidence: str | None = Field(None, description="Of a removal: by which act")
    deadlines: Outcomes | None = Field(None, description="What open deadlines become, in all")
    moving: int | None = Field(
        None,
        description="Of an edition: cases that go on under it; of a removal: cases in which it"
        " changes something",
    )
    staying: int | None = Field(
        None,
        description="Of an edition: cases that keep their own; of a removal: cases in which the"
        " order stands",
    )
    authorities: list[AuthorityEffects] | None = Field(None, description="By authority")
    differences: list[ChangedEntry] | None = Field(
        None, description="Of reference data and calendars: what changes, value by value"
    )
    against: list[Reason] | None = Field(
        None, description="Of an erasure that was not done: every reason against it now"
    )
    certificate: Certified | None = Field(None, description="Of an erasure that was done")
    effects: list[CaseEffects] | None = Field(
        None, description="Where it was only shown: the first open cases that it concerns"
    )


class ChangeList(Answer):
    """The newest first; `after` continues the list."""

    changes: list[ChangeView] = Field(description="A part of them")
    after: str | None = Field(description="Where the next part begins; null: there is none")


class EffectsPage(Answer):
    """Part of the open cases that a change concerns; `after` continues it."""

    effects: list[CaseEffects] = Field(description="A part of them")
    after: str | None = Field(description="Where the next part begins; null: this was the last")


class ProvisionalDay(Answer):
    """A day of which nobody has decided yet, and how many deadlines depend on it."""

    day: date = Field(description="The day")
    deadlines: int = Field(description="How many depend on it")


class ProvisionalAuthority(Answer):
    """The provisional deadlines of one authority."""

    authority: UUID = Field(description="Of which authority")
    name: str | None = Field(description="What it is called, if that is known")
    deadlines: int = Field(description="How many there are")
    days: list[ProvisionalDay] = Field(description="The days that they depend on")


class ProvisionalDeadline(Answer):
    """One open deadline that is counted anew once the calendar of its days is published."""

    case_id: UUID = Field(description="The case")
    reference: str = Field(description="Its reference")
    authority: UUID = Field(description="Its authority")
    period: int = Field(description="Of which period")
    term: str = Field(description="Which term")
    revision: int = Field(description="Which value of it")
    last_day: date = Field(description="The last day as it is counted now")
    days: list[date] = Field(description="The undecided days that it depends on")


class Provisional(Answer):
    """Exact counts by authority, and part of the list; `after` continues it."""

    calendar: str = Field(description="The version that counts now")
    provisional_from: date = Field(description="From this day on nothing is decided yet")
    total: int = Field(description="How many deadlines are provisional")
    authorities: list[ProvisionalAuthority] = Field(description="By authority")
    deadlines: list[ProvisionalDeadline] = Field(description="A part of them")
    after: str | None = Field(description="Where the next part begins; null: this was the last")
