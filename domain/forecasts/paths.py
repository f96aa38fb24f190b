"""Every path that a case can take: which rows come into play, and on which way each end is reached.

The rows are followed as a graph, from the first status on. Selectors that ask the edition alone are
answered by its choices; what a person, a system or a case may say is taken to be said some day.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from heapq import heappop, heappush

from domain.messages import Role
from domain.process import Edition, Process, Row

BEGIN = "none"
# What every measure is meant to come to: its supplier is paid, and it is done.
GOALS = ("paid", "completed")
# What rows ask that only a further period of a measure can have.
FURTHER = "later_period"


@dataclass(frozen=True, slots=True)
class Simulation:
    """`ways` to each end by its code, as the ids of rows; `unused` rows and statuses; `endless`."""

    ways: dict[str, tuple[str, ...]]
    unused: tuple[str, ...]
    endless: tuple[str, ...]


def simulate(process: Process, choices: Mapping[str, bool] | None = None) -> Simulation:
    """Follow every path, of selectors with a choice those that hold."""
    asked = choices or {}
    rows = [row for row in process.rows if all(asked.get(name, True) for name in row.when)]
    reached = _reached(process, rows)
    return Simulation(
        ways={code: way for code, way in reached.items() if process.statuses[code].closed},
        unused=tuple(_unused(process, rows, reached)),
        endless=tuple(code for code in _endless(process, rows) if code in reached),
    )


@dataclass(frozen=True, slots=True)
class StatusMove:
    """What leads from one status into another: a message, and whose it may be."""

    source: str
    to: str
    on: str
    by: tuple[Role, ...]


def moves(process: Process, choices: Mapping[str, bool]) -> tuple[StatusMove, ...]:
    """Every way out of every status that some case may go under these choices."""
    found: dict[tuple[str, str, str], tuple[Role, ...]] = {}
    for (source, on), rows in process.table.items():
        for row in _in_question(rows, choices):
            if row.to is not None and row.to != source:
                known = found.get((source, row.to, on), ())
                found[source, row.to, on] = tuple(dict.fromkeys((*known, *row.by)))
    return tuple(StatusMove(*way, by) for way, by in found.items())


def straight(process: Process, choices: Mapping[str, bool]) -> tuple[str, ...]:
    """The statuses of a first period that nothing turns off its way.

    What may happen at many places, as a complaint, is no step of the way: a step counts by how
    many there are.
    """
    first = moves(process, {**choices, FURTHER: False})
    way: tuple[str, ...] = ("received",)
    for goal in GOALS:
        way = (*way, *_straight_to(goal, way[-1], first))
    return way


def _straight_to(goal: str, begin: str, known: tuple[StatusMove, ...]) -> tuple[str, ...]:
    """The statuses after `begin` up to a goal."""
    places = Counter((one.to, one.on) for one in known)
    ahead: list[tuple[int, tuple[str, ...]]] = [(0, (begin,))]
    passed: set[str] = set()
    while ahead:
        cost, way = heappop(ahead)
        if way[-1] == goal:
            return way[1:]
        if way[-1] in passed:
            continue
        passed.add(way[-1])
        for one in known:
            if one.source == way[-1] and one.to not in passed:
                heappush(ahead, (cost + places[one.to, one.on], (*way, one.to)))
    return ()


def _in_question(rows: tuple[Row, ...], choices: Mapping[str, bool]) -> Iterator[Row]:
    """The rows that may take a message: what an earlier one always takes, no later one does."""
    taken: set[Role] = set()
    for row in rows:
        open_for = set(row.by) - taken
        if not open_for or not all(choices.get(name, True) for name in row.when):
            continue
        yield row
        if all(name in choices for name in row.when):
            taken |= open_for


def choices_of(edition: Edition) -> dict[str, bool]:
    """What the selectors of the process say that ask the edition alone."""
    return {"acceptance_required": edition.acceptance, "funds_checked": edition.funds_check}


def _reached(process: Process, rows: list[Row]) -> dict[str, tuple[str, ...]]:
    """The rows of a shortest way to each status that some way leads to."""
    reached: dict[str, tuple[str, ...]] = {BEGIN: ()}
    # A further period begins by itself, but not before the first one.
    further = [row for row in rows if BEGIN in row.source and row.on == "entered"]
    for known in ([row for row in rows if row not in further], rows):
        _reach(process, known, reached)
    return reached


def _reach(process: Process, rows: list[Row], reached: dict[str, tuple[str, ...]]) -> None:
    ahead = list(reached)
    while ahead:
        status = ahead.pop(0)
        for row in rows:
            if row.to and row.to not in reached and status in process.expand(row.source):
                reached[row.to] = (*reached[status], row.id)
                ahead.append(row.to)


def _unused(process: Process, rows: list[Row], reached: Mapping[str, object]) -> Iterator[str]:
    yield from (f"status {code}" for code in process.statuses if code not in reached)
    followed = {id(row) for row in rows}  # to compare rows by their values takes long
    for row in process.rows:
        if id(row) not in followed or not set(process.expand(row.source)) & reached.keys():
            yield f"row {row.id} ({row.on})"


def _endless(process: Process, rows: list[Row]) -> Iterator[str]:
    """The statuses from which no way leads to a closed one."""
    ways = [(code, row.to) for row in rows if row.to for code in process.expand(row.source)]
    ending = {code for code, status in process.statuses.items() if status.closed}
    while found := {code for code, to in ways if to in ending} - ending:
        ending |= found
    yield from (code for code in process.statuses if code not in ending)
