"""What a browser is told of every answer: nothing of it runs, is framed or goes elsewhere."""

from typing import Final

from starlette.types import Message

POLICY: Final = b"content-security-policy"
_NOWHERE: Final = b"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
_NOTHING: Final = b"default-src 'none'; " + _NOWHERE
# The viewer of a browser stands inside the answer: it has a style and embeds the file.
_VIEWED: Final = b"default-src 'none'; style-src 'unsafe-inline'; object-src 'self'; " + _NOWHERE
# Each stands unless the answer says it itself.
_ALWAYS: Final = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
)
# For a year this host is asked over TLS alone.
_OVER_TLS: Final = (b"strict-transport-security", b"max-age=31536000; includeSubDomains")


def guard(message: Message, *, over_tls: bool) -> None:
    """Complete the head of an answer."""
    told = dict(message["headers"])
    viewed = told.get(b"content-type") == b"application/pdf"
    usual = (*_ALWAYS, (POLICY, _VIEWED if viewed else _NOTHING))
    message["headers"] += [one for one in usual if one[0] not in told]
    if over_tls:
        message["headers"].append(_OVER_TLS)
