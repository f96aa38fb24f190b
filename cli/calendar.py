"""`ozhb calendar`: announce days off, see what they move, have a second person approve them."""

import tomllib
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.console import Console

from cli.administrator import Administrator, known_id
from cli.noun import noun
from cli.screen import AsJson, as_table, print_json, screen
from definitions.calendars import calendar_data

app = noun("Change the calendar of days off; the approval is another administrator's (OZHB_TOKEN).")
CHANGES: Final = "/v1/changes"
AT_ONCE: Final = 200
OUTCOMES: Final = ("moves", "unchanged", "earlier", "outside")


Change = Annotated[str, typer.Argument(help="Id of the change.", callback=known_id)]


@app.command()
def propose(
    calendar: Annotated[str, typer.Argument(help="A TOML file, or a version of the build.")],
    as_json: AsJson = False,
) -> None:
    """Propose a calendar and see what it would move; nothing changes before the approval."""
    file = Path(calendar)
    content = _days(file) if file.is_file() else {"version": calendar}
    _tell(Administrator().post(CHANGES, {"kind": "calendar", "content": content}), as_json)


def _days(file: Path) -> dict[str, Any]:
    try:
        return calendar_data(file.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise typer.BadParameter(f"{file} cannot be read: {error}") from error


@app.command()
def preview(
    change: Change,
    outcome: Annotated[str | None, typer.Option(help=f"Only these: {', '.join(OUTCOMES)}.")] = None,
    authority: Annotated[str | None, typer.Option(help="Only of this authority (id).")] = None,
    as_json: AsJson = False,
) -> None:
    """List every open deadline with its old and its new day, and why those stay that do not move.

    The exact counts by authority come first.
    """
    administrator = Administrator()
    found = _counted(administrator.get(f"{CHANGES}/{change}"))
    filters = {"outcome": outcome, "authority": authority}
    chosen = "".join(f"&{name}={value}" for name, value in filters.items() if value)
    counts = found["counts"]
    total = counts[outcome] if outcome in OUTCOMES else sum(counts.values())
    place = f"{CHANGES}/{change}/effects?limit={AT_ONCE}{chosen}"
    cases = administrator.read_on(place, administrator.get(place), "effects", total)
    found["deadlines"] = [
        {**{name: case[name] for name in ("case_id", "reference", "authority")}, **one}
        for case in cases
        for one in case["deadlines"]
    ]
    if as_json:
        print_json(found)
        return
    console = screen()
    _show(console, found)
    rows = [
        {
            "case": one["case_id"],
            "term": one["term"],
            "now": one["old"],
            "then": one["new"],
            "why": one["text"],
        }
        for one in found["deadlines"]
    ]
    if rows:
        console.print(as_table("open deadlines", rows))


@app.command()
def approve(change: Change, as_json: AsJson = False) -> None:
    """Approve what another administrator proposed: open cases get their later days."""
    _tell(Administrator().post(f"{CHANGES}/{change}/approve", {}), as_json)


@app.command()
def status(
    change: Annotated[
        str | None,
        typer.Argument(help="Id of the change.", callback=lambda text: text and known_id(text)),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Say how far a change has gone; without an id, list all."""
    if change is not None:
        _tell(Administrator().get(f"{CHANGES}/{change}"), as_json)
        return
    found = Administrator().get(f"{CHANGES}?kind=calendar&limit={AT_ONCE}")
    if as_json:
        print_json(found)
    elif not found["changes"]:
        screen().print("no calendar was ever proposed")
    else:
        shown = ("id", "version", "state", "proposed_at", "approved_at", "extended")
        rows = [{name: one[name] for name in shown} for one in found["changes"]]
        screen().print(as_table("changes of the calendar", rows))


@app.command()
def provisional(
    authority: Annotated[str | None, typer.Option(help="Only of this authority (id).")] = None,
    as_json: AsJson = False,
) -> None:
    """List open deadlines that depend on days of which nobody has decided yet.

    Once the calendar of those days is published, its change counts them anew.
    """
    administrator = Administrator()
    chosen = f"&authority={authority}" if authority else ""
    place = f"/v1/provisional-deadlines?limit={AT_ONCE}{chosen}"
    found = administrator.get(place)
    found["deadlines"] = administrator.read_on(place, found, "deadlines", found["total"])
    del found["after"]
    if as_json:
        print_json(found)
        return
    console = screen()
    console.print(f"{found['calendar']} is provisional from {found['provisional_from']} on")
    console.print(f"{found['total']} open deadlines are provisional")
    rows = [
        {
            "authority": one["name"] or one["authority"],
            "deadlines": one["deadlines"],
            "undecided days": f"{one['days'][0]['day']} … {one['days'][-1]['day']}",
        }
        for one in found["authorities"]
    ]
    if rows:
        console.print(as_table("provisional deadlines by authority", rows))


def _counted(found: dict[str, Any]) -> dict[str, Any]:
    """A change with its counts beside each authority, and room for the deadlines themselves."""
    each = [{**one, **one["deadlines"]} for one in found["authorities"]]
    told = {name: value for name, value in found.items() if name != "deadlines"}
    return {**told, "counts": found["deadlines"], "authorities": each}


def _tell(change: dict[str, Any], as_json: bool) -> None:
    found = _counted(change)
    if as_json:
        print_json(found)
    else:
        _show(screen(), found)


def _show(console: Console, found: dict[str, Any]) -> None:
    console.print(f"{found['version']}  {found['id']}  {found['state']}")
    console.print(f"{found['looked_at']} cases looked at, {found['extended']} extended")
    rows = [
        {
            "authority": one["name"] or one["authority"],
            **{name: one[name] for name in OUTCOMES},
        }
        for one in (*found["authorities"], {"name": "all", **found["counts"]})
    ]
    console.print(as_table("open deadlines by authority", rows))
