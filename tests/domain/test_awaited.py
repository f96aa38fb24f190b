"""Who acts next, by when: nobody who can keep a running term is told to wait."""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta

import pytest

from definitions.wording import READERS, text
from domain.case.awaited import Reader, Step, awaited, everybody, steps_of
from domain.case.outlook import choices
from domain.case.state import Deadline, Period
from domain.messages import Actor, Role
from tests.domain.chance import choose
from tests.domain.ends import refused, unclaimed
from tests.domain.hearings import heard
from tests.domain.money import decide, pending, say
from tests.domain.play import (
    C2,
    CURRENT,
    A,
    C,
    K,
    Play,
    R,
    S,
    Seeded,
    V,
    reach,
    signing,
)
from tests.domain.rare_places import rare_places
from tests.domain.reading import STATED
from tests.domain.starts import STARTS
from tests.domain.whims import step
from tests.support.amount import in_proportion
from tests.support.door import looked_up

PEOPLE = (R, V, S, C, C2, K, A)
Asked = set[tuple[str, int | None]]


# Where walks come too seldom, and where they begin.
BEGUN = (*rare_places(), *STARTS)


def may_of(play: Play, actor: Actor) -> Asked:
    facts = {**looked_up({}), **play.known}
    shown = choices(play.case, actor, play.now, play.edition, play.calendar, facts)
    return {(one["name"], one["period"]) for one in shown if one["allowed"]}


def steps(play: Play, actor: Actor, may: Asked | None = None) -> list[Step]:
    law = (play.edition, play.calendar)
    reader = Reader(actor.role, may_of(play, actor) if may is None else may, play.now)
    return steps_of(play.case, law, awaited(play.case, *law), reader)


def told(play: Play, actor: Actor) -> list[tuple[bool, str | None]]:
    """Whether it is for them to do, and the code of the term or the work."""
    return [(one.yours, one.awaited.task or one.awaited.term) for one in steps(play, actor)]


def running(play: Play) -> Iterator[tuple[Period, Deadline]]:
    for period, one in play.case.deadlines():
        if one.term == "payment_doubt" and not any(
            payment.doubtful or payment.status == "void" for payment in period.payments
        ):
            continue  # what it was about has been said
        runs_in = play.edition.process.terms[one.term].runs_in
        if not one.stopped and period.status in runs_in and play.now < one.expires_at:
            yield period, one


def meets(play: Play, actor: Actor, may: Asked, period: Period, term: str) -> bool:
    """Whether the actor has a command that meets a term, and has not done that part already."""
    commands = play.edition.process.terms[term].met_by.get(actor.role, ())
    papers = period.application
    given = papers is not None and actor.role in papers.signatures
    if papers is not None and actor.role == Role.SUPPLIER and papers.account is None:
        given = False  # what was signed over the account was no good
    left = [one for one in commands if one != "sign" or not given]
    return any((one, number) in may for one in left for number in (period.number, None))


def nobody_who_can_keep_a_term_is_told_to_wait(
    play: Play, actor: Actor, may: Asked, found: list[Step]
) -> Counter[tuple[str, Role]]:
    mine = [one for period, one in running(play) if meets(play, actor, may, period, one.term)]
    if mine:
        assert found[0].yours, (actor, play.status)
        first = found[0].awaited.expires_at
        assert first is not None
        assert first <= min(one.expires_at for one in mine)
    assert found == sorted(found, key=lambda one: not one.yours), "the reader's own come first"
    return Counter((one.term, actor.role) for one in mine)


def who_is_told_to_act_can(play: Play, actor: Actor, may: Asked, found: list[Step]) -> None:
    numbers = play.case.periods
    for one in found:
        term = one.awaited.term
        if one.yours and term in play.edition.process.terms:
            asked = play.edition.process.terms[term].met_by[actor.role]
            assert not asked or meets(play, actor, may, numbers[one.awaited.period], term)


