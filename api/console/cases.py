"""The case page, and the forms of what its reader may do."""

import hashlib
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Annotated, Any, Final, Literal
from uuid import uuid4

from fastapi import APIRouter, Query, Request
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from api.console.asking import Api, NotDone, api_of
from api.console.course import course, every_turn, follows, law_of, shortened
from api.console.forms import drawn, faults_of, files_in, number_of, said, typed
from api.console.look import page, trail_of
from api.console.payable import payable
from api.console.pictures import drawn as map_of
from api.console.pictures import strip
from api.console.telling import calendars, in_words
from api.console.visits import Visitor, prove_fresh, prove_same_house
from api.console.work import walk_of
from api.problems import Problem
from api.stepping_up import GRAVE
from definitions.command_forms import command_forms

router = APIRouter(prefix="/cases", include_in_schema=False)
MOST_KNOWN: Final = 20_000
# What a form says beside its fields, as long as nothing was sent.
NOTHING: Final = {"told": None, "late": None, "letters": None, "gone": None}
# Flags of a period of which its recipient has to be told.
UNTOLD: Final = frozenset(("proof_doubted", "order_void_untold"))
# The last events that a page tells.
LINES: Final = 200


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


async def case_of(api: Api, reference: str, **query: Any) -> dict[str, Any]:
    """The case of a reference, as its reader sees it. Problem `not_found` for one of others."""
    found: dict[str, Any] = await api.get(f"/v1/cases/{await case_id(api, reference)}", **query)
    return found


async def last_events(api: Api, case: Mapping[str, Any], *, noted: bool = False) -> Any:
    """The last events of a case, in their order."""
    first = max(case["version"] - LINES, 0)
    asked = {"after": first, "limit": LINES, "noted": "true" if noted else ""}
    return (await api.get(f"/v1/cases/{case['id']}/events", **asked))["events"]


@router.get("/{reference}")
async def show(
    request: Request,
    visit: Visitor,
    reference: str,
    done: str = "",
    level: Literal["all", "people", "system"] = "all",
    period: Annotated[int | None, Query(ge=1)] = None,
) -> Response:
    """Who acts next, by when, what otherwise; what I may do; what happened."""
    api = api_of(request, visit)
    case = await case_of(api, reference, period=period)
    name = "case_body.html" if request.headers.get("hx-request") else "case.html"
    if request.query_params.get("seen") == str(case["version"]):
        return Response(status_code=204)
    events = await last_events(api, case, noted=level == "system")
    way = shortened(course(case, events, await law_of(api, case)))
    told: dict[str, Any] = {
        "way": way,
        "strip": strip(way),
        "events": list(in_words(events, level)),
        "level": level,
        "period": period,
        "order": running_order(case),
        "untold": untold(case),
        "last_official": last_official(events),
        **await _people(api, case, visit.role),
    }
    if name == "case.html":
        told["walk"] = await walk_of(request, api)
    known = done if done in command_forms() else None
    return page(request, visit, name, case=case, signed=signed(), done=known, **told)


@cache
def signed() -> frozenset[str]:
    """Commands that come with a signature: they have pages of their own."""
    return frozenset(name for name, form in command_forms().items() if form.signed)


def untold(case: Mapping[str, Any]) -> bool:
    """Whether something waits for a proof that the recipient knows: opening the case is one."""
    return case["status"] in ("notifying", "notice_failed") or any(
        (one["hearing"] and one["hearing"]["told_on"] is None)
        or not UNTOLD.isdisjoint(one.get("flags") or ())
        for one in case["periods"]
    )


def running_order(case: dict[str, Any]) -> Any:
    """The order that goes on, or else the last one; None before the first."""
    orders = [(not one["closed"], one["order"]) for one in case["periods"] if one["order"]]
    return max(orders, key=lambda one: one[0])[1] if orders else None


async def _people(api: Api, case: dict[str, Any], role: str) -> dict[str, Any]:
    """Whom a party may call: the authority of the case, and the supplier of its order; to a
    supplier also what it lacks until it is paid.
    """
    if role not in ("recipient", "supplier"):
        return {"authority": None, "supplier": None, "whose": None, "payables": []}
    order = running_order(case)
    asked = order["authority"] if order else case["authority"]
    known = (await api.get("/v1/authorities", id=asked))["authorities"]
    authority = known[0] if known else None
    told: dict[str, Any] = {"authority": authority, "supplier": None, "whose": None}
    if role == "supplier":
        return {**told, "payables": payable(case, authority)}
    supplier = await api.get(f"/v1/suppliers/{order['supplier']}") if order else None
    return {**told, "supplier": supplier, "whose": await whose_measure(api, case), "payables": []}


async def whose_measure(api: Api, case: Mapping[str, Any]) -> Any:
    """Whose measure it is: the reader's own, or of somebody for whom they act."""
    for person in (await api.get("/v1/cabinet"))["persons"]:
        for kind in person["entitlements"]:
            if any(one["reference"] == case["reference"] for one in kind["measures"]):
                return person
    return None


