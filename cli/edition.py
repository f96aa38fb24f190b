"""`ozhb edition`: have open cases go on under a later edition, previewed and approved by two."""

from typing import Annotated, Any, Final

import typer

from cli.administrator import Administrator, known_id
from cli.noun import noun
from cli.screen import AsJson, as_table, print_json, screen

app = noun("Move open cases to a later edition; another administrator approves (OZHB_TOKEN).")
MOVES: Final = "/v1/changes"
AT_ONCE: Final = 200
OUTCOMES: Final = ("moves", "unchanged", "earlier", "outside")
Change = Annotated[str, typer.Argument(help="Id of the move.", callback=known_id)]


@app.command()
def propose(
    edition: Annotated[str, typer.Argument(help="Code of the later edition.")],
    as_json: AsJson = False,
) -> None:
    """Propose the move and see what it would change; nothing changes before the approval."""
    _tell(
        Administrator().post(MOVES, {"kind": "edition", "content": {"edition": edition}}), as_json
    )


@app.command()
def preview(
    change: Change,
    authority: Annotated[str | None, typer.Option(help="Only of this authority (id).")] = None,
    as_json: AsJson = False,
) -> None:
    """List every open case that would move, with its deadlines: none ever ends earlier."""
    administrator = Administrator()
    found = administrator.get(f"{MOVES}/{change}")
    total = found["moving"] + found["staying"]
    chosen = f"&authority={authority}" if authority else ""
    place = f"{MOVES}/{change}/effects?limit={AT_ONCE}{chosen}"
    found["cases"] = administrator.read_on(place, administrator.get(place), "effects", total)
    if as_json:
        print_json(found)
        return
    _show(found)
    rows = [
        {
            "case": case["case_id"],
            "status": case["status"] if case["moves"] else f"{case['status']} (stays)",
            "term": one["term"],
            "now": one["old"],
            "then": one["new"],
        }
        for case in found["cases"]
        for one in case["deadlines"] or ({"term": None, "old": None, "new": None},)
    ]
    if rows:
        screen().print(as_table("open cases", rows))


@app.command()
def approve(change: Change, as_json: AsJson = False) -> None:
    """Approve what another administrator proposed: open cases go on under the edition."""
    _tell(Administrator().post(f"{MOVES}/{change}/approve", {}), as_json)


@app.command()
def status(
    change: Annotated[
        str | None,
        typer.Argument(help="Id of the move.", callback=lambda text: text and known_id(text)),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Say how far a move has gone; without an id, list all."""
    if change is not None:
        _tell(Administrator().get(f"{MOVES}/{change}"), as_json)
        return
    found = Administrator().get(f"{MOVES}?kind=edition&limit={AT_ONCE}")
    if as_json:
        print_json(found)
    elif not found["changes"]:
        screen().print("no move to an edition was ever proposed")
    else:
        shown = ("id", "edition", "state", "proposed_at", "approved_at", "extended")
        rows = [{name: one[name] for name in shown} for one in found["changes"]]
        screen().print(as_table("moves to an edition", rows))


def _tell(found: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_json(found)
    else:
        _show(found)


def _show(found: dict[str, Any]) -> None:
    console = screen()
    console.print(f"{found['edition']}  {found['id']}  {found['state']}")
    console.print(f"{found['looked_at']} cases looked at, {found['extended']} moved")
    console.print(f"{found['moving']} cases would move, {found['staying']} would stay")
    rows = [
        {
            "authority": one["name"] or one["authority"],
            "cases": one["moving"],
            "stay": one["staying"],
            "statuses": ", ".join(f"{name} {many}" for name, many in one["statuses"].items()),
            **{name: one["deadlines"][name] for name in OUTCOMES},
        }
        for one in found["authorities"]
    ]
    if rows:
        console.print(as_table("open cases and their deadlines by authority", rows))
