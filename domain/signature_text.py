"""The forms in which signing programs hand out a signature, all read to the same bytes."""

import base64
import binascii
from typing import Final

_LABELS: Final = ("CMS", "PKCS7", "PKCS #7 SIGNED DATA")
_SPACES: Final = " \t\r\n"


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
