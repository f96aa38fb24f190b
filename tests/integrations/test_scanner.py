"""Only a scanner's plain word that a stream is clean lets anything through."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from integrations.errors import Unavailable
from integrations.scanner import Clamd
from tests.support.polling import BOUND_SECONDS


@contextmanager
def answering(*parts: bytes) -> Iterator[Clamd]:
    """A scanner that takes one stream and says so, part by part, whatever it was."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            wire, _ = server.accept()
            with wire:
                while not wire.recv(65536).endswith(bytes(4)):
                    pass
                for part in parts:
                    wire.sendall(part)

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        yield Clamd("127.0.0.1", server.getsockname()[1], seconds=BOUND_SECONDS)
        thread.join(BOUND_SECONDS)


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"\0",
        b"stream: OK",
        b"stream: ok\0",
        b"stream: OK but\0",
        b"OK\0",
        b"stream:  FOUND\0",
        b"stream: not FOUND or so\0",
        b"INSTREAM size limit exceeded. ERROR\0",
        b"a" * 5000,
        b"\xff\xfe\0",
    ],
)
def test_anything_else_says_nothing(said: bytes) -> None:
    with answering(said) as scanner, pytest.raises(Unavailable):
        scanner.finds(b"ab")


def test_an_answer_may_come_in_pieces() -> None:
    with answering(b"stream: Win.Test", b".EICAR_HDB-1 FO", b"UND\0") as scanner:
        assert scanner.finds(b"ab") is True


def test_where_nobody_listens_nothing_was_said() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(Unavailable, match="ConnectionRefusedError"):
        Clamd("127.0.0.1", port).finds(b"ab")
