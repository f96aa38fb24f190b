"""Tell E-Собес of messages that were handed back to it."""

import time
from dataclasses import dataclass

from sqlalchemy import Engine
from temporalio import activity

from db.intake_tasks import ACKNOWLEDGED, Return, mark_told, untold
from db.sealing import Seal
from integrations.errors import Refused
from integrations.esobes import Esobes, ReturnedMessage

PAUSE_SECONDS = 5.0
SHIFT_SECONDS = 300.0


@dataclass(frozen=True)
class ReturnActivities:
    """Tells until it is acknowledged; the key makes E-Собес count it once."""

    engine: Engine
    seal: Seal
    esobes: Esobes

    @activity.defn(name="tell_returned", no_thread_cancel_exception=True)
    def tell_returned(self) -> int:
        """Look every few seconds; how many were told. Unavailable as soon as one could not be."""
        told, end = 0, time.monotonic() + SHIFT_SECONDS
        while time.monotonic() < end and not activity.is_cancelled():
            told += self.tell_once()
            activity.heartbeat(told)
            activity.wait_for_worker_shutdown_sync(PAUSE_SECONDS)
            if activity.is_worker_shutdown():
                break
        return told

    def tell_once(self) -> int:
        """One look: a return that E-Собес refuses is not told again, and keeps the code."""
        with self.engine.connect() as connection:
            waiting = untold(connection, self.seal)
        for one in waiting:
            answer = self._tell(one)
            with self.engine.begin() as connection:
                mark_told(connection, one.id, answer)
        return len(waiting)

    def _tell(self, one: Return) -> str:
        returned = ReturnedMessage(f"returned/{one.id}", one.message_id, one.at, one.reason)
        try:
            self.esobes.give_back(returned)
        except Refused as refused:
            return refused.code
        return ACKNOWLEDGED
