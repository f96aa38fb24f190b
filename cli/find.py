"""`ozhb cases find`: cases by what people know of them."""

from typing import Annotated, Any

import typer

from cli.administrator import Administrator
from cli.screen import AsJson, as_table, print_json, screen


def find(
    query: Annotated[
        str,
        typer.Argument(
            help="What is known of it; - asks for it, so that no name stays with the shell."
        ),
    ],
    by: Annotated[
        str | None, typer.Option(help="As what it is meant: reference, programme, iin, name …")
    ] = None,
    reason: Annotated[
        str | None, typer.Option(help="Why a person is searched for; kept enciphered.")
    ] = None,
    limit: Annotated[int, typer.Option(help="How many at most.")] = 50,
    as_json: AsJson = False,
) -> None:
    """Find cases by reference, programme, person, supplier or item, or by parts of them."""
    said = {
        "query": typer.prompt("query", err=True) if query == "-" else query,
        **({"by": by} if by else {}),
        **({"reason": reason} if reason else {}),
        "limit": limit,
    }
    found = Administrator().post("/v1/search", said)
    if as_json:
        print_json(found)
        return
    console = screen()
    if rows := [_line(one) for one in found["cases"]]:
        console.print(as_table("found", rows))
    else:
        console.print("nothing was found")
    if found["cursor"]:
        console.print("only the first are shown: say more of what is searched for")


def _line(one: dict[str, Any]) -> dict[str, Any]:
    named = {name: one[name] for name in ("reference", "status", "item", "due_at")}
    return {**named, "found by": ", ".join(one["found_by"])}
