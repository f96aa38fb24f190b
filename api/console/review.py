"""The review of an application as a checklist, and the steps of a refusal."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import uuid4

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from api.console.asking import NotDone, api_of
from api.console.cases import case_of, form_of, last_events
from api.console.forms import Field, drawn, faults_of, said, typed
from api.console.look import page, trail_of
from api.console.visits import Visit, Visitor, prove_same_house
from api.console.work import walk_of
from api.problems import Problem
from domain.terms.counting import local_day

router = APIRouter(prefix="/cases", include_in_schema=False)
DECIDING: Final = (
    *("approve", "return_application", "return_unremedied", "intend_refusal", "refuse"),
    *("answer_objection", "withdraw_intention", "withdraw_approval", "extend_review"),
)
INTENDS: Final = "intend_refusal"
STEPS: Final = ("ground", "letter", "hearing", "decision")
# What the first of two has done, until the second decides.
FIRST_OF_TWO: Final = ("approved_first", "return_proposed", "refusal_proposed")


@dataclass(frozen=True, slots=True)
class Requirement:
    """One line of the checklist: `met` is `yes`, `no` or `unknown`; `why` names its text."""

    code: str
    met: str
    why: str
    facts: Mapping[str, Any]


@router.get("/{reference}/review")
async def review(request: Request, visit: Visitor, reference: str) -> Response:
    """What the application has to be, what of it is so, and what may be decided."""
    api = api_of(request, visit)
    case = await case_of(api, reference, may="all")
    me = await api.me()
    period = _reviewed(case)
    events = await last_events(api, case)
    shown: dict[str, Any] = {
        "period": period,
        "requirements": list(_requirements(case, period, me, local_day(visit.now)))
        if period
        else [],
        "signatures": list(_signatures(period, events)) if period else [],
        "first": _first(period, events) if period else None,
        "acts": _acts(case),
        "me": me,
    }
    walk = await walk_of(request, api)
    return page(request, visit, "review.html", case=case, walk=walk, **shown)


@router.get("/{reference}/refuse")
async def refuse(request: Request, visit: Visitor, reference: str) -> Response:
    """The steps of a refusal: ground, letter, hearing, decision; where this one stands."""
    api = api_of(request, visit)
    case = await case_of(api, reference, may="all")
    return await _steps(request, visit, case)


@router.post("/{reference}/refuse")
async def intend(request: Request, visit: Visitor, reference: str) -> Response:
    """First the letter as both languages have it; then, in the same words, let it go out."""
    prove_same_house(request)
    api = api_of(request, visit)
    case = await case_of(api, reference, may="all")
    period = _reviewed(case)
    if period is None:
        raise Problem("not_found")
    schema = await form_of(api, case, INTENDS, period["number"])
    async with request.form() as form:
        body = {"command": INTENDS, "period": period["number"], **said(schema, form)}
        given = {"schema": schema, "typed": typed(form), "key": form.get("key") or uuid4()}
        try:
            if not form.get("send"):
                wanted = {"draft": "notice", "asked": body}
                path = f"/v1/cases/{case['id']}/drafts"
                letters = await api.send("POST", path, wanted, str(uuid4()))
                return await _steps(request, visit, case, letters=letters, **given)
            path = f"/v1/cases/{case['id']}/commands"
            await api.send("POST", path, body, str(given["key"]))
        except NotDone as told:
            given |= {"key": told.key_after(str(given["key"])), "told": told}
            return await _steps(request, visit, case, **given)
    trail = trail_of(request)
    return RedirectResponse(f"/cases/{reference}/refuse{'?' if trail else ''}{trail}", 303)


async def _steps(
    request: Request, visit: Visit, case: dict[str, Any], letters: Any = None, **given: Any
) -> Response:
    """The page of the step at which a refusal stands, or at which somebody prepares it."""
    period, acts = _reviewed(case), {one["name"]: one for one in _acts(case)}
    allowed = {name for name, one in acts.items() if one.get("allowed", True)}
    if period and period["hearing"]:
        step = "decision" if "refuse" in allowed else "hearing"
    else:
        step = "letter" if letters else "ground"
    fields: tuple[Field, ...] = ()
    told: NotDone | None = given.get("told")
    if period and step in ("ground", "letter") and INTENDS in allowed:
        api = api_of(request, visit)
        schema = given.get("schema") or await form_of(api, case, INTENDS, period["number"])
        faults = faults_of(told.problem) if told else {}
        faults = {name.removeprefix("asked."): one for name, one in faults.items()}
        fields = tuple(
            one for one in drawn(schema, given.get("typed"), faults) if one.kind != "files"
        )
    shown: dict[str, Any] = {
        "case": case,
        "period": period,
        "acts": acts,
        "allowed": allowed,
        "step": step,
    }
    shown |= {"steps": STEPS, "fields": fields, "letters": letters}
    shown |= {"key": given.get("key") or uuid4(), "told": told.problem if told else None}
    status = told.status if told else 200
    return page(request, visit, "refuse.html", status=status, **shown)


def _acts(case: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The decisions on an application, also those that are not allowed now, and why."""
    found = [{"allowed": True, **one} for one in case["you"]["may"] if one["name"] in DECIDING]
    return sorted(found, key=lambda one: DECIDING.index(one["name"]))


