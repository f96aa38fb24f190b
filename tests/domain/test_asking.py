"""A text that waited is sent only while what it asks for can still be done."""

from datetime import datetime, timedelta

import pytest

from definitions.editions import editions
from definitions.wording import codes, notice_facts
from domain.case.asking import audience, round_stands
from domain.case.state import Effect
from domain.process import Edition
from tests.domain.play import CURRENT, C, Play, R, S, order, reach, signing
from tests.domain.reading import STATED, notify

DAY = timedelta(days=1)
UNCHECKED = {"reason": "unchecked"}


def asked(play: Play, effect: Effect, at: datetime) -> tuple[str, ...]:
    return audience(play.case, effect.period, effect.data, CURRENT, at)


def waiting(play: Play, code: str) -> list[Effect]:
    """Texts that were not sent yet, the earliest first."""
    return [one for one in play.case.outbox.values() if one.data.get("text") == code]


def reminded(play: Play) -> list[tuple[datetime, Effect]]:
    """Play through every reminder of the choice; each with the instant at which it came."""
    found = []
    for at in sorted(play.period.deadlines["choice"].reminders.values()):
        play.wait(at)
        found.append((at, waiting(play, "choice_reminder")[-1]))
    return found


def test_of_reminders_that_waited_only_the_last_one_that_came_is_sent() -> None:
    play = reach("choosing")
    came = reminded(play)
    assert len(came) == 3
    for number, (at, _) in enumerate(came, 1):
        told = [bool(asked(play, effect, at)) for _, effect in came[:number]]
        assert told == [False] * (number - 1) + [True]


def test_on_the_last_day_a_reminder_still_goes_out_and_on_the_next_none() -> None:
    play = reach("choosing")
    (_, last) = reminded(play)[-1]
    over = play.period.deadlines["choice"].expires_at
    assert asked(play, last, over - timedelta(seconds=1)) == ("recipient",)
    assert asked(play, last, over) == ()


def test_what_can_be_done_until_a_day_is_told_on_that_day_and_not_on_the_next() -> None:
    play = reach("choosing")
    over = play.period.deadlines["choice"].expires_at
    later_day = to_recipient("term_extended")
    assert asked(play, later_day, over - timedelta(seconds=1)) == ("recipient",)
    assert asked(play, later_day, over) == ()


def test_of_a_term_that_has_ended_or_never_began_nothing_is_told() -> None:
    play = reach("choosing")
    delivery, gone = to_recipient("order_term_extended"), to_recipient("choice_reminder", "90cd")
    assert asked(play, delivery, play.now) == (), "nothing was ordered"
    assert asked(play, gone, play.now) == (), "the term has no such reminder any more"
    play = reach("in_fulfilment")
    assert asked(play, delivery, play.now) == ("recipient",)
    play = reach("delivered")
    assert asked(play, delivery, play.now) == ()


def test_of_a_term_that_stands_still_news_is_told_and_no_reminder() -> None:
    play = reach("choosing")
    reminder = to_recipient("choice_reminder", "30cd")
    assert asked(play, reminder, play.now) == ("recipient",)
    play.send("pause", C, {"ground": "court", "until": play.today(40), **STATED})
    over = play.period.deadlines["choice"].expires_at
    assert asked(play, reminder, play.now) == ()
    assert asked(play, to_recipient("term_extended"), over + DAY) == ("recipient",)


def test_who_has_signed_is_told_all_the_same_what_asks_for_no_signature() -> None:
    play = reach("delivered")
    assert asked(play, to_recipient("delivered"), play.now) == ("recipient",)


def to_recipient(text: str, reminder: str | None = None) -> Effect:
    data = {"text": text, "to": ["recipient"], **({"reminder": reminder} if reminder else {})}
    return Effect(key="x", kind="tell", period=1, data=data)


def test_who_has_ordered_is_not_reminded() -> None:
    play = reach("choosing")
    at = min(play.period.deadlines["choice"].reminders.values())
    play.wait(at)
    (reminder,) = waiting(play, "choice_reminder")
    assert asked(play, reminder, play.now) == ("recipient",)
    play.send("place_order", R, *order())
    assert asked(play, reminder, play.now) == ()