@pytest.mark.walks
@pytest.mark.timeout(300)
def test_whoever_can_keep_a_running_term_is_told_to_act_and_whoever_is_told_to_act_can() -> None:
    kept, walks = Counter[tuple[str, Role]](), in_proportion(80)
    plays = [one.copy() for one in BEGUN]
    for seed in range(walks):
        whim = Seeded(seed)
        play = choose(whim, BEGUN).copy()
        for _ in range(5):
            step(play, whim)
            plays.append(play.copy())
    for play in plays:
        for actor in PEOPLE if play.case.periods else ():
            may = may_of(play, actor)
            found = steps(play, actor, may)
            kept += nobody_who_can_keep_a_term_is_told_to_wait(play, actor, may, found)
            who_is_told_to_act_can(play, actor, may, found)
    assert kept.total() > 5 * walks
    assert keepable() <= set(kept), "each was there to be kept by each who can"


def keepable() -> set[tuple[str, str]]:
    """Every term with everybody who can keep it by a command."""
    return {
        (name, who)
        for name, term in CURRENT.process.terms.items()
        for who, commands in term.met_by.items()
        if commands
    }


def over(play: Play) -> set[str]:
    return {one.term for _, one in play.case.deadlines() if play.now >= one.expires_at}


def waiting(play: Play) -> tuple[str, ...]:
    return everybody(awaited(play.case, play.edition, play.calendar))


def test_while_objections_may_be_raised_both_parties_are_told_so() -> None:
    play = reach("under_review")
    play.send("intend_refusal", C, {**STATED, "ground": "not_delivered"})
    assert told(play, R)[0] == (True, "hearing_notice"), "who reads it has been told"
    play.send("open_case", R)
    for party in (R, S):
        assert told(play, party)[0] == (True, "objections")
    assert not any(yours for yours, _ in told(play, C))
    play.send("raise_objection", R, STATED)
    assert told(play, C)[0] == (True, "objection_raised")
    while "objections" not in over(play):
        play.wait()
    assert told(play, R) == [(False, "hearing")], "nobody can do anything until the day comes"


def test_after_a_return_for_correction_the_parties_are_told_to_provide_what_is_missing() -> None:
    play = reach("under_review")
    asked = {"what": "attachment", "until": play.today(10), **STATED}
    assert play.send("return_application", C, asked)[0].type == "application_returned"
    for party in (R, S):
        assert told(play, party)[0] == (True, "remedy")
    assert told(play, C) == [(False, "remedy")]


def test_who_has_signed_is_told_to_wait_and_who_has_not_to_sign() -> None:
    play = reach("awaiting_signatures")
    assert told(play, S)[0] == (True, "signatures")
    assert told(play, R) == [(False, "signatures")]


def test_an_account_that_was_no_good_is_asked_of_the_supplier_again() -> None:
    play = reach("awaiting_signatures")
    data, facts = signing(play)
    play.send("sign", S, data, {**facts, "account_signature": {"reason": "unchecked"}})
    assert waiting(play) == ("service",)
    play.answer("verify", reason="signature_wrong")
    assert told(play, S)[0] == (True, "signatures")


def test_after_a_refusal_both_are_told_until_when_it_can_be_appealed_and_after_it_nobody() -> None:
    play = refused()
    for party in (R, S):
        (appeal,) = steps(play, party)
        assert (appeal.yours, appeal.awaited.term) == (True, "appeal")
        assert appeal.awaited.last_day is not None
        assert appeal.awaited.last_day.isoformat() > play.today(89)
    assert waiting(play) == ("nobody",), "the portal itself waits for nobody"
    play.now += timedelta(days=100)
    assert told(play, R) == told(play, S) == []
    closed = unclaimed()
    assert told(closed, R) == [(True, "appeal")]


def test_the_second_caseworker_is_told_to_decide_and_the_first_that_the_other_does() -> None:
    play = reach("under_review", 1)
    assert told(play, C2)[0] == (True, "second_approval")
    assert told(play, C) == [(False, "second_approval")]
    assert waiting(play) == ("caseworker",)


