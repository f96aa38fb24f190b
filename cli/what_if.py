"""`ozhb cases what-if`: what would become of a case."""

import json
import sys
from enum import StrEnum
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from cli.administrator import Administrator, case_id


class Question(StrEnum):
    """What may be asked."""

    NOBODY_ACTS = "nobody_acts"
    ORDER_ON = "order_on"
    DAY_OFF = "day_off"


def what_if(
    case: Annotated[str, typer.Argument(help="Id of the case.", callback=case_id)],
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
    console = Console(file=sys.stdout, highlight=False, soft_wrap=True)
    for line in _sentences(found):
        console.print(line)
    if found["events"]:
        console.print(_table("expected", [_event(one) for one in found["events"]]))
    if found["moves"]:
        console.print(_table("deadlines", [_move(one) for one in found["moves"]]))
    console.print(_table("now and then", _difference(found)))
    console.print("assumed: " + " ".join(one["text"]["en"] for one in found["assumes"]))


def _sentences(found: dict[str, Any]) -> list[str]:
    told = [] if found["in_time"] is None else [f"in time: {'yes' if found['in_time'] else 'no'}"]
    told += [reason["text"]["en"] for reason in found["reasons"]]
    return told + ([] if found["ended"] is None else [f"ends: {found['ended']}"])


def _event(one: dict[str, Any]) -> dict[str, Any]:
    fires = one["fires"] or {}
    tells = [f"{told['text']} to {', '.join(told['to'])}" for told in one["tells"]]
    return {
        "day": one["on"],
        "row": one["row"],
        "event": one["type"],
        "term": " ".join(fires.get(name, "") for name in ("term", "code")).strip() or None,
        "leads to": one["to"],
        "tells": "; ".join(tells) or None,
        "task": ", ".join(one["opens"]) or None,
    }


def _move(one: dict[str, Any]) -> dict[str, Any]:
    return {
        "term": one["term"],
        "now": one["old"],
        "then": one["new"],
        "why": one["text"]["en"],
    }


def _difference(found: dict[str, Any]) -> list[dict[str, Any]]:
    now, then = _standing(found["now"]), _standing(found["then"])
    return [{"what": name, "now": now[name], "then": then[name]} for name in now]


def _standing(one: dict[str, Any]) -> dict[str, str | None]:
    return {
        "status": ", ".join(one["statuses"].values()),
        "tasks": ", ".join(one["tasks"]) or None,
        "open questions": str(one["escalations"]),
        "terms": ", ".join(f"{t['term']} {t['last_day']}" for t in one["runs"]) or None,
    }


def _table(title: str, rows: list[dict[str, Any]]) -> Table:
    table = Table(title=title, title_justify="left")
    for name in rows[0]:
        table.add_column(name, overflow="fold")
    for row in rows:
        table.add_row(*("-" if value is None else str(value) for value in row.values()))
    return table
