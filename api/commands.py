"""The commands of people: their names in the process and in addresses."""

from typing import Final

# `open_case` is a visit to the case, and its address says so.
_ADDRESSES: Final = {"open_case": "open"}


def address(name: str) -> str:
    """`mark_delivered` → `mark-delivered`: the last part of the command's address."""
    return _ADDRESSES.get(name, name.replace("_", "-"))
