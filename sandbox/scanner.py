"""A virus scanner that speaks clamd's protocol over TCP and knows one virus: EICAR's test file."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sandbox.faults import DEFAULT_SLOW_SECONDS, WIRE, Faults

SYSTEM = "scanner"
COMMAND = b"zINSTREAM\0"
# As clamd's StreamMaxLength is by default.
LONGEST_STREAM = 25 * 1024 * 1024
# Written in two parts, or this very file would be found wherever it lies.
EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


class Scanner:
    """Answers one stream a connection, as clamd does outside a session."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults

    async def hear(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, from its command to its answer; whoever leaves before is let go."""
        try:
            if answer := await self._answer(reader):
                writer.write(answer + b"\0")
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader) -> bytes | None:
        if await reader.readexactly(len(COMMAND)) != COMMAND:
            return b"UNKNOWN COMMAND"
        content = await _stream(reader)
        if content is None:
            return b"INSTREAM size limit exceeded. ERROR"
        # A stream has no text to be called by: `match` may be its hash.
        call = hashlib.sha256(content).hexdigest()
        if slow := self._faults.take(SYSTEM, frozenset({"slow"}), call):
            await asyncio.sleep(DEFAULT_SLOW_SECONDS if slow.seconds is None else slow.seconds)
        if self._faults.take(SYSTEM, WIRE - {"slow"}, call):
            return None
        if self._faults.take_work(SYSTEM, call):
            return b"stream: Can't allocate memory ERROR"
        return b"stream: Eicar-Test-Signature FOUND" if EICAR in content else b"stream: OK"


async def _stream(reader: asyncio.StreamReader) -> bytes | None:
    """The pieces of a stream, put together; None for more than is taken."""
    content = bytearray()
    while size := int.from_bytes(await reader.readexactly(4), "big"):
        if len(content) + size > LONGEST_STREAM:
            return None
        content += await reader.readexactly(size)
    return bytes(content)


@asynccontextmanager
async def listening(scanner: Scanner, host: str, port: int | None) -> AsyncIterator[None]:
    """Answer on a port while the block lasts; without a port nobody is there."""
    if port is None:
        yield
        return
    server = await asyncio.start_server(scanner.hear, host, port)
    try:
        yield
    finally:
        server.close()  # whoever is still being answered slowly is not waited for
