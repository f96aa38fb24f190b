"""A trustee consents to an order: chosen with the ward, read on its paper, and then agreed to.

What is consented to is that very paper, whose hash only the page has to know.
"""

from typing import Any, Final
from uuid import uuid4

from fastapi import APIRouter, Request
from markupsafe import Markup
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from api.console.asking import Api, NotDone, api_of
from api.console.cases import case_of, form_of, since_shown
from api.console.course import law_of
from api.console.forms import drawn, faults_of, said, typed
from api.console.look import page
from api.console.signing import DRAFTED, Sort, drafted, offers_of, sorting
from api.console.visits import Visitor, prove_same_house

router = APIRouter(prefix="/cases", include_in_schema=False)
ORDER: Final = "place_order"
# By what, beside the offer, the paper of an order differs from that of another.
FIELDS: Final = ("quantity", "companion")


@router.get("/{reference}/consent")
async def choose(
    request: Request,
    visit: Visitor,
    reference: str,
    period: int | None = None,
    sort: Sort = "own_part",
) -> Response:
    """Which order it is: whose offer, and how many."""
    return await _asked(request, visit, (reference, period), sort=sort)


@router.post("/{reference}/consent")
async def agree(
    request: Request, visit: Visitor, reference: str, period: int | None = None
) -> Response:
    """First the paper of the order is read; then this very paper is agreed to."""
    prove_same_house(request)
    api = api_of(request, visit)
    case = await case_of(api, reference)
    async with request.form() as form:
        try:
            sha256 = str(form.get("application_sha256") or "")
            if not sha256:
                return await _read(request, visit, (api, case, period), form)
            body = {"command": "consent", "period": period, "act": ORDER}
            body["application_sha256"] = sha256
            key = str(form.get("key") or uuid4())
            await api.send("POST", f"/v1/cases/{case['id']}/commands", body, key)
        except NotDone as fault:
            return await _asked(request, visit, (reference, period), form, fault)
    return RedirectResponse(f"/cases/{reference}?done=consent", 303)


async def _read(
    request: Request, visit: Any, of: tuple[Api, Any, int | None], form: FormData
) -> Response:
    api, case, period = of
    body = said(await form_of(api, case, ORDER, period), form)
    chosen = {name: one for name, one in body.items() if name in DRAFTED}
    made, paper, supplier = await drafted(api, case, chosen, period)
    shown = await _shown(api, case, period)
    read = {"made": made, "paper": paper, "supplier": supplier, "quantity": body["quantity"]}
    return page(request, visit, "consent.html", **{**shown, **read})


async def _asked(
    request: Request,
    visit: Any,
    of: tuple[str, int | None],
    form: FormData | None = None,
    fault: NotDone | None = None,
    sort: Sort = "own_part",
) -> Response:
    reference, period = of
    api = api_of(request, visit)
    case = await case_of(api, reference)
    given = typed(form) if form else {}
    faults = faults_of(fault.problem) if fault else {}
    ordered = await form_of(api, case, ORDER, period)
    fields = [one for one in drawn(ordered, given, faults) if one.name in FIELDS]
    shown: dict[str, Any] = await _shown(api, case, period)
    shown |= {"fields": fields, "offers": await offers_of(api, case, sort), **sorting(sort)}
    law = await law_of(api, case)
    shown |= {"waits": {one["status"]: one["lasts"] for one in law["statuses"]}}
    shown |= {"given": given, "not_chosen": faults.get("offer_id")}
    status = fault.status if fault else 200
    shown["told"] = fault.problem if fault else None
    if form is not None and status == 409:
        shown["late"] = await since_shown(api, case, form)
    return page(request, visit, "consent.html", status=status, **shown)


async def _shown(api: Api, case: Any, period: int | None) -> dict[str, Any]:
    """What both pages say, whichever is shown."""
    schema = await form_of(api, case, "consent", period)
    told: dict[str, Any] = {"case": case, "schema": schema, "period": period, "key": uuid4()}
    empty = {"told": None, "late": None, "made": None, "paper": Markup(), "supplier": None}
    return {**told, **empty, "quantity": 0, "offers": [], "fields": []}
