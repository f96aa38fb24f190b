"""Every message in every status comes to what the table says; a failure names its lines."""

import pytest

from domain.decide import decide
from domain.messages import Actor, Message, Role
from domain.process import Edition
from tests.domain.play import ACTORS, BEGIN, CALENDAR, Play, reach
from tests.support.status_table import (
    COMMAND,
    FOLDER,
    alike,
    cell,
    kept,
    made,
    refused_as,
    roles_of,
    written,
)

LAWS = {laws[0].code: laws for laws in alike()}
FIRST = {code: laws[0] for code, laws in LAWS.items()}
EACH = [(code, status) for code, one in FIRST.items() for status in one.process.statuses]
FULL = reach("completed")


def standing(status: str) -> Play:
    """A case with everything in its file, as if it stood in a status."""
    if status == "none":
        return Play()
    play = FULL.copy()
    period = play.period.model_copy(update={"status": status})
    play.case = play.case.model_copy(update={"periods": {1: period}})
    return play


def test_every_published_process_has_its_table_and_no_other() -> None:
    files = {file.stem for file in FOLDER.iterdir()}
    assert files == LAWS.keys(), f"an edition has another process: {COMMAND}"


@pytest.mark.parametrize("code", LAWS)
def test_a_table_is_of_its_process(code: str) -> None:
    """A line that is missing or left over; a line that changed fails under its own name."""
    now = made(FIRST[code].process)
    same = {status: list(cells) for status, cells in kept(code).items()}
    assert same == {status: list(cells) for status, cells in now.items()}, (
        f"the process has other statuses or messages than the table: {COMMAND}"
    )
    assert (FOLDER / f"{code}.toml").read_text("utf-8") == written(LAWS[code]), COMMAND


@pytest.mark.parametrize(("code", "status"), EACH)
def test_every_message_in_a_status_comes_to_what_the_table_says(code: str, status: str) -> None:
    process, said = FIRST[code].process, kept(code)[status]
    now = {message: cell(process, status, message) for message in said}
    assert said == now, f"if this change of law is meant: {COMMAND}"


@pytest.mark.parametrize(("code", "status"), EACH)
def test_to_everybody_else_a_message_in_a_status_is_refused(code: str, status: str) -> None:
    wrong, play, law = {}, standing(status), FIRST[code]
    for message in kept(code)[status]:
        for role in set(Role) - set(roles_of(law.process, status, message)):
            told = outcome(play.copy(), message, role, law)
            if told != refusal(law, status, role):
                wrong[message, role.value] = told
    assert wrong == {}


def refusal(law: Edition, status: str, role: Role) -> list[str]:
    """Nobody else may; a term that does not run has nothing to do."""
    if role == Role.DEADLINE:
        return ["nothing_to_do"]
    return [refused_as(law.process, status)]


def outcome(play: Play, name: str, role: Role, edition: Edition) -> list[str]:
    """Why a message is refused."""
    actor: Actor = ACTORS[role][0]
    message = Message(id="one", name=name, at=max(play.now, BEGIN), actor=actor)
    (event,) = decide(play.case, message, edition, CALENDAR)
    assert event.type == "refused"
    return [reason["code"] for reason in event.data["reasons"]]
