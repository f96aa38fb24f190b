"""What a supplier keeps on the portal beside its orders: its offers, and its registration."""

from typing import Annotated, Any, Final
from urllib.parse import quote
from uuid import uuid4

from fastapi import APIRouter, Form, Request
from starlette.responses import RedirectResponse, Response

from api.console.asking import Api, NotDone, api_of
from api.console.forms import faults_of, tiyn_of, typed
from api.console.look import language_of, page
from api.console.visits import Visit, Visitor, prove_same_house
from api.problems import Problem
from definitions.places import regions
from domain.parties.suppliers import CONDITIONS, REQUIRED

router = APIRouter(include_in_schema=False)
PART: Final = 200


@router.get("/offers")
async def offers(request: Request, visit: Visitor, after: str = "") -> Response:
    """Everything that I offer or have withdrawn, each with a form of its own.

    Who is no supplier yet is led to where one becomes it.
    """
    me = await api_of(request, visit).me()
    if visit.role == "supplier" and me["supplier"] is None:
        return RedirectResponse("/registration", 303)
    return await _offers(request, visit, after=after)


@router.post("/offers")
async def put(
    request: Request,
    visit: Visitor,
    item: Annotated[str, Form()],
    price: Annotated[str, Form()] = "",
    act: Annotated[str, Form()] = "put",
) -> Response:
    """Put an offer, change its price, or withdraw it."""
    prove_same_house(request)
    api = api_of(request, visit)
    supplier = await own_supplier(api, visit)
    try:
        await _put(api, supplier, (item, price, act != "withdraw"))
    except NotDone as fault:
        return await _offers(request, visit, told=fault, given={"item": item, "price": price})
    return RedirectResponse(f"/offers?done={item}", 303)


async def _put(api: Api, supplier: str, offered: tuple[str, str, bool]) -> None:
    item, price, active = offered
    said = {"price": tiyn_of(price), "active": active}
    await api.send(
        "PUT", f"/v1/suppliers/{supplier}/offers/{quote(item, safe='')}", said, str(uuid4())
    )


async def all_offers(api: Api, supplier: str) -> list[dict[str, Any]]:
    """All that a supplier offers or has withdrawn."""
    held: list[dict[str, Any]] = []
    after: str | None = ""
    while after is not None:
        found = await api.get("/v1/offers", supplier_id=supplier, after=after, limit=PART)
        held += found["offers"]
        after = found["after"]
    return held


async def own_supplier(api: Api, visit: Visit) -> str:
    """The id of the supplier that somebody acts for. Problem `not_found` without one."""
    if visit.role != "supplier" or not (known := (await api.me())["supplier"]):
        raise Problem("not_found")
    return str(known["id"])


async def _offers(
    request: Request,
    visit: Visit,
    *,
    after: str = "",
    told: NotDone | None = None,
    given: dict[str, str] | None = None,
) -> Response:
    api = api_of(request, visit)
    supplier = await own_supplier(api, visit)
    found = await api.get("/v1/offers", supplier_id=supplier, after=after, limit=PART)
    items = {one["code"]: one for one in (await api.get("/v1/catalogue"))["items"]}
    shown: dict[str, Any] = {"offers": found["offers"], "after": found["after"], "items": items}
    done = request.query_params.get("done", "")
    shown |= {"given": given or {}, "told": told and told.problem, "done": items.get(done)}
    return page(request, visit, "offers.html", status=told.status if told else 200, **shown)


@router.get("/registration")
async def registration(request: Request, visit: Visitor) -> Response:
    """How far my applications are, and the form of a new one."""
    return await _registration(request, visit)


@router.post("/registration")
async def apply(request: Request, visit: Visitor) -> Response:
    """Apply to become a supplier; with mistakes the form comes back as it was."""
    prove_same_house(request)
    api = api_of(request, visit)
    async with request.form() as form:
        given, key = typed(form), str(form.get("key") or uuid4())
    proofs = [
        {"condition": one, "evidence": words}
        for one in CONDITIONS
        if (words := _one(given, f"proof-{one}"))
    ]
    said = {
        "name": _one(given, "name"),
        "phone": _one(given, "phone") or None,
        "email": _one(given, "email") or None,
        "language": language_of(request),
        "regions": list(given.get("regions", ())),
        "assistants_only": bool(_one(given, "assistants_only")),
        "proofs": proofs,
    }
    try:
        await api.send("POST", "/v1/suppliers", said, key)
    except NotDone as fault:
        return await _registration(request, visit, given, fault, fault.key_after(key))
    return RedirectResponse("/registration?done=yes", 303)


def _one(given: dict[str, tuple[str, ...]], name: str) -> str:
    return (given.get(name) or ("",))[0].strip()


async def _registration(
    request: Request,
    visit: Visit,
    given: dict[str, tuple[str, ...]] | None = None,
    fault: NotDone | None = None,
    key: str | None = None,
) -> Response:
    if visit.role != "supplier":
        raise Problem("not_found")
    language = language_of(request)
    api = api_of(request, visit)
    mine = list(reversed((await api.get("/v1/tasks", task="registration"))["tasks"]))
    me = await api.me()
    selling = await api.get(f"/v1/suppliers/{me['supplier']['id']}") if me["supplier"] else None
    shown = {
        "mine": mine,
        "selling": selling,
        "regions": regions(language),
        "conditions": [(one, one in REQUIRED) for one in CONDITIONS],
        "given": _said_before(mine, selling) if given is None else given,
        "folded": bool(mine or selling) and fault is None,
        "told": fault and fault.problem,
        "faults": faults_of(fault.problem) if fault else {},
        "done": "done" in request.query_params,
        "key": key or uuid4(),
    }
    return page(request, visit, "registration.html", status=fault.status if fault else 200, **shown)


def _said_before(mine: list[dict[str, Any]], selling: Any) -> dict[str, tuple[str, ...]]:
    """What the portal knows, so that only what has changed is typed anew."""
    last = mine[0] if mine else selling
    if last is None:
        return {}
    told = {name: (last[name],) for name in ("name", "phone", "email") if last[name]}
    proofs = {f"proof-{one['condition']}": (one["evidence"],) for one in last.get("proofs", ())}
    assistants = {"assistants_only": ("yes",)} if last.get("assistants_only") else {}
    return {**told, **proofs, **assistants, "regions": tuple(last["regions"])}
