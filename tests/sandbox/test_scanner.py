"""The virus scanner speaks clamd's protocol, and the product's client understands it."""

import socket
from hashlib import sha256

import pytest

from integrations.errors import Unavailable
from integrations.scanner import Clamd
from sandbox.scanner import LONGEST_STREAM
from tests.sandbox.world import World
from tests.support.polling import BOUND_SECONDS
from tests.support.samples import EICAR


@pytest.fixture
def scanner(world: World) -> Clamd:
    return Clamd("127.0.0.1", world.scanner_port, seconds=BOUND_SECONDS)


def said(world: World, *parts: bytes) -> bytes:
    """The answer to bytes as they are written in clamd's manual."""
    with socket.create_connection(("127.0.0.1", world.scanner_port), 5) as wire:
        wire.sendall(b"".join(parts))
        return wire.recv(1024)


def test_a_stream_is_told_clean_or_what_was_found_in_it(world: World) -> None:
    end = bytes(4)
    clean = said(world, b"zINSTREAM\0", b"\0\0\0\2", b"ab", end)
    found = said(world, b"zINSTREAM\0", b"\0\0\0\x44", EICAR, end)
    assert (clean, found) == (b"stream: OK\0", b"stream: Eicar-Test-Signature FOUND\0")
    assert said(world, b"zVERSION\0\0") == b"UNKNOWN COMMAND\0"


@pytest.mark.parametrize("size", [0, 1, 256 * 1024, 256 * 1024 + 1, 3_000_000])
def test_what_is_clean_is_clean_whatever_its_length(scanner: Clamd, size: int) -> None:
    assert scanner.finds(bytes(size)) is False
    assert scanner.finds(bytes(size) + EICAR) is True


def test_a_virus_on_the_edge_of_two_pieces_is_found(scanner: Clamd) -> None:
    assert scanner.finds(bytes(256 * 1024 - 10) + EICAR + bytes(10)) is True


def test_a_stream_that_is_too_long_was_not_looked_at(scanner: Clamd) -> None:
    with pytest.raises(Unavailable):
        scanner.finds(bytes(LONGEST_STREAM + 1))


@pytest.mark.parametrize("fault", ["down", "lost_reply", "error"])
def test_a_scanner_that_does_not_say_has_said_nothing(
    world: World, scanner: Clamd, fault: str
) -> None:
    world.arm("scanner", fault)
    with pytest.raises(Unavailable):
        scanner.finds(b"ab")
    assert scanner.finds(b"ab") is False


def test_a_slow_scanner_is_waited_for_only_so_long(world: World) -> None:
    world.arm("scanner", "slow", seconds=0.1)
    assert Clamd("127.0.0.1", world.scanner_port, seconds=BOUND_SECONDS).finds(b"ab") is False
    world.arm("scanner", "slow", seconds=3)
    with pytest.raises(Unavailable):
        Clamd("127.0.0.1", world.scanner_port, seconds=0.2).finds(b"ab")


def test_a_fault_may_be_for_one_document_alone(world: World, scanner: Clamd) -> None:
    world.arm("scanner", "error", match=sha256(b"ab").hexdigest())
    assert scanner.finds(b"other") is False
    with pytest.raises(Unavailable):
        scanner.finds(b"ab")
