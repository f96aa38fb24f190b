"""JSON as it leaves the house: compact, UTF-8."""

import json
from datetime import UTC, date, datetime
from functools import partial
from typing import Any
from uuid import UUID


def _other(value: Any) -> str:
    if isinstance(value, datetime):
        return instant(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no form in JSON")


def instant(value: datetime) -> str:
    """RFC 3339 in UTC."""
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


dumps = partial(json.dumps, ensure_ascii=False, separators=(",", ":"), default=_other)


def dump(value: Any) -> bytes:
    """A JSON text; instants in UTC, days and ids as text."""
    return dumps(value).encode()
