"""A small HTTP client for load: it shares the cores with what it measures, so it costs little."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

END_OF_HEAD = b"\r\n\r\n"


@dataclass(frozen=True)
class Reply:
    """Status and body of one answer."""

    status: int
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


class Wire:
    """Keep-alive connections to one server; a connection carries one request at a time."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self.host, self.port = parts.hostname or "127.0.0.1", parts.port or 80
        self.idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def ask(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes = b""
    ) -> Reply:
        """One request and its whole answer. The server must send a Content-Length."""
        asked = request(method, path, self.host, headers, body)
        reader, writer, head = await self._send(asked)
        status, length = int(head[9:12]), content_length(head)
        answer = Reply(status, await reader.readexactly(length))
        self.idle.append((reader, writer))
        return answer

    async def _send(self, asked: bytes) -> tuple[asyncio.StreamReader, asyncio.StreamWriter, bytes]:
        """Send, on a connection that the server has not let go of meanwhile."""
        while self.idle:
            reader, writer = self.idle.pop()
            writer.write(asked)
            try:
                return reader, writer, await reader.readuntil(END_OF_HEAD)
            except (asyncio.IncompleteReadError, ConnectionError):
                writer.close()
        reader, writer = await asyncio.open_connection(self.host, self.port)
        writer.write(asked)
        return reader, writer, await reader.readuntil(END_OF_HEAD)

    async def lines(self, path: str, headers: Mapping[str, str]) -> AsyncIterator[bytes]:
        """The lines of a stream that does not end, on a connection of its own."""
        reader, writer = await asyncio.open_connection(self.host, self.port)
        try:
            writer.write(request("GET", path, self.host, headers))
            head = await reader.readuntil(END_OF_HEAD)
            if head[9:12] != b"200":
                raise RuntimeError(f"the stream answered {head[9:12]!r}")
            while line := await reader.readline():
                yield line.strip()
        finally:
            writer.close()

    async def close(self) -> None:
        for _, writer in self.idle:
            writer.close()


def request(
    method: str, path: str, host: str, headers: Mapping[str, str], body: bytes = b""
) -> bytes:
    """The bytes of a request."""
    lines = [f"{method} {path} HTTP/1.1", f"Host: {host}", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + END_OF_HEAD + body


def content_length(head: bytes) -> int:
    """What the head says of the body's length; 0 where it says nothing."""
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line[15:])
    return 0


class _Hammer(asyncio.Protocol):
    """Sends the same request as soon as the answer to the last is complete, and counts."""

    def __init__(self, asked: bytes, counts: list[int]) -> None:
        self.asked, self.counts, self.rest, self.missing = asked, counts, b"", 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.write(self.asked)

    def data_received(self, data: bytes) -> None:
        if self.missing:
            self.missing -= len(data)
        else:
            self.rest += data
            end = self.rest.find(END_OF_HEAD)
            if end < 0:
                return
            if self.rest[9:12] != b"200":
                raise RuntimeError(f"the server answered {self.rest[9:12]!r}")
            length = content_length(self.rest[:end])
            self.missing = end + len(END_OF_HEAD) + length - len(self.rest)
            self.rest = b""
        if self.missing == 0:
            self.counts[0] += 1
            self.transport.write(self.asked)


async def throughput(url: str, asked: bytes, *, connections: int = 16, seconds: float = 3) -> float:
    """Answers per second of one request repeated over several connections."""
    parts, counts = urlsplit(url), [0]
    loop = asyncio.get_running_loop()
    host, port = parts.hostname or "127.0.0.1", parts.port or 80
    opened = [
        await loop.create_connection(lambda: _Hammer(asked, counts), host, port)
        for _ in range(connections)
    ]
    await asyncio.sleep(0.3)
    before, begun = counts[0], time.perf_counter()
    await asyncio.sleep(seconds)
    rate = (counts[0] - before) / (time.perf_counter() - begun)
    for transport, _ in opened:
        transport.abort()
    return rate
