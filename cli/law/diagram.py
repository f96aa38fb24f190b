"""The diagram of the process as one self-contained SVG; its text is text, its parts are named.

What a line means stands in its data attributes: `data-rows`, `data-from`, `data-to` are ids of
rows and codes of statuses (`same`: the one it comes from), so that a program can read the process
back.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from html import escape
from textwrap import wrap

from cli.law.layout import Arrow, Box, Edge, Layout, Plan, Point, lay_out
from cli.law.sources import CLOSED, EVERYWHERE, LawSources, group_of
from cli.law.words import label, length, status
from definitions.wording import text

# Each has at least 4.5 to 1 against the bands; who sees no colours follows the dots.
COLOURS = ("#0b5cad", "#a3260c", "#17693a", "#6a3aa2", "#7a4f00", "#0b5e6b", "#9c1f63", "#3f4a59")
INK, QUIET, BANDS = "#1c2430", "#4a5563", ("#f4f6f9", "#e9eef4")
STYLE = f"""
text {{ font-family: "DejaVu Sans", "Noto Sans", Arial, sans-serif; fill: {INK}; font-size: 11px }}
.name {{ font-size: 13px; font-weight: bold }} .code {{ font-family: monospace; fill: {QUIET} }}
.group {{ font-size: 13px; font-weight: bold; fill: {QUIET} }}
.group, .ids {{ paint-order: stroke; stroke: #fff; stroke-width: 3px }} .title {{ font-size: 20px }}
.ids {{ font-weight: bold }}
.box {{ fill: #fff; stroke: {INK}; stroke-width: 1.2 }} .closed {{ fill: #eceff3 }}
.line {{ fill: none; stroke-width: 1.6 }}
"""
LINE = 15
TITLE = 16  # above the layers, for the title
Words = list[tuple[str, str]]  # class and text of each line in a box


def diagram(law: LawSources, language: str) -> str:
    """The process of the newest edition, in one language."""
    statuses = law.process.statuses
    rows = _rows_between(law)
    words = {code: _words(law, code, rows, language) for code in statuses}
    plan = Plan(
        layers=[code for code, found in statuses.items() if not found.closed],
        groups={code: group_of(code, law.process) for code in statuses},
        closed=[code for code, found in statuses.items() if found.closed],
        heights={code: LINE * (len(lines) + 1) for code, lines in words.items()},
        edges=[edge for edge in rows if edge[0] != edge[1]],
    )
    layout = lay_out(plan)
    colours = _colours(plan)
    body = [
        *_bands(plan, layout),
        *(_arrow(one, rows[one.edge], colours[one.edge], language) for one in layout.arrows),
        *_names_of_groups(plan, layout, language),
        *(
            _box(layout.boxes[code], words[code], rows.get((code, code), []), found.closed)
            for code, found in statuses.items()
        ),
    ]
    return _document(layout, body, _legend(law, layout, language), language)


def _rows_between(law: LawSources) -> dict[Edge, list[str]]:
    """The ids of the rows from one status to another; rows of many statuses are in the legend."""
    found: dict[Edge, dict[str, None]] = defaultdict(dict)
    for row in law.process.rows:
        for code in row.source:
            if code not in EVERYWHERE:
                found[code, row.to or code][row.id] = None
    return {edge: list(ids) for edge, ids in found.items()}


def _words(law: LawSources, code: str, rows: dict[Edge, list[str]], language: str) -> Words:
    found = law.process.statuses[code]
    wide = 24 if found.closed else 34
    lines: Words = [("name", line) for line in wrap(status(code, language), wide)]
    lines.append(("code", code))
    if not found.closed:
        waits = text(f"waits_for.{found.waits_for}", language)
        lines += [("waits", line) for line in wrap(waits, wide + 14)]
    if found.term:
        newest = length(law.editions[-1].terms[found.term].length, language)
        told = f"{label('term', language)}: {text(f'law.term.{found.term}', language)}, {newest}"
        lines += [("term", line) for line in wrap(told, wide + 14)]
    if ids := rows.get((code, code)):
        lines.append(("stays", label("stays", language, rows=" ".join(ids))))
    return lines


def _colours(plan: Plan) -> dict[Edge, str]:
    """One colour for all arrows that share a lane."""
    trunks = dict.fromkeys(plan.trunk(edge) for edge in plan.edges if not plan.straight(edge))
    chosen = {trunk: COLOURS[n % len(COLOURS)] for n, trunk in enumerate(trunks)}
    return {edge: INK if plan.straight(edge) else chosen[plan.trunk(edge)] for edge in plan.edges}


def _bands(plan: Plan, layout: Layout) -> Iterator[str]:
    for number, group in enumerate(dict.fromkeys(plan.groups[code] for code in plan.layers)):
        boxes = [layout.boxes[code] for code in plan.layers if plan.groups[code] == group]
        top, end = boxes[0].y - 40, boxes[-1].y + boxes[-1].height + 40
        yield (
            f'<rect x="8" y="{top}" width="{layout.closed_x - 32}" height="{end - top}" '
            f'fill="{BANDS[number % 2]}"/>'
        )


def _names_of_groups(plan: Plan, layout: Layout, language: str) -> Iterator[str]:
    """Drawn after the arrows: lanes pass behind the names."""
    for group in dict.fromkeys(plan.groups[code] for code in plan.layers):
        first = next(layout.boxes[code] for code in plan.layers if plan.groups[code] == group)
        yield _text((16, first.y - 22), "group", text(f"law.group.{group}", language))
    yield _text((layout.closed_x, 62), "group", text(f"law.group.{CLOSED}", language))


def _arrow(arrow: Arrow, ids: list[str], colour: str, language: str) -> str:
    source, target = arrow.edge
    way = " ".join(f"{'L' if n else 'M'}{x} {y}" for n, (x, y) in enumerate(arrow.points))
    told = f"{', '.join(ids)}: {status(source, language)} → {status(target, language)}"
    x, y = arrow.joint or (0, 0)
    dot = f'<circle cx="{x}" cy="{y}" r="3" fill="{colour}"/>' if arrow.joint else ""
    anchor = ' text-anchor="end"' if arrow.ends else ""
    return (
        f"<g{_data(ids, [source], target)}><title>{escape(told)}</title>"
        f'<path class="line" stroke="{colour}" d="{way}"/>'
        f'<polygon fill="{colour}" points="{_tip(*arrow.points[-2:])}"/>{dot}'
        f"{_text(arrow.label, 'ids', ' '.join(ids), anchor)}</g>"
    )


def _tip(before: Point, end: Point) -> str:
    """A triangle of which one corner touches the box, in the direction of the arrow."""
    (ax, ay), (x, y) = before, end
    dx, dy = (x > ax) - (x < ax), (y > ay) - (y < ay)
    back_x, back_y = x - 9 * dx, y - 9 * dy
    corners = (end, (back_x + 5 * dy, back_y + 5 * dx), (back_x - 5 * dy, back_y - 5 * dx))
    return " ".join(f"{a},{b}" for a, b in corners)


def _box(box: Box, words: Words, stays: list[str], closed: bool) -> str:
    lines = [
        _text(
            (box.x + 12, box.y + 20 + LINE * number),
            kind,
            line,
            _data(stays, [box.code], "same") if kind == "stays" else "",
        )
        for number, (kind, line) in enumerate(words)
    ]
    return (
        f'<g data-status="{box.code}"><rect class="box{" closed" if closed else ""}" x="{box.x}" '
        f'y="{box.y}" width="{box.width}" height="{box.height}" rx="6"/>{"".join(lines)}</g>'
    )


def _legend(law: LawSources, layout: Layout, language: str) -> list[str]:
    """What holds in many statuses, and how to read the rest."""
    lines = []
    for word, told in EVERYWHERE.items():
        ids = list(dict.fromkeys(row.id for row in law.process.rows if word in row.source))
        words = f"{label(told, language)}: {label('stays', language, rows=' '.join(ids))}"
        lines.append((words, _data(ids, law.process.expand((word,)), "same")))
    lines += [(line, "") for line in wrap(label("diagram_about", language), 130)]
    first = layout.height + 40
    return [
        _text((16, first + 18 * number), "legend", words, data)
        for number, (words, data) in enumerate(lines)
    ]


def _data(ids: Iterable[str], sources: Iterable[str], to: str) -> str:
    return f' data-rows="{" ".join(ids)}" data-from="{" ".join(sources)}" data-to="{to}"'


def _text(place: Point, kind: str, words: str, data: str = "") -> str:
    return f'<text class="{kind}" x="{place[0]}" y="{place[1]}"{data}>{escape(words)}</text>'


def _document(layout: Layout, body: list[str], legend: list[str], language: str) -> str:
    title, about = label("diagram_title", language), label("diagram_about", language)
    width, height = layout.width, layout.height + 60 + TITLE + 18 * len(legend)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
        f'height="{height}" role="img" aria-labelledby="title about" lang="{language}">',
        f'<title id="title">{escape(title)}</title>',
        f'<desc id="about">{escape(about)}</desc>',
        f"<style>{STYLE}</style>",
        f'<rect width="{width}" height="{height}" fill="#fff"/>',
        _text((16, 34), "title", title),
        f'<g transform="translate(0 {TITLE})">',
        *body,
        *legend,
        "</g>",
        "</svg>",
    ]
    return "\n".join(lines) + "\n"
