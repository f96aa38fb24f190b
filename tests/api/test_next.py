"""What a page says first: nobody who may keep a term that it shows reads that they should wait."""

from collections import Counter

import pytest

from definitions.editions import editions
from domain.messages import Actor
from tests.api.test_labels import PEOPLE, page_of, sees
from tests.domain.chance import choose
from tests.domain.hearings import intended
from tests.domain.play import C, Play, R, Seeded
from tests.domain.test_awaited import BEGUN, keepable, meets, running
from tests.domain.whims import step
from tests.support.amount import in_proportion

WAITING = ("Дождитесь", "Ожидается", "Делать ничего не нужно", "От комиссии ничего")


def nobody_who_may_keep_a_term_reads_to_wait(play: Play, actor: Actor) -> Counter[tuple[str, str]]:
    page = page_of(play, actor)
    may = {(one["name"], one.get("period")) for one in page["you"]["may"]}
    shown = {(one["period"], one["term"]) for one in page["deadlines"]}
    mine = {
        (period.number, one.term): one
        for period, one in running(play)
        if (period.number, one.term) in shown and meets(play, actor, may, period, one.term)
    }
    told, read = page["next"], (actor, play.status, mine)
    if mine:
        assert told["yours"], read
        assert told["by"] <= min(one.expires_at for one in mine.values()), read
        # In another period what is over may still be kept, and comes first.
        assert not (told["overdue"] and told["period"] in {number for number, _ in mine}), read
    if told["yours"]:
        assert page["you"]["text"] in (told["text"], None), read
        assert not told["text"].startswith(WAITING), read
    assert not (told["yours"] and actor.role.value not in told["who"]), read
    return Counter((term, actor.role.value) for _, term in mine)


@pytest.mark.walks
@pytest.mark.timeout(300)
def test_nobody_who_may_keep_a_term_that_is_shown_reads_to_wait() -> None:
    kept, plays = Counter[tuple[str, str]](), [one.copy() for one in BEGUN]
    for seed in range(in_proportion(30)):
        whim = Seeded(seed)
        play = choose(whim, BEGUN).copy()
        for _ in range(6):
            step(play, whim)
        plays.append(play)
    for play in plays:
        if play.case.periods and play.case.edition in editions():
            for actor in (one for one in PEOPLE if sees(play, one)):
                kept += nobody_who_may_keep_a_term_reads_to_wait(play, actor)
    assert keepable() <= set(kept), "each was there to be kept by each who can"


def test_where_two_are_waited_for_each_is_a_sentence() -> None:
    play = intended("not_delivered")
    play.send("open_case", R)
    told = page_of(play, C)["next"]
    texts = [one["text"] for one in (told, *told.get("beside", []))]
    assert "Ожидается действие получателя. Ожидается действие поставщика" in texts
