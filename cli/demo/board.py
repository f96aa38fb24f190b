"""What a person sees of the demonstration: live progress, then tables of cases and of events."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from rich.box import SIMPLE_HEAD
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

ALMATY = ZoneInfo("Asia/Almaty")
ARROW = " → "
DESKS = ("recipient", "supplier", "caseworker", "commission", "administrator")


@dataclass
class StoryCourse:
    """How one story goes: filled in as it is played."""

    name: str
    title: str
    expected: str
    case: str | None = None
    reference: str | None = None
    way: list[str] = field(default_factory=list)
    note: str = ""
    differs: str | None = None
    done: bool = False
    # What was wrong with a message that did not become a case: `{pointer, code, text}`.
    mistakes: list[dict[str, Any]] = field(default_factory=list)

    @property
    def status(self) -> str | None:
        return self.way[-1] if self.way else None

    @property
    def ok(self) -> bool:
        return self.done and self.differs is None and self.status == self.expected

    def to_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "id": self.case,
            "reference": self.reference,
            "expected": self.expected,
            "status": self.status,
            "way": self.way,
            "ok": self.ok,
            "differs": self.differs,
            "mistakes": self.mistakes,
        }


@dataclass(frozen=True)
class WorkLeft:
    """How much waited for somebody when a story had ended, in all and by role."""

    after: str
    count: int
    by_role: dict[str, int]

    def to_json(self) -> dict[str, Any]:
        return {"after": self.after, "count": self.count, "by_role": self.by_role}


class Board:
    """Tells on a console how the courses go: a table that lives on a terminal, else plain lines."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._started = time.monotonic()
        self._courses: list[StoryCourse] = []
        self._live = False
        self.work: list[WorkLeft] = []

    @property
    def seconds(self) -> float:
        return time.monotonic() - self._started

    def say(self, words: str, course: StoryCourse | None = None) -> None:
        """Something happened, in one of the courses or to all."""
        if course is not None:
            course.note = words
            if self._live:
                return
        where = f"{course.name:<16} " if course else ""
        self._console.print(f"{self.seconds:6.1f} s  {where}{words}", soft_wrap=True, markup=False)

    def note_work(self, left: WorkLeft) -> None:
        """Lists grow shorter as the stories end."""
        self.work.append(left)
        by_role = ", ".join(f"{role} {left.by_role.get(role, 0)}" for role in DESKS)
        self.say(f"{left.count:>3} left to do after {left.after}: {by_role}")

    @contextmanager
    def following(self, courses: list[StoryCourse]) -> Iterator[None]:
        """Show the courses while the block lasts."""
        self._courses = courses
        if not self._console.is_terminal:
            yield
            return
        self._live = True
        try:
            with Live(console=self._console, get_renderable=self._show, transient=True):
                yield
        finally:
            self._live = False

    def _show(self) -> RenderableType:
        table = Table.grid(padding=(0, 2))
        for course in self._courses:
            mark: RenderableType = Spinner("dots", style="cyan")
            if course.done:
                mark = Text("✓", "green") if course.ok else Text("✗", "red")
            table.add_row(mark, course.title, Text(course.status or "", "bold"), course.note)
        return Group(table, Text(f"{self.seconds:.0f} s", "dim"))


def show_cases(console: Console, courses: list[StoryCourse]) -> None:
    """Every case, its way and its end."""
    table = Table(title="Cases", title_justify="left", show_lines=True)
    for heading in ("case", "way", "end"):
        table.add_column(heading, overflow="fold")
    for course in courses:
        end = Text(course.status or "–", "green" if course.ok else "red")
        if not course.ok:
            end.append(f"\nexpected {course.expected}")
        name = f"{course.title}\n{course.reference or ''}".strip()
        table.add_row(name, ARROW.join(course.way), end)
    console.print(table)
    for course in courses:
        if course.differs:
            console.print(f"[red]✗[/red] {course.title}: ", end="")
            console.print(course.differs, markup=False, soft_wrap=True)


def show_work(console: Console, work: list[WorkLeft]) -> None:
    """How the lists of work grew shorter: what was left for whom when each story had ended."""
    title = "What waits for whom, as the stories end"
    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    table.add_column("after", no_wrap=True)
    for heading in (*DESKS, "in all"):
        table.add_column(heading, justify="right", no_wrap=True)
    for left in work:
        counts = (str(left.by_role.get(role, 0)) for role in DESKS)
        table.add_row(left.after, *counts, str(left.count))
    console.print(table)


def show_mistakes(console: Console, course: StoryCourse) -> None:
    """What E-Собес is told about a message with mistakes, in the three languages."""
    table = Table(title=f"{course.title}: what E-Собес is told", title_justify="left")
    for heading in ("place", "kk", "ru", "en"):
        table.add_column(heading, overflow="fold")
    for mistake in course.mistakes:
        words = mistake["text"]
        table.add_row(mistake["pointer"], words["kk"], words["ru"], words["en"])
    console.print(table)


def show_timeline(console: Console, course: StoryCourse, events: list[dict[str, Any]]) -> None:
    """The file of one case: when by the legal clock, who, what, and where it led."""
    title = f"Timeline of {course.reference}: {course.title}"
    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for heading in ("#", "when (Almaty)", "who", "what", "row", "status"):
        table.add_column(heading, no_wrap=True)
    for event in events:
        at = datetime.fromisoformat(event["at"]).astimezone(ALMATY)
        table.add_row(
            str(event["seq"]),
            f"{at:%Y-%m-%d %H:%M:%S}",
            event["actor"]["role"],
            event["type"],
            event["row"],
            event["to"] or "",
            style="dim" if event["type"] == "noted" else None,
        )
    console.print(table)
