"""BER to DER as far as bytes alone tell: one encoding of each length and of each octet string.

Programs that stream write indefinite lengths and octet strings in pieces (`openssl cms -stream`).
What is meant is the same, so one form of it is read, compared and kept. The order of sets is left
to those who know what the set is.
"""

from typing import Final

DEEPEST: Final = 40

_CONSTRUCTED: Final = 0x20
_LONG_TAG: Final = 0x1F
_OCTET_STRING: Final = 0x04
_UNIVERSAL_STRINGS: Final = frozenset((0x03, 0x0C, *range(0x12, 0x1F)))
_INDEFINITE: Final = 0x80
_END: Final = b"\x00\x00"


def to_der(content: bytes) -> bytes:
    """The one element that `content` is, with definite, shortest lengths; ValueError if it is none.

    Raises for what is cut off or goes on, nests too deeply, or has a string in pieces that is no
    octet string.
    """
    element, end = _element(content, 0, 0)
    if end != len(content):
        raise ValueError("something stands after the end")
    return element


def _element(content: bytes, start: int, depth: int) -> tuple[bytes, int]:
    """The element that begins at `start`, rewritten, and where it ends."""
    if depth > DEEPEST:
        raise ValueError("nested too deeply")
    tag, at = _tag(content, start)
    length, at = _length(content, at)
    if not tag[0] & _CONSTRUCTED:
        if length is None or at + length > len(content):
            raise ValueError("cut off")
        return _write(tag, content[at : at + length]), at + length
    end = None if length is None else at + length
    children, at = _children(content, at, end, depth)
    if tag[0] == _OCTET_STRING | _CONSTRUCTED:
        return _write(bytes([_OCTET_STRING]), b"".join(map(_octets, children))), at
    if tag[0] & ~_CONSTRUCTED in _UNIVERSAL_STRINGS:
        raise ValueError("a string in pieces")
    return _write(tag, b"".join(children)), at


def _children(content: bytes, at: int, end: int | None, depth: int) -> tuple[list[bytes], int]:
    """The elements up to `end`, or (None) up to the mark that ends them; and where that is."""
    if end is not None and end > len(content):
        raise ValueError("cut off")
    children: list[bytes] = []
    while at != end:
        if end is None and content[at : at + 2] == _END:
            return children, at + 2
        child, at = _element(content, at, depth + 1)
        if end is not None and at > end:
            raise ValueError("longer than what holds it")
        children.append(child)
    return children, at


def _octets(child: bytes) -> bytes:
    tag, at = _tag(child, 0)
    if tag[0] != _OCTET_STRING:
        raise ValueError("a piece of an octet string is something else")
    return child[_length(child, at)[1] :]


def _tag(content: bytes, at: int) -> tuple[bytes, int]:
    """The identifier; no tag of CMS has a number over 30."""
    if at >= len(content) or content[at] == 0 or content[at] & _LONG_TAG == _LONG_TAG:
        raise ValueError("no tag that CMS knows")
    return content[at : at + 1], at + 1


def _length(content: bytes, at: int) -> tuple[int | None, int]:
    """The number of bytes that follow, None if it is not said."""
    if at >= len(content):
        raise ValueError("cut off")
    first = content[at]
    if first < _INDEFINITE:
        return first, at + 1
    if first == _INDEFINITE:
        return None, at + 1
    end = at + 1 + first - _INDEFINITE
    if end > len(content) or first == 0xFF:
        raise ValueError("cut off")
    return int.from_bytes(content[at + 1 : end], "big"), end


def _write(tag: bytes, content: bytes) -> bytes:
    length = len(content)
    if length < _INDEFINITE:
        return tag + bytes([length]) + content
    octets = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return tag + bytes([_INDEFINITE | len(octets)]) + octets + content
