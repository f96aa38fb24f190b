"""`ozhb person`: all that is held about somebody, their erasure by two, and whose term is over."""

from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from itertools import islice
from pathlib import Path
from typing import Annotated, Any, Final
from uuid import UUID

import typer
from sqlalchemy import Connection, text

from cli.administrator import Administrator, case_id, known_id
from cli.home import StackFailed
from cli.noun import noun
from cli.program import write_private
from cli.reach import reached_settings
from cli.screen import AsJson, as_table, done, print_json, screen
from db.auditing import at_one_instant
from db.bounds import UNBOUND
from db.engine import make_engine, reads
from db.erasures import list_certificates
from db.held import archive_of, held_about, note_export, paper_of
from db.legal_holds import reason_of, standing_holds
from db.retention import due_persons, law_now
from db.sealing import Seal, Unreadable
from definitions.papers.pdf import draw, input_of
from definitions.wording import LANGUAGES
from domain.messages import Actor, Role

app = noun("Give people all that is held about them, and erase them when that is right.")
_OF_CASE: Final = text("SELECT person_id FROM case_head WHERE reference = :name")
_MOST: Final = 1_000


class Ground(StrEnum):
    """Why somebody is erased before their term is over."""

    request = "request"
    decision = "decision"


Whose = Annotated[
    str, typer.Argument(help="A reference of a case of theirs, or their id in the portal.")
]


@app.command()
def export(
    whose: Whose,
    output: Annotated[Path | None, typer.Option(help="Where to write it; else person.zip.")] = None,
) -> None:
    """Write all that is held about somebody who cannot sign in: data.json, paper.pdf in three
    languages, and their papers. Give it to nobody else; that it was taken is noted.

    OZHB_DATABASE_URL and the keys of the settings; else the running stack's.
    """
    with _reached() as (engine, sealer):
        with at_one_instant(engine) as connection:
            person = _meant(connection, whose)
            try:
                held = held_about(connection, sealer, person)
            except Unreadable:
                raise StackFailed("nothing is kept of them that anybody could read") from None
            paper = paper_of(connection, held, LANGUAGES)
        with engine.begin() as connection:
            # Who may open the database has no name in the portal.
            nobody = Actor(role=Role.ADMINISTRATOR, id=str(UUID(int=0)))
            note_export(connection, nobody, person, held)
    file = output or Path("person.zip")
    write_private(file, archive_of(held, draw(input_of(paper))))
    screen().print(f"{file}: {len(held.told['cases'])} cases, {len(held.papers)} papers")


@app.command()
def erase(
    whose: Whose,
    ground: Annotated[Ground, typer.Option(help="They asked for it, or it was decided.")],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only tell what stands against it.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Propose to erase somebody; another administrator approves it. Refused with every reason
    while a case is open, money is owed, something is still to be sent, or a legal hold stands.
    """
    wish: dict[str, Any] = {"kind": "erasure", "dry_run": dry_run}
    wish["content"] = {**_whom(whose), "ground": ground.value}
    found = Administrator().post("/v1/changes", wish)
    said = "nothing stands against it"
    if not dry_run:
        said = f"proposed: {found['id']}; another administrator approves it"
    done(found, as_json, said)


@app.command()
def approve(
    change: Annotated[str, typer.Argument(help="Id of the proposal.", callback=known_id)],
    as_json: AsJson = False,
) -> None:
    """Approve, as the second administrator: the key is destroyed at once, and for good."""
    found = Administrator().post(f"/v1/changes/{change}/approve", {})
    made = found["certificate"]
    said = f"erased at {made['at']}: certificate {made['id']}, key {made['key_sha256']}"
    done(found, as_json, said)


@app.command()
def hold(
    whose: Whose,
    reason: Annotated[str, typer.Option(help="Why, in words; kept enciphered.")],
    as_json: AsJson = False,
) -> None:
    """Place a legal hold: nothing of them is erased until it is lifted."""
    wish = {"kind": "legal_hold", **_whom(whose), "reason": reason}
    found = Administrator().post("/v1/operations", wish)
    done(found, as_json, f"a legal hold stands: {found['id']}")


@app.command()
def lift(whose: Whose, as_json: AsJson = False) -> None:
    """Lift the legal hold: they may be erased, where nothing else stands against it."""
    wish = {"kind": "lift_legal_hold", **_whom(whose)}
    found = Administrator().post("/v1/operations", wish)
    done(found, as_json, "the legal hold was lifted")


@app.command()
def due(as_json: AsJson = False) -> None:
    """List whose time of keeping is over, with what stands against their erasure.

    They are erased by themselves only where the edition in force says how long people are kept.
    OZHB_DATABASE_URL and the keys of the settings; else the running stack's.
    """
    with _reached() as (engine, sealer):
        with reads(engine) as connection:
            law, now = law_now(connection)
        rows = [
            {
                "id": str(one.person),
                "ended": one.ended.isoformat(),
                "against": ", ".join(reason.code for reason in one.reasons) or None,
            }
            for one in islice(due_persons(engine, sealer, law, now), _MOST)
        ]
        goes = law.values.get("keep_person")
    if as_json:
        print_json({"due": rows, "goes_after": goes})
        return
    screen().print(
        f"the edition {law.code} has them erased {goes} after their last case"
        if goes
        else f"the edition {law.code} says nothing of it: nobody is erased by a term"
    )
    screen().print(as_table("due", rows) if rows else "nobody's time is over")


@app.command()
def holds(as_json: AsJson = False) -> None:
    """List the legal holds that stand, with their reasons."""
    with _reached() as (engine, sealer), reads(engine) as connection:
        rows = [
            {
                "id": str(one.person_id),
                "since": one.placed_at.isoformat(),
                "by": str(one.placed_by),
                "why": reason_of(connection, sealer, one),
            }
            for one in standing_holds(connection)
        ]
    _list("legal holds", rows, "no legal hold stands", as_json)


@app.command()
def certificates(as_json: AsJson = False) -> None:
    """List the certificates of erasures, the newest first: they name nobody."""
    with _reached() as (engine, _), reads(engine) as connection:
        rows = [
            {
                "id": str(one.id),
                "at": one.at.isoformat(),
                "ground": one.ground,
                "person": str(one.person_id),
                "key_sha256": one.key_sha256,
                "cases": one.cases,
                "documents": one.documents,
                "messages": one.messages,
            }
            for one in list_certificates(connection, _MOST)
        ]
    _list("certificates", rows, "nobody was erased", as_json)


def _list(title: str, rows: list[dict[str, Any]], otherwise: str, as_json: bool) -> None:
    if as_json:
        print_json(rows)
    else:
        screen().print(as_table(title, rows) if rows else otherwise)


@contextmanager
def _reached() -> Iterator[tuple[Any, Seal]]:
    settings = reached_settings()
    engine = make_engine(settings.database_url, most=1, bounds=UNBOUND)
    try:
        yield engine, Seal(settings.person_key_ring, settings.person_index)
    finally:
        engine.dispose()


def _meant(connection: Connection, whose: str) -> UUID:
    try:
        return UUID(whose)
    except ValueError:
        found: UUID | None = connection.execute(_OF_CASE, {"name": whose}).scalar()
    if found is None:
        raise StackFailed(f"there is no case {whose}")
    return found


def _whom(whose: str) -> dict[str, str]:
    return {"case": case_id(whose)} if whose.startswith("OZ") else {"person": known_id(whose)}
