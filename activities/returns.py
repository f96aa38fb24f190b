"""Tell E-Собес of messages that were handed back to it, and of what is odd about others."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy import Engine
from temporalio import activity

from db.engine import reads
from db.holds import held_now
from db.intake_tasks import ACKNOWLEDGED, Return, mark_told, untold
from db.sealing import Seal
from db.waits import mark_notice, untold_notices
from integrations.errors import OutsideRefusal
from integrations.esobes import Esobes, MessageNotice, ReturnedMessage

PAUSE_SECONDS = 5.0
SHIFT_SECONDS = 300.0
Told = TypeVar("Told", ReturnedMessage, MessageNotice)


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
        """One look: a return that E-Собес refuses is not told again, and keeps the code.

        While it is held nobody is told anything.
        """
        with reads(self.engine) as connection:
            if "esobes" in held_now(connection):
                return 0
            waiting = untold(connection, self.seal)
        for one in waiting:
            answer = self._tell(one)
            with self.engine.begin() as connection:
                mark_told(connection, one.id, answer)
        return len(waiting) + self._tell_notices()

    def _tell_notices(self) -> int:
        with reads(self.engine) as connection:
            waiting = untold_notices(connection)
        for one in waiting:
            notice = MessageNotice(f"notice/{one.id}", one.message_id, one.kind, one.at)
            answer = _answer(self.esobes.notify, notice)
            with self.engine.begin() as connection:
                mark_notice(connection, one.id, answer)
        return len(waiting)

    def _tell(self, one: Return) -> str:
        returned = ReturnedMessage(f"returned/{one.id}", one.message_id, one.at, one.reason)
        return _answer(self.esobes.give_back, returned)


def _answer(tell: Callable[[Told], None], told: Told) -> str:
    try:
        tell(told)
    except OutsideRefusal as refused:
        return refused.code
    return ACKNOWLEDGED
