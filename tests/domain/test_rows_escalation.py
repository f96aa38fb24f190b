"""Row L10: questions put to a person or a desk, one at a time."""

import pytest

from domain.apply import fold
from domain.case.outlook import choices
from domain.case.state import Case
from domain.messages import Actor
from tests.domain.play import A, C, K, Play, reach
from tests.domain.reading import refusals, rows
from tests.support.door import looked_up


def nothing(play: Play) -> Case:
    """The case before its first event."""
    return Case(id=play.case.id, edition=play.case.edition)


def test_l10_a_case_is_passed_to_a_named_person_until_it_is_answered() -> None:
    play = reach("delivered")
    assert set(refusals(play.send("escalate", A))) == {"addressee_required", "reason_required"}
    assert rows(play.send("escalate", A, {"to": "lead-1", "reason": "stated"})) == ["L10"]
    one = next(iter(play.case.escalations.values()))
    # The text stays in the inbox, under the id of the message.
    assert (one.to, one.reason, one.by) == ("lead-1", "asked", A.id)
    assert "nothing_to_do" in refusals(play.send("answer_escalation", C, {"escalation": "x"}))
    assert rows(play.send("answer_escalation", C, {"escalation": one.id})) == ["L10"]
    assert play.case.escalations == {}


@pytest.mark.parametrize(
    ("to", "who", "answers"),
    [
        ("authority_lead", C, True),
        ("authority_lead", K, False),
        ("authority_lead", A, False),
        ("commission_chair", C, True),
        ("commission_chair", K, True),
        ("commission_chair", A, False),
        ("administrators", C, True),
        ("administrators", K, False),
        ("administrators", A, True),
    ],
)
def test_l10_what_is_put_to_another_desk_is_neither_offered_nor_taken(
    to: str, who: Actor, answers: bool
) -> None:
    play = reach("delivered")
    play.send("escalate", C, {"to": to, "reason": "stated"})
    may = choices(play.case, who, play.now, play.edition, play.calendar, looked_up({}))
    (offered,) = (one["allowed"] for one in may if one["name"] == "answer_escalation")
    (question,) = play.case.escalations
    events = play.send("answer_escalation", who, {"escalation": question})
    assert (offered, play.case.escalations == {}) == (answers, answers)
    if not answers:
        assert list(refusals(events)) == ["not_asked"]


def test_l10_an_event_carries_the_question_it_puts_or_answers_and_none_of_the_others() -> None:
    play = reach("delivered")
    sizes = []
    for number in range(200):
        (event,) = play.send("escalate", A, {"to": f"lead-{number:03}", "reason": "stated"})
        sizes.append(len(event.model_dump_json()))
    assert max(sizes) - min(sizes) < 20
    asked = list(play.case.escalations)
    assert len(asked) == 200
    (answered,) = play.send("answer_escalation", C, {"escalation": asked[7]})
    assert len(answered.model_dump_json()) < max(sizes)
    assert list(play.case.escalations) == [one for one in asked if one != asked[7]]
    assert fold(nothing(play), play.events) == play.case


def test_l10_events_from_before_questions_stood_by_themselves_are_read_as_they_were() -> None:
    play = reach("delivered")
    play.send("escalate", A, {"to": "lead-1", "reason": "stated"})
    one = next(iter(play.case.escalations.values()))
    *before, last = play.events
    every = {"escalations": {one.id: one.model_dump(mode="json")}}
    older = last.model_copy(update={"data": {**last.data, "case": every}})
    assert fold(nothing(play), [*before, older]) == play.case
