"""Write JSON values as the one sequence of bytes that is hashed and signed.

The rules, for a program without our code: UTF-8, Unicode NFC, object members sorted by the code
points of their names, no white space, no floats, escapes only where JSON demands them.
"""

import hashlib
import json
import unicodedata
from typing import Final

# Made once: making one takes longer than it writes a short value.
_WRITER: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def canonical_bytes(value: object) -> bytes:
    """The canonical form of str, int, bool, None, list and dict with str names, nested at will.

    TypeError for anything else, ValueError for names that become equal in NFC and for text that
    UTF-8 cannot hold. The messages name no content: it may be personal.
    """
    try:
        return _WRITER.encode(_normalized(value)).encode()
    except UnicodeEncodeError:
        raise ValueError("a canonical text holds half of a surrogate pair") from None


def sha256_hex(content: bytes) -> str:
    """SHA-256 in lower-case hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def _normalized(value: object) -> object:
    if isinstance(value, str):
        return unicodedata.normalize("NFC", value)
    if value is None or isinstance(value, int):
        return value
    if isinstance(value, list):
        return [_normalized(item) for item in value]
    if isinstance(value, dict):
        return _normalized_object(value)
    raise TypeError(f"a canonical value is text, whole number, truth or null, not {type(value)}")


def _normalized_object(value: dict[object, object]) -> dict[str, object]:
    members: dict[str, object] = {}
    for name, member in value.items():
        if not isinstance(name, str):
            raise TypeError(f"a member of a canonical object is named by text, not {type(name)}")
        members[unicodedata.normalize("NFC", name)] = _normalized(member)
    if len(members) != len(value):
        raise ValueError("two members of a canonical object have the same name in NFC")
    return members
