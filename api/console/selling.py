"""What a supplier keeps on the portal beside its orders: its offers, and its registration."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any, Final
from urllib.parse import quote
from uuid import uuid4

from fastapi import APIRouter, Form, Request, UploadFile
from starlette.responses import RedirectResponse, Response

from api.console.asking import Api, NotDone, api_of
from api.console.forms import faults_of, tenge_of, tiyn_of, typed
from api.console.look import language_of, page
from api.console.visits import Visit, Visitor, prove_same_house
from api.problems import Problem
from definitions.places import regions
from domain.parties.suppliers import CONDITIONS, REQUIRED

router = APIRouter(include_in_schema=False)
PART: Final = 200
MOST_ROWS: Final = 500
MOST_IN_ROW: Final = 1_000
HEAD: Final = ("item", "price", "offered", "name")
# What a sheet says in its third column of an offer that is no more.
WITHDRAWN: Final = frozenset(("0", "no", "нет", "жоқ", "false"))


@dataclass(frozen=True, slots=True)
class SheetRow:
    """A line of a sheet with what became of it; `fault` is None where it was done."""

    number: int
    item: str
    price: str
    fault: str | None


@router.get("/offers")
async def offers(request: Request, visit: Visitor, after: str = "") -> Response:
    """Everything that I offer or have withdrawn, each with a form of its own.

    Who is no supplier yet is led to where one becomes it.
    """
    me = await api_of(request, visit).get("/v1/me")
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
    supplier = await _own(api, visit)
    try:
        await _put(api, supplier, (item, price, act != "withdraw"))
    except NotDone as fault:
        return await _offers(request, visit, told=fault, given={"item": item, "price": price})
    return RedirectResponse(f"/offers?done={item}", 303)


@router.get("/offers/sheet")
async def blank_sheet(request: Request, visit: Visitor) -> Response:
    """Everything that can be offered, with my prices where I offer it: to be filled in."""
    api = api_of(request, visit)
    supplier = await _own(api, visit)
    mine: dict[str, Any] = {}
    after: str | None = ""
    while after is not None:
        found = await api.get("/v1/offers", supplier_id=supplier, after=after, limit=PART)
        mine |= {one["item"]: one for one in found["offers"]}
        after = found["after"]
    written = io.StringIO()
    writer = csv.writer(written, delimiter=";", lineterminator="\r\n")
    writer.writerow(HEAD)
    for one in (await api.get("/v1/catalogue"))["items"]:
        held = mine.get(one["code"], {"price": None, "active": True})
        price = "" if held["price"] is None else tenge_of(held["price"])
        writer.writerow((one["code"], price, "yes" if held["active"] else "no", one["name"]))
    # Spreadsheets take a file for UTF-8 by this mark.
    content = written.getvalue().encode("utf-8-sig")
    named = {"Content-Disposition": 'attachment; filename="offers.csv"'}
    return Response(content, 200, named, "text/csv; charset=utf-8")


@router.post("/offers/sheet")
async def sheet(request: Request, visit: Visitor, rows: UploadFile) -> Response:
    """Many at once: each row is answered by itself, and none hinders another."""
    prove_same_house(request)
    api = api_of(request, visit)
    supplier = await _own(api, visit)
    answered: list[SheetRow] = []
    for number, (item, price, active) in _rows(await rows.read()):
        try:
            await _put(api, supplier, (item, price, active))
        except NotDone as fault:
            told = " ".join(faults_of(fault.problem).values()) or fault.problem["detail"]
            answered.append(SheetRow(number, item, price, told))
        else:
            answered.append(SheetRow(number, item, price, None))
    return page(request, visit, "sheet.html", rows=answered, most=MOST_ROWS)


def _rows(content: bytes) -> Iterator[tuple[int, tuple[str, str, bool]]]:
    """Lines of a sheet that say a price: item, price in tenge, whether it is offered.

    The first may be a head, and what follows in a line is for those who read it.
    Spreadsheets here write UTF-8 or Windows-1251, with commas or semicolons.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1251", errors="replace")
    mark = ";" if ";" in text.partition("\n")[0] else ","
    for number, line in enumerate(text.splitlines()[: MOST_ROWS + 1], 1):
        # Line by line: a quotation mark that nobody closed spoils its own row alone.
        row = next(csv.reader([line[:MOST_IN_ROW]], delimiter=mark), [])
        item, price, active = (*(one.strip() for one in row), "", "", "")[:3]
        head = number == 1 and not any(one.isdecimal() for one in price)
        if item and price and not head:
            yield number, (item, price, active.lower() not in WITHDRAWN)


async def _put(api: Api, supplier: str, offered: tuple[str, str, bool]) -> None:
    item, price, active = offered
    said = {"price": tiyn_of(price), "active": active}
    await api.send(
        "PUT", f"/v1/suppliers/{supplier}/offers/{quote(item, safe='')}", said, str(uuid4())
    )


async def _own(api: Api, visit: Visit) -> str:
    """The id of the supplier that somebody acts for. Problem `not_found` without one."""
    if visit.role != "supplier" or not (known := (await api.get("/v1/me"))["supplier"]):
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
    supplier = await _own(api, visit)
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
        return await _registration(request, visit, given, fault)
    return RedirectResponse("/registration?done=yes", 303)


def _one(given: dict[str, tuple[str, ...]], name: str) -> str:
    return (given.get(name) or ("",))[0].strip()


async def _registration(
    request: Request,
    visit: Visit,
    given: dict[str, tuple[str, ...]] | None = None,
    fault: NotDone | None = None,
) -> Response:
    if visit.role != "supplier":
        raise Problem("not_found")
    language = language_of(request)
    api = api_of(request, visit)
    mine = (await api.get("/v1/tasks", task="registration"))["tasks"]
    shown = {
        "mine": list(reversed(mine)),
        "regions": regions(language),
        "conditions": [(one, one in REQUIRED) for one in CONDITIONS],
        "given": given or {},
        "told": fault and fault.problem,
        "faults": faults_of(fault.problem) if fault else {},
        "done": "done" in request.query_params,
        "key": uuid4(),
    }
    return page(request, visit, "registration.html", status=fault.status if fault else 200, **shown)