def _reviewed(case: Mapping[str, Any]) -> dict[str, Any] | None:
    """The period whose application lies before the caseworkers."""
    found = [one for one in case["periods"] if one["status"] == "under_review"]
    return next((one for one in found if one["application"] and one["order"]), None)


def _requirements(
    case: Mapping[str, Any], period: Mapping[str, Any], me: Mapping[str, Any], today: date
) -> Iterator[Requirement]:
    application, order = period["application"], period["order"]
    labels = dict(zip(application["required"], application["required_labels"], strict=True))
    lacking = [
        labels[one] for one in application["required"] if one not in application["signed_by"]
    ]
    why = "lacking" if lacking else "verified_signature"
    yield Requirement("signed", _met(not lacking), why, {"who": ", ".join(lacking)})
    named = any(one["kind"] == "account" for one in case["documents"])
    yield Requirement("account", _met(named), "account_named" if named else "no_account", {})
    accepted = (period["delivery"] or {}).get("accepted") or 0
    asked = {"asked": application["quantity"], "accepted": accepted}
    yield Requirement("quantity", _met(accepted >= asked["asked"]), "accepted_of", asked)
    most = order["unit_sum"] * application["quantity"]
    sums = {"amount": application["amount"], "most": most}
    yield Requirement("sum", _met(sums["amount"] <= most), "amount_of", sums)
    yield _authority(me)
    yield from _term(case, period, today)
    yield _nothing_open(period)


def _authority(me: Mapping[str, Any]) -> Requirement:
    if me["authority"] is None:
        return Requirement("authority", "unknown", "not_your_authority", {})
    able = me["authority"]["can_pay"]
    return Requirement("authority", _met(able), "pays_itself" if able else "cannot_pay", {})


def _term(case: Mapping[str, Any], period: Mapping[str, Any], today: date) -> Iterator[Requirement]:
    for one in case["deadlines"]:
        if one["term"] == "review" and one["period"] == period["number"]:
            in_time = one["last_day"] >= today.isoformat()
            yield Requirement("term", _met(in_time), "last_day", {"day": one["last_day"]})


def _nothing_open(period: Mapping[str, Any]) -> Requirement:
    if period["hearing"]:
        return Requirement("nothing_open", "no", "hearing_runs", {})
    if period["contests"] or period["corrections"]:
        return Requirement("nothing_open", "no", "hearing_or_contest", {})
    return Requirement("nothing_open", "yes", "nothing_against", {})


def _met(so: object) -> str:
    return "yes" if so else "no"


def _signatures(
    period: Mapping[str, Any], events: Sequence[Mapping[str, Any]]
) -> Iterator[Mapping[str, Any]]:
    """Who signed the application, and when: from the events that brought the signatures."""
    seen = set[str]()
    for event in events:
        if event["period"] != period["number"]:
            continue
        for one in event["documents"]:
            if one["kind"] == "signature" and one["by"] and one["href"] not in seen:
                seen.add(one["href"])
                if one["by"] == event["actor"]["role"] and one["by"] not in seen:
                    seen.add(one["by"])
                    yield {"who": one["by_label"], "at": event["at"]}


def _first(
    period: Mapping[str, Any], events: Sequence[Mapping[str, Any]]
) -> Mapping[str, Any] | None:
    """What the first of two decided, while the second has not."""
    for event in sorted(events, key=lambda one: int(one["seq"]), reverse=True):
        if event["period"] != period["number"]:
            continue
        if event["type"] in FIRST_OF_TWO:
            return event
        if event["to"]:
            return None
    return None
