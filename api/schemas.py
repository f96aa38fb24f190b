"""The shapes of answers, for OpenAPI; hot answers are written without passing through them."""

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from api.language import Text


class Answer(BaseModel):
    """Answers may grow: a reader ignores what it does not know."""

    model_config = ConfigDict(extra="allow")


class Due(Answer):
    """The term of the status."""

    term: str
    last_day: date
    expires_at: datetime


class NextStep(Answer):
    """Who acts, by when, and what happens otherwise; told to the reader from their side."""

    who: list[str]
    yours: bool = Field(description="Whether it is for you to do; `text` then says what")
    text: Text
    period: int | None = Field(default=None, description="The period; without it nobody acts")
    term: str | None = Field(default=None, description="The term, by code, where one limits it")
    task: str | None = Field(default=None, description="The work on a desk, by code, if it is one")
    by: datetime | None
    last_day: date | None
    overdue: bool
    otherwise: Text | None


class Next(NextStep):
    """Who acts next: the reader where they can do something, else who can; the soonest first."""

    beside: list[NextStep] = Field([], description="What runs beside it; the first three")


class Reason(Answer):
    """Why something is refused."""

    code: str
    facts: dict[str, Any]
    text: Text


class Choice(Answer):
    """Something that the caller may do now, or why not."""

    name: str
    label: Text
    href: str = Field(description="Where it is asked for")
    allowed: bool
    reasons: list[Reason]


class Command(Answer):
    """A command that the caller may ask for now; its form is the JSON Schema of what is said in it.

    With `?may=all` also those that are not `allowed`, and why not.
    """

    name: str
    period: int | None = Field(None, description="Of which period; missing: of the whole case")
    label: Text
    form: str | None = Field(
        None,
        description="The address of its form with today's choices; missing: `forms` and its name",
    )
    allowed: bool = Field(True, description="Missing: it is")
    reasons: list[Reason] = Field([], description="Missing: it is allowed")


class You(Answer):
    """The caller in this case; `text` says what they can do now (parties and caseworkers)."""

    role: str
    text: Text | None
    href: str = Field(description="Where commands are asked for, by POST")
    forms: str = Field(description="Followed by the name of a command, the address of its form")
    may: list[Command]


class Who(Answer):
    """Who acted; of officials, officials also see who of them, by id and by name."""

    role: str
    person: UUID | None = Field(None, description="Missing: the role alone is told")
    person_label: str | None = Field(None, description="The name; missing: it is not known")


class DocumentLink(Answer):
    """A document in the file."""

    kind: Literal[
        "application",
        "account",
        "signature",
        "preliminary_decision",
        "decision",
        "answer",
        "conclusion",
        "complaint",
        "proof",
        "handover_act",
        "attachment",
    ]
    version: int
    by: str | None = None
    href: str = Field(description="Where it is read; it ends in the hash of its bytes, SHA-256")
    check: str | None = Field(None, description="The code on the paper, for `/check/`, if any")


class SaidWords(Answer):
    """A text as it went out, for each channel."""

    sms: str = Field(description="As an SMS")
    email_subject: str = Field(description="The subject of an e-mail")
    email_body: str = Field(description="The text of an e-mail")


class NoticeProof(Answer):
    """What proves that it arrived."""

    at: str = Field(description="When it was delivered, by the clock of the gateway")
    number: str | None = Field(description="Under which number the gateway has it")
    counts: bool = Field(
        description="Whether it proves that the recipient was notified: the contact is confirmed"
    )


class NoticeView(Answer):
    """One text to one contact, on its way or sent."""

    seq: int = Field(description="The event that asked for it")
    code: str = Field(description="What it is about")
    label: Text = Field(description="What it is about, in words")
    to: str = Field(description="To whom: the recipient, who acts for them, or the supplier")
    channel: str = Field(description="By SMS or e-mail")
    state: str = Field(description="How far it has come")
    at: str = Field(description="When it was written down to be sent, by the wall clock")
    language: str | None = Field(description="In which language; null: it is from before that was")
    words: SaidWords | None = Field(
        None,
        description="What was said, in `events`; a representative's begins with who is meant",
    )
    proof: NoticeProof | None = Field(description="null: no gateway says that it was delivered")


class Headline(Answer):
    """One line of the case file, as a page tells it; `events` says more of it."""

    seq: int
    type: str
    text: Text = Field(description="What happened, in a sentence")
    period: int
    at: datetime
    actor: Who
    decided_by: list[Who] | None = None
    reasons: list[Reason] | None = None


