"""A case in one line of a list, rendered once for each of its events."""

from collections import OrderedDict
from typing import Any, Final
from uuid import UUID

from api.labels import labelled
from api.language import asked
from api.rendering import dumps, instant

MOST_LINES: Final = 20_000


class Lines:
    """Renders lines, and keeps those asked for last; they are the same for every reader of a
    language but a supplier, whose own are not kept.
    """

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[UUID, int, str], str] = OrderedDict()

    def render(self, row: Any, table: str) -> str:
        """The line of a row of `table` as JSON."""
        if table != "case_view":
            return _line(row)
        key = (row["case_id"], row["seq"], asked())
        kept = self._kept.get(key)
        if kept is None:
            kept = self._kept[key] = _line(row)
            while len(self._kept) > MOST_LINES:
                self._kept.popitem(last=False)
        return kept


def _line(row: Any) -> str:
    due = row["due_at"]
    told = {
        "id": row["case_id"],
        "reference": row["reference"],
        "status": row["status"],
        "since": instant(row["since"]),
        "closed": row["closed"],
        "waits_for": row["waits_for"],
        "due_at": None if due is None else instant(due),
        "item": row["item"],
        "version": row["seq"],
    }
    return dumps(labelled(told))
