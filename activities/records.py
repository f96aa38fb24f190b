"""The only writer of the case file."""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Engine
from temporalio import activity
from temporalio.exceptions import ApplicationError

from db.casefile import Append, Appended, OtherRun, append


@dataclass(frozen=True)
class RecordActivities:
    """`current_run` asks Temporal which run of a case is the current one (its id)."""

    engine: Engine
    current_run: Callable[[str], str]

    # An exception thrown into its thread by a cancellation would leave a connection in mid-query.
    @activity.defn(name="append", no_thread_cancel_exception=True)
    def append(self, asked: Append) -> Appended:
        """One message, one append. A run that has been replaced is `Fenced`, and must not go on."""
        run_id = activity.info().workflow_run_id
        assert run_id is not None, "an append is asked for by a workflow"
        try:
            return self._append(asked, run_id, None)
        except OtherRun as other:
            if self.current_run(asked.case_id) != run_id:
                raise ApplicationError(
                    "this run has been replaced", type="Fenced", non_retryable=True
                ) from other
            return self._append(asked, run_id, other.run_id)

    def _append(self, asked: Append, run_id: str, take: str | None) -> Appended:
        with self.engine.begin() as connection:
            return append(connection, asked, run_id, take)