class TimelineEvent(Headline):
    """One line of the case file. `to` is the status it led to; `message` where it came from."""

    row: str
    to: str | None
    basis: str | None
    message: str | None
    words: dict[str, str] | None = Field(
        None,
        description="`reason` and `evidence` as they were written; null: none, or not for you",
    )
    notices: list[NoticeView] = Field(
        [], description="What was said to your side, or to anybody where you oversee the case"
    )
    confirms: str | None = Field(
        default=None,
        description="Of a decision of two: the message of the first person, whose reason counts",
    )
    documents: list[DocumentLink] = Field(
        [], description="What was signed or decided then; missing: nothing was"
    )


class DeadlineValue(Answer):
    """One value of a deadline; `href` has the certificate that explains it in full."""

    period: int
    term: str
    revision: int
    last_day: date
    expires_at: datetime
    href: str


class DeadlineView(DeadlineValue):
    """One value of a deadline with the certificate that explains it, as the case keeps it."""

    certificate: dict[str, Any]


class CurrentDeadline(DeadlineValue):
    """The value that counts."""

    reminders: list[datetime]
    over: bool
    stopped: bool
    rest: str | None = None


class More(Answer):
    """How many there are beyond those that are shown, which are the oldest."""

    tasks: int
    escalations: int


class CaseView(Answer):
    """One case as the caller may see it; `version` is the number of its last event."""

    id: UUID
    reference: str
    status: str
    status_label: Text
    since: datetime
    closed: bool
    waits_for: list[str]
    due: Due | None
    next: Next
    you: You
    edition: str
    authority: UUID | None = Field(
        default=None,
        description="The local executive body whose case it is: told to parties, who may call it",
    )
    measure: dict[str, Any]
    acting: dict[str, Any] = Field(description="Who acts for the recipient, and since when")
    periods: list[dict[str, Any]]
    earlier_periods: list[int] = Field(
        description="Ended periods that are not shown, by number; each is read with `period`"
    )
    tasks: list[dict[str, Any]]
    escalations: list[dict[str, Any]]
    more: More = Field(description="How much open work there is beyond what is shown")
    pending: list[str]
    erased_at: datetime | None = Field(
        None, description="When the recipient was erased, whom nobody can read any more"
    )
    timeline: list[Headline] = Field(description="What has happened last, the newest at the end")
    notices: list[NoticeView] = Field(
        description="What was said last, without its words, the newest first; `events` has all"
    )
    noted: int = Field(
        description="How many lines since the first of these are folded away, which only say that"
        " a message was written down; `earlier` has them with `noted=true`"
    )
    earlier: str | None = Field(
        description="Where lines and documents from before are read; null: there are none"
    )
    deadlines: list[CurrentDeadline] = Field(
        description="Those that run or stand still; `/deadlines` has every value of all"
    )
    documents: list[DocumentLink] = Field(
        description="What was signed or decided, of a long case the last; `events` has the"
        " signatures, too"
    )
    version: int


class RecordedEvent(Answer):
    """An event that a message made."""

    seq: int
    type: str
    row: str
    at: datetime
    period: int
    to: str | None


class CommandOutcome(Answer):
    """What a command did."""

    message: str
    events: list[RecordedEvent]
    refused: list[Reason] | None


class CommandAnswer(CaseView):
    """The case with the command's effect in it."""

    outcome: CommandOutcome


class MessageStatus(Answer):
    """What became of a message; `refused` are the reasons of a refusal."""

    id: UUID
    case: str
    name: str
    name_label: Text | None = Field(None, description="What was asked for, in words")
    status: Literal["pending", "recorded", "refused"]
    submitted_at: datetime
    words: dict[str, str] = Field(description="`reason` and `evidence` as they were written")
    outcome: CommandOutcome | None


class CaseLine(Answer):
    """A case in a list."""

    id: UUID
    reference: str
    status: str
    status_label: Text
    since: datetime
    closed: bool
    waits_for: list[str]
    due_at: datetime | None
    item: str
    version: int


class TimelinePage(Answer):
    """Part of a timeline; `after` continues it."""

    events: list[TimelineEvent]
    noted: int = Field(
        description="How many lines of this part are folded away, which only say that a message"
        " was written down; `noted=true` tells them"
    )
    after: int | None


class PersonView(Answer):
    """The recipient of a case."""

    surname: str | None
    name: str | None
    patronymic: str | None
    phone: str | None
    phone_confirmed: bool
    email: str | None
    email_confirmed: bool
    language: str
