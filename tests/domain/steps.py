"""One message of a history, as invariants look at it."""

from dataclasses import dataclass, field

from domain.case.state import Case
from domain.messages import Event, Message
from domain.process import Edition


@dataclass
class Step:
    """One message: the case before, the events it made, the case after, and the file so far."""

    edition: Edition
    message: Message
    before: Case
    events: list[Event]
    after: Case
    file: list[Event] = field(default_factory=list)

    @property
    def moved(self) -> bool:
        return not (len(self.events) == 1 and self.events[0].type == "refused")
