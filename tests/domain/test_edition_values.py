"""What an edition chooses is a line of it: another line, and the same rows come out otherwise."""

from typing import Any

import pytest

from domain.case.awaited import waits_for
from domain.case.state import Case
from tests.domain.play import CALENDAR, CURRENT, WAY, C, Play, R, S, order, reach, signing, varied
from tests.domain.reading import notify, refusals, rows


def under(status: str, **chosen: Any) -> Play:
    """A case on its way to a status under an edition that chooses otherwise."""
    play = Play(edition=varied(CURRENT, **chosen))
    for expected, step in WAY:
        step(play)
        if play.status == status == expected:
            return play
    raise LookupError(status)


def approved(play: Play) -> list[str]:
    """The rows of the second approval, of a caseworker who says that money is lacking."""
    play.send("approve", C)
    second = C.model_copy(update={"id": "clerk-2"})
    return rows(play.send("approve", second, {"funds_lacking": True}))


def test_a2_v3_the_signatories_of_a_category_are_a_value_of_the_edition() -> None:
    """The category of the measure alone decides; the others keep both signatures."""
    both = under("awaiting_signatures")
    one = under("awaiting_signatures", signers_of={"aid": ("supplier",)})
    other = under("awaiting_signatures", signers_of={"OTHER": ("supplier",)})
    for play, due in ((both, "recipient"), (one, None), (other, "recipient")):
        unsigned = without_recipient(play)
        assert (
            "recipient" in waits_for(unsigned, unsigned.periods[1], play.edition, CALENDAR)
        ) == bool(due)
        play.case = unsigned
        came = rows(play.send("sign", S, *signing(play)))
        assert came == (["A1"] if due else ["A1", "A2"])


def without_recipient(play: Play) -> Case:
    """As if the recipient's signature had been found void."""
    period = play.period
    assert period.application is not None
    signed = period.application.model_copy(update={"signatures": {}})
    period = period.model_copy(update={"application": signed})
    return play.case.model_copy(update={"periods": {1: period}})


def test_v3_v7_whether_the_plan_of_the_money_is_looked_at_is_a_value_of_the_edition() -> None:
    assert approved(under("under_review")) == ["V3"]
    looked, paid = under("under_review"), under("under_review", funds_check=False)
    approved(looked)
    approved(paid)
    assert (looked.status, paid.status) == ("awaiting_funds", "payment_pending")


@pytest.mark.parametrize("way", ["sms", "email"])
def test_n2_the_receipts_that_prove_a_notice_are_a_value_of_the_edition(way: str) -> None:
    strict = under("notifying", proofs=("cabinet",))
    strict.answer("notify")
    assert rows(notify(strict, channel=way)) == ["-"]
    assert strict.status == "notifying"
    assert rows(strict.send("open_case", R)) == ["N2"]
    assert rows(notify(reach("notifying", 1), channel=way)) == ["N2"]


def test_n2_a_way_that_the_edition_does_not_know_proves_nothing() -> None:
    letters = under("notifying", proofs=("registered_letter",))
    assert rows(letters.send("open_case", R)) == ["-"]
    proof = {"on": letters.today(), "channel": "hand_over", "evidence": True}
    assert "proof_not_counted" in refusals(letters.send("enter_proof", C, proof))
    letter = {**proof, "channel": "registered_letter"}
    assert rows(letters.send("enter_proof", C, letter)) == ["N2"]


def test_f1_whether_the_recipient_must_accept_is_a_value_of_the_edition() -> None:
    play = under("in_fulfilment", acceptance=False)
    said = {"on": play.today(), "quantity": 2, "evidence": True}
    assert rows(play.send("mark_delivered", S, said)) == ["F1"]
    assert play.status == "awaiting_signatures"


def test_c1_the_length_of_a_term_is_a_value_of_the_edition() -> None:
    terms = {**CURRENT.terms}
    terms["choice"] = terms["choice"].model_copy(update={"length": "P3M", "reminders": ("1wd",)})
    play = under("choosing", terms=terms)
    choice = play.period.deadlines["choice"]
    assert (choice.certificate["term"], list(choice.reminders)) == ("P3M", ["1wd"])
    assert rows(play.send("place_order", R, *order())) == ["C1"]
