"""What administrators need: what is stuck and how it gets going again, and who did what."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Any, Final
from urllib.parse import urlencode
from uuid import uuid4

from fastapi import APIRouter, Form, Query, Request
from starlette.responses import Response

from api.console.asking import NotDone, api_of
from api.console.cases import case_id
from api.console.look import in_words, language_of, page
from api.console.visits import Visit, Visitor, prove_fresh, prove_same_house
from api.language import labels
from api.problems import Problem
from definitions.wording import codes

router = APIRouter(include_in_schema=False)
# Acts on one case that change nothing of what was recorded.
SAFE: Final = ("replay", "retry", "rebuild", "restart")
# Writes tables anew from the events, which a rebuild has found to be otherwise.
APPLY: Final = "apply"
# Who only read something is told to nobody here.
READING: Final = ("person_read", "delivery_read", "document_read", "read_report")
AT_ONCE: Final = 200
RESTART_STEPS: Final = 1_000


@router.get("/stuck")
async def stuck(request: Request, visit: Visitor) -> Response:
    """What does not go on by itself, by cause; and how each question was answered."""
    api = api_of(request, visit)
    found = await api.get("/v1/operations/stuck")
    shown = {"found": found, "groups": groups_of(found["stuck"]), "key": uuid4()}
    return page(request, visit, "stuck.html", **shown)


@dataclass(frozen=True)
class StuckGroup:
    """What one cause holds up: the same step, ended by the same error. The oldest stands first.

    `cases` has all steps of a case together; `acts` can be done to each of them.
    """

    first: dict[str, Any]
    cases: list[list[dict[str, Any]]]

    @property
    def error(self) -> str | None:
        """The kind of failure, by its name in the program."""
        return self._told("last_error", "error", "cause")

    @property
    def step(self) -> str | None:
        """What was being done: an effect, a task or a term."""
        return self._told("kind_label", "task_label", "term_label")

    def _told(self, *names: str) -> str | None:
        found = (self.first["detail"].get(name) for name in names)
        return next((str(one) for one in found if one), None)

    @property
    def acts(self) -> list[dict[str, Any]]:
        return [one for one in self.first["remedies"] if one["name"] in SAFE]

    def helped_by(self, remedy: str) -> bool:
        return any(one["name"] == remedy for one in self.first["remedies"])


def groups_of(stuck: Iterable[dict[str, Any]]) -> list[StuckGroup]:
    """By cause, step and error; of each the cases, the oldest first."""
    found: dict[tuple[Any, ...], dict[str, list[dict[str, Any]]]] = {}
    for one in sorted(stuck, key=lambda one: (one["cause"], one["since"])):
        single = StuckGroup(one, [])
        of = one["case_id"] or one["intake_task"] or one["treasury_report"]
        cases = found.setdefault((one["cause"], single.step, single.error), {})
        cases.setdefault(of, []).append(one)
    return [
        StuckGroup(next(iter(cases.values()))[0], [*cases.values()]) for cases in found.values()
    ]


@router.post("/stuck")
async def help_them(
    request: Request,
    visit: Visitor,
    kind: Annotated[str, Form()],
    reference: Annotated[list[str], Form(max_length=AT_ONCE)],
    key: Annotated[str, Form()] = "",
) -> Response:
    """Do one safe act to each of these cases, as they stood in the list, and say what came of it.

    What cannot be done to one of them stops nothing for the others.
    """
    prove_same_house(request)
    if kind not in (*SAFE, APPLY):
        raise Problem("not_found")
    asked = {"kind": "rebuild", "apply": True} if kind == APPLY else {"kind": kind}
    api = api_of(request, visit)
    told: list[tuple[str, Any, Any]] = []
    for one in reference:
        try:
            body = {**asked, "case": await case_id(api, one)}
            under = f"{key or uuid4()}-{kind}-{one}"
            told.append((one, await api.send("POST", "/v1/operations", body, under), None))
        except NotDone as fault:
            if fault.status == 403:
                raise  # nothing on this page is for who asks
            told.append((one, None, fault.problem))
        except Problem as unknown:
            told.append((one, None, in_words(request, unknown)))
    return page(request, visit, "helped.html", kind=kind, told=told, key=uuid4())


@router.post("/stuck/restart")
async def restart_all(
    request: Request,
    visit: Visitor,
    sure: Annotated[str, Form()] = "",
    key: Annotated[str, Form()] = "",
) -> Response:
    """Every open case goes on from its file, part by part; it takes a mark and a fresh sign-in."""
    prove_same_house(request)
    prove_fresh(visit)
    if not sure:
        raise Problem("not_allowed")
    api = api_of(request, visit)
    counts = {"checked": 0, "failed": 0, "own": 0}
    body: dict[str, Any] = {"kind": "restart", "limit": AT_ONCE}
    for step in range(RESTART_STEPS):
        told = await api.send("POST", "/v1/operations", body, f"{key or uuid4()}-{step}")
        counts["checked"] += told["checked"]
        counts["failed"] += len(told["failed"])
        counts["own"] += len(told["own"])
        if told["next"] is None:
            break
        body = {**body, "after": told["next"]}
    return page(request, visit, "helped.html", kind="restart_all", told=counts)


@router.get("/stuck/{reference}/reset")
async def reset(request: Request, visit: Visitor, reference: str) -> Response:
    """Where a case may be taken back to, and what was proposed."""
    return await _reset(request, visit, reference)


@router.post("/stuck/{reference}/reset")
async def take_back(
    request: Request,
    visit: Visitor,
    reference: str,
    act: Annotated[str, Form()],
    to_seq: Annotated[int, Form(ge=0, le=1_000_000)] = 0,
    proposal: Annotated[str, Form()] = "",
    key: Annotated[str, Form()] = "",
) -> Response:
    """Show what it would do, propose it, or approve as the second what another proposed."""
    prove_same_house(request)
    api = api_of(request, visit)
    body: dict[str, Any] = {"case": await case_id(api, reference)}
    if act == "approve":
        body |= {"kind": "approve_reset", "reset": proposal}
    else:
        body |= {"kind": "reset", "to_seq": to_seq, "dry_run": act != "propose"}
    if act in ("approve", "propose"):
        prove_fresh(visit)
    try:
        told = await api.send("POST", "/v1/operations", body, f"{key or uuid4()}-{act}")
    except NotDone as fault:
        return await _reset(request, visit, reference, to_seq, fault=fault)
    return await _reset(request, visit, reference, to_seq, told)


async def _reset(
    request: Request,
    visit: Visit,
    reference: str,
    to_seq: int | None = None,
    report: Any = None,
    fault: NotDone | None = None,
) -> Response:
    api = api_of(request, visit)
    found = await api.get(f"/v1/cases/{await case_id(api, reference)}/inspection")
    shown = {
        "reference": reference,
        "found": found,
        "report": report,
        "told": fault.problem if fault else None,
        "to_seq": found["seq"] if to_seq is None else to_seq,
        "key": uuid4(),
        "me": await api.me(),
    }
    return page(request, visit, "reset.html", status=fault.status if fault else 200, **shown)


@router.get("/operations")
async def operations(
    request: Request,
    visit: Visitor,
    case: Annotated[str, Query(max_length=20)] = "",
    official: Annotated[str, Query(max_length=40)] = "",
    action: Annotated[str, Query(max_length=40)] = "",
    day: Annotated[str, Query(max_length=10)] = "",
    after: Annotated[str, Query(max_length=40)] = "",
) -> Response:
    """Who did which operation, the newest first: of one case, official, kind or day."""
    api, told = api_of(request, visit), None
    asked = {"official": official, "action": action, "day": day}
    try:
        id_ = await case_id(api, case.strip()) if case.strip() else ""
        found = await api.get("/v1/operations", case=id_, after=after, **asked)
    except (NotDone, Problem) as fault:
        if isinstance(fault, NotDone) and fault.status == 403:
            raise  # nothing on this page is for who asks
        found = {"operations": [], "after": None}
        told = fault.problem if isinstance(fault, NotDone) else in_words(request, fault)
    filters = {"case": case, **{name: value for name, value in asked.items() if value}}
    shown: dict[str, Any] = {
        "found": found,
        "asked": {"case": case, **asked},
        "told": told,
        "actions": _actions(language_of(request)),
        "link": lambda **more: f"/operations?{urlencode({**filters, **more})}",
    }
    status = told["status"] if told else 200
    return page(request, visit, "operations.html", status=status, **shown)


def _actions(language: str) -> list[tuple[str, str]]:
    """Every kind of operation that is listed, in the order of its words."""
    known = (one.removeprefix("label.operation.") for one in codes("label.operation"))
    told = ((labels("label.operation", one)[language], one) for one in known if one not in READING)
    return sorted(told)


@router.get("/people")
async def people(request: Request, visit: Visitor) -> Response:
    """Who sits at which desk: heads of authorities, chairs of commissions."""
    found = await api_of(request, visit).get("/v1/authorities")
    return page(request, visit, "people.html", found=found)
