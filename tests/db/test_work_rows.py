"""Work of a case as rows: each piece in one owner's list, none lost, over all walks."""

from collections import Counter, defaultdict
from typing import Any

import pytest

from db.work import holder_of, rows_of
from domain.case.awaited import NO_ONE, awaited
from domain.messages import Role
from tests.domain.chance import choose
from tests.domain.play import Play, Seeded, reach
from tests.domain.starts import STARTS
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


@pytest.mark.walks
@pytest.mark.timeout(300)
def test_every_piece_of_work_is_in_exactly_one_owners_list() -> None:
    kinds, walks = Counter[str](), in_proportion(150)
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


def test_who_represents_the_recipient_has_the_same_work_and_it_is_counted_once() -> None:
    found = rows(reach("choosing"))
    assert len({one["id"] for one in found}) == 1
    assert [one["main"] for one in found] == [True, False]
    assert [one["holder"] for one in found] == [holder_of("recipient", one) for one in
                                                ("person-1", "person-2")]  # fmt: skip
