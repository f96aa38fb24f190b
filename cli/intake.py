"""`ozhb intake`: look at rejected messages of E-Собес, and hand them back."""

from enum import StrEnum
from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import uuid4

import typer
from rich.table import Table

from cli.administrator import Administrator, known_id
from cli.noun import noun
from cli.screen import AsJson, as_table, done, print_json, screen

app = noun("Look at rejected messages of E-Собес, and hand them back.")
PATH = "/v1/tasks"

TaskId = Annotated[str, typer.Argument(help="Id of the task.", callback=known_id)]


class State(StrEnum):
    """What a list may be narrowed to."""

    open = "open"
    overdue = "overdue"
    corrected = "corrected"
    returned = "returned"
    cured = "cured"


@app.command("list")
def list_tasks(
    state: Annotated[State, typer.Option(help="Only those in this state.")] = State.open,
    as_json: AsJson = False,
) -> None:
    """List tasks: whose, how old, until when, what is wrong."""
    found = _every(state)
    if as_json:
        print_json(found)
    elif not found["tasks"]:
        screen().print("there is none")
    else:
        screen().print(as_table(state.value, [_row(task) for task in found["tasks"]]))


def _every(state: State) -> dict[str, Any]:
    """All parts of the list as one."""
    administrator = Administrator()
    query: dict[str, Any] = {"task": "intake", "state": state.value, "limit": 200}
    tasks: list[dict[str, Any]] = []
    while True:
        part = administrator.get(f"{PATH}?{urlencode(query)}")
        tasks += part["tasks"]
        if part["after"] is None:
            return {"tasks": tasks, "count": len(tasks)}
        query["after"] = part["after"]


def _row(task: dict[str, Any]) -> dict[str, Any]:
    return {
        "task": task["id"],
        "message": task["message_id"],
        "owner": task["owner"],
        "age": f"{task['age_seconds']} s",
        "until": task["due_at"] + (" (overdue)" if task["overdue"] else ""),
        "mistakes": len(task["mistakes"]),
    }


@app.command()
def show(task: TaskId, as_json: AsJson = False) -> None:
    """Show one task with every mistake of its message."""
    found = Administrator().get(f"{PATH}/{task}")
    if as_json:
        print_json(found)
        return
    facts = Table(show_header=False, title=found["id"])
    for name in ("message_id", "state", "owner", "opened_at", "due_at", "case_id"):
        facts.add_row(name.replace("_", " "), found[name] or "-")
    screen().print(facts)
    wrong = [{"at": one["pointer"], "mistake": one["text"]} for one in found["mistakes"]]
    if wrong:
        screen().print(as_table("mistakes", wrong))


@app.command("return")
def give_back(
    task: TaskId,
    reason: Annotated[str, typer.Option(help="Why, in words; E-Собес reads them.")],
    as_json: AsJson = False,
) -> None:
    """Hand a message back to E-Собес."""
    sent = {"Idempotency-Key": str(uuid4())}
    deed = {"act": "return_message", "reason": reason}
    found = Administrator().patch(f"{PATH}/{task}", deed, **sent)
    done(found, as_json, "returned")
