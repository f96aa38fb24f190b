"""Finishes what was begun: messages without an event, changes of the calendar, removals."""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Engine, text
from temporalio import activity

from activities.calendars import carry_out
from activities.payments import describe_report
from db.catalogues import catalogue_today
from db.intake import finish_pending, report_overdue_waits, retry_rejected
from db.removals import settle_removals
from db.reports import finish
from db.sealing import Seal
from integrations.shep import Trusting

PAUSE_SECONDS = 5.0
ROUNDS = 60
# A message younger than this is still in the hands of the request that brought it.
LEAST_AGE = "12 seconds"

_FORGOTTEN = text(
    "SELECT DISTINCT h.case_id, h.edition FROM inbox i JOIN case_head h USING (case_id)"
    " WHERE i.refused IS NULL AND i.received_at < clock_timestamp() - CAST(:age AS interval)"
    " AND NOT EXISTS (SELECT 1 FROM event e"
    "   WHERE e.case_id = i.case_id AND e.message_id = CAST(i.id AS text))"
    " ORDER BY h.case_id LIMIT 200"
)


@dataclass(frozen=True)
class HousekeepingActivities:
    """`wake` hands a case its waiting messages; False: Temporal cannot be reached.

    `gateway` says whose signatures count on envelopes.
    """

    engine: Engine
    seal: Seal
    wake: Callable[[str, str], bool]
    gateway: Trusting | None = None

    # It looks for its end itself: thrown into a query, a cancellation would spoil a connection.
    @activity.defn(name="sweep", no_thread_cancel_exception=True)
    def sweep(self) -> int:
        """Look every few seconds; answer how many cases were woken. Ends early with its worker."""
        woken, known = 0, None
        for _ in range(ROUNDS):
            if (version := self.catalogue()) != known:
                woken += self.cure()
                known = version
            woken += self.sweep_once()
            activity.heartbeat(woken)
            for more in carry_out(self.engine, self.wake):
                woken += more
                activity.heartbeat(woken)
                if activity.is_worker_shutdown() or activity.is_cancelled():
                    return woken
            activity.wait_for_worker_shutdown_sync(PAUSE_SECONDS)
            if activity.is_worker_shutdown() or activity.is_cancelled():
                break
        return woken

    def catalogue(self) -> str:
        """The version in force: an import changes it, or the day on which one begins."""
        with self.engine.connect() as connection:
            return catalogue_today(connection)[0].version

    def cure(self) -> int:
        """Try again what only an earlier catalogue did not know (row R2); how many were woken."""
        cured = retry_rejected(self.engine, self.seal, self.gateway)
        return sum(self.wake(case_id, edition) for case_id, edition in cured)

    def sweep_once(self) -> int:
        """One look: settle what was only journalled, wake every case with a message unheard."""
        settle_removals(self.engine)
        report_overdue_waits(self.engine, self.seal)
        settled = finish_pending(self.engine, self.seal, self.gateway)
        settled += finish(self.engine, self.seal, describe_report)
        with self.engine.connect() as connection:
            rows = connection.execute(_FORGOTTEN, {"age": LEAST_AGE}).all()
        forgotten = {*settled, *((str(row.case_id), row.edition) for row in rows)}
        return sum(self.wake(case_id, edition) for case_id, edition in sorted(forgotten))
