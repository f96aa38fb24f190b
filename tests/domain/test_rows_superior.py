"""The second approval may be given by the authority above the one that pays (row V3)."""

from typing import Any

from domain.case.outlook import choices
from domain.messages import Actor
from tests.domain.play import ABOVE, C2, C9, CALENDAR, SUPERIOR, C, Play, R, reach, varied
from tests.domain.reading import refusals, rows
from tests.support.door import looked_up


def may(play: Play, actor: Actor, facts: dict[str, Any]) -> set[str]:
    """What a person is offered who is known so."""
    known = {**looked_up({}), **facts}
    found = choices(play.case, actor, play.now, play.edition, CALENDAR, known)
    return {one["name"] for one in found if one["allowed"]}


def test_v3_a_caseworker_of_the_superior_authority_approves_second_and_never_first() -> None:
    play = reach("under_review")
    assert "approve" not in may(play, ABOVE, SUPERIOR)
    assert "not_your_case" in refusals(play.send("approve", ABOVE, {}, SUPERIOR))
    play.send("approve", C)
    assert "approve" in may(play, ABOVE, SUPERIOR)
    events = play.send("approve", ABOVE, {}, SUPERIOR)
    assert (rows(events), play.status) == (["V3"], "payment_pending")
    assert [(e.actor.id, e.actor.on_behalf_of) for e in events] == [("clerk-0", "authority-0")]
    assert [one.by for one in play.period.decisions] == [C.id, ABOVE.id]


def test_v3_the_superior_authority_may_state_that_the_money_is_lacking() -> None:
    play = reach("under_review", 1)
    events = play.send("approve", ABOVE, {"funds_lacking": True}, SUPERIOR)
    assert (rows(events), play.status) == (["V3"], "awaiting_funds")
    assert "not_your_case" in refusals(play.send("confirm_funds", ABOVE, {}, SUPERIOR))


def test_v3_nobody_of_an_authority_that_does_not_stand_above_the_payer_approves() -> None:
    play = reach("under_review", 1)
    known: tuple[dict[str, Any], ...] = ({}, {"superior_of": []}, {"superior_of": ["authority-2"]})
    for facts in known:
        assert "approve" not in may(play, C9, facts)
        assert "not_your_case" in refusals(play.send("approve", C9, {}, facts))


def test_v3_who_is_a_party_does_not_approve_from_above() -> None:
    play = reach("under_review", 1)
    party = ABOVE.model_copy(update={"id": R.id})
    assert "party_cannot_decide" in refusals(play.send("approve", party, {}, SUPERIOR))


def test_v3_the_edition_may_keep_the_second_approval_in_the_authority() -> None:
    play = reach("under_review", 1)
    play.edition = varied(play.edition, second_approver="same_authority")
    assert "not_your_case" in refusals(play.copy().send("approve", ABOVE, {}, SUPERIOR))
    assert rows(play.send("approve", C2)) == ["V3"]


def test_v2_who_stands_above_takes_no_approval_back_and_returns_nothing() -> None:
    play = reach("under_review", 1)
    for name in ("withdraw_approval", "return_application", "intend_refusal"):
        said = {"what": "content", "until": play.today(9), "reason": True, "ground": "forged"}
        assert "not_your_case" in refusals(play.send(name, ABOVE, said, SUPERIOR))
