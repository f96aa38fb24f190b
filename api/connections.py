"""The connection of a client: it is given a time and a size for the head of each request."""

import asyncio
from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Network
from typing import Any, ClassVar

from fastapi import FastAPI
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol


def behind(proxies: Iterable[IPv4Network | IPv6Network], app: FastAPI) -> ProxyHeadersMiddleware:
    """The application, which believes what these proxies say of who calls, and nobody else."""
    # Its types know scopes more narrowly than those of the framework.
    asked: Any = app
    return ProxyHeadersMiddleware(asked, [str(one) for one in proxies])


class Connection(HttpToolsProtocol):
    """uvicorn's protocol, for which a client that never ends its request costs nothing for long.

    A head (request line and headers) that takes longer than `head_seconds` is answered 408, one
    above `largest_head` bytes 431, a connection beyond the `most` of this process 503. What comes
    after the head is bounded by `api.gate`, the pause between two requests by uvicorn. Who takes
    nothing of an answer for `taking_seconds` is let go.
    """

    head_seconds: ClassVar[float] = 10.0
    largest_head: ClassVar[int] = 64 * 1024
    most: ClassVar[int] = 2000
    taking_seconds: ClassVar[float] = 30.0

    _timer: asyncio.TimerHandle | None = None
    _taking: asyncio.TimerHandle | None = None
    _in_head = True
    _taken = 0

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        # We are told of whatever waits to be taken, also of an answer that is short.
        transport.set_write_buffer_limits(high=0)
        if len(self.connections) > self.most:
            self._turn_away(503)
        else:
            self._begin_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._end_head()
        self._end_taking()
        super().connection_lost(exc)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._begin_head()

    def on_headers_complete(self) -> None:
        self._end_head()
        super().on_headers_complete()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._in_head:
            self._taken += len(data)
            if self._taken > self.largest_head:
                self._turn_away(431)

    def pause_writing(self) -> None:
        super().pause_writing()
        self._begin_taking()

    def resume_writing(self) -> None:
        self._end_taking()
        super().resume_writing()

    def _begin_taking(self) -> None:
        waiting = self.transport.get_write_buffer_size()
        self._taking = self.loop.call_later(self.taking_seconds, self._look, waiting)

    def _end_taking(self) -> None:
        if self._taking is not None:
            self._taking.cancel()
            self._taking = None

    def _look(self, waiting: int) -> None:
        """Of a long answer on a slow line something is taken all the time."""
        if self.transport.get_write_buffer_size() < waiting:
            self._begin_taking()
        else:
            self.transport.abort()

    def _begin_head(self) -> None:
        if self._timer is None:
            self._in_head, self._taken = True, 0
            self._timer = self.loop.call_later(self.head_seconds, self._turn_away, 408)

    def _end_head(self) -> None:
        self._in_head = False
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _turn_away(self, status: int) -> None:
        self._end_head()
        if not self.transport.is_closing():
            self.transport.write(
                STATUS_LINE[status] + b"content-length: 0\r\nconnection: close\r\n\r\n"
            )
            self.transport.close()
