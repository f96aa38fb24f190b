"""Every message in every status comes to what the table says; a failure names its lines."""

import pytest

from domain.decide import decide
from domain.messages import Actor, Message, Role
from domain.process import Edition
from tests.domain.play import ACTORS, BEGIN, CALENDAR, CURRENT, Play, reach
from tests.support.status_table import COMMAND, cell, kept, made, refused_as, roles_of

TABLE = kept()
FULL = reach("completed")


def standing(status: str) -> Play:
    """A case with everything in its file, as if it stood in a status."""
    if status == "none":
        return Play()
    play = FULL.copy()
    period = play.period.model_copy(update={"status": status})
    play.case = play.case.model_copy(update={"periods": {1: period}})
    return play


def test_the_table_is_of_this_process() -> None:
    """A line that is missing or left over; a line that changed fails under its own name."""
    now = made(CURRENT.process)
    same = {status: list(cells) for status, cells in TABLE.items()}
    assert same == {status: list(cells) for status, cells in now.items()}, (
        f"the process has other statuses or messages than the table: {COMMAND}"
    )


@pytest.mark.parametrize("status", TABLE)
def test_every_message_in_a_status_comes_to_what_the_table_says(status: str) -> None:
    now = {message: cell(CURRENT.process, status, message) for message in TABLE[status]}
    assert TABLE[status] == now, f"if this change of law is meant: {COMMAND}"


@pytest.mark.parametrize("status", TABLE)
def test_to_everybody_else_a_message_in_a_status_is_refused(status: str) -> None:
    wrong, play = {}, standing(status)
    for message in TABLE[status]:
        for role in set(Role) - set(roles_of(CURRENT.process, status, message)):
            told = outcome(play.copy(), message, role, CURRENT)
            if told != refusal(status, role):
                wrong[message, role.value] = told
    assert wrong == {}


def refusal(status: str, role: Role) -> list[str]:
    """Nobody else may; a term that does not run has nothing to do."""
    if role == Role.DEADLINE:
        return ["nothing_to_do"]
    return [refused_as(CURRENT.process, status)]


def outcome(play: Play, name: str, role: Role, edition: Edition) -> list[str]:
    """Why a message is refused."""
    actor: Actor = ACTORS[role][0]
    message = Message(id="one", name=name, at=max(play.now, BEGIN), actor=actor)
    (event,) = decide(play.case, message, edition, CALENDAR)
    assert event.type == "refused"
    return [reason["code"] for reason in event.data["reasons"]]
