"""Many offers from a file: a sheet to fill in, what would become of each row, and putting them."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any, Final, Literal
from uuid import uuid4

from fastapi import APIRouter, Form, Request, UploadFile
from fastapi.concurrency import run_in_threadpool
from starlette.responses import Response

from api.console.asking import Api, api_of
from api.console.look import language_of, page, say_in
from api.console.selling import all_offers, own_supplier
from api.console.sheets import (
    MOST_ROWS,
    NotASheet,
    PriceSheet,
    SheetRow,
    read_apart,
    workbook_of,
)
from api.console.visits import Visit, Visitor, prove_same_house
from api.language import labels
from api.problems import Problem
from api.sheets import as_file, harmless

router = APIRouter(prefix="/offers/sheet", include_in_schema=False)
# A page tells so many rows, the wrong ones first; a file tells all.
SHOWN: Final = 150
LONGEST_CODE: Final = 100
# So many of the other rows with the same code are named.
SAME: Final = 3
COLUMNS: Final = ("code", "price", "offered", "name", "unit", "guaranteed")


@dataclass(frozen=True, slots=True)
class AnsweredRow:
    """A row of a sheet with what becomes of it.

    `became` names a text, `was` is the price (tiyn) before; `fault` says what is wrong with it.
    """

    row: SheetRow
    name: str = ""
    became: str = ""
    was: int | None = None
    above: int = 0
    fault: str | None = None


@router.get("")
async def blank(request: Request, visit: Visitor, form: Literal["csv", "xlsx"] = "csv") -> Response:
    """Everything that can be offered today, with my prices where I offer it: to be filled in."""
    api = api_of(request, visit)
    mine = {one["item"]: one for one in await all_offers(api, await own_supplier(api, visit))}
    say = say_in(request)
    yes, no = say("sheet.yes"), say("sheet.no")
    lines: list[list[Any]] = [[say(f"sheet.column.{one}") for one in COLUMNS]]
    for one in (await api.get("/v1/catalogue"))["items"]:
        held = mine.get(one["code"], {"price": None, "active": True})
        price = None if held["price"] is None else held["price"] / 100
        offered = yes if held["active"] else no
        unit = labels("printed.unit", one["unit"])[language_of(request)]
        known = (one["name"], unit, one["unit_sum"] / 100)
        lines.append([one["code"], price, offered, *known])
    if form == "csv":
        return as_file("offers", form, _csv(lines))
    content = await run_in_threadpool(workbook_of, lines, (yes, no))
    return as_file("offers", form, content)


@router.post("")
async def check(
    request: Request,
    visit: Visitor,
    rows: UploadFile,
    act: Annotated[Literal["check", "file"], Form()] = "check",
) -> Response:
    """What would become of each row; nothing is put."""
    prove_same_house(request)
    api = api_of(request, visit)
    supplier = await own_supplier(api, visit)
    try:
        sheet = await read_apart(await rows.read())
    except NotASheet as fault:
        told = {"fault": fault.code, "rows": [], "most": MOST_ROWS}
        return page(request, visit, "sheet.html", status=422, **told)
    say = say_in(request)
    answered, changed = await _answered(api, supplier, sheet, say)
    if act == "file":
        head = [say(f"sheet.answer.{one}") for one in ("row", "code", "price", "result")]
        return as_file(
            "answers", "csv", await run_in_threadpool(_answers_file, head, answered, say)
        )
    good = "\n".join(_kept(one.row) for one in answered if one.fault is None)
    shown = {"changed": changed, "cut": sheet.cut, "key": uuid4(), "good": good}
    return _shown(request, visit, answered, done=False, **shown)


@router.post("/put")
async def put(
    request: Request,
    visit: Visitor,
    rows: Annotated[str, Form()],
    key: Annotated[str, Form(max_length=64)],
) -> Response:
    """Put what a check has found good; sent twice it is put once."""
    prove_same_house(request)
    api = api_of(request, visit)
    supplier = await own_supplier(api, visit)
    kept = tuple(_read(line) for line in rows.splitlines()[:MOST_ROWS])
    answered, changed = await _answered(
        api, supplier, PriceSheet(kept, False), say_in(request), key
    )
    shown = {"changed": changed, "cut": False, "key": "", "good": ""}
    return _shown(request, visit, answered, done=True, **shown)


async def _answered(
    api: Api, supplier: str, sheet: PriceSheet, say: Any, key: str = ""
) -> tuple[list[AnsweredRow], int]:
    """Every row with what became of it, and how many offers changed; without a key, would be."""
    items = {one["code"]: one for one in (await api.get("/v1/catalogue"))["items"]}
    asked = [one for one in sheet.rows if one.fault is None]
    body = {"command": "put_offers", "check_only": not key, "offers": [_said(one) for one in asked]}
    told: Mapping[str, Any] = {"changed": 0, "offers": []}
    if asked:
        address = f"/v1/suppliers/{supplier}/commands"
        told = await api.send("POST", address, body, key or str(uuid4()))
    answers = dict(zip((one.number for one in asked), told["offers"], strict=True))
    answered = await run_in_threadpool(_answers, sheet.rows, answers, items, say)
    return answered, told["changed"]


def _answers(
    rows: Sequence[SheetRow], answers: Mapping[int, Any], items: Mapping[str, Any], say: Any
) -> list[AnsweredRow]:
    same = first_of_each_code(one for one in rows if one.fault is None)
    found = (_told(one, answers.get(one.number), items.get(one.item), say) for one in rows)
    return [_beside(one, same.get(one.row.item, ()), say) for one in found]


def first_of_each_code(rows: Iterable[SheetRow]) -> dict[str, tuple[int, ...]]:
    """The numbers of the first rows with each code: what a row tells of others, and its own.

    No more are kept: a file may have one code in every row, and each of them is compared.
    """
    found: dict[str, tuple[int, ...]] = {}
    for one in rows:
        known = found.get(one.item, ())
        if len(known) <= SAME and one.number not in known:
            found[one.item] = (*known, one.number)
    return found


def _beside(one: AnsweredRow, rows: Sequence[int], say: Any) -> AnsweredRow:
    """A row whose code stands elsewhere too says where."""
    others = [str(number) for number in rows if number != one.row.number][:SAME]
    if not others or one.fault is None:
        return one
    return replace(one, fault=f"{one.fault} {say('sheet.also_in', rows=', '.join(others))}")


def _said(row: SheetRow) -> dict[str, Any]:
    said = {"item": row.item[:LONGEST_CODE], "price": row.tiyn, "active": row.offered}
    return {name: one for name, one in said.items() if one is not None}


def _told(row: SheetRow, answer: Any, item: Any, say: Any) -> AnsweredRow:
    found = AnsweredRow(row, item["name"] if item else "")
    if answer is None:
        return replace(found, fault=say(f"sheet.fault.{row.fault}"))
    if not answer["taken"]:
        return replace(found, fault=" ".join(one["text"] for one in answer["errors"]))
    was = answer["was"]
    became, before = "new", was and was["price"]
    if not row.offered:
        became = "withdrawn"
    elif was and was["active"]:
        became = "same" if before == row.tiyn else "changed"
    above = max((row.tiyn or 0) - item["unit_sum"], 0) if item and row.offered else 0
    return replace(found, became=became, was=before, above=above)


def _answers_file(head: Sequence[str], answered: Sequence[AnsweredRow], say: Any) -> bytes:
    return _csv([head, *(_line(one, say) for one in answered)])


def _line(one: AnsweredRow, say: Any) -> list[Any]:
    result = one.fault or say(f"sheet.became.{one.became}")
    return [one.row.number, one.row.item, one.row.price, result]


def _kept(row: SheetRow) -> str:
    """A good row in the form that goes along with the button: codes have no blanks."""
    price = "-" if row.tiyn is None else row.tiyn
    return f"{row.number} {row.item} {price} {'yes' if row.offered else 'no'}"


def _read(line: str) -> SheetRow:
    """From `_kept`. Problem `form_invalid` for what the page has not written."""
    try:
        number, item, price, offered = line.split(" ")
        tiyn = None if price == "-" else int(price)
        return SheetRow(int(number), item, "", offered == "yes", tiyn)
    except ValueError:
        raise Problem("form_invalid") from None


def _shown(
    request: Request, visit: Visit, answered: Sequence[AnsweredRow], **facts: Any
) -> Response:
    """The wrong rows first, and then the others, each in the order of the file."""
    rows = sorted(answered, key=lambda one: one.fault is None)
    wrong = sum(one.fault is not None for one in answered)
    counted = {"wrong": wrong, "right": len(answered) - wrong, "shown": SHOWN, "most": MOST_ROWS}
    return page(request, visit, "sheet.html", fault=None, rows=rows[:SHOWN], **counted, **facts)


def _csv(lines: Sequence[Sequence[Any]]) -> bytes:
    """For spreadsheets of these countries: semicolons, decimal commas, UTF-8 with its mark."""
    kept = io.StringIO()
    writer = csv.writer(kept, delimiter=";", lineterminator="\r\n")
    writer.writerows([_typed(one) for one in line] for line in lines)
    return kept.getvalue().encode("utf-8-sig")


def _typed(cell: Any) -> Any:
    """A figure as people here write it; what somebody typed is never a formula."""
    if isinstance(cell, float):
        return f"{cell:.2f}".replace(".", ",")
    return harmless(cell)
