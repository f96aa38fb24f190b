"""The few parts of Markdown that the pages are made of."""

from collections.abc import Iterable, Sequence


def heading(depth: int, words: str) -> list[str]:
    return [f"{'#' * depth} {words}", ""]


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """A table; what is empty in a row is shown as a dash."""
    lines = [_line(head), _line(["---"] * len(head))]
    return [*lines, *(_line([cell or "–" for cell in row]) for row in rows), ""]


def page(*parts: list[str]) -> str:
    """One text that ends with one line feed."""
    return "\n".join(line for part in parts for line in part).rstrip("\n") + "\n"


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cell.replace('|', '&#124;') for cell in cells)} |"
