"""What a browser carries for us in a cookie or a form: sealed, so that nobody changes it."""

import base64
import binascii
import json
import zlib
from typing import Any

from api.deps import Parts
from db.sealing import Unreadable, seal, unseal


def carry(parts: Parts, purpose: str, told: Any) -> str:
    """As text; what serves one purpose is opened for no other."""
    content = zlib.compress(json.dumps(told, ensure_ascii=False).encode())
    return base64.urlsafe_b64encode(seal(parts.seal.key_for(purpose), content)).decode()


def opened(parts: Parts, purpose: str, carried: str) -> Any:
    """The same again; None for what we have not sealed."""
    try:
        content = unseal(parts.seal.key_for(purpose), base64.urlsafe_b64decode(carried))
    except (binascii.Error, ValueError, Unreadable):
        return None
    return json.loads(zlib.decompress(content))
