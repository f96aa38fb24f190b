"""The register of suppliers: the commission reads it, administrators take suppliers off it."""

from collections.abc import Mapping
from typing import Annotated, Any, Final, get_args
from uuid import UUID

from fastapi import APIRouter, Form, Query, Request
from starlette.responses import Response

from api.console.asking import NotDone, api_of
from api.console.changes import only_shown
from api.console.forms import faults_of
from api.console.look import page
from api.console.visits import Visit, Visitor, prove_same_house
from api.problems import Problem
from api.register.removals import Ground

router = APIRouter(prefix="/suppliers", include_in_schema=False)
GROUNDS: Final[tuple[str, ...]] = get_args(Ground)
KIND: Final = "suppliers"


@router.get("")
async def suppliers(
    request: Request,
    visit: Visitor,
    called: Annotated[str, Query(max_length=140)] = "",
    after: Annotated[str, Query(max_length=100)] = "",
) -> Response:
    """Who is registered, and who is no more; perhaps only those of a name or a BIN."""
    _check(visit)
    called = called.strip()
    try:
        found = await api_of(request, visit).get("/v1/suppliers", called=called, after=after)
    except NotDone as told:
        shown = {"found": {"suppliers": [], "after": None}, "told": told.problem, "called": called}
        return page(request, visit, "suppliers.html", status=told.status, **shown)
    return page(request, visit, "suppliers.html", found=found, called=called, told=None)


@router.get("/{supplier}")
async def supplier(request: Request, visit: Visitor, supplier: UUID) -> Response:
    """One supplier: why it was removed, or the form by which it is proposed."""
    _check(visit)
    return await _shown(request, visit, supplier)


@router.post("/{supplier}")
async def look_at_removal(
    request: Request,
    visit: Visitor,
    supplier: UUID,
    ground: Annotated[str, Form(max_length=40)] = "",
    reason: Annotated[str, Form(max_length=4000)] = "",
    evidence: Annotated[str, Form(max_length=4000)] = "",
) -> Response:
    """What becomes of its open orders if it is taken off the register; nothing is kept."""
    prove_same_house(request)
    _check(visit)
    said = {"ground": ground, "reason": reason, "evidence": evidence}
    given = {name: one for name, one in said.items() if one.strip()}
    content = {"supplier": str(supplier), **given}
    try:
        return await only_shown(request, visit, KIND, content)
    except NotDone as told:
        return await _shown(request, visit, supplier, said, told)


async def _shown(
    request: Request,
    visit: Visit,
    supplier: UUID,
    given: Mapping[str, str] | None = None,
    told: NotDone | None = None,
) -> Response:
    shown: dict[str, Any] = {
        "supplier": await api_of(request, visit).get(f"/v1/suppliers/{supplier}"),
        "grounds": GROUNDS,
        "given": given or {},
        "told": told.problem if told else None,
        "faults": _faults_of(told.problem) if told else {},
        "proposes": visit.role == "administrator",
    }
    status = told.status if told else 200
    return page(request, visit, "supplier.html", status=status, **shown)


def _faults_of(problem: Mapping[str, Any]) -> dict[str, str]:
    """By field: they stand in the content of a change."""
    return {name.removeprefix("content."): told for name, told in faults_of(problem).items()}


def _check(visit: Visit) -> None:
    if visit.role not in ("commission", "administrator"):
        raise Problem("not_allowed")
