"""What the run of a case asks of its file."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from temporalio import activity
from temporalio.exceptions import ApplicationError

from db.casefile import Look, NoSuchCase, glance
from db.pulse import SILENT_SECONDS
from domain.messages import Frozen

# A server that begins anew answers sooner: whoever cannot ask it for longer leaves the case to
# another worker, and does not hold its task by trying on.
TRIED_FOR: Final = timedelta(seconds=SILENT_SECONDS)


class Glance(Frozen):
    """Into which file, and how much of it the run has shown.

    `durable`: what asks for it stands in the history of the run, and asks again if this is lost.
    """

    case_id: str
    after: int
    durable: bool = True


@dataclass(frozen=True)
class RecordActivities:
    """The file decides; a run only asks it what there is to do."""

    engine: Engine

    # An exception thrown into its thread by a cancellation would leave a connection in mid-query.
    @activity.defn(name="look", no_thread_cancel_exception=True)
    def look(self, asked: Glance) -> Look:
        """Have the file take what waited and what has come, and answer what is to be done."""
        try:
            return glance(self.engine, asked.case_id, asked.after, asked.durable)
        except NoSuchCase as error:
            raise ApplicationError(str(error), type="NoSuchCase", non_retryable=True) from error
        except SQLAlchemyError as error:
            if datetime.now(UTC) - activity.info().scheduled_time < TRIED_FOR:
                raise
            told = "the case file does not answer"
            raise ApplicationError(told, type="Silent", non_retryable=True) from error
