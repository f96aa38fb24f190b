"""Ports of this machine that nobody listens on."""

import random
import socket
from collections.abc import Collection

# Below the range from which Linux hands out ports of outgoing connections.
RANGE = range(20_000, 32_000)


def is_free(port: int) -> bool:
    """Whether a server could listen there now; a connection still closing does not count."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def free_port(besides: Collection[int] = ()) -> int:
    """A free port not in `besides`, at random: two stacks starting at once seldom meet."""
    for port in random.sample(RANGE, len(RANGE)):
        if port not in besides and is_free(port):
            return port
    raise OSError("no port is free")
