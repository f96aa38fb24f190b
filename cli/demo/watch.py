"""Follows one case by its server-sent events: the way it goes, while it goes."""

import asyncio
import json
from typing import Any

import httpx

from cli.demo.board import StoryCourse
from cli.demo.portal import Differs, Player, problem

PATIENCE = 60.0
# A stream that was cut is taken up again where it ended.
PAUSE = 0.2
STREAMING = httpx.Timeout(30.0, read=None)


class Watch:
    """The statuses that a period goes through; `until` waits for the next of a kind."""

    def __init__(self, course: StoryCourse) -> None:
        self.course = course
        self._last_id = ""
        self._seen = 0
        self._lost: str | None = None
        self._changed = asyncio.Condition()
        self._period = 1
        self._ways: dict[int, list[str]] = {}

    def turn_to(self, period: int) -> None:
        """Wait for what another period goes through, from its beginning."""
        self._period, self._seen = period, 0
        self.course.way += self._way

    async def follow(self, reader: Player, case: str) -> None:
        """Read the stream as long as the story lasts."""
        try:
            while True:
                try:
                    await self._read(reader, f"/v1/cases/{case}/stream")
                except httpx.TransportError:
                    await asyncio.sleep(PAUSE)
        except (Differs, LookupError, ValueError) as error:
            self._lost = f"the stream of events: {type(error).__name__} {error}"
            await self._tell()

    async def until(self, *wanted: str) -> str:
        """The first of these statuses that has come since the last one waited for."""
        try:
            async with asyncio.timeout(PATIENCE), self._changed:
                while (found := self._find(wanted)) is None:
                    if self._lost is not None:
                        raise Differs(self._lost)
                    await self._changed.wait()
                return found
        except TimeoutError:
            stays = self.course.status or "not seen"
            raise Differs(f"waited for {' or '.join(wanted)}; the case is {stays}") from None

    @property
    def _way(self) -> list[str]:
        return self._ways.get(self._period, [])

    def _find(self, wanted: tuple[str, ...]) -> str | None:
        for place in range(self._seen, len(self._way)):
            if self._way[place] in wanted:
                self._seen = place + 1
                return self._way[place]
        return None

    async def _read(self, reader: Player, path: str) -> None:
        headers = {"Last-Event-ID": self._last_id} if self._last_id else {}
        async with reader.http.stream("GET", path, headers=headers, timeout=STREAMING) as answer:
            if answer.status_code == httpx.codes.NOT_FOUND and not self.course.way:
                # Received, and not in the file yet: a moment later it will be.
                await asyncio.sleep(PAUSE)
                return
            if answer.status_code != httpx.codes.OK:
                await answer.aread()
                raise Differs(f"answered {answer.status_code}{problem(answer)}")
            fields: dict[str, str] = {}
            async for line in answer.aiter_lines():
                name, _, value = line.partition(":")
                if line:
                    fields[name] = value.removeprefix(" ")
                elif "data" in fields:
                    await self._take(fields)
                    fields = {}

    async def _take(self, fields: dict[str, str]) -> None:
        event: dict[str, Any] = json.loads(fields["data"])
        self._last_id = fields.get("id", self._last_id)
        if event["to"]:
            self._ways.setdefault(event["period"], []).append(event["to"])
            if event["period"] == self._period:
                self.course.way.append(event["to"])
            await self._tell()

    async def _tell(self) -> None:
        async with self._changed:
            self._changed.notify_all()
