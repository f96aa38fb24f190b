"""Rows of a list that somebody has chosen: they stay the same, whatever the list becomes.

They travel in the page, sealed, so that no server has to remember them and nobody can change them.
"""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, astuple, dataclass, replace
from typing import Any, Final, Self

from fastapi import Request

from api.console.asking import Api, NotDone
from api.console.carried import carry, opened

_CHOSEN: Final = "chosen rows"
# So many questions at once: the machine belongs to others as well.
AT_ONCE: Final = 4
# How often a row is asked for again where too much was asked at once.
TRIES: Final = 5


@dataclass(frozen=True, slots=True)
class ChosenRow:
    """A row as it stood: the piece of work, or the case alone; `version` is that of the case,
    `assignee` who had the work.
    """

    work: str | None
    kind: str | None
    case: str | None
    reference: str | None
    title: str
    version: int | None = None
    assignee: str | None = None

    @classmethod
    def of(cls, line: Mapping[str, Any]) -> Self:
        """From a line of the work list, or of the list of cases."""
        if "waits_for" in line:
            title = line.get("item_label") or line["reference"]
            return cls(None, None, line["id"], line["reference"], title, line["version"])
        assignee = (line["assignee"] or {}).get("person")
        work = (line["id"], line["kind"], line["case"], line["reference"], line["text"])
        return cls(*work, assignee=assignee)

    @property
    def href(self) -> str:
        """Where it is read."""
        return f"/cases/{self.reference}" if self.reference else f"/desks/tasks/{self.work}"


@dataclass(frozen=True, slots=True)
class SeenRow:
    """A chosen row as it stands now: None where the work is done, or the case another's."""

    row: ChosenRow
    task: Mapping[str, Any] | None
    case: Mapping[str, Any] | None

    def choices(self) -> Iterator[tuple[str, Mapping[str, Any], str]]:
        """What may be asked for, by name, and about which piece of work or which case."""
        for one in (self.task or {}).get("may", ()):
            yield one["name"], one, str(self.row.work)
        for one in self.case["you"]["may"] if self.case else ():
            yield one["name"], one, str(self.row.case)

    def choice(self, act: str) -> Mapping[str, Any] | None:
        """What is told of an act: of several periods the first in which it is allowed."""
        found = [one for name, one, _ in self.choices() if name == act]
        return next((one for one in found if one.get("allowed", True)), found[0] if found else None)

    def allows(self, act: str) -> bool:
        """Whether the act may be asked for here."""
        choice = self.choice(act)
        return choice is not None and bool(choice.get("allowed", True))

    def period(self, act: str) -> int | None:
        """Of which period; None: of the whole case."""
        return (self.choice(act) or {}).get("period")

    def stand(self) -> ChosenRow:
        """The row as it stands now."""
        assignee = ((self.task or {}).get("assignee") or {}).get("person")
        version = self.case["version"] if self.case else self.row.version
        return replace(self.row, version=version, assignee=assignee)


@dataclass(frozen=True, slots=True)
class Chosen:
    """The rows that were chosen, and the list that they are of."""

    back: str
    rows: Sequence[ChosenRow]

    def sealed(self, request: Request) -> str:
        """As a page carries them."""
        return carry(
            request.app.state.parts,
            _CHOSEN,
            {"back": self.back, "rows": [astuple(one) for one in self.rows]},
        )

    @classmethod
    def opened(cls, request: Request, sealed: str) -> Self | None:
        """From a page; None for what no page of ours has carried."""
        told = opened(request.app.state.parts, _CHOSEN, sealed)
        return told and cls(told["back"], [ChosenRow(*one) for one in told["rows"]])


@dataclass(frozen=True, slots=True)
class TriedAct:
    """What was tried and is to be done: for each row the very words that were tried."""

    id: str
    act: str
    back: str
    rows: Sequence[tuple[ChosenRow, Mapping[str, Any]]]

    def sealed(self, request: Request) -> str:
        """As a page carries it."""
        return carry(request.app.state.parts, _CHOSEN, asdict(self))

    @classmethod
    def opened(cls, request: Request, sealed: str) -> Self | None:
        """From a page; None for what no page of ours has carried."""
        told = opened(request.app.state.parts, _CHOSEN, sealed)
        if told is None:
            return None
        rows = [(ChosenRow(**row), body) for row, body in told["rows"]]
        return cls(told["id"], told["act"], told["back"], rows)


async def look(api: Api, rows: Sequence[ChosenRow]) -> list[SeenRow]:
    """The rows as they stand now, with the version from which what follows is reckoned."""
    beside = await _beside_cases(api, rows)
    places = asyncio.Semaphore(AT_ONCE)

    async def one(row: ChosenRow) -> SeenRow:
        async with places:
            task = beside.get(row.work) if row.case is None else await _task(api, row)
            case = await _or_none(api, f"/v1/cases/{row.case}", may="all") if row.case else None
        return SeenRow(row, task, case)

    seen = await asyncio.gather(*(one(row) for row in rows))
    return [s if s.row.version else replace(s, row=s.stand()) for s in seen]


async def _task(api: Api, row: ChosenRow) -> Mapping[str, Any] | None:
    return await _or_none(api, f"/v1/tasks/{row.work}") if row.work else None


async def _beside_cases(api: Api, rows: Sequence[ChosenRow]) -> dict[str | None, Mapping[str, Any]]:
    """Work on desks beside cases, as the list has it: by its id each tells the desk's own acts."""
    kinds = {one.kind for one in rows if one.case is None}
    found: dict[str | None, Mapping[str, Any]] = {}
    for kind in kinds:
        part = await api.get("/v1/tasks", kind=kind, limit=200)
        found |= {one["id"]: one for one in part["tasks"]}
    return found


async def _or_none(api: Api, path: str, **query: Any) -> Any:
    try:
        return await patiently(api.get, path, **query)
    except NotDone as told:
        if told.status == 404:
            return None
        raise


async def patiently(ask: Any, *said: Any, **query: Any) -> Any:
    """Ask, and ask again a little later where too much was asked at once."""
    for number in range(TRIES):
        try:
            return await ask(*said, **query)
        except NotDone as told:
            if told.status != 429 or number == TRIES - 1:
                raise
        await asyncio.sleep(1)
    raise AssertionError("the last try returns or raises")
