"""The case page, and the forms of what its reader may do."""

from typing import Any, Final, Literal
from uuid import uuid4

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from api.console.asking import Api, NotDone, api_of
from api.console.forms import drawn, faults_of, files_in, said, typed
from api.console.look import language_of, page, trail_of
from api.console.telling import in_words, way, weeks
from api.console.visits import Visitor, prove_fresh, prove_same_house
from api.console.work import walk_of
from api.problems import Problem
from definitions.command_forms import command_forms

router = APIRouter(prefix="/cases", include_in_schema=False)
MOST_KNOWN: Final = 20_000
# The last events that a page tells.
LINES: Final = 200
# Decisions that a borrowed browser must not make: they take a fresh sign-in.
GRAVE: Final = frozenset(
    (
        *("approve", "withdraw_approval", "reconsider", "refuse", "close", "confirm_funds"),
        *("propose_correction", "carry_out_correction", "enter_statement", "confirm_return"),
        *("write_off", "end_order", "confirm_representation"),
    )
)
# Commands that come with a signature have pages of their own.
SIGNED: Final = ("place_order", "sign", "change_account")


async def case_id(api: Api, reference: str) -> str:
    """The id of a case by the reference in an address. Problem `not_found` for one of others."""
    known = api.references
    if reference not in known:
        hits = (await api.get("/v1/cases", reference=reference))["cases"]
        if not hits:
            raise Problem("not_found")
        if len(known) >= MOST_KNOWN:
            known.clear()
        known[reference] = hits[0]["id"]
    return known[reference]


@router.get("/{reference}")
async def show(
    request: Request,
    visit: Visitor,
    reference: str,
    done: str = "",
    level: Literal["main", "people", "all"] = "main",
) -> Response:
    """Who acts next, by when, what otherwise; what I may do; what happened."""
    api = api_of(request, visit, language_of(request))
    case = await api.get(f"/v1/cases/{await case_id(api, reference)}")
    name = "case_body.html" if request.headers.get("hx-request") else "case.html"
    if request.query_params.get("seen") == str(case["version"]):
        return Response(status_code=204)
    first = max(case["version"] - LINES, 0)
    noted = "true" if level == "all" else "false"
    address = f"/v1/cases/{case['id']}/events"
    events = (await api.get(address, after=first, limit=LINES, noted=noted))["events"]
    told: dict[str, Any] = {
        "way": way(case, events),
        "events": list(in_words(events, level)),
        "level": level,
    }
    if name == "case.html":
        told["walk"] = await walk_of(request, api)
    known = done if done in command_forms() else None
    return page(request, visit, name, case=case, signed=SIGNED, done=known, **told)


@router.get("/{reference}/person")
async def person(request: Request, visit: Visitor, reference: str) -> Response:
    """Who the recipient is, for officials; that it was read is on record."""
    api = api_of(request, visit, language_of(request))
    found = await api.get(f"/v1/cases/{await case_id(api, reference)}/person")
    return page(request, visit, "person.html", reference=reference, person=found)


@router.get("/{reference}/dates/{period}/{term}")
async def why(request: Request, visit: Visitor, reference: str, period: int, term: str) -> Response:
    """Why a term ends on its day: from where it is counted, and what moved the day."""
    api = api_of(request, visit, language_of(request))
    case = await api.get(f"/v1/cases/{await case_id(api, reference)}")
    certificate = await api.get(f"/v1/cases/{case['id']}/deadlines/{period}/{term}")
    shown = {"case": case, "term": term, "certificate": certificate}
    return page(request, visit, "dates.html", weeks=weeks(certificate), **shown)


