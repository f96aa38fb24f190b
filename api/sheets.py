"""Files for spreadsheets: what they take a file for, and what they would carry out."""

from collections.abc import Mapping
from typing import Any, Final

from starlette.responses import Response

MEDIA: Final[Mapping[str, str]] = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
# A spreadsheet takes what begins so for a formula, and carries it out.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


def harmless(cell: Any) -> Any:
    """A text that a spreadsheet shows, and does not carry out; anything else as it is."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell


def as_file(name: str, form: str, content: bytes) -> Response:
    """To be taken away under a name; `form` is one of `MEDIA`."""
    headers = {
        "Cache-Control": "no-store",
        "Content-Disposition": f'attachment; filename="{name}.{form}"',
    }
    return Response(content, 200, headers, MEDIA[form])
