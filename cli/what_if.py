"""`ozhb cases what-if`: what would become of a case."""

import json
import shutil
import textwrap
from collections.abc import Iterator
from enum import StrEnum
from typing import Annotated, Any

import typer

from cli.administrator import Administrator, case_id


class Question(StrEnum):
    """What may be asked."""

    NOBODY_ACTS = "nobody_acts"
    ORDER_ON = "order_on"
    DAY_OFF = "day_off"


def what_if(
    case: Annotated[str, typer.Argument(help="Reference or id of the case.", callback=case_id)],
    question: Annotated[Question, typer.Option(help="What to ask.")] = Question.NOBODY_ACTS,
    day: Annotated[str | None, typer.Option(help="The day asked about, YYYY-MM-DD.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the answer as JSON.")] = False,
) -> None:
    """Foretell a case: what comes if nobody acts, if an order comes, or if a day is given off."""
    if (day is None) != (question is Question.NOBODY_ACTS):
        raise typer.BadParameter("order_on and day_off are asked about a --day, nobody_acts is not")
    body = {"question": question.value, **({"day": day} if day else {})}
    found = Administrator().post(f"/v1/cases/{case}/what-if", body)
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False, indent=2))
        return
    for line in lines(found, shutil.get_terminal_size().columns):
        typer.echo(line)


def lines(found: dict[str, Any], width: int) -> Iterator[str]:
    """The answer for a person, in lines that are no wider than the terminal."""
    told = [] if found["in_time"] is None else [f"in time: {'yes' if found['in_time'] else 'no'}"]
    told += [reason["text"] for reason in found["reasons"]]
    told += [] if found["ended"] is None else [f"ends: {found['ended']}"]
    for one in told:
        yield from _wrapped(one, width)
    if found["events"]:
        yield from ("", "expected")
    for one in found["events"]:
        yield from _wrapped(f"{one['on']}  {one['row']:>3}  {_event(one)}", width, 17)
    if found["moves"]:
        yield from ("", "deadlines")
    for one in found["moves"]:
        days = one["old"] if one["new"] == one["old"] else f"{one['old']} → {one['new']}"
        yield from _wrapped(f"{one['term']}: {days}. {one['text']}", width, 4)
    for when in ("now", "then"):
        yield from ("", when)
        for name, value in _standing(found[when]).items():
            yield from _wrapped(f"{name + ':':<16}{value}", width, 16)
    yield ""
    yield from _wrapped("assumed: " + " ".join(one["text"] for one in found["assumes"]), width)


def _wrapped(text: str, width: int, indent: int = 0) -> list[str]:
    """Words are kept whole where they fit; what follows stands under the first of them."""
    broken = textwrap.wrap(
        text, max(width, 40), subsequent_indent=" " * indent, drop_whitespace=True
    )
    return broken or [""]


def _event(one: dict[str, Any]) -> str:
    """What happens, to what it leads, and who hears of it."""
    fires = one["fires"] or {}
    term = " ".join(fires.get(name, "") for name in ("term", "code")).strip()
    tells = [f"tells {told['text']} to {', '.join(told['to'])}" for told in one["tells"]]
    opens = [f"task {', '.join(one['opens'])}"] if one["opens"] else []
    first = f"{one['type']} → {one['to']}" if one["to"] else one["type"]
    return "; ".join([first, *([f"term {term}"] if term else []), *tells, *opens])


def _standing(one: dict[str, Any]) -> dict[str, str]:
    return {
        "status": ", ".join(one["statuses"].values()),
        "tasks": ", ".join(one["tasks"]) or "-",
        "open questions": str(one["escalations"]),
        "terms": ", ".join(f"{t['term']} {t['last_day']}" for t in one["runs"]) or "-",
    }
