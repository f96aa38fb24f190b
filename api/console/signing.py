"""What is signed: the order of a recipient, the application and the account of a supplier.

First what is needed to write it, then the very bytes to sign, beside the same facts in words.
"""

import base64
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final, Literal
from uuid import uuid4

from fastapi import APIRouter, Request
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from api.console.asking import Api, NotDone, api_of
from api.console.cases import case_of, form_of, last_event
from api.console.forms import drawn, faults_of, said, tenge_of, typed
from api.console.look import page
from api.console.payable import before_signing
from api.console.visits import Visitor, prove_same_house
from api.problems import Problem

router = APIRouter(prefix="/cases", include_in_schema=False)
# Commands that come with a signature, and the fields that are known only when it is made.
LATER: Final[dict[str, frozenset[str]]] = {
    "place_order": frozenset(
        ("price_shown", "co_payment_confirmed", "application_sha256", "signature", "offer_id")
    ),
    "sign": frozenset(("application_sha256", "signature", "account_signature")),
    "change_account": frozenset(("application_sha256", "account_signature")),
}


# By what offers are compared; what is the same stands by price.
SORTS: Final[dict[str, Callable[[Any], Any]]] = {
    "own_part": lambda one: (one["co_payment"] or 0, one["price"]),
    "price": lambda one: one["price"],
    "supplier": lambda one: (one["supplier"] or "", one["price"]),
}


@dataclass(frozen=True, slots=True)
class ToSign:
    """Bytes (base64) for one field of a command, and what they are."""

    field: str
    content: str
    title: str


@router.get("/{reference}/sign/{command}")
async def prepare(
    request: Request,
    visit: Visitor,
    reference: str,
    command: str,
    period: int | None = None,
    sort: Literal["own_part", "price", "supplier"] = "own_part",
) -> Response:
    """What has to be known before there is something to sign: which offer, how many, where to."""
    return await _asked(request, visit, (reference, command, period), sort=sort)


@router.post("/{reference}/sign/{command}")
async def sign(
    request: Request, visit: Visitor, reference: str, command: str, period: int | None = None
) -> Response:
    """First the bytes to sign; with the signatures it is done."""
    prove_same_house(request)
    api = api_of(request, visit)
    case = await case_of(api, reference)
    async with request.form() as form:
        try:
            if not form.get("signed"):
                return await _to_sign(request, visit, (api, case, command, period), form)
            schema = await form_of(api, case, command, period)
            body = {"command": command, "period": period, **said(schema, form)}
            key = str(form.get("key") or uuid4())
            await api.send("POST", f"/v1/cases/{case['id']}/commands", body, key)
        except NotDone as fault:
            return await _asked(request, visit, (reference, command, period), form, fault)
    return RedirectResponse(f"/cases/{reference}?done={command}", 303)


async def _asked(
    request: Request,
    visit: Any,
    of: tuple[str, str, int | None],
    form: FormData | None = None,
    fault: NotDone | None = None,
    sort: str = "own_part",
) -> Response:
    reference, command, period = of
    if command not in LATER:
        raise Problem("not_found")
    api = api_of(request, visit)
    case = await case_of(api, reference)
    schema = await form_of(api, case, command, period)
    given = typed(form) if form else {}
    later = LATER[command]
    fields = [one for one in drawn(schema, given, _faults(fault)) if one.name not in later]
    if case["you"]["role"] == "supplier":
        # The form is of both parties: only the recipient signs without an account.
        fields = [replace(one, required=True) if one.name == "account" else one for one in fields]
    offers: list[Any] = []
    if command == "place_order":
        found = await api.get("/v1/offers", case_id=case["id"], limit=200)
        offers = sorted(found["offers"], key=SORTS[sort])
    shown = {"case": case, "schema": schema, "fields": fields, "offers": offers, "given": given}
    shown |= {"sort": sort, "sorts": tuple(SORTS), "period": period}
    shown |= await before_signing(api, case, command, period)
    status = fault.status if fault else 200
    told = fault.problem if fault else None
    late = await last_event(api, case) if status == 409 else None
    return page(request, visit, "prepare.html", status=status, told=told, late=late, **shown)


def _faults(fault: NotDone | None) -> dict[str, str]:
    return {} if fault is None else faults_of(fault.problem)


async def _to_sign(
    request: Request, visit: Any, of: tuple[Api, Any, str, int | None], form: FormData
) -> Response:
    api, case, command, period = of
    schema = await form_of(api, case, command, period)
    title = schema["title"]
    body: dict[str, Any] = said(schema, form)
    signs: list[ToSign] = []
    facts: dict[str, Any] = {}
    address = f"/v1/cases/{case['id']}/drafts"
    kept = {name: values for name, values in typed(form).items() if name != "key"}
    if command == "place_order":
        wanted = {
            "draft": "application",
            "offer_id": body.get("offer_id"),
            "quantity": body.get("quantity"),
            "companion": body.get("companion", False),
            "period": period,
        }
        made = await api.send("POST", address, wanted, str(uuid4()))
        facts = {**made, "offer_id": body["offer_id"], "quantity": body["quantity"]}
        kept |= {
            "price_shown": (tenge_of(made["unit_price"]),),
            "co_payment_confirmed": (tenge_of(made["co_payment"]),),
            "application_sha256": (made["sha256"],),
        }
        signs.append(ToSign("signature", made["bytes"], title))
    else:
        application = _application(case, period)
        kept["application_sha256"] = (application["sha256"],)
        if command == "sign":
            signs.append(ToSign("signature", await _bytes(api, case, application), title))
        if account := body.get("account"):
            made = await api.send(
                "POST", address, {"draft": "account", **account, "period": period}, str(uuid4())
            )
            label = schema["properties"]["account"]["title"]
            signs.append(ToSign("account_signature", made["bytes"], label))
    shown = {"case": case, "command": command, "schema": schema, "facts": facts, "kept": kept}
    signer = request.app.state.parts.signer_address
    return page(request, visit, "sign.html", signs=signs, key=uuid4(), signer=signer, **shown)


def _application(case: dict[str, Any], period: int | None) -> dict[str, Any]:
    """The application of a period, which is signed."""
    for one in case["periods"]:
        if period in (None, one["number"]) and one["application"]:
            found: dict[str, Any] = one["application"]
            return found
    raise Problem("not_found")


async def _bytes(api: Api, case: dict[str, Any], application: dict[str, Any]) -> str:
    """The application's own bytes, in base64."""
    answer = await api.raw(f"/v1/cases/{case['id']}/documents/{application['sha256']}", form="json")
    return base64.b64encode(answer.content).decode()