@router.get("/{reference}/do/{command}")
async def ask(
    request: Request, visit: Visitor, reference: str, command: str, period: int | None = None
) -> Response:
    """The form of a command: what it asks, what follows from it, on what it rests."""
    api = api_of(request, visit, language_of(request))
    case = await api.get(f"/v1/cases/{await case_id(api, reference)}")
    schema = await form_of(api, case, command, period)
    if command in GRAVE:
        prove_fresh(visit)
    given = {"case": case, "command": command, "period": period, "schema": schema}
    return page(
        request,
        visit,
        "act.html",
        **given,
        fields=drawn(schema),
        key=uuid4(),
        told=None,
        letters=None,
    )


@router.post("/{reference}/do/{command}")
async def act(
    request: Request, visit: Visitor, reference: str, command: str, period: int | None = None
) -> Response:
    """Do it. The same form sent twice does it once; a form with mistakes comes back as it was."""
    prove_same_house(request)
    if command in GRAVE:
        prove_fresh(visit)
    api = api_of(request, visit, language_of(request))
    case = await api.get(f"/v1/cases/{await case_id(api, reference)}")
    schema = await form_of(api, case, command, period)
    given: dict[str, Any] = {
        "case": case,
        "command": command,
        "period": period,
        "schema": schema,
    }
    async with request.form() as form:
        body = {"command": command, "period": period, **said(schema, form)}
        key = str(form.get("key") or uuid4())
        try:
            if uploads := files_in(form, "documents"):
                body["documents"] = [await _kept(api, case, command, one, key) for one in uploads]
            if form.get("see"):
                letters = await _letters(api, case, body)
                told_so_far: dict[str, Any] = {
                    "fields": drawn(schema, typed(form)),
                    "key": key,
                    "told": None,
                }
                return page(request, visit, "act.html", **given, **told_so_far, letters=letters)
            await api.send("POST", f"/v1/cases/{case['id']}/commands", body, key)
        except NotDone as told:
            # Refused, it has spent its key; a form with mistakes has not.
            fields = drawn(schema, typed(form), faults_of(told.problem))
            shown = {"fields": fields, "key": uuid4(), "told": told.problem, "letters": None}
            return page(request, visit, "act.html", status=told.status, **given, **shown)
    trail = f"&{kept}" if (kept := trail_of(request)) else ""
    return RedirectResponse(f"/cases/{reference}?done={command}{trail}", 303)


async def _letters(api: Api, case: dict[str, Any], body: dict[str, Any]) -> Any:
    """What the act would send, and the papers that it would bring; nothing is done."""
    asked = {name: one for name, one in body.items() if one is not None}
    wanted = {"draft": "notice", "asked": asked}
    return await api.send("POST", f"/v1/cases/{case['id']}/drafts", wanted, str(uuid4()))


async def form_of(api: Api, case: dict[str, Any], command: str, period: int | None) -> Any:
    address = f"/v1/definitions/{case['edition']}/commands/{command}"
    return await api.get(address, case=case["id"], period=period)


async def _kept(api: Api, case: dict[str, Any], command: str, upload: Any, key: str) -> str:
    """The hash of an upload, kept by the API."""
    address = f"/v1/cases/{case['id']}/documents?kind={_KINDS.get(command, 'attachment')}"
    content = await upload.read()
    headers = {"Idempotency-Key": f"{key}-{upload.filename}", "Content-Type": _BYTES}
    kept = await api.upload(address, content, headers)
    return str(kept["sha256"])


_BYTES: Final = "application/octet-stream"
_KINDS: Final = {"complain": "complaint", "enter_proof": "proof", "attest_handover": "handover_act"}


@router.get("/{reference}/papers/{sha256}")
async def paper(
    request: Request, visit: Visitor, reference: str, sha256: str, form: str = "html"
) -> Response:
    """A paper as it is read, or to keep."""
    api = api_of(request, visit, language_of(request))
    found = await api.raw(
        f"/v1/cases/{await case_id(api, reference)}/documents/{sha256}", form=form
    )
    names = ("content-type", "content-security-policy", "content-disposition", "content-language")
    kept = {name: found.headers[name] for name in names if name in found.headers}
    return Response(found.content, 200, {**kept, "Cache-Control": "no-store"})
