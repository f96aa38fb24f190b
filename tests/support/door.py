"""What the door looks up for a command, where nothing stands against it."""

from collections.abc import Mapping
from typing import Any


def looked_up(data: Mapping[str, Any]) -> dict[str, Any]:
    """Facts for whatever is said: guards take none of them for granted."""
    return {
        "acts_for": {},
        "without_account": [],
        "supplier_active": True,
        "terms_hidden": [],
        "representative_conflict": None,
        "addressees": [{"to": data.get("to")}],
    }
