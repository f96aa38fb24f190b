"""How often one person may ask, and how many streams may stay open; systems are never bounded."""

import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import ceil
from typing import Final
from uuid import UUID

from api.problems import Problem
from domain.messages import PERSONS, Role

MOST_REMEMBERED: Final = 10_000
# A page of a client that has slept asks for much at once.
BURST_SECONDS: Final = 5.0


@dataclass(frozen=True, slots=True)
class Limits:
    """For each person and process; None: no limit. `streams` are all that stay open at once."""

    requests_per_second: float | None = None
    streams_per_person: int | None = None
    streams: int | None = None


class Rates:
    """A bucket for each who asks: it holds five seconds' worth and fills steadily."""

    def __init__(
        self, per_second: float | None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._per_second = per_second
        self._clock = clock
        # Until when each bucket is filled, were nothing more taken.
        self._full_at: OrderedDict[Hashable, float] = OrderedDict()

    def take(self, role: Role, person: UUID | None) -> None:
        """One request. Problem `too_many_requests`, with the seconds after which to ask again."""
        if person is not None and role in PERSONS:
            self.take_for(person)

    def take_for(self, who: Hashable) -> None:
        """Likewise, for whoever has no role here: an address from which is asked."""
        if self._per_second is None:
            return
        now = self._clock()
        full_at = max(self._full_at.get(who, now), now) + 1.0 / self._per_second
        if full_at - now > BURST_SECONDS:
            wait = ceil(full_at - now - BURST_SECONDS)
            raise Problem("too_many_requests", headers={"Retry-After": str(wait)})
        self._full_at[who] = full_at
        self._full_at.move_to_end(who)
        while len(self._full_at) > MOST_REMEMBERED:
            self._full_at.popitem(last=False)


class Places:
    """The streams that are open, by person."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._held: Counter[UUID | None] = Counter()

    @contextmanager
    def hold(self, person: UUID | None) -> Iterator[None]:
        """One stream while the block lasts. Problem `too_many_requests` or `unavailable`."""
        mine, all_ = self._limits.streams_per_person, self._limits.streams
        if all_ is not None and self._held.total() >= all_:
            raise Problem("unavailable")
        if mine is not None and self._held[person] >= mine:
            raise Problem("too_many_requests", headers={"Retry-After": "5"})
        self._held[person] += 1
        try:
            yield
        finally:
            self._held[person] -= 1
            if not self._held[person]:
                del self._held[person]
