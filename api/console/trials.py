"""What would become of each chosen row, and what became of it: the word of the API, row by row."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Self

from api.console.asking import Api, NotDone
from api.console.cases import form_of
from api.console.chosen import AT_ONCE, ChosenRow, SeenRow, TriedAct, patiently
from api.console.forms import faults_of

# Who may see beforehand what an act would do and say; administrators go by what is allowed.
FORESEEING: Final = ("caseworker", "commission")
# What is not compared: each case has its own, and uploads are not for many.
_OWN: Final = ("command", "period", "documents")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What would become, or became, of a row: `state` names its text, `lines` say more of it.

    `late` is what somebody did since the row was chosen. `about` is what the act is about.
    """

    seen: SeenRow
    about: str | None
    state: str
    lines: tuple[str, ...] = ()
    late: Mapping[str, Any] | None = None

    @property
    def allowed(self) -> bool:
        return self.state == "would"

    @classmethod
    def of_work(cls, seen: SeenRow, act: str) -> Self:
        """Who has it: the list itself says whether that may be changed."""
        if seen.task is None:
            return cls(seen, seen.row.work, "gone")
        if not seen.allows(act):
            return cls(seen, seen.row.work, "refused", _reasons(seen.choice(act)))
        moved = seen.stand().assignee != seen.row.assignee
        return cls(seen, seen.row.work, "would", late={} if moved else None)


@dataclass(frozen=True, slots=True)
class WrongWords:
    """The words of the form are at fault, and not a row."""

    problem: Mapping[str, Any]

    @property
    def faults(self) -> dict[str, str]:
        """By the name of the field."""
        told = faults_of(self.problem)
        return {name.removeprefix("asked."): one for name, one in told.items()}


Tried = tuple[list[Verdict], dict[str | None, dict[str, Any]], WrongWords | None]


async def tried(
    api: Api,
    seen: Sequence[SeenRow],
    act: str,
    schema: Mapping[str, Any],
    words: Mapping[str, Any],
    role: str,
) -> Tried:
    """A command with the same words in each case; nothing is done. The words, by the case."""
    me = (await api.me())["person"]
    bodies = {one.row.case: _body(act, one.period(act), words) for one in seen}
    faults: list[WrongWords] = []

    async def one(place: int) -> Verdict:
        row = seen[place]
        earlier = any(before.row.case == row.row.case for before in seen[:place])
        if row.row.case is None or row.case is None or earlier:
            why = "twice" if earlier and row.row.case else "gone" if row.row.case else "no_case"
            return Verdict(row, None, why)
        if not row.allows(act):
            return Verdict(row, row.row.case, "refused", _reasons(row.choice(act)))
        if not await _same_form(api, row, act, schema):
            return Verdict(row, row.row.case, "differs")
        late = await _since(api, row.row, row.case["version"], me)
        try:
            told = await _foreseen(api, row, bodies[row.row.case], role)
        except NotDone as fault:
            if fault.status == 422:
                faults.append(WrongWords(fault.problem))
            return Verdict(row, row.row.case, "refused", _reasons(fault.problem))
        return Verdict(row, row.row.case, "would", told, late)

    verdicts = await _each(one, len(seen))
    return verdicts, bodies, faults[0] if faults else None


def _body(act: str, period: int | None, words: Mapping[str, Any]) -> dict[str, Any]:
    return {"command": act, **({} if period is None else {"period": period}), **words}


async def _same_form(api: Api, seen: SeenRow, act: str, schema: Mapping[str, Any]) -> bool:
    """Whether the act asks here for the same as in the case whose form was filled in."""
    assert seen.case is not None
    here = await patiently(form_of, api, dict(seen.case), act, seen.period(act))
    return _asked_in(here) == _asked_in(schema)


def _asked_in(schema: Mapping[str, Any]) -> str:
    properties = {name: one for name, one in schema["properties"].items() if name not in _OWN}
    return json.dumps([properties, sorted(schema.get("required", ()))], sort_keys=True)


async def _foreseen(api: Api, seen: SeenRow, body: Mapping[str, Any], role: str) -> tuple[str, ...]:
    """What the parties would be told. NotDone where the act would be refused."""
    if role not in FORESEEING:
        return ()
    wanted = {"draft": "notice", "asked": body}
    address = f"/v1/cases/{seen.row.case}/drafts"
    letters = await patiently(api.send, "POST", address, wanted, "seen beforehand")
    return tuple(one["label"] for one in letters["notices"])


async def _since(
    api: Api, row: ChosenRow, version: int, me: str | None
) -> Mapping[str, Any] | None:
    """What others did to the case since the row was chosen; None where I went on myself."""
    if row.version is None or version <= row.version:
        return None
    path = f"/v1/cases/{row.case}/events"
    events = (await patiently(api.get, path, after=row.version, limit=200))["events"]
    if any(me is not None and one["actor"].get("person") == me for one in events):
        return None
    return events[-1] if events else None


def _reasons(told: Mapping[str, Any] | None) -> tuple[str, ...]:
    """Why not, in sentences."""
    if told is None:
        return ()
    found = tuple(one["text"] for one in (*told.get("reasons", ()), *told.get("errors", ())))
    return found or tuple(one for one in (told.get("detail"),) if one)


async def carry_out(api: Api, plan: TriedAct) -> list[Verdict]:
    """Do it row by row; a row that others changed since it was tried is left, and says so."""
    me = (await api.me())["person"]

    async def one(place: int) -> Verdict:
        row, body = plan.rows[place]
        key = f"{plan.id}-{place}"
        try:
            if "act" in body:
                return await _worked(api, row, body, key)
            return await _commanded(api, row, body, key, me)
        except NotDone as told:
            state = "gone" if told.status == 404 else "refused"
            return Verdict(SeenRow(row, None, None), row.case, state, _reasons(told.problem))

    return await _each(one, len(plan.rows))


async def _worked(api: Api, row: ChosenRow, body: Mapping[str, Any], key: str) -> Verdict:
    path = f"/v1/tasks/{row.work}"
    await patiently(api.send, "PATCH", path, body, key)
    return Verdict(SeenRow(row, None, None), row.work, "done")


async def _commanded(
    api: Api, row: ChosenRow, body: Mapping[str, Any], key: str, me: str | None
) -> Verdict:
    seen = SeenRow(row, None, None)
    lines = (await patiently(api.get, "/v1/cases", reference=row.reference))["cases"]
    if not lines:
        return Verdict(seen, row.case, "gone")
    late = await _since(api, row, lines[0]["version"], me)
    if late is not None:
        return Verdict(seen, row.case, "changed", late=late)
    told = await patiently(api.send, "POST", f"/v1/cases/{row.case}/commands", body, key)
    # Without an answer it is done, and the case is another's from now on.
    lines = (told["next"]["text"],) if told and told.get("next") else ()
    return Verdict(seen, row.case, "done", lines)


async def _each(one: Callable[[int], Awaitable[Verdict]], count: int) -> list[Verdict]:
    places = asyncio.Semaphore(AT_ONCE)

    async def bounded(place: int) -> Verdict:
        async with places:
            return await one(place)

    return list(await asyncio.gather(*(bounded(place) for place in range(count))))