def last_official(events: Sequence[Mapping[str, Any]]) -> Any:
    """What an official did last in a case; None where none did anything."""
    mine = [one for one in events if one["actor"]["role"] in ("caseworker", "commission")]
    return mine[-1] if mine else None


@router.get("/{reference}/way")
async def show_way(
    request: Request,
    visit: Visitor,
    reference: str,
    period: Annotated[int | None, Query(ge=1)] = None,
) -> Response:
    """The whole map of the process, with the way that the case has taken on it."""
    api = api_of(request, visit)
    case = await case_of(api, reference, period=period)
    law = await law_of(api, case)
    way = course(case, await last_events(api, case), law)
    shown: dict[str, Any] = {"case": case, "way": way, "period": period}
    shown |= {"strip": strip(shortened(way)), "drawn": map_of(law, way)}
    return page(request, visit, "way.html", every=every_turn(law), **shown)


@router.get("/{reference}/person")
async def person(
    request: Request, visit: Visitor, reference: str, period: int | None = None
) -> Response:
    """Where to bring what was ordered, or how the recipient is reached; who reads it is noted."""
    api = api_of(request, visit)
    case = await case_of(api, reference)
    told = await api.get(f"/v1/cases/{case['id']}/person", period=period)
    return page(request, visit, "person.html", case=case, told=told)


@router.get("/{reference}/notices")
async def notices(request: Request, visit: Visitor, reference: str) -> Response:
    """All that was said to my side in a case, with its proofs, the newest first."""
    api = api_of(request, visit)
    case = await case_of(api, reference)
    events = await last_events(api, case)
    told = [notice for one in reversed(events) for notice in one["notices"]]
    return page(request, visit, "notices.html", case=case, notices=told)


@router.get("/{reference}/reads")
async def who_looked(
    request: Request,
    visit: Visitor,
    reference: str,
    after: Annotated[str, Query(max_length=64)] = "",
) -> Response:
    """Who has looked at a case, when, and at what of it."""
    api = api_of(request, visit)
    case = await case_of(api, reference)
    found = await api.get(f"/v1/cases/{case['id']}/reads", after=after)
    return page(request, visit, "reads.html", case=case, found=found)


@router.get("/{reference}/bundle")
async def proofs(request: Request, visit: Visitor, reference: str) -> Response:
    """Everything that proves what happened in a case, to keep; who takes it is noted."""
    api = api_of(request, visit)
    found = await api.raw(f"/v1/cases/{await case_id(api, reference)}/bundle")
    kept = {name: found.headers[name] for name in ("content-type", "content-disposition")}
    return Response(found.content, 200, {**kept, "Cache-Control": "no-store"})


@router.get("/{reference}/dates/{period}/{term}")
async def why(request: Request, visit: Visitor, reference: str, period: int, term: str) -> Response:
    """Why a term ends on its day: from where it is counted, and what moved the day."""
    api = api_of(request, visit)
    case = await case_of(api, reference)
    certificate = await api.get(f"/v1/cases/{case['id']}/deadlines/{period}/{term}")
    shown = {"case": case, "term": term, "certificate": certificate}
    contested = any(one["name"] == "contest_deadline" for one in case["you"]["may"])
    shown |= {"period": period, "contested": contested}
    return page(request, visit, "dates.html", calendars=calendars(certificate), **shown)


@router.get("/{reference}/do/{command}")
async def ask(
    request: Request,
    visit: Visitor,
    reference: str,
    command: str,
    period: int | None = None,
    term: Annotated[str, Query(max_length=64)] = "",
) -> Response:
    """The form of a command: what it asks, what follows from it, on what it rests."""
    api = api_of(request, visit)
    case = await case_of(api, reference)
    schema = await form_of(api, case, command, period)
    if command in GRAVE:
        prove_fresh(visit)
    given = {"case": case, "command": command, "period": period, "schema": schema}
    given |= {"follows": follows(await law_of(api, case), case["status"], command)}
    fields = drawn(schema, {"term": (term,)} if term else _brought(case, command, period))
    shown: dict[str, Any] = {**given, "fields": fields, "key": uuid4(), **NOTHING}
    if not is_offered(case, command, period) and (why := await _why_not(api, reference, command)):
        shown |= {"gone": why, "late": await last_event(api, case)}
    return page(request, visit, "act.html", **shown)


def _brought(
    case: Mapping[str, Any], command: str, period: int | None
) -> dict[str, tuple[str, ...]]:
    """Who accepts finds how much was brought, and may say another number."""
    numbered = {one["number"]: one for one in case["periods"]}
    delivery = numbered.get(period or 1, {}).get("delivery") if command == "accept" else None
    return {"quantity": (str(delivery["quantity"]),)} if delivery else {}


def is_offered(case: Mapping[str, Any], command: str, period: int | None) -> bool:
    """Whether the page of a case offers a command now."""
    return any(
        one["name"] == command and period in (None, one.get("period")) for one in case["you"]["may"]
    )


