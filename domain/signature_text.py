"""The forms in which signing programs hand out a signature, all read to the same bytes."""

import base64
import binascii
from typing import Final

MAX_TEXT: Final = 64 * 1024

_LABELS: Final = ("CMS", "PKCS7", "PKCS #7 SIGNED DATA")
_SPACES: Final = " \t\r\n"
_SPACE: Final = r"[ \t\r\n]*"
_LETTER: Final = rf"[A-Za-z0-9+/]{_SPACE}"
_BASE64: Final = rf"(({_LETTER}){{4}})*(({_LETTER}){{2}}={_SPACE}=|({_LETTER}){{3}}=)?"
_PEM: Final = "|".join(
    rf"-----BEGIN {label}-----{_SPACE}\n{_BASE64}{_SPACE}-----END {label}-----" for label in _LABELS
)
# What `read_signature` takes, for the document of the API.
PATTERN: Final = rf"^{_SPACE}({_BASE64}|{_PEM}){_SPACE}$"


def read_signature(text: str) -> bytes:
    """The bytes of a signature in base64, with or without line breaks, or in PEM.

    ValueError for anything else. What the bytes are is not looked at.
    """
    encoded = _inside(text.strip(_SPACES)).translate(dict.fromkeys(map(ord, _SPACES)))
    try:
        content = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError) as error:
        raise ValueError("neither base64 nor PEM of a CMS") from error
    if not content:
        raise ValueError("nothing is in it")
    return content


def _inside(text: str) -> str:
    """What stands between the borders of PEM, all of it where there are none."""
    for label in _LABELS:
        begin, end = f"-----BEGIN {label}-----", f"-----END {label}-----"
        if text.startswith(begin) and text.endswith(end):
            return text[len(begin) : -len(end)]
    return text
