"""The invariants of the process hold after every message of thousands of histories."""

import os
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from definitions.editions import editions
from domain.apply import fold
from domain.case.state import Case
from domain.forecasts.decided_again import rehearse
from domain.messages import Event, Message
from domain.process import Edition
from domain.terms.later_edition import EDITION_MOVED
from tests.domain.invariants import INVARIANTS
from tests.domain.play import (
    CALENDAR,
    CURRENT,
    EDITION,
    MOVING,
    TODAYS,
    Listed,
    Play,
    Seeded,
)
from tests.domain.starts import STARTS
from tests.domain.steps import Step
from tests.domain.whims import step, walk
from tests.support.amount import LONG, WALKS, in_proportion

STEPS, BATCH = 12, 250
# Walks under each edition but today's: so many times fewer. Where it has no row of its own, none
# can be missed: a quarter of those will do in the whole run.
OTHERS = 2
NO_ROW_OF_ITS_OWN = OTHERS if LONG else 4 * OTHERS
HISTORIES = in_proportion(400)
# Repeats one walk; without it the walks of every run are other ones.
SEED = "OZHB_SEED"


def check(play: Play, message: Message, before: Case, events: list[Event]) -> None:
    """Every invariant, after one message."""
    one = Step(play.edition, message, before, events, play.case, play.events)
    for invariant in INVARIANTS:
        invariant(one)


def decided_again(play: Play) -> None:
    """A file comes out as it is when each message is decided again under the law of its time.

    Where the calendar changed, events do not always name the one that they counted with; a move
    that nobody ordered was decided under the law before it.
    """
    moved = [id_ for id_, message in play.seen.items() if message.name == EDITION_MOVED]
    ordered = all(id_.startswith("edition:") for id_ in moved)
    laws = {one.hash: one for one in (CURRENT, *MOVING)}
    if play.calendar is CALENDAR and ordered:
        empty = Case(id=play.case.id, edition=CURRENT.hash)
        found = rehearse(empty, play.events, play.seen, laws.__getitem__, lambda _: CALENDAR)
        assert (found.differences, found.unknown) == ((), ())


def walked(seed: int) -> set[str]:
    """One walk from a seed; the rows it took."""
    try:
        play = walk(Seeded(seed), STEPS, check)
        assert fold(Case(id=play.case.id, edition=play.case.edition), play.events) == play.case
        decided_again(play)
    except Exception as error:
        named = f"{EDITION}={CURRENT.code} {SEED}={seed}"
        error.add_note(f"to repeat this walk: {named} make verify-process ARGS='-k all'")
        raise
    return {event.row for event in play.events}


def walked_many(first: int, count: int) -> Counter[str]:
    """How many walks of a batch took each row."""
    taken: Counter[str] = Counter()
    for seed in range(first, first + count):
        taken.update(walked(seed))
    return taken


@pytest.mark.long
@pytest.mark.walks
@pytest.mark.parametrize("law", editions().values(), ids=lambda law: law.code)
def test_the_invariants_hold_on_all_walks_and_every_row_is_taken(
    law: Edition,
    monkeypatch: pytest.MonkeyPatch,
    record_property: Callable[[str, object], None],
) -> None:
    """Under today's edition most walks; of another one every row that today's does not have."""
    if seed := os.environ.get(SEED):
        assert law is not CURRENT or walked(int(seed))
        return
    monkeypatch.setenv(EDITION, law.code)
    known = set() if law is TODAYS else {row.id for row in TODAYS.process.rows}
    own = {row.id for row in law.process.rows} - known
    fewer = 1 if law is TODAYS else OTHERS if own else NO_ROW_OF_ITS_OWN
    first, count = int.from_bytes(os.urandom(5), "big"), WALKS // fewer
    record_property("seed", first)
    record_property("walks", count)
    with ProcessPoolExecutor(2, get_context("spawn")) as pool:
        batches = range(first, first + count, BATCH)
        taken = sum(pool.map(walked_many, batches, [BATCH] * len(batches)), Counter())
    never = sorted(own - set(taken))
    assert taken
    assert never == [], f"no walk from {first} on took these rows"


@pytest.mark.walks
@settings(
    max_examples=HISTORIES,
    print_blob=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(st.sampled_from(range(len(STARTS))), st.binary(min_size=24, max_size=120))
def test_the_invariants_hold_on_histories_that_hypothesis_finds(start: int, whims: bytes) -> None:
    play, whim = STARTS[start].copy(), Listed(whims)
    play.watch = check
    while not whim.spent:
        step(play, whim)
    assert fold(Case(id=play.case.id, edition=play.case.edition), play.events) == play.case


@pytest.mark.parametrize("invariant", INVARIANTS)
def test_each_invariant_says_what_it_guards(invariant: object) -> None:
    assert (invariant.__doc__ or "")[0] in "1234569"
