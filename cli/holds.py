"""`ozhb holds`: have payments, notices or one outside system wait, and let them go on."""

from enum import StrEnum
from typing import Annotated, Any

import typer

from cli.administrator import Administrator
from cli.noun import noun
from cli.screen import AsJson, as_table, done, print_json, screen

app = noun("Have payments, notices or one outside system wait, and let them go on.")


class Switch(StrEnum):
    """What can be held."""

    payments = "payments"
    notices = "notices"
    treasury = "treasury"
    sms = "sms"
    email = "email"
    esobes = "esobes"


What = Annotated[Switch, typer.Argument(help="What is meant.")]


@app.command("list")
def list_holds(as_json: AsJson = False) -> None:
    """List what is held, since when, by whom and why, and how many effects wait."""
    found = Administrator().get("/v1/me")["holds"]
    if as_json:
        print_json(found)
    elif not found:
        screen().print("nothing is held")
    else:
        screen().print(as_table("held", [_row(one) for one in found]))


def _row(one: dict[str, Any]) -> dict[str, Any]:
    return {
        "what": one["switch"],
        "waiting": one["waiting"],
        "since": one["placed_at"],
        "by": one.get("placed_by_label") or one["placed_by"],
        "why": one["reason"],
    }


@app.command()
def place(
    what: What,
    reason: Annotated[str, typer.Option(help="Why, in words; kept enciphered.")],
    as_json: AsJson = False,
) -> None:
    """Hold it from now on: it waits, is neither lost nor failed, and goes out once released."""
    found = _operate("hold", switch=what.value, reason=reason)
    said = f"{what.value} held; waiting: {found['waiting']}"
    if found["on_their_way"]:
        said += f"; left before, and on their way: {found['on_their_way']}"
    done(found, as_json, said)


@app.command()
def release(what: What, as_json: AsJson = False) -> None:
    """Let it go on, at once."""
    found = _operate("release", switch=what.value)
    said = f"{what.value} released; cases woken: {found['woken']} (others within ten minutes)"
    done(found, as_json, said)


def _operate(kind: str, **said: str) -> Any:
    return Administrator().post("/v1/operations", {"kind": kind, **said})
