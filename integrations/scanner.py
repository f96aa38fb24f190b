"""Have a virus scanner look at what was uploaded: clamd's own protocol, over TCP."""

import re
import socket
import ssl
import time
from dataclasses import dataclass
from typing import Final, Protocol

from integrations.documents import Content
from integrations.errors import Unavailable
from integrations.pulse import PULSE

SYSTEM: Final = "scanner"
CONNECT_SECONDS: Final = 3.0
TOTAL_SECONDS: Final = 20.0
_CHUNK: Final = 256 * 1024
_LONGEST_ANSWER: Final = 1024
_CLEAN: Final = b"stream: OK"
_FOUND: Final = re.compile(rb"stream: [ -~]+ FOUND")


class Scanner(Protocol):
    """Whoever can tell harmful bytes from others."""

    def finds(self, content: Content) -> bool:
        """Whether something harmful is in the bytes. Unavailable where it was not told."""


@dataclass(frozen=True)
class Clamd:
    """ClamAV's daemon. Only its plain word that a stream is clean lets anything through.

    A connection for each stream: it has no session to lose. `tls` where it stands elsewhere, behind
    something that ends TLS.
    """

    host: str
    port: int
    tls: ssl.SSLContext | None = None
    seconds: float = TOTAL_SECONDS

    def finds(self, content: Content) -> bool:
        try:
            found = self._finds(content)
        except Unavailable as silence:
            PULSE.failed(SYSTEM, silence.what)
            raise
        PULSE.answered(SYSTEM)
        return found

    def _finds(self, content: Content) -> bool:
        until = time.monotonic() + self.seconds
        try:
            answer = self._asked(content, until)
        except OSError as error:
            raise Unavailable(SYSTEM, type(error).__name__) from None
        if answer == _CLEAN:
            return False
        if _FOUND.fullmatch(answer):
            return True
        raise Unavailable(SYSTEM, "an answer that is neither clean nor found")

    def _asked(self, content: Content, until: float) -> bytes:
        wire = socket.create_connection((self.host, self.port), CONNECT_SECONDS)
        try:
            if self.tls is not None:
                wire = self.tls.wrap_socket(wire, server_hostname=self.host)
            _hand_over(wire, content, until)
            return _answer(wire, until)
        finally:
            wire.close()


def _hand_over(wire: socket.socket, content: Content, until: float) -> None:
    """`zINSTREAM`, then pieces with their lengths before them, then a piece of none."""
    _send(wire, b"zINSTREAM\0", until)
    whole = memoryview(content)
    for at in range(0, len(whole), _CHUNK):
        piece = whole[at : at + _CHUNK]
        _send(wire, len(piece).to_bytes(4, "big"), until)
        _send(wire, piece, until)
    _send(wire, bytes(4), until)


def _send(wire: socket.socket, piece: bytes | memoryview, until: float) -> None:
    wire.settimeout(_left(until))
    wire.sendall(piece)


def _answer(wire: socket.socket, until: float) -> bytes:
    """What it says, up to the zero byte that ends it; without that it was cut off."""
    said = bytearray()
    while not said.endswith(b"\0"):
        wire.settimeout(_left(until))
        part = wire.recv(_LONGEST_ANSWER)
        said += part
        if not part or len(said) > _LONGEST_ANSWER:
            raise Unavailable(SYSTEM, "no whole answer")
    return bytes(said[:-1])


def _left(until: float) -> float:
    left = until - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left
