"""`ozhb reads`: who looked at a case or at a person's cases, and which officials look elsewhere."""

from typing import Annotated, Any

import typer

from cli.administrator import Administrator, case_id, known_id
from cli.noun import noun
from cli.screen import AsJson, as_table, print_json, screen

app = noun("See who looked at a case, and which officials look at cases that are not theirs.")
READS = "/v1/operations/reads"
# So many at once, as the API tells them.
AT_ONCE = 200
Most = Annotated[int, typer.Option(min=1, help="How many at most, the newest.")]
Case = Annotated[str, typer.Argument(help="Reference or id of the case.", callback=case_id)]
Person = Annotated[str, typer.Argument(help="Id of the person.", callback=known_id)]


@app.command()
def case(case: Case, most: Most = 200, as_json: AsJson = False) -> None:
    """List who looked at a case, when, and at what of it."""
    _list(f"/v1/cases/{case}/reads?", most, as_json)


@app.command()
def person(person: Person, most: Most = 200, as_json: AsJson = False) -> None:
    """List who looked at any case of a recipient."""
    _list(f"{READS}?of={person}&", most, as_json)


@app.command()
def by(person: Person, most: Most = 200, as_json: AsJson = False) -> None:
    """List what an official, or anybody else, looked at."""
    _list(f"{READS}?by={person}&", most, as_json)


@app.command()
def unusual(
    days: Annotated[int, typer.Option(min=1, max=366, help="Of how many days.")] = 30,
    as_json: AsJson = False,
) -> None:
    """List officials who read cases that were neither in their list of work, nor of their authority
    or region, nor put to them: how many, and which share of all that they read.
    """
    found = Administrator().get(f"{READS}?days={days}")["officials"]
    if as_json:
        print_json(found)
    elif not found:
        screen().print("no official read a case that was nothing of theirs")
    else:
        screen().print(as_table("read what was nothing of theirs", [_official(r) for r in found]))


def _official(one: dict[str, Any]) -> dict[str, Any]:
    counts = ("cases", "held", "listed", "house", "asked", "outside")
    return {
        "official": one["person_label"] or one["person"],
        "role": one["role"],
        "of": one.get("authority_label") or one.get("region_label"),
        **{name: one[name] for name in counts},
        "share": f"{one['share']:.0%}",
        "reads": one["times"],
        "id": one["person"],
    }


def _list(path: str, most: int, as_json: bool) -> None:
    administrator, after = Administrator(), ""
    found: list[dict[str, Any]] = []
    while len(found) < most:
        wanted = min(AT_ONCE, most - len(found))
        part = administrator.get(f"{path}limit={wanted}{after}")
        found += part["reads"]
        if part["after"] is None:
            break
        after = f"&after={part['after']}"
    if as_json:
        print_json(found)
    elif not found:
        screen().print("nobody looked")
    else:
        screen().print(as_table("looked at", [_read(one) for one in found]))


def _read(one: dict[str, Any]) -> dict[str, Any]:
    where = one.get("authority_label") or one.get("supplier_label") or one.get("region_label")
    told = {
        "first": one["at"],
        "last": one["until"],
        "times": one["times"],
        "who": one["person_label"] or one["person"] or one["role_label"],
        "of": where,
        "part": one["part"],
        "purpose": one["purpose"],
    }
    if "reference" in one:
        told |= {"reference": one["reference"], "standing": one["standing"]}
    return told
