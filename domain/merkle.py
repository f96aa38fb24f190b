"""Hash trees of RFC 6962, section 2: one hash over many leaves, and proof that one is among them.

A leaf is hashed behind a zero, a node behind a one, so that neither passes for the other.
"""

import hashlib
from collections.abc import Iterable, Sequence

# The hash of a tree without a leaf.
EMPTY = hashlib.sha256(b"").digest()


def leaf_hash(leaf: bytes) -> bytes:
    """How a leaf stands in the tree."""
    return hashlib.sha256(b"\0" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """What stands above two."""
    return hashlib.sha256(b"\1" + left + right).digest()


def root(hashes: Iterable[bytes]) -> bytes:
    """The hash over leaves, given by their hashes; as many as there are, in little memory."""
    # Of each whole subtree, the largest first: how many leaves, and its hash.
    whole: list[tuple[int, bytes]] = []
    for one in hashes:
        size, made = 1, one
        while whole and whole[-1][0] == size:
            size, made = size * 2, node_hash(whole.pop()[1], made)
        whole.append((size, made))
    if not whole:
        return EMPTY
    made = whole.pop()[1]
    while whole:
        made = node_hash(whole.pop()[1], made)
    return made


def path(hashes: Sequence[bytes], place: int) -> list[bytes]:
    """What is needed beside a leaf to come to the root: from the leaf upwards."""
    if len(hashes) <= 1:
        return []
    half = _largest_power_below(len(hashes))
    if place < half:
        return [*path(hashes[:half], place), root(hashes[half:])]
    return [*path(hashes[half:], place - half), root(hashes[:half])]


def _largest_power_below(size: int) -> int:
    return 1 << (size - 1).bit_length() - 1
