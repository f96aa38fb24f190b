"""The free text of a command, as the inbox keeps it."""

import json
from typing import Final

# What people say in their own words.
WORDS: Final = ("evidence", "reason")


def words_of(body: bytes | None) -> dict[str, str]:
    """The free text of a command as the inbox keeps it; of what outside systems sent, nothing."""
    first, _, content = (body or b"").partition(b"\n")
    if not first or not content:
        return {}
    try:
        said = json.loads(content)
    except ValueError:
        return {}
    return {name: said[name] for name in WORDS if isinstance(said, dict) and said.get(name)}
