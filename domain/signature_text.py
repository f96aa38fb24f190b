"""The forms in which signing programs hand out a signature, all read to the same bytes."""

import base64
import binascii
import re
from typing import Final

# Before and after it programs may say what it is (RFC 7468, 2).
_PEM: Final = re.compile(r"-----BEGIN (CMS|PKCS7|PKCS #7 SIGNED DATA)-----([^-]*)-----END \1-----")
# A file that an editor of Windows has saved begins with the mark of its encoding.
_SPACES: Final = " \t\r\n\ufeff"


def read_signature(text: str) -> bytes:
    """The bytes of a signature in base64, with or without line breaks, or in PEM.

    ValueError for anything else. What the bytes are is not looked at.
    """
    encoded = _inside(text).translate(dict.fromkeys(map(ord, _SPACES)))
    try:
        content = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError) as error:
        raise ValueError("neither base64 nor PEM of a CMS") from error
    if not content:
        raise ValueError("nothing is in it")
    return content


def _inside(text: str) -> str:
    """What stands between the only borders of PEM, all of it where there are none."""
    found = _PEM.search(text)
    return found[2] if found and text.count("-----BEGIN ") == 1 else text