async def _why_not(api: Api, reference: str, command: str) -> list[str]:
    """Why a command cannot be asked for now, in words."""
    case = await case_of(api, reference, may="all")
    mine = [one for one in case["you"]["may"] if one["name"] == command]
    reasons = [reason["text"] for one in mine for reason in one.get("reasons", ())]
    return list(dict.fromkeys(reasons))


@router.post("/{reference}/do/{command}")
async def act(
    request: Request, visit: Visitor, reference: str, command: str, period: int | None = None
) -> Response:
    """Do it. The same form sent twice does it once; a form with mistakes comes back as it was."""
    prove_same_house(request)
    if command in GRAVE:
        prove_fresh(visit)
    api = api_of(request, visit)
    case = await case_of(api, reference)
    schema = await form_of(api, case, command, period)
    given: dict[str, Any] = {
        "case": case,
        "command": command,
        "period": period,
        "schema": schema,
        "follows": follows(await law_of(api, case), case["status"], command),
    }
    async with request.form() as form:
        body = {"command": command, "period": period, **said(schema, form)}
        key = str(form.get("key") or uuid4())
        try:
            if command == "consent" and body.get("act") == "place_order":
                about = f"?period={period}" if period else ""
                return RedirectResponse(f"/cases/{reference}/consent{about}", 303)
            if uploads := files_in(form, "documents"):
                body["documents"] = [await _kept(api, case, command, one, key) for one in uploads]
            if form.get("see"):
                letters = await _letters(api, case, body)
                seen = {**given, "fields": drawn(schema, typed(form)), "key": key}
                return page(request, visit, "act.html", **{**seen, **NOTHING, "letters": letters})
            await api.send("POST", f"/v1/cases/{case['id']}/commands", body, key)
        except NotDone as told:
            fields = drawn(schema, typed(form), faults_of(told.problem))
            late = await since_shown(api, case, form) if told.status == 409 else None
            shown = {**given, "fields": fields, "key": told.key_after(key)}
            fault = {**NOTHING, "told": told.problem, "late": late}
            return page(request, visit, "act.html", status=told.status, **{**shown, **fault})
    trail = f"&{kept}" if (kept := trail_of(request)) else ""
    return RedirectResponse(f"/cases/{reference}?done={command}{trail}", 303)


async def _letters(api: Api, case: dict[str, Any], body: dict[str, Any]) -> Any:
    """What the act would send, and the papers that it would bring; nothing is done."""
    asked = {name: one for name, one in body.items() if one is not None}
    wanted = {"draft": "notice", "asked": asked}
    return await api.send("POST", f"/v1/cases/{case['id']}/drafts", wanted, str(uuid4()))


async def since_shown(api: Api, case: dict[str, Any], form: FormData) -> Any:
    """What somebody did after a form was shown, so that it cannot be done any more; else None."""
    last, seen = await last_event(api, case), number_of(str(form.get("seen", "")))
    return None if seen is not None and last["seq"] <= seen else last


async def last_event(api: Api, case: dict[str, Any]) -> Any:
    """What happened last in a case."""
    return (await api.get(f"/v1/cases/{case['id']}"))["timeline"][-1]


async def form_of(api: Api, case: dict[str, Any], command: str, period: int | None) -> Any:
    address = f"/v1/definitions/{case['edition']}/commands/{command}"
    return await api.get(address, case=case["id"], period=period)


async def _kept(api: Api, case: dict[str, Any], command: str, upload: Any, key: str) -> str:
    """The hash of an upload, kept by the API."""
    address = f"/v1/cases/{case['id']}/documents?kind={_KINDS.get(command, 'attachment')}"
    content = await upload.read()
    # A form that comes back with mistakes may bring another file.
    own = f"{key}-{hashlib.sha256(content).hexdigest()[:16]}"
    headers = {"Idempotency-Key": own, "Content-Type": _BYTES}
    try:
        kept = await api.upload(address, content, headers)
    except NotDone as told:
        # Of an upload the whole body is at fault; of a form, the field in which it was chosen.
        errors = [{**one, "pointer": "/documents"} for one in told.problem.get("errors", ())]
        raise NotDone(told.status, {**told.problem, "errors": errors}) from told
    return str(kept["sha256"])


_BYTES: Final = "application/octet-stream"
_KINDS: Final = {
    "complain": "complaint",
    "enter_proof": "proof",
    "attest_handover": "handover_act",
    "mark_delivered": "handover_act",
}


@router.get("/{reference}/papers/{sha256}")
async def paper(
    request: Request, visit: Visitor, reference: str, sha256: str, form: str = "html"
) -> Response:
    """A paper as it is read, or to keep."""
    api = api_of(request, visit)
    place = f"/v1/cases/{await case_id(api, reference)}/documents/{sha256}"
    try:
        found = await api.raw(place, form=form)
    except NotDone as fault:
        if fault.status != 422:
            raise
        # A signature, or what somebody brought: its bytes are all that there is.
        found = await api.raw(place)
    names = ("content-type", "content-security-policy", "content-disposition", "content-language")
    kept = {name: found.headers[name] for name in names if name in found.headers}
    return Response(found.content, 200, {**kept, "Cache-Control": "no-store"})
