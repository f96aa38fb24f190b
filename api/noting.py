"""Which answers tell what stands in a case, and to whom: of these it is noted who read them."""

from typing import Final
from uuid import UUID

from starlette.types import Scope

from api.auth import Caller
from db.case_reads import CaseRead
from domain.messages import Role

_CASE: Final = "/v1/cases/{case_id}"
# Routes that tell of a case, by method and path; and which part of it they tell.
PARTS: Final = {
    ("GET", _CASE): "case",
    ("GET", f"{_CASE}/events"): "events",
    ("GET", f"{_CASE}/stream"): "stream",
    ("GET", f"{_CASE}/deadlines"): "deadlines",
    ("GET", f"{_CASE}/deadlines/{{period}}/{{term}}"): "deadlines",
    ("GET", f"{_CASE}/documents/{{sha256}}"): "document",
    ("GET", f"{_CASE}/person"): "person",
    ("GET", f"{_CASE}/inspection"): "inspection",
    ("GET", f"{_CASE}/reads"): "reads",
    ("GET", f"{_CASE}/bundle"): "bundle",
    ("POST", f"{_CASE}/drafts"): "draft",
    ("POST", f"{_CASE}/what-if"): "what_if",
}
# Of these the file of the case says itself who acted.
ACTS: Final = frozenset((("POST", f"{_CASE}/commands"), ("POST", f"{_CASE}/documents")))
NOBODY: Final = UUID(int=0)


def read_of(scope: Scope) -> CaseRead | None:
    """What a request reads of which case; None for one that reads none."""
    given = scope.get("path_params")
    if not given or "case_id" not in given:
        return None
    part = PARTS.get((scope["method"], scope["route"].path))
    caller: Caller | None = scope.get("state", {}).get("caller")
    if part is None or caller is None:
        return None
    return CaseRead(
        given["case_id"],
        caller.person or NOBODY,
        caller.role,
        caller.region or caller.on_behalf_of or "",
        part,
        _purpose(scope, caller.role) if part == "person" else "",
    )


def _purpose(scope: Scope, role: Role) -> str:
    """What it was asked for; a supplier is told of a person to deliver, whatever it asks."""
    asked = b"purpose=delivery" in scope["query_string"] or role == Role.SUPPLIER
    return "delivery" if asked else ""
