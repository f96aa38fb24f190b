"""What is open between the parties and those who decide: hearings, disputes, conflicts."""

from datetime import date, datetime

from domain.messages import Frozen


class RevocationAhead(Frozen):
    """A revocation that E-Собес has told of before the day from which it holds (rows L1-L3).

    `message` told it; `ground` and `revision` are what it said.
    """

    message: str
    ground: str | None = None
    revision: int | None = None
    effective_on: date


class Objection(Frozen):
    """What a party says against an intended decision: its words are in the inbox, under `id`."""

    id: str
    by: str
    at: datetime
    answered: bool = False


class Hearing(Frozen):
    """A decision against a person that is intended and not taken yet (rows V5, C7).

    `seq` is the number of the event that announced it, `told_on` the day on which the recipient is
    proven to have received it.
    """

    kind: str
    ground: str | None = None
    by: str
    at: datetime
    seq: int
    told_on: date | None = None
    objections: tuple[Objection, ...] = ()

    @property
    def answered(self) -> bool:
        """Whether nothing that was said against it is without an answer."""
        return all(one.answered for one in self.objections)


class Correction(Frozen):
    """A listed field that is to be set right, until an administrator has done so (row L11)."""

    id: str
    field: str
    value: date
    by: str
    at: datetime


class Contest(Frozen):
    """A dispute about a deadline: from which day, or by which calendar, it should be counted.

    `revision` is the value that is disputed; `ruling` is `granted`, `denied`, or not there yet. The
    reason is in the inbox, under `id`.
    """

    id: str
    term: str
    revision: int
    start: date | None = None
    calendar: str | None = None
    by: str
    at: datetime
    ruling: str | None = None


class Dispute(Frozen):
    """What lies before the commission: the status that it came from, and who was heard.

    `referred`: no complaint of the recipient, but of the other side, so the recipient is heard.
    """

    status: str
    at: datetime
    referred: bool = False
    heard: tuple[str, ...] = ()


class Conflict(Frozen):
    """Persons who stand on both sides of an order, and since when it is known (row L15)."""

    order: int
    supplier: str
    persons: tuple[str, ...]
    at: datetime
