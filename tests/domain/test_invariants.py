"""The invariants of the process hold after every message of thousands of histories."""

import os
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.apply import fold
from domain.case import Case
from domain.messages import Event, Message
from tests.domain.invariants import INVARIANTS
from tests.domain.play import CURRENT, Listed, Play, Seeded
from tests.domain.starts import STARTS
from tests.domain.steps import Step
from tests.domain.whims import step, walk
from tests.support.amount import WALKS, in_proportion

STEPS, BATCH = 12, 500
HISTORIES = in_proportion(400)
# Repeats one walk; without it the walks of every run are other ones.
SEED = "OZHB_SEED"


def check(play: Play, message: Message, before: Case, events: list[Event]) -> None:
    """Every invariant, after one message."""
    one = Step(play.edition, message, before, events, play.case, play.events)
    for invariant in INVARIANTS:
        invariant(one)


def walked(seed: int) -> set[str]:
    """One walk from a seed; the rows it took."""
    try:
        play = walk(Seeded(seed), STEPS, check)
        assert fold(Case(id=play.case.id, edition=play.case.edition), play.events) == play.case
    except Exception as error:
        error.add_note(f"to repeat this walk: {SEED}={seed} make verify-process ARGS='-k all'")
        raise
    return {event.row for event in play.events}


def walked_many(first: int, count: int) -> Counter[str]:
    """How many walks of a batch took each row."""
    taken: Counter[str] = Counter()
    for seed in range(first, first + count):
        taken.update(walked(seed))
    return taken


@pytest.mark.slow
@pytest.mark.walks
def test_the_invariants_hold_on_all_walks_and_every_row_is_taken() -> None:
    if seed := os.environ.get(SEED):
        assert walked(int(seed))
        return
    first = int.from_bytes(os.urandom(5), "big")
    with ProcessPoolExecutor(2, get_context("spawn")) as pool:
        batches = range(first, first + WALKS, BATCH)
        taken = sum(pool.map(walked_many, batches, [BATCH] * len(batches)), Counter())
    never = sorted({row.id for row in CURRENT.process.rows} - set(taken))
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
