"""How tests read what a message made of a case."""

from typing import Any

from domain.messages import Actor, Event, Message, Role
from domain.terms.agenda import agenda
from tests.domain.play import GATEWAY, Play, reach

STRANGER = Actor(role=Role.RECIPIENT, id="person-9")
ELSEWHERE = Actor(role=Role.CASEWORKER, id="clerk-9", on_behalf_of="authority-2")
STATED = {"reason": "stated"}
PROVEN = {"reason": "stated", "evidence": True}
# Days on which nothing of a case can have been received: long before it began, and to come.
WRONG_CLOCKS = ("0001-01-01", "1970-01-01", "2021-11-29", "2199-01-01", "9999-12-31")


def rows(events: list[Event]) -> list[str]:
    return [event.row for event in events]


def told(events: list[Event]) -> list[tuple[str, tuple[str, ...]]]:
    """What the events have told, and to whom; `report` where E is told."""
    effects = [effect for event in events for effect in event.data.get("effects", ())]
    return [
        (effect["data"].get("text", effect["kind"]), tuple(effect["data"].get("to", ())))
        for effect in effects
    ]


def refusals(events: list[Event]) -> dict[str, dict[str, Any]]:
    """The reasons of a refusal with their facts; the message must have changed nothing."""
    assert [event.type for event in events] == ["refused"]
    return {reason["code"]: reason["facts"] for reason in events[0].data["reasons"]}


def coming(play: Play, name: str) -> Message:
    """The last message of a name that the case will send itself."""
    found = [due.message for due in agenda(play.case, play.edition.process)]
    return [message for message in found if message.name == name][-1]


def last_day(play: Play, term: str) -> str:
    return play.period.deadlines[term].last_day.isoformat()


def notify(play: Play, **changed: Any) -> list[Event]:
    data = {"round": 1, "confirmed": True, "on": play.today(), "channel": "sms", **changed}
    return play.send("delivery_proven", GATEWAY, data)


def expired() -> Play:
    play = reach("choosing")
    while play.status == "choosing":
        play.wait()
    return play
