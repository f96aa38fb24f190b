"""JSON as it leaves the house: compact, UTF-8; instants are in UTC wherever they come from."""

from datetime import UTC, datetime
from typing import Any

from pydantic_core import to_json


def instant(value: datetime) -> str:
    """RFC 3339 in UTC."""
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


def dump(value: Any) -> bytes:
    """A JSON text; instants, days and ids as text."""
    return to_json(value)


def dumps(value: Any) -> str:
    """The same, to be put together with others."""
    return dump(value).decode()
