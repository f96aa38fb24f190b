"""A line to a server on which everybody can fall silent while nothing is closed."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from urllib.parse import urlsplit, urlunsplit


@dataclass
class Line:
    """What comes is taken and passed on, until it is swallowed: by `asks` or `answers` alone, or
    both ways. TCP tells neither side: as behind a firewall that drops what it does not know.

    `instead`: what everybody who asks is answered by somebody else, while the server hears nothing;
    who `hangs_up` says no more.
    """

    port: int = 0
    instead: bytes | None = None
    hangs_up: bool = False
    asks_pass: asyncio.Event = field(default_factory=asyncio.Event)
    answers_pass: asyncio.Event = field(default_factory=asyncio.Event)

    def swallow(self, *, asks: bool = True, answers: bool = True) -> None:
        """From now on."""
        if asks:
            self.asks_pass.clear()
        if answers:
            self.answers_pass.clear()

    def forge(self, instead: bytes, *, hangs_up: bool = False) -> None:
        """From now on somebody else answers."""
        self.instead, self.hangs_up = instead, hangs_up

    def heal(self) -> None:
        """What is said from now on arrives."""
        self.instead = None
        self.asks_pass.set()
        self.answers_pass.set()

    def through(self, url: str) -> str:
        """The address of the server, by way of this line."""
        parts = urlsplit(url)
        where = parts.netloc.rpartition("@")[0] + f"@127.0.0.1:{self.port}"
        return urlunsplit(parts._replace(netloc=where))


@asynccontextmanager
async def line_to(host: str, port: int) -> AsyncIterator[Line]:
    """A line in this loop, whole at first."""
    line = Line()
    line.heal()
    pumps: set[asyncio.Task[None]] = set()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection(host, port)
        for pumping in (
            _pump(reader, back, line.asks_pass, partial(_forged, line, writer)),
            _pump(there, writer, line.answers_pass),
        ):
            pump = asyncio.create_task(pumping)
            pumps.add(pump)
            pump.add_done_callback(pumps.discard)

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    line.port = server.sockets[0].getsockname()[1]
    try:
        yield line
    finally:
        server.close()
        for pump in pumps:
            pump.cancel()
        await asyncio.gather(*pumps, return_exceptions=True)


def _forged(line: Line, asker: asyncio.StreamWriter) -> bool:
    """Whether whoever asks is answered by somebody else."""
    if line.instead is None:
        return False
    asker.write(line.instead)
    if line.hangs_up:
        asker.close()
    return True


async def _pump(
    source: asyncio.StreamReader,
    sink: asyncio.StreamWriter,
    passes: asyncio.Event,
    forged: Callable[[], bool] = bool,
) -> None:
    """Until its source ends; what is swallowed is never passed on later."""
    try:
        while data := await source.read(65536):
            if passes.is_set() and not forged():
                sink.write(data)
                await sink.drain()
    except ConnectionError:
        pass
    finally:
        sink.close()
