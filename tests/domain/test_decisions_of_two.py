"""What two persons decide: the first one's reason counts, and both stand in the file."""

import pytest

from definitions.editions import editions
from domain.process import Edition, Row
from tests.domain.play import C2, C, R, S, reach

# Guards that ask for another person than the one who decided first.
OF_TWO = (
    "second_refuser",
    "second_returner",
    "second_reopener",
    "second_writer",
    "second_enterer",
    "second_stater",
    "second_retrier",
)


def of_two(edition: Edition) -> list[Row]:
    return [row for row in edition.process.rows if set(OF_TWO) & set(row.guards)]


@pytest.mark.parametrize("edition", editions().values(), ids=lambda one: one.code)
def test_every_row_of_a_second_person_names_the_decision_that_it_confirms(edition: Edition) -> None:
    assert {row.id for row in of_two(edition)} >= {"V1", "V6", "P6", "P12", "P13", "L12"}
    assert all(row.confirms for row in of_two(edition))


def test_the_second_persons_event_names_the_first_and_the_message_with_the_reason() -> None:
    play = reach("ordered")
    play.send("cancel_order", R)
    play.send("decline", R, {"reason": True})
    body = {"ground": "appeal", "reason": True, "evidence": True}
    play.send("reopen_case", C, body)
    proposal = play.events[-1]
    (reopened, *_) = play.send("reopen_case", C2, body)
    assert reopened.row == "L12"
    assert reopened.actor == C2
    first = reopened.data["first"]
    assert (first["by"], first["message"]) == (C.id, proposal.message_id)


def test_one_who_decides_alone_confirms_nobody() -> None:
    play = reach("ordered")
    (refused,) = play.send("refuse_order", S, {"reason": True})[:1]
    assert "first" not in refused.data
