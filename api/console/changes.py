"""Changes of the law and of reference data: shown, proposed by one administrator, approved by
another.
"""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date
from typing import Annotated, Any, Final
from uuid import uuid4

from fastapi import APIRouter, Form, Request, UploadFile
from starlette.responses import RedirectResponse, Response

from api.console.asking import Api, NotDone, api_of
from api.console.carried import carry, opened
from api.console.days import KINDS, PROVISIONAL, WantedDay, names, with_day
from api.console.forms import plainly_of_file
from api.console.look import in_words, language_of, page
from api.console.visits import Visit, Visitor, prove_fresh, prove_same_house
from api.language import labels
from api.problems import Problem
from definitions.calendars import calendar_data
from definitions.citations import in_words as spelled_out
from definitions.forms import told as told_in_words
from definitions.lines import line_of, lines_of_json, lines_of_toml
from definitions.parsing import Parsed, parse_written
from definitions.toml import read_toml
from definitions.written import long_day

router = APIRouter(prefix="/changes", include_in_schema=False)
# Of many effects the first are told one by one.
FIRST: Final = 20
MOST_ROWS: Final = 200
WHATS: Final = ("added", "changed", "removed")
# What comes as a whole file.
FILES: Final = ("catalogue", "authorities", "calendar")
_CONTENT: Final = "/content"
_LOOKED_AT: Final = "looked at"
Given = Mapping[str, str]
Lines = Mapping[str, int]


@router.get("")
async def changes(request: Request, visit: Visitor) -> Response:
    """Changes of the law and of reference data, the newest first; and forms for new ones."""
    return await _listed(request, visit)


@router.post("/day")
async def look_at_day(
    request: Request,
    visit: Visitor,
    day: Annotated[str, Form(max_length=10)] = "",
    what: Annotated[str, Form(max_length=10)] = "off",
    reason: Annotated[str, Form(max_length=60)] = "",
    other: Annotated[str, Form(max_length=10)] = "",
    source: Annotated[str, Form(max_length=400)] = "",
) -> Response:
    """The calendar that counts now, with one day otherwise: whom it would move."""
    prove_same_house(request)
    wanted = WantedDay(day, what if what in KINDS else "off", reason, other, source.strip())
    content = await _calendar_with(api_of(request, visit), wanted)
    return await _look(request, visit, "calendar", content, given=asdict(wanted))


@router.post("/file")
async def look_at_file(
    request: Request,
    visit: Visitor,
    file: UploadFile,
    kind: Annotated[str, Form(max_length=20)] = "",
) -> Response:
    """What a file would change; every mistake of it with its line."""
    prove_same_house(request)
    if kind not in FILES:
        raise Problem("not_found")
    given = {"kind": kind, "name": file.filename or ""}
    try:
        parsed, lines = _read((await file.read()).decode("utf-8-sig"), given["name"])
    except (ValueError, RecursionError) as error:
        unread = {"line": getattr(error, "lineno", None) or _line_named(str(error))}
        return await _listed(request, visit, given, unread=unread)
    if parsed.faults:
        return await _listed(request, visit, given, fault=_spoilt(request, parsed), lines=lines)
    return await _look(request, visit, kind, parsed.value, given=given, lines=lines)


@router.post("/edition")
async def look_at_edition(
    request: Request, visit: Visitor, edition: Annotated[str, Form(max_length=64)] = ""
) -> Response:
    """Which open cases would go on under this edition."""
    prove_same_house(request)
    given = {"edition": edition}
    return await _look(request, visit, "edition", given, given=given)


async def _look(
    request: Request,
    visit: Visit,
    kind: str,
    content: Any,
    *,
    given: Given,
    lines: Lines | None = None,
) -> Response:
    """The same; with mistakes the forms come back."""
    try:
        return await only_shown(request, visit, kind, content)
    except NotDone as fault:
        return await _listed(request, visit, given, fault=fault, lines=lines)


async def only_shown(request: Request, visit: Visit, kind: str, content: Any) -> Response:
    """What a change would do, before anybody proposes it; nothing is kept. NotDone with why not."""
    wish = {"kind": kind, "content": content, "dry_run": True}
    shown = await api_of(request, visit).send("POST", "/v1/changes", wish, str(uuid4()))
    told = {
        "change": shown,
        "effects": shown,
        "packed": carry(request.app.state.parts, _LOOKED_AT, content),
        "key": uuid4(),
    }
    return page(request, visit, "change.html", me=None, **told, **_told(request, shown))


@router.post("")
async def propose(
    request: Request,
    visit: Visitor,
    kind: Annotated[str, Form(max_length=20)],
    content: Annotated[str, Form()],
    key: Annotated[str, Form(max_length=60)] = "",
) -> Response:
    """Propose what was looked at, after a fresh sign-in."""
    prove_same_house(request)
    prove_fresh(visit)
    looked_at = opened(request.app.state.parts, _LOOKED_AT, content)
    if looked_at is None:
        raise Problem("form_invalid")
    wish = {"kind": kind, "content": looked_at}
    try:
        made = await api_of(request, visit).send("POST", "/v1/changes", wish, key or str(uuid4()))
    except NotDone as fault:
        return await _listed(request, visit, fault=fault)
    return RedirectResponse(f"/changes/{made['id']}", 303)


async def _listed(
    request: Request,
    visit: Visit,
    given: Given | None = None,
    *,
    fault: NotDone | None = None,
    lines: Lines | None = None,
    unread: Mapping[str, Any] | None = None,
) -> Response:
    api = api_of(request, visit)
    told = fault.problem if fault else None
    if told is not None and lines is not None:
        told = _of_file(told, lines, api.language)
    editions = (await api.get("/v1/definitions"))["editions"]
    shown: dict[str, Any] = {
        "found": await api.get("/v1/changes"),
        "given": given or {},
        "told": told,
        "unread": unread,
        "names": names(),
        "kinds": KINDS,
        "files": FILES,
        "editions": [one for one in editions if one["open_cases"] == "move"],
    }
    status = fault.status if fault else 422 if unread else 200
    return page(request, visit, "changes.html", status=status, **shown)


