"""Finishes what was begun: runs that have not heard, changes of the law, removals, reports; and
puts away what has long been over, sees which cases have fallen silent, and ends what is kept no
longer.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from itertools import chain
from typing import TypeAlias

import structlog
from sqlalchemy import Engine
from temporalio import activity

from db.catalogues import catalogue_today
from db.engine import reads
from db.following import carry_out
from db.heads import make_due
from db.intake import finish_pending, report_overdue_waits, retry_rejected
from db.missing_words import write_missing_words
from db.put_away import LONG, put_away
from db.removals import settle_removals
from db.reports import finish
from db.retention import keep_terms
from db.sealing import Seal
from db.silences import note_silences
from db.uploads import forget_unused
from db.wakes import Untold, strike, unheard
from integrations.head_keys import HeadKey
from integrations.shep import Trusting

PAUSE_SECONDS = 2.0
ROUNDS = 150
AT_ONCE = 50
Telling: TypeAlias = Callable[[Sequence[Untold]], list[Untold]]
log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class HousekeepingActivities:
    """`tell` has the runs of cases look, and answers which of them have heard.

    `gateway` says whose signatures count on envelopes; what closed longer ago than `put_away_after`
    is put away; a head of the record is made each day under `head_key`.
    """

    engine: Engine
    seal: Seal
    tell: Telling
    gateway: Trusting | None = None
    put_away_after: timedelta = LONG
    head_key: HeadKey | None = None

    # It looks for its end itself: thrown into a query, a cancellation would spoil a connection.
    @activity.defn(name="sweep", no_thread_cancel_exception=True)
    def sweep(self) -> int:
        """Look every few seconds; answer how many runs were told. Ends early with its worker."""
        told, known = 0, None
        for _ in put_away(self.engine, self.put_away_after):
            activity.heartbeat(told)
            if activity.is_worker_shutdown() or activity.is_cancelled():
                return told
        self.look_after()
        for _ in range(ROUNDS):
            if (version := self.catalogue()) != known:
                retry_rejected(self.engine, self.seal, self.gateway)  # row R2
                known = version
            found = self.sweep_once()
            told += found
            activity.heartbeat(told)
            for _ in chain(
                carry_out(self.engine),
                write_missing_words(self.engine, self.seal),
                self.heads(),
            ):
                activity.heartbeat(told)
                if activity.is_worker_shutdown() or activity.is_cancelled():
                    return told
            if found < AT_ONCE:
                activity.wait_for_worker_shutdown_sync(PAUSE_SECONDS)
            if activity.is_worker_shutdown() or activity.is_cancelled():
                break
        return told

    def heads(self) -> Iterator[None]:
        """Make the head of the record of today, part by part. What fails comes again."""
        try:
            for made in make_due(self.engine, self.head_key) if self.head_key else ():
                if made:
                    log.info("head", number=made.number, cases=made.leaves, lines=made.lines)
                yield
        except Exception as fault:
            log.error("no head of the record was made", kind=type(fault).__name__)

    def look_after(self) -> None:
        """Which cases have fallen silent, and what is kept no longer; where that fails, the next
        sweep sees it.
        """
        for walk in (
            partial(note_silences, self.engine),
            partial(keep_terms, self.engine, self.seal),
        ):
            try:
                for _ in walk():
                    activity.heartbeat()
                    if activity.is_worker_shutdown() or activity.is_cancelled():
                        return
            except Exception as fault:
                part, kind = walk.func.__name__, type(fault).__name__
                log.error("a part of housekeeping failed", part=part, kind=kind)

    def catalogue(self) -> str:
        """The version in force: an import changes it, or the day on which one begins."""
        with reads(self.engine) as connection:
            return catalogue_today(connection)[0].version

    def sweep_once(self) -> int:
        """One look: settle what was only journalled, tell every run that has not heard.

        A part that fails holds up no other, and comes again in the next look.
        """
        for settle in (
            partial(settle_removals, self.engine),
            partial(forget_unused, self.engine),
            partial(report_overdue_waits, self.engine, self.seal),
            partial(finish_pending, self.engine, self.seal, self.gateway),
            partial(finish, self.engine, self.seal),
        ):
            try:
                settle()
            except Exception as fault:
                name = settle.func.__name__
                log.error("a part of housekeeping failed", part=name, kind=type(fault).__name__)
        with self.engine.begin() as connection:
            waiting = unheard(connection, AT_ONCE)
        if heard := self.tell(waiting):
            with self.engine.begin() as connection:
                strike(connection, heard)
        return len(heard)
