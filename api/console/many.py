"""One act for many rows of a list: what was chosen stays fixed, is tried first, and then done.

Each row has its own result, and none stops the others.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any, Final
from uuid import uuid4

from fastapi import APIRouter, Form, Request
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from api.access import OFFICIALS
from api.console import chosen
from api.console.asking import Api, api_of
from api.console.cases import form_of
from api.console.chosen import Chosen, ChosenRow, SeenRow, TriedAct
from api.console.forms import drawn, said, typed
from api.console.house import local
from api.console.lists import AskedCases, listed_cases
from api.console.look import page
from api.console.trials import Verdict, carry_out, tried
from api.console.visits import Visit, Visitor, prove_same_house
from api.console.work import AskedWork, colleagues_of, listed
from api.problems import Problem

router = APIRouter(prefix="/many", include_in_schema=False)
# Not more than one answer of the API has.
MOST: Final = 200
OF_WORK: Final = ("claim", "assign", "release")
# What is said of many cases in the same words; what is about one person is said of that one.
OF_CASES: Final = frozenset(
    (
        *("escalate", "answer_escalation", "take_note", "extend_term", "extend_review"),
        *("pause", "resume", "retry_payment", "move"),
    )
)
# What a page of many rows says, unless it has reached that step.
NOTHING: Final[Mapping[str, Any]] = {
    **{"acts": (), "act": None, "fields": (), "given": {}, "people": {}, "verdicts": ()},
    **{"plan": None, "counted": None, "told": None},
}


def _check(request: Request, visit: Visit) -> None:
    """Only officials have lists in which many rows wait for the same."""
    prove_same_house(request)
    if visit.role not in OFFICIALS:
        raise Problem("not_allowed")


@router.get("")
async def begin() -> Response:
    """Rows are chosen in a list."""
    return RedirectResponse("/work", 303)


@router.post("")
async def choose(
    request: Request,
    visit: Visitor,
    of: Annotated[str, Form(max_length=10)] = "work",
    filters: Annotated[str, Form(alias="list", max_length=1000)] = "",
    row: Annotated[list[str] | None, Form()] = None,
    all_: Annotated[str, Form(alias="all", max_length=5)] = "",
    counted: Annotated[int, Form(ge=0)] = 0,
) -> Response:
    """The rows that were ticked, or all that are counted; which acts are possible for them."""
    _check(request, visit)
    api = api_of(request, visit)
    ticked = None if all_ else frozenset(row or ())
    found, back = await _rows(api, of, filters, ticked)
    if not found:
        return page(request, visit, "many.html", status=422, **_shown("none", Chosen(back, [])))
    seen = await chosen.look(api, [ChosenRow.of(one) for one in found])
    held = Chosen(back, [one.row for one in seen])
    shown = _shown("choose", held, request, acts=list(_acts(seen)))
    if all_ and counted != len(held.rows):
        shown["counted"] = counted
    return page(request, visit, "many.html", **shown)


async def _rows(
    api: Api, of: str, filters: str, ticked: frozenset[str] | None
) -> tuple[list[Mapping[str, Any]], str]:
    """Rows of a list as it is now: those that are ticked, or (None) all from its beginning."""
    part: dict[str, Any] = {} if ticked is not None else {"limit": MOST}
    lines: Sequence[Mapping[str, Any]]
    if of == "cases":
        wanted = AskedCases.read(filters)
        back = wanted.with_(after=wanted.after)
        lines = (await listed_cases(api, wanted if part == {} else wanted.whole(), **part))["cases"]
    else:
        asked = AskedWork.read(filters)
        back = asked.with_(after=asked.after)
        lines = (await listed(api, asked if part == {} else asked.whole(), **part))["tasks"]
    return [one for one in lines if ticked is None or one["id"] in ticked], back


def _acts(seen: Iterable[SeenRow]) -> Iterable[tuple[str, str, int]]:
    """What is allowed for at least one row: its name, its label, for how many."""
    labels: dict[str, str] = {}
    counts: dict[str, set[str]] = {}
    for one in seen:
        for name, choice, about in one.choices():
            if (name in OF_WORK or name in OF_CASES) and choice.get("allowed", True):
                labels[name] = choice["label"]
                counts.setdefault(name, set()).add(about)
    for name in sorted(counts, key=lambda name: (name not in OF_WORK, -len(counts[name]), name)):
        yield name, labels[name], len(counts[name])


def _shown(stage: str, held: Chosen, request: Request | None = None, **more: Any) -> dict[str, Any]:
    """All that a page of many rows shows."""
    kept = held.sealed(request) if request is not None else ""
    told = {**NOTHING, "stage": stage, "back": held.back, "rows": held.rows, "kept": kept}
    return {**told, **more}


@router.post("/try")
async def attempt(
    request: Request,
    visit: Visitor,
    kept: Annotated[str, Form()] = "",
    act: Annotated[str, Form(max_length=64)] = "",
) -> Response:
    """What the act asks for; and once that is said, what would become of each row."""
    _check(request, visit)
    held = Chosen.opened(request, kept)
    if held is None or not act:
        raise Problem("not_found")
    api = api_of(request, visit)
    seen = await chosen.look(api, held.rows)
    async with request.form() as form:
        if act in OF_WORK:
            return await _of_work(request, visit, held, seen, act, form)
        return await _of_cases(request, visit, held, seen, act, form)


async def _of_work(
    request: Request, visit: Visit, held: Chosen, seen: list[SeenRow], act: str, form: FormData
) -> Response:
    person = str(form.get("person", ""))
    if act == "assign" and not person:
        people = await colleagues_of(api_of(request, visit))
        shown = _shown("form", held, request, act=act, people=people)
        return page(request, visit, "many.html", **shown)
    body = {"act": act, **({"person": person} if act == "assign" else {})}
    verdicts = [Verdict.of_work(one, act) for one in seen]
    return _tried(request, visit, held, act, verdicts, {one.row.work: body for one in seen})


async def _of_cases(
    request: Request, visit: Visit, held: Chosen, seen: list[SeenRow], act: str, form: FormData
) -> Response:
    """A command: asked for with the same words in each case whose form is the same."""
    api = api_of(request, visit)
    allowed = next((one for one in seen if one.allows(act)), None)
    if allowed is None or act not in OF_CASES:
        raise Problem("not_found")
    schema = await form_of(api, dict(allowed.case or {}), act, allowed.period(act))
    fields = [one for one in drawn(schema, typed(form)) if one.kind != "files"]
    if fields and not form.get("said"):
        shown = _shown("form", held, request, act=act, fields=fields, given=schema)
        return page(request, visit, "many.html", **shown)
    words = said(schema, form)
    verdicts, bodies, fault = await tried(api, seen, act, schema, words, visit.role)
    if fault is not None:
        again = [one for one in drawn(schema, typed(form), fault.faults) if one.kind != "files"]
        shown = _shown("form", held, request, act=act, fields=again, given=schema)
        return page(request, visit, "many.html", status=422, **{**shown, "told": fault.problem})
    return _tried(request, visit, held, act, verdicts, bodies)


def _tried(
    request: Request,
    visit: Visit,
    held: Chosen,
    act: str,
    verdicts: Sequence[Verdict],
    bodies: Mapping[str | None, Mapping[str, Any]],
) -> Response:
    """What would become of each row; nothing is done yet."""
    able = [one for one in verdicts if one.allowed]
    plan = TriedAct(
        str(uuid4()), act, held.back, [(one.seen.stand(), bodies[one.about]) for one in able]
    )
    shown = _shown("tried", held, request, act=act, verdicts=verdicts)
    shown["plan"] = plan.sealed(request) if able else None
    return page(request, visit, "many.html", **shown)


@router.post("/do")
async def do(request: Request, visit: Visitor, plan: Annotated[str, Form()] = "") -> Response:
    """Do it, row by row, each under its own key: pressed twice, nothing is done twice."""
    _check(request, visit)
    held = TriedAct.opened(request, plan)
    if held is None:
        raise Problem("not_found")
    api = api_of(request, visit)
    results = await carry_out(api, held)
    shown = _shown("done", Chosen(local(held.back), [row for row, _ in held.rows]))
    return page(request, visit, "many.html", **{**shown, "act": held.act, "verdicts": results})