async def _calendar_with(api: Api, wanted: WantedDay) -> dict[str, Any]:
    current = await api.get("/v1/provisional-deadlines", limit=1)
    found = await api.raw(f"/v1/calendars/{current['calendar']}")
    proposed = await api.get("/v1/changes", kind="calendar")
    taken = {one["version"] for one in proposed["changes"]} | {current["calendar"]}
    return with_day(calendar_data(found.text), wanted, current["provisional_from"], taken)


def _read(source: str, name: str) -> tuple[Parsed, dict[str, int]]:
    """What a file says, and on which line. ValueError where it cannot be read at all."""
    if name.lower().endswith(".json"):
        return parse_written(source), lines_of_json(source)
    return read_toml(source), lines_of_toml(source)


def _spoilt(request: Request, parsed: Parsed) -> NotDone:
    """What stands in a file and no value can be, as the API would tell it."""
    errors = [asdict(one) for one in told_in_words(parsed.faults)]
    problem = in_words(request, Problem("form_invalid", errors=errors))
    return NotDone(422, problem)


def _line_named(error: str) -> int | None:
    """TOML's parser names the line in its words: `… (at line 5, column 3)`."""
    _, _, rest = error.partition("(at line ")
    line = rest.partition(",")[0]
    return int(line) if line.isdecimal() else None


def _of_file(problem: Mapping[str, Any], lines: Lines, language: str) -> dict[str, Any]:
    """Every mistake of a file with its line, where that is known."""
    errors = [
        {**one, "line": line_of(lines, str(one.get("pointer", "")).removeprefix(_CONTENT))}
        for one in plainly_of_file(problem.get("errors", ()), language)
    ]
    return {**problem, "errors": errors}


@router.get("/{change}")
async def change(request: Request, visit: Visitor, change: str) -> Response:
    """One change, what it does to open cases, and how far it has gone."""
    api = api_of(request, visit)
    shown = await api.get(f"/v1/changes/{change}")
    # Of a calendar what moves is told; an edition tells each case with all of its terms.
    outcome = "moves" if shown["kind"] == "calendar" else ""
    effects = await api.get(f"/v1/changes/{change}/effects", limit=FIRST, outcome=outcome)
    me = await api.me()
    told = {"change": shown, "effects": effects, "key": uuid4(), "me": me, "packed": None}
    return page(request, visit, "change.html", **told, **_told(request, shown))


def _told(request: Request, change: Mapping[str, Any]) -> dict[str, Any]:
    """Of reference data how many entries become what, and the first values one by one."""
    found, language = change["differences"] or [], language_of(request)
    rows = [
        {
            **_values(change["kind"], two, language),
            "what": one.get("what_label") or one["what"],
            "code": _code(change["kind"], one["code"], language),
            "field": _field(change["kind"], one["group"], two["field"], language),
        }
        for one in found
        for two in one["fields"]
    ]
    counts = {what: sum(one["what"] == what for one in found) for what in WHATS}
    return {"rows": rows[:MOST_ROWS], "more": len(rows[MOST_ROWS:]), "counts": counts}


def _code(kind: str, code: str, language: str) -> str:
    """What an entry is known by: of a calendar its day."""
    return long_day(date.fromisoformat(code), language) if kind == "calendar" else code


def _values(kind: str, changed: Mapping[str, Any], language: str) -> dict[str, Any]:
    """What was and what is to be; why a day is off stands there in words."""
    told = {name: changed[name] for name in ("before", "after")}
    if kind != "calendar":
        return told
    read = _reason if changed["field"] == "reason" else _source
    return {name: value and read(value, language) for name, value in told.items()}


def _source(source: str, language: str) -> str:
    """By which act, spelled out; of a day of which nobody has decided yet that is said."""
    said = source.removeprefix(PROVISIONAL)
    told, undecided = spelled_out(said, language), labels("label.of_day", "provisional")[language]
    return told if said == source else f"{undecided}: {told}"


def _reason(reason: str, language: str) -> str:
    kind, _, name = reason.partition(":")
    if kind == "transferred":
        other = long_day(date.fromisoformat(name), language)
        return f"{labels('label.of_day', 'transferred')[language]}: {other}"
    if kind == "carried_over":
        carried = labels("label.of_day", "carried_over")[language]
        return f"{carried}: {labels('day_off', name)[language]}"
    return labels("day_off", name)[language] if name else labels("label.of_day", kind)[language]


def _field(kind: str, group: str, path: str, language: str) -> str:
    """What a value is called where mistakes of such a file are told; its own path if nothing."""
    names = [one for one in path.split("/") if not one.isdecimal()]
    if kind == "calendar":
        return labels("label.of_day", path)[language]
    code = "_".join([group, *names])
    told = labels("catalogue_field" if kind == "catalogue" else "authorities_field", code)
    return path if told[language] == code else told[language]


@router.post("/{change}")
async def approve(
    request: Request, visit: Visitor, change: str, key: Annotated[str, Form()] = ""
) -> Response:
    """The second administrator lets it come into force, after a fresh sign-in."""
    prove_same_house(request)
    prove_fresh(visit)
    api = api_of(request, visit)
    await api.send("POST", f"/v1/changes/{change}/approve", {}, key or str(uuid4()))
    return RedirectResponse(f"/changes/{change}", 303)