def test_who_proposed_a_refusal_is_not_told_to_decide_after_the_hearing_and_the_other_is() -> None:
    play = heard("not_delivered")
    assert (True, "hearing_ended") in told(play, C)
    refused = play.send("refuse", C, {**STATED, "ground": "not_delivered"})
    assert refused[0].type == "refusal_proposed"
    assert (True, "hearing_ended") in told(play, C2)
    assert not any(yours for yours, _ in told(play, C)), told(play, C)


def test_while_the_co_payment_is_owed_the_recipient_is_told_to_pay_it() -> None:
    play = reach("in_fulfilment")
    play.send("report_co_payment_missing", S)
    assert told(play, R)[0] == (True, "co_payment")
    assert not any(yours for yours, _ in told(play, S))
    assert waiting(play) == ("recipient",)


def test_while_a_deadline_is_disputed_a_caseworker_is_told_to_rule_and_the_term_runs_on() -> None:
    play = reach("choosing")
    play.send("contest_deadline", R, {"term": "choice", "start": play.today(-1), **STATED})
    assert told(play, R) == [(True, "choice")], "a party is not told of desks"
    assert told(play, C)[0] == (True, "deadline_contested")


def test_a_supplier_that_must_mend_what_it_delivered_is_told_so() -> None:
    play = reach("delivered")
    play.send("complain", R, {"known_on": play.today(), **STATED})
    assert told(play, K)[0] == (True, "dispute")
    assert not any(yours for yours, _ in told(play, C))
    play.send("order_remedy", K, {"until": play.today(5), **STATED})
    assert told(play, S)[0] == (True, "delivery")
    assert told(play, R) == [(False, "delivery")]


def test_once_two_have_said_what_stands_of_a_payment_nobody_is_told_to_say_it() -> None:
    play = pending()
    say(play, "settled", reference="T-1")
    play.answer("report")
    say(play, "not_executed")
    assert told(play, C)[0] == (True, "payment_doubt")
    decide(play, "settled")
    assert told(play, C) == []
    assert waiting(play) == ("nobody",)


def test_of_two_terms_each_reader_sees_their_own_first_and_the_other_beside_it() -> None:
    play = reach("choosing")
    play.send("report_no_supplier", R, STATED)
    assert told(play, R) == [(True, "choice")]
    assert told(play, K)[0] == (True, "no_supplier_asked")
    first = steps(play, K)[0].awaited
    assert (first.term, first.last_day is not None) == ("no_supplier", True), "told once"
    assert (False, "choice") in told(play, K)
    assert waiting(play) == ("commission", "recipient")


def test_work_on_a_desk_is_told_to_who_does_it_and_not_to_the_parties() -> None:
    play = reach("awaiting_signatures")
    play.send("propose_correction", C, {"field": "delivered_on", "value": play.today(-1), **STATED})
    assert told(play, A) == [(True, "correction_proposed"), (False, "signatures")]
    assert told(play, R) == [(False, "signatures")]
    assert (True, "hearing_ended") in told(heard(None), C)


def test_a_term_that_has_run_out_and_can_still_be_kept_is_told_as_long_as_no_other_runs() -> None:
    play = reach("in_fulfilment")
    while "delivery" not in over(play):
        play.wait()
    first = steps(play, S)[0]
    assert (first.yours, first.awaited.term) == (True, "delivery_cancel")
    while "delivery_cancel" not in over(play):
        play.wait()
    assert steps(play, S)[0].yours, "late delivery may be marked"


@pytest.mark.parametrize("reader", READERS)
def test_no_text_that_asks_for_an_act_tells_anybody_to_wait(reader: str) -> None:
    terms = [name for name, one in CURRENT.process.terms.items() if reader in one.met_by]
    assert terms
    for name in terms:
        assert not text(f"act.{reader}.{name}", "en").startswith(("Wait", "Nothing", "There is"))
