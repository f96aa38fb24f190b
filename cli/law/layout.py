"""Where the boxes and arrows of the process stand: layered, deterministic, in pixels.

Open statuses are layers from top to bottom, each with a band of its own, so that what leaves it
sideways meets no other box. Closed ones stand in a column on the right, beside those they come
from. An arrow to the next layer is straight; every other goes through a lane beside the boxes,
which all arrows to the same status share. Lanes whose spans do not meet share a place.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

BOX_WIDTH, CLOSED_WIDTH = 340, 250
GRID = 18  # of the ports; those of closed statuses lie between, so that no two lines coincide
LABELS = 76  # beside a box, for the ids of rows
LANE = 16
MARGIN = 24
GAP, GROUP_GAP = 3 * GRID, 5 * GRID

Point = tuple[int, int]
Edge = tuple[str, str]  # source and target
Trunk = tuple[str, str]  # side ("left", "right") and target
SIDES = ("left", "right")


@dataclass(frozen=True)
class Box:
    """A status in its place; x, y is the upper left corner."""

    code: str
    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True)
class Arrow:
    """The way of an arrow, the place of its label, and where it joins a lane, if it does.

    The label begins at its place, or ends there if it `ends`.
    """

    edge: Edge
    points: tuple[Point, ...]
    label: Point
    ends: bool = False
    joint: Point | None = None


@dataclass(frozen=True)
class Layout:
    """Everything in its place; `closed_x` is where the column of closed statuses begins."""

    boxes: dict[str, Box]
    arrows: tuple[Arrow, ...]
    closed_x: int
    width: int
    height: int


@dataclass(frozen=True)
class Plan:
    """What is to be laid out: statuses and their groups, heights of their words, and arrows."""

    layers: Sequence[str]
    groups: Mapping[str, str]
    closed: Sequence[str]
    heights: Mapping[str, int]
    edges: Sequence[Edge]

    def straight(self, edge: Edge) -> bool:
        """To the next layer."""
        return edge in zip(self.layers, self.layers[1:], strict=False)

    def trunk(self, edge: Edge) -> Trunk:
        """On which side an arrow travels: back to an earlier layer on the left."""
        source, target = edge
        within = source in self.layers and target in self.layers
        back = within and self.layers.index(target) < self.layers.index(source)
        return ("left" if back else "right", target)

    def side(self, code: str, trunk: Trunk) -> str:
        """The side on which a lane meets a box: closed ones have them all on their left."""
        return trunk[0] if code in self.layers else "left"


@dataclass(frozen=True)
class BoxPorts:
    """What meets each side of each box, from top to bottom: what arrives before what leaves."""

    plan: Plan
    at: Mapping[tuple[str, str], Sequence[Edge | Trunk]]

    def height(self, code: str) -> int:
        """How high a box is for its words and its ports."""
        most = max(len(self.at.get((code, side), ())) for side in SIDES)
        return _on_grid(max(self.plan.heights[code], GRID * (most + 2)))

    def y(self, box: tuple[str, int], side: str, port: Edge | Trunk) -> int:
        """The height of a port of a box, given by code and top."""
        code, top = box
        between = 0 if code in self.plan.layers else GRID // 2
        return top + GRID + between + GRID * self.at[code, side].index(port)


def lay_out(plan: Plan) -> Layout:
    """Boxes first, then the lanes that their arrows need, then the arrows themselves."""
    ports = _ports(plan)
    tops = _stack(plan, ports)
    tops |= _beside(plan, ports, tops)
    spans = _spans(plan, ports, tops)
    left, right = (_lanes({t: ys for t, ys in spans.items() if t[0] == side}) for side in SIDES)
    x = MARGIN + LABELS + LANE * _count(left)
    lanes_x = x + BOX_WIDTH + LABELS
    closed_x = lanes_x + LANE * _count(right) + LABELS
    boxes = {code: Box(code, x, tops[code], BOX_WIDTH, ports.height(code)) for code in plan.layers}
    for code in plan.closed:
        boxes[code] = Box(code, closed_x, tops[code], CLOSED_WIDTH, ports.height(code))
    places = {trunk: x - LABELS - LANE * lane for trunk, lane in left.items()}
    places |= {trunk: lanes_x + LANE * lane for trunk, lane in right.items()}
    arrows = tuple(
        _straight(edge, boxes) if plan.straight(edge) else _through_lane(ports, edge, boxes, places)
        for edge in plan.edges
    )
    lowest = max(box.y + box.height for box in boxes.values())
    return Layout(boxes, arrows, closed_x, closed_x + CLOSED_WIDTH + MARGIN, lowest + MARGIN)


def _ports(plan: Plan) -> BoxPorts:
    at: dict[tuple[str, str], list[Edge | Trunk]] = defaultdict(list)
    aside = [edge for edge in plan.edges if not plan.straight(edge)]
    for trunk in dict.fromkeys(plan.trunk(edge) for edge in aside):
        at[trunk[1], plan.side(trunk[1], trunk)].append(trunk)
    for edge in aside:
        at[edge[0], plan.side(edge[0], plan.trunk(edge))].append(edge)
    return BoxPorts(plan, at)


def _on_grid(value: int) -> int:
    return -(-value // GRID) * GRID


def _count(lanes: Mapping[Trunk, int]) -> int:
    return 1 + max(lanes.values(), default=0)


def _stack(plan: Plan, ports: BoxPorts) -> dict[str, int]:
    """The tops of the layers."""
    tops: dict[str, int] = {}
    y, group = 0, ""
    for code in plan.layers:
        y += GAP if plan.groups[code] == group else GROUP_GAP
        group = plan.groups[code]
        tops[code] = y
        y += ports.height(code)
    return tops


def _beside(plan: Plan, ports: BoxPorts, tops: Mapping[str, int]) -> dict[str, int]:
    """The tops of the closed statuses, near the middle of those they come from."""
    wanted = {}
    for code in plan.closed:
        sources = [tops[source] for source, to in plan.edges if to == code and source in tops]
        wanted[code] = sum(sources) // len(sources) if sources else 0
    placed, y = {}, GROUP_GAP
    for code in sorted(plan.closed, key=lambda code: (wanted[code], code)):
        placed[code] = _on_grid(max(y, wanted[code]))
        y = placed[code] + ports.height(code) + GRID
    return placed


def _spans(plan: Plan, ports: BoxPorts, tops: Mapping[str, int]) -> dict[Trunk, tuple[int, int]]:
    """From which height to which each shared lane goes."""
    met: dict[Trunk, list[int]] = defaultdict(list)
    for (code, side), found in ports.at.items():
        for port in found:
            trunk = port if port[0] in SIDES else plan.trunk(port)
            met[trunk].append(ports.y((code, tops[code]), side, port))
    return {trunk: (min(ys), max(ys)) for trunk, ys in met.items()}


def _lanes(spans: Mapping[Trunk, tuple[int, int]]) -> dict[Trunk, int]:
    """The number of each lane, counted from the boxes; short ones lie nearest."""
    taken: list[list[tuple[int, int]]] = []
    lanes: dict[Trunk, int] = {}
    for trunk in sorted(spans, key=lambda one: (spans[one][1] - spans[one][0], one)):
        low, high = spans[trunk]
        free = [
            number
            for number, held in enumerate(taken)
            if all(high + GRID < start or end + GRID < low for start, end in held)
        ]
        if not free:
            taken.append([])
        lanes[trunk] = free[0] if free else len(taken) - 1
        taken[lanes[trunk]].append((low, high))
    return lanes


def _straight(edge: Edge, boxes: Mapping[str, Box]) -> Arrow:
    source, target = boxes[edge[0]], boxes[edge[1]]
    x, start = source.x + source.width // 2, source.y + source.height
    return Arrow(edge, ((x, start), (x, target.y)), (x + 8, (start + target.y) // 2 + 5))


def _through_lane(
    ports: BoxPorts, edge: Edge, boxes: Mapping[str, Box], places: Mapping[Trunk, int]
) -> Arrow:
    source, target = boxes[edge[0]], boxes[edge[1]]
    trunk = ports.plan.trunk(edge)
    leaves, enters = (ports.plan.side(code, trunk) for code in edge)
    start = ports.y((source.code, source.y), leaves, edge)
    end = ports.y((target.code, target.y), enters, trunk)
    lane, first = places[trunk], source.x if leaves == "left" else source.x + source.width
    last = target.x if enters == "left" else target.x + target.width
    points = ((first, start), (lane, start), (lane, end), (last, end))
    back = leaves == "left"
    return Arrow(edge, points, (first + (-6 if back else 6), start - 3), back, (lane, start))