def test_a_supplier_is_not_asked_about_an_order_that_is_gone() -> None:
    play = reach("ordered")
    (placed,) = waiting(play, "order_placed")
    assert asked(play, placed, play.now) == ("supplier",)
    play.send("cancel_order", R)
    assert asked(play, placed, play.now) == ()
    play.send("place_order", R, *order())
    assert asked(play, placed, play.now) == (), "the second order has a text of its own"


def test_who_has_signed_is_not_reminded_to_sign() -> None:
    play = reach("awaiting_signatures")
    data = {"text": "sign_reminder", "to": ["recipient", "supplier"]}
    effect = Effect(key="x", kind="tell", period=1, data=data)
    assert asked(play, effect, play.now) == ("supplier",), "the recipient signed with the order"


def test_a_signature_that_was_not_accepted_is_told_to_whoever_has_to_sign_again() -> None:
    """Not to the other side, and not once they have signed anew, checked or not."""
    play = reach("awaiting_signatures")
    data = {"text": "signature_rejected", "to": ["recipient", "supplier"]}
    effect = Effect(key="x", kind="tell", period=1, data=data)
    assert asked(play, effect, play.now) == ("supplier",), "the recipient's signature is good"
    data, facts = signing(play)
    play.send("sign", S, data, {**facts, "signature": UNCHECKED})
    assert play.status == "awaiting_signatures", "the verdict is waited for"
    assert asked(play, effect, play.now) == ()


def test_who_has_named_another_account_is_not_asked_for_one() -> None:
    play = reach("awaiting_signatures")
    data = {"text": "annex_rejected", "to": ["supplier"]}
    effect = Effect(key="x", kind="tell", period=1, data=data)
    assert asked(play, effect, play.now) == ("supplier",)
    data, facts = signing(play)
    play.send("sign", S, data, {**facts, "account_signature": UNCHECKED})
    assert asked(play, effect, play.now) == ()


def test_what_holds_no_more_is_not_told_as_if_it_did() -> None:
    play = reach("choosing")
    play.wait(play.period.deadlines["choice"].expires_at + DAY)
    assert asked(play, to_recipient("choice_expired"), play.now) == ("recipient",)
    play.send("reopen", C, {"reason": True})
    assert play.status == "notifying"
    assert asked(play, to_recipient("choice_expired"), play.now) == ()
    play.send("decline", R, {"reason": True})
    assert asked(play, to_recipient("declined"), play.now) == ("recipient",)
    play.send("take_back_decline", R)
    assert asked(play, to_recipient("declined"), play.now) == ()


def test_news_is_told_however_late() -> None:
    play = reach("ordered")
    play.send("refuse_order", S, {"reason": True})
    play.send("decline", R, {"reason": True})
    data = {"text": "closed", "to": ["recipient"]}
    effect = Effect(key="x", kind="tell", period=1, data=data)
    assert asked(play, effect, play.now + 400 * DAY) == ("recipient",)


def test_a_round_that_another_one_replaced_is_not_sent() -> None:
    play = reach("notifying")
    assert round_stands(play.case, 1, {"round": 1})
    assert not round_stands(play.case, 1, {"round": 2})
    notify(play)
    assert not round_stands(play.case, 1, {"round": 1}), "it is proven: nobody waits for it"


@pytest.mark.parametrize("edition", editions().values(), ids=lambda one: one.code)
def test_a_text_that_names_a_last_day_is_bound_to_the_term_of_that_day(edition: Edition) -> None:
    told = {w.split(":")[1] for row in edition.process.rows for w in row.effects if ":" in w}
    named = {code for code in told if "until" in notice_facts(code)}
    assert named, "there are such texts"
    assert {code for code in named if edition.process.asking[code].term is None} == set()
    assert edition.process.asking.keys() <= {code.split(".")[1] for code in codes("notice")}
