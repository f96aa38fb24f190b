"""Pictures of the way of a case, in the units in which SVG draws them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from textwrap import wrap
from typing import Any, Final

# The strip of a case page: how wide it is, where its line lies, about how large a letter is.
STRIP, EDGE, LEVEL, LETTER, LINE = 1100, 100, 95, 9, 17
MOST_ON_STRIP: Final = 4
# What can follow stands below it in columns of so many letters.
COLUMNS, IN_COLUMN = 3, 38
# The map: columns of boxes, and rows as high as three lines.
WIDE, HIGH, BETWEEN, ROW = 216, 62, 76, 82
LETTERS: Final = 22
MOST_LINES: Final = 3


@dataclass(frozen=True, slots=True)
class Stop:
    """A status on the way: `been`, `here`, or `ahead`; since when, where it is known."""

    status: str
    label: str
    place: str
    since: str | None = None


@dataclass(frozen=True, slots=True)
class NextStatus:
    """What can follow: by which acts, and whose they are."""

    status: str
    label: str
    acts: list[Mapping[str, Any]] = field(default_factory=list)

    @property
    def who(self) -> list[str]:
        """Whose the acts may be, each once."""
        return list(dict.fromkeys(who for act in self.acts for who in act["by_labels"]))


@dataclass(frozen=True, slots=True)
class CaseWay:
    """The way of a case: stops that were, the present one, those ahead; and what can follow."""

    stops: list[Stop]
    turns: list[NextStatus]
    folded: int = 0


@dataclass(frozen=True, slots=True)
class Words:
    """A line of text, and whether it begins, ends or is in the middle at its place."""

    text: str
    x: int
    y: int
    anchor: str = "start"


@dataclass(frozen=True, slots=True)
class Station:
    """A stop on the strip, with its words above or below the line."""

    place: str
    x: int
    words: list[Words]


@dataclass(frozen=True, slots=True)
class Strip:
    """The way from left to right; `branches` are paths to what can follow, `turns` its words."""

    width: int
    height: int
    level: int
    stations: list[Station]
    branches: list[str]
    turns: list[Words]

    @property
    def lines(self) -> list[tuple[int, int, str]]:
        """From where to where the line goes, and whether that was or lies ahead."""
        pairs = pairwise(self.stations)
        return [(a.x, b.x, "ahead" if b.place == "ahead" else "taken") for a, b in pairs]


def strip(way: CaseWay) -> Strip:
    """Words stand above and below by turns, so that each has twice the room."""
    here = next(place for place, one in enumerate(way.stops) if one.place == "here")
    step = (STRIP - 2 * EDGE) // max(len(way.stops) - 1, 1)
    letters = min(max(2 * step // LETTER - 2, 12), 22)
    stations = []
    for place, one in enumerate(way.stops):
        lines = wrap(one.label, letters)[:MOST_ON_STRIP]
        above = (place - here) % 2 == 0
        top = LEVEL - 1 - LINE * len(lines) if above else LEVEL + 30
        x = EDGE + place * step
        words = [Words(line, x, top + n * LINE, "middle") for n, line in enumerate(lines)]
        stations.append(Station(one.place, x, words))
    branches, turns = _hanging(stations[here].x, way.turns)
    lowest = max((one.y for one in turns), default=LEVEL + 86)
    return Strip(STRIP, lowest + 14, LEVEL, stations, branches, turns)


def _hanging(x: int, turns: list[NextStatus]) -> tuple[list[str], list[Words]]:
    """What can follow hangs below the present stop, in as many columns as there is room for."""
    rows = -(-len(turns) // COLUMNS)
    bus, paths, words = LEVEL + 100, [], []
    for column in range(COLUMNS):
        left, y, last = column * STRIP // COLUMNS + 8, bus + 24, bus
        for turn in turns[column * rows : (column + 1) * rows]:
            paths.append(f"M{left} {y - 5}L{left + 16} {y - 5}")
            last = y - 5
            for line in wrap(turn.label, IN_COLUMN)[:2]:
                words.append(Words(line, left + 22, y))
                y += LINE
            y += 8
        if last > bus:
            paths.append(f"M{x} {bus}L{left} {bus}L{left} {last}")
    if paths:
        paths.append(f"M{x} {LEVEL + 10}L{x} {bus}")
    return paths, words


@dataclass(frozen=True, slots=True)
class MapBox:
    """A status on the picture; `mark` is how it stands to the case: been, here, next, or other."""

    status: str
    lines: list[str]
    mark: str
    x: int
    y: int


@dataclass(frozen=True, slots=True)
class MapLine:
    """A way from one status to another, as SVG draws it: taken, next, or known."""

    between: tuple[str, str]
    path: str
    mark: str


@dataclass(frozen=True, slots=True)
class Picture:
    """The map as it is drawn."""

    width: int
    height: int
    boxes: list[MapBox]
    lines: list[MapLine]


def drawn(law: Mapping[str, Any], way: CaseWay) -> Picture:
    """The straight way from top to bottom, and beside each status what turns off there first."""
    places = dict(_places(law))
    marks = {turn.status: "next" for turn in way.turns}
    marks |= {one.status: one.place for one in way.stops if one.place == "been"}
    marks |= {one.status: one.place for one in way.stops if one.place == "here"}
    boxes = []
    for one in law["statuses"]:
        column, row = places[one["status"]]
        words = wrap(one["status_label"], LETTERS)[:MOST_LINES]
        mark = marks.get(one["status"], "other")
        x, y = column * (WIDE + BETWEEN) + BETWEEN, row * ROW + 10
        boxes.append(MapBox(one["status"], words, mark, x, y))
    columns = max(column for column, _ in places.values()) + 1
    rows = max(row for _, row in places.values()) + 1
    at = {one.status: one for one in boxes}
    steps = set(pairwise(law["straight"]))
    lines = [
        _line(at[a], at[b], mark, direct=(a, b) in steps)
        for (a, b), mark in _ways(law, way, places).items()
    ]
    return Picture(columns * (WIDE + BETWEEN) + BETWEEN, rows * ROW + 10, boxes, lines)


def _places(law: Mapping[str, Any]) -> Iterator[tuple[str, tuple[int, int]]]:
    """Column and row of each status: what turns off the straight way stands beside it."""
    straight, owners = law["straight"], _owners(law)
    codes = [one["status"] for one in law["statuses"]]
    row = 0
    for one in [
        *straight,
        *(code for code in codes if code not in owners and code not in straight),
    ]:
        yield one, (0, row)
        beside = [code for code in codes if owners.get(code) == one]
        used = row
        for two in beside:
            yield two, (1, used)
            last = [code for code in codes if owners.get(code) == two]
            yield from ((three, (2, used + place)) for place, three in enumerate(last))
            used += max(len(last), 1)
        row = max(used, row + 1)


def _owners(law: Mapping[str, Any]) -> dict[str, str]:
    """Of each status beside the straight way, where it is reached from first: two steps at most."""
    straight = law["straight"]
    found: dict[str, str] = {}
    for from_ in (straight, None):
        known = from_ or list(found)
        for status in known:
            for one in law["moves"]:
                if one["status"] == status and one["to"] not in (*straight, *found):
                    found[one["to"]] = status
    return found


def _ways(
    law: Mapping[str, Any], way: CaseWay, places: Mapping[str, Any]
) -> dict[tuple[str, str], str]:
    """Which boxes are joined, and how: what was taken covers what can follow and what is known."""
    owners = _owners(law)
    joined = dict.fromkeys(pairwise(law["straight"]), "known")
    joined |= {(owner, status): "known" for status, owner in owners.items()}
    here = next(one for one in way.stops if one.place == "here").status
    joined |= {(here, turn.status): "next" for turn in way.turns if turn.status != here}
    taken = [one.status for one in way.stops if one.place in ("been", "here")]
    joined |= {two: "taken" for two in pairwise(taken) if two[0] != two[1]}
    return {two: mark for two, mark in joined.items() if set(two) <= places.keys()}


def _line(begin: MapBox, end: MapBox, mark: str, *, direct: bool) -> MapLine:
    """A curve from the side of a box where the other one is; between neighbours a straight line."""
    middle, between = HIGH // 2, (begin.status, end.status)
    if direct:
        x = begin.x + WIDE // 2
        return MapLine(between, f"M{x} {begin.y + HIGH}L{x} {end.y}", mark)
    if begin.x == end.x:
        # Back, or over others, outside the column.
        x, bend = begin.x, 58
        path = f"M{x} {begin.y + middle}C{x - bend} {begin.y + middle},"
        back = f"{path}{x - bend} {end.y + middle},{x} {end.y + middle}"
        return MapLine(between, back, mark)
    right = end.x > begin.x
    x1 = begin.x + WIDE if right else begin.x
    x2 = end.x if right else end.x + WIDE
    y1, y2 = begin.y + middle + (0 if right else 10), end.y + middle + (0 if right else 10)
    half = (x1 + x2) // 2
    return MapLine(between, f"M{x1} {y1}C{half} {y1},{half} {y2},{x2} {y2}", mark)
