"""What is signed: the order of a recipient, the application and the account of a supplier.

First what is needed to write it, then the very bytes to sign, beside the same facts in words.
"""

import base64
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Literal
from uuid import uuid4

import httpx
from fastapi import APIRouter, Request
from markupsafe import Markup
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from api.console import by_phone
from api.console.asking import Api, NotDone, api_of
from api.console.cases import case_of, form_of, last_event, since_shown, whose_measure
from api.console.course import follows, law_of
from api.console.forms import drawn, faults_of, said, tenge_of, typed
from api.console.look import page
from api.console.payable import before_signing
from api.console.visits import Visitor, prove_same_house
from api.problems import Problem
from definitions.wording import text

router = APIRouter(prefix="/cases", include_in_schema=False)
# Commands that come with a signature, and the fields that are known only when it is made.
LATER: Final[dict[str, frozenset[str]]] = {
    "place_order": frozenset(
        (
            *("price_shown", "co_payment_confirmed", "application_sha256", "signature"),
            *("offer_id", "documents"),
        )
    ),
    "sign": frozenset(("application_sha256", "signature", "account_signature")),
    "change_account": frozenset(("application_sha256", "account_signature")),
}


# What the page itself sends along, beside what somebody said.
OWN: Final = ("key", "signed", "with_phone")
# What a draft takes of an order.
DRAFTED: Final = ("offer_id", "quantity", "companion", "deliver_by")
Sort = Literal["own_part", "price", "supplier", "waited"]
# By what offers are compared; what is the same stands by price.
SORTS: Final[dict[Sort, Callable[[Any], Any]]] = {
    "own_part": lambda one: (one["co_payment"] or 0, one["price"]),
    "price": lambda one: one["price"],
    "supplier": lambda one: (one["supplier"] or "", one["price"]),
    "waited": lambda one: (one["waited_days"] is None, one["waited_days"] or 0, one["price"]),
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
    sort: Sort = "own_part",
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
            if secret := str(form.get("phone") or ""):
                form, waits = await _from_phone(request, visit, (api, case, command), secret)
                if waits is not None:
                    return waits
            elif not form.get("signed") or form.get("with_phone"):
                return await _to_sign(request, visit, (api, case, command, period), form)
            schema = await form_of(api, case, command, period)
            body = {"command": command, "period": period, **said(schema, form)}
            key = str(form.get("key") or uuid4())
            await api.send("POST", f"/v1/cases/{case['id']}/commands", body, key)
            if secret:
                await by_phone.end(request.app.state.parts, secret)
        except NotDone as fault:
            return await _asked(request, visit, (reference, command, period), form, fault)
    return RedirectResponse(f"/cases/{reference}?done={command}", 303)


async def _from_phone(
    request: Request, visit: Any, of: tuple[Api, Any, str], secret: str
) -> tuple[FormData, Response | None]:
    """The form with the signatures of the phone; as long as there are none, the page that waits.

    NotDone where the code is over, or was for something else.
    """
    api, case, command = of
    parts = request.app.state.parts
    held = await by_phone.look(parts, secret)
    if held is None or (held[0].case, held[0].command) != (case["reference"], command):
        told = {name: text(f"page.egov.{name}", api.language) for name in ("title", "detail")}
        raise NotDone(410, told)
    waiting, made = held
    # One key for one code: sent twice, it is done once.
    given = {**waiting.kept, **{name: [one] for name, one in (made or {}).items()}}
    given["key"] = [f"phone-{hashlib.sha256(secret.encode()).hexdigest()[:32]}"]
    form = FormData([(name, one) for name, values in given.items() for one in values])
    if made is not None:
        return form, None
    schema = await form_of(api, case, command, waiting.period)
    phone = by_phone.phone_of(parts, secret, waiting.until)
    shown: dict[str, Any] = {"case": case, "command": command, "schema": schema}
    waits: dict[str, Any] = {
        "facts": waiting.facts,
        "phone": phone,
        "asked_again": True,
        "kept": {},
        "signs": [],
        "paper": Markup(),
    }
    return form, page(request, visit, "sign.html", key=uuid4(), signer="", **shown, **waits)


async def _asked(
    request: Request,
    visit: Any,
    of: tuple[str, str, int | None],
    form: FormData | None = None,
    fault: NotDone | None = None,
    sort: Sort = "own_part",
) -> Response:
    reference, command, period = of
    if command not in LATER:
        raise Problem("not_found")
    api = api_of(request, visit)
    case = await case_of(api, reference)
    schema = await form_of(api, case, command, period)
    given = typed(form) if form else {}
    later = LATER[command]
    faults = faults_of(fault.problem) if fault else {}
    fields = [one for one in drawn(schema, given, faults) if one.name not in later]
    # The form is of both parties: only the recipient signs without an account.
    paid = case["you"]["role"] == "supplier"
    fields = [
        replace(one, required=True) if one.name == "account" else one
        for one in fields
        if paid or one.name != "account"
    ]
    offers = await offers_of(api, case, sort) if command == "place_order" else []
    shown = {"case": case, "schema": schema, "fields": fields, "offers": offers, "given": given}
    shown |= {**sorting(sort), "period": period, "command": command}
    shown["not_chosen"] = faults.get("offer_id")
    law = await law_of(api, case)
    shown |= {"follows": follows(law, case["status"], command)}
    shown |= {"waits": {one["status"]: one["lasts"] for one in law["statuses"]}}
    shown |= await before_signing(api, case, command, period)
    status = fault.status if fault else 200
    told = fault.problem if fault else None
    if form is not None and status == 409:
        late = await since_shown(api, case, form)
    else:
        late = await last_event(api, case) if shown["refused"] else None
    return page(request, visit, "prepare.html", status=status, told=told, late=late, **shown)


async def _to_sign(
    request: Request, visit: Any, of: tuple[Api, Any, str, int | None], form: FormData
) -> Response:
    api, case, command, period = of
    schema = await form_of(api, case, command, period)
    title = schema["title"]
    body: dict[str, Any] = said(schema, form)
    signs: list[ToSign] = []
    paper = Markup()
    facts: dict[str, Any] = {}
    kept = {name: values for name, values in typed(form).items() if name not in OWN}
    if command == "place_order":
        chosen = {name: one for name, one in body.items() if name in (*DRAFTED, "deliver_to")}
        made, paper, supplier = await drafted(api, case, chosen, period)
        await _consented(api, case, made, period)
        facts = {**made, "quantity": body["quantity"], "supplier": supplier}
        kept |= {
            "price_shown": (tenge_of(made["unit_price"]),),
            "co_payment_confirmed": (tenge_of(made["co_payment"]),),
            "application_sha256": (made["sha256"],),
        }
        signs.append(ToSign("signature", made["bytes"], title))
    else:
        application = _application(case, period)
        paper = inside((await _document(api, case, application, "html")).text)
        kept["application_sha256"] = (application["sha256"],)
        if command == "sign":
            signs.append(ToSign("signature", await _bytes(api, case, application), title))
        account = body.get("account")
        if account or case["you"]["role"] == "supplier":
            named = {"draft": "account", **(account or {}), "period": period}
            made = await _account(api, drafts_of(case), named)
            label = schema["properties"]["account"]["title"]
            signs.append(ToSign("account_signature", made["bytes"], label))
    phone = None
    if form.get("with_phone"):
        kept = {name: values for name, values in kept.items() if name not in by_phone.SIGNED}
        phone = await _phone(request, (api, case, command, period), signs, (facts, kept))
    shown: dict[str, Any] = {"case": case, "command": command, "schema": schema, "facts": facts}
    shown |= {"kept": kept, "phone": phone, "asked_again": False, "paper": paper}
    signer = request.app.state.parts.signer_address
    return page(request, visit, "sign.html", signs=signs, key=uuid4(), signer=signer, **shown)


def drafts_of(case: Mapping[str, Any]) -> str:
    """Where drafts of a case are made."""
    return f"/v1/cases/{case['id']}/drafts"


async def drafted(
    api: Api, case: Any, chosen: Mapping[str, Any], period: int | None
) -> tuple[dict[str, Any], Markup, str | None]:
    """The application that an order would make: its draft, what it says, and whose offer it is."""
    wanted = {"draft": "application", **chosen, "period": period}
    made = await api.send("POST", drafts_of(case), wanted, str(uuid4()))
    paper = inside(await api.paper(drafts_of(case), wanted))
    offers = await offers_of(api, case, "price")
    supplier = next((one["supplier"] for one in offers if one["id"] == chosen["offer_id"]), None)
    return made, paper, supplier


async def offers_of(api: Api, case: Mapping[str, Any], sort: Sort) -> list[Any]:
    """The offers for a case, in an order."""
    found = await api.get("/v1/offers", case_id=case["id"], limit=200)
    return sorted(found["offers"], key=SORTS[sort])


def sorting(sort: Sort) -> dict[str, Any]:
    """By what offers stand in order, and by what else they may."""
    return {"sort": sort, "sorts": tuple(SORTS)}


async def _consented(
    api: Api, case: Mapping[str, Any], made: Mapping[str, Any], period: int | None
) -> None:
    """NotDone where a trustee consented to another order than a ward has chosen: who signs it
    would sign in vain.
    """
    given = [
        one["application"]
        for stands in case["periods"]
        if period in (None, stands["number"])
        for one in stands["consents"]
        if one["act"] == "place_order"
    ]
    if case["acting"]["capacity"] != "assisted" or not given or made["sha256"] in given:
        return
    whose = await whose_measure(api, case)
    if whose and whose["yours"]:
        told = {one: text(f"page.consent.differs.{one}", api.language) for one in _SAID}
        raise NotDone(409, told)


_SAID: Final = ("title", "detail")


async def _account(api: Api, address: str, wanted: Mapping[str, Any]) -> Any:
    """The annex with the account; what is wrong with it is told where it was typed."""
    try:
        return await api.send("POST", address, wanted, str(uuid4()))
    except NotDone as told:
        raise told.inside("account") from told


async def _phone(
    request: Request,
    of: tuple[Api, Any, str, int | None],
    signs: list[ToSign],
    told: tuple[dict[str, Any], dict[str, Any]],
) -> by_phone.Phone:
    """A code for the phone, which is told that the authority of the case asks for it."""
    api, case, command, period = of
    facts, kept = told
    known = (await api.get("/v1/authorities", languages="all"))["authorities"]
    authority = next((one for one in known if one["id"] == case["authority"]), known[0])
    waiting = by_phone.PhoneRequest(
        case=case["reference"],
        command=command,
        period=period,
        until=by_phone.until(),
        asking={"names": authority["name"], "bin": authority["bin"]},
        signs={one.field: one.content for one in signs},
        facts=facts,
        kept={name: list(values) for name, values in kept.items()},
    )
    return await by_phone.ask(request.app.state.parts, waiting)


def _application(case: dict[str, Any], period: int | None) -> dict[str, Any]:
    """The application of a period, which is signed."""
    for one in case["periods"]:
        if period in (None, one["number"]) and one["application"]:
            found: dict[str, Any] = one["application"]
            return found
    raise Problem("not_found")


async def _bytes(api: Api, case: dict[str, Any], application: dict[str, Any]) -> str:
    """The application's own bytes, in base64."""
    return base64.b64encode((await _document(api, case, application, "json")).content).decode()


async def _document(
    api: Api, case: dict[str, Any], application: dict[str, Any], form: str
) -> httpx.Response:
    address = f"/v1/cases/{case['id']}/documents/{application['sha256']}"
    return await api.raw(address, form=form)


def inside(paper: str) -> Markup:
    """What stands on a paper of ours, to be read on a page that has its own headings."""
    _, _, begun = paper.partition("<main>")
    told, _, _ = begun.partition("</main>")
    return Markup(told.replace("<h1>", "<h3>").replace("</h1>", "</h3>"))
