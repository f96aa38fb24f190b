"""Work of a case as rows: each piece in one owner's list, none lost, over all walks."""

from collections import Counter, defaultdict
from typing import Any

import pytest

from db.work import holder_of, rows_of
from domain.case.awaited import NO_ONE, UNDISPUTED, awaited
from domain.case.outlook import choices
from domain.messages import Actor, Role
from tests.domain.chance import choose
from tests.domain.money import failed
from tests.domain.play import ELSEWHERE, MOMENT, E, Play, R, Seeded, measure, reach
from tests.domain.reading import STATED
from tests.domain.starts import STARTS
from tests.domain.test_money_of_gone_orders import moved, paid_beside
from tests.domain.whims import step
from tests.support.amount import in_proportion

DESKS = ("task", "contest", "approval")
SYSTEMS = {NO_ONE, *(one.value for one in Role)} - {
    *("recipient", "supplier", "caseworker", "commission", "administrator")
}


def rows(play: Play) -> list[dict[str, Any]]:
    return list(rows_of(play.case, awaited(play.case, play.edition, play.calendar)))


def nothing_is_lost_and_nothing_is_twice(play: Play) -> Counter[str]:
    told, found = play.status, rows(play)
    keys = Counter((one["id"], one["holder"]) for one in found)
    assert set(keys.values()) <= {1}, (told, "in one list once")
    by_id = defaultdict(list)
    for one in found:
        by_id[one["id"]].append(one)
    for same in by_id.values():
        assert sum(one["main"] for one in same) == 1, (told, "counted once in all")
        assert (
            len({(one["role"], one["code"], one["period"]) for one in same if "period" in one}) <= 1
        )
        lists = {one["holder"].partition(":")[0] for one in same}
        assert len(lists) == 1, (told, lists, "of one owner")
        assert len(same) == 1 or lists <= {"recipient", "asked"}, (told, lists)
    told_once = Counter((one["role"], one.get("period"), one["code"]) for one in found
                        if one["main"] and one["kind"] != "question")  # fmt: skip
    assert set(told_once.values()) <= {1}, (told, "one thing is told once")
    tasks = Counter((one.period, one.code) for one in play.case.tasks.values())
    on_desks = [one for one in found if one["kind"] in DESKS and one["main"]]
    listed = Counter((one["period"], one["code"]) for one in on_desks)
    assert tasks <= listed, (told, "work on a desk is in a list")
    return Counter(one["kind"] for one in found)


def everybody_awaited_has_it_in_a_list(play: Play) -> None:
    listed = {(one.get("period"), one["role"], one["code"]) for one in rows(play)}
    for one in awaited(play.case, play.edition, play.calendar):
        code = one.task or one.term or play.case.periods[one.period].status
        for who in {*one.who} - SYSTEMS:
            assert (one.period, who, code) in listed, (play.status, who, code)


def holder_as_actor(play: Play, holder: str) -> Actor | None:
    """Somebody in whose list a row is, as they would act; None: that is not told by their place."""
    role, _, place = holder.partition(":")
    assert play.case.measure is not None
    match role:
        case Role.CASEWORKER:
            return Actor(role=Role.CASEWORKER, id="somebody", on_behalf_of=place)
        case Role.SUPPLIER:
            return Actor(role=Role.SUPPLIER, id="signer", on_behalf_of=place)
        case Role.RECIPIENT:
            behalf = None if place == play.case.measure.recipient else play.case.measure.recipient
            return Actor(role=Role.RECIPIENT, id=place, on_behalf_of=behalf)
    return None


def who_has_it_can_do_it(play: Play) -> Counter[str]:
    """At the last instant of a term, or after it now, somebody who has it in their list can keep
    it; nobody has it who acts for the recipient no more.
    """
    measure_, can = play.case.measure, defaultdict[tuple[str, str], set[str]](set)
    assert measure_ is not None
    acting = {one.person for one in measure_.acting.representatives if not one.ended}
    for one in rows(play):
        term = play.edition.process.terms.get(one["code"])
        commands = {*term.met_by.get(one["role"], ())} if term else set()
        period = play.case.periods.get(one.get("period", 0))
        held = period.deadlines.get(one["code"]) if period else None
        if one["role"] == "commission":
            assert one["holder"] == f"commission:{measure_.region[:2]}"
            can["commission", one["id"]] = {"its region's"}
        if one["role"] == "recipient":
            assert one["holder"].partition(":")[2] in {measure_.recipient, *acting}
        actor = holder_as_actor(play, one["holder"])
        if actor and held and commands and one["kind"] in ("term", "approval"):
            at = play.now if "over" in held.fired else held.expires_at - MOMENT
            may = choices(play.case, actor, at, play.edition, play.calendar, UNDISPUTED)
            can[one["role"], one["id"]] |= commands & {
                c["name"] for c in may if c["allowed"] and c["period"] in (None, one["period"])
            }
    assert all(can.values()), (play.status, [key for key, able in can.items() if not able])
    return Counter(role for role, _ in can)


@pytest.mark.walks
@pytest.mark.timeout(300)
def test_every_piece_of_work_is_in_exactly_one_owners_list() -> None:
    kinds, walks = Counter[str](), in_proportion(300)
    for seed in range(walks):
        whim = Seeded(seed)
        play = choose(whim, STARTS).copy()
        for _ in range(8):
            step(play, whim)
            if play.case.periods:
                kinds += nothing_is_lost_and_nothing_is_twice(play)
                everybody_awaited_has_it_in_a_list(play)
    assert kinds.keys() == {"term", "task", "approval", "contest", "question"}
    assert kinds.total() > 5 * walks


WAY = ("notifying", "choosing", "ordered", "in_fulfilment", "delivered", "awaiting_signatures")


def test_work_is_in_the_list_of_who_can_do_it() -> None:
    """Not where nobody can keep a term, and the status alone says whom it waits for."""
    places = [*map(reach, (*WAY, "under_review")), reach("under_review", 1), failed()]
    places += [paid_beside(), moved(paid_beside()), elsewhere(), reach("choosing")]
    places[-1].send("report_no_supplier", R, STATED)
    found: Counter[str] = sum(map(who_has_it_can_do_it, places), Counter())
    assert {"recipient", "supplier", "caseworker", "commission"} <= found.keys()


def elsewhere() -> Play:
    """The recipient has moved: who pays what was ordered before decides of it."""
    play = reach("under_review")
    play.send("measure_arrived", E, {"measure": measure(authority=ELSEWHERE, revision=2)})
    assert play.case.measure is not None
    assert play.period.payer not in (None, play.case.measure.authority)
    return play


def test_who_represents_the_recipient_has_the_same_work_and_it_is_counted_once() -> None:
    found = rows(reach("choosing"))
    assert len({one["id"] for one in found}) == 1
    assert [one["main"] for one in found] == [True, False]
    assert [one["holder"] for one in found] == [holder_of("recipient", one) for one in
                                                ("person-1", "person-2")]  # fmt: skip
