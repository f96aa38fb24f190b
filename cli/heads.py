"""`ozhb heads`: the signed heads of the record, made and given to others."""

from typing import Any

from cli.home import StackFailed
from cli.noun import noun
from cli.reach import reached_settings
from cli.screen import AsJson, as_table, print_json, screen
from db.bounds import UNBOUND
from db.engine import make_engine, reads
from db.heads import link_left, list_heads, make_head
from db.record_tables import RecordHead
from settings import Settings

app = noun("Make the signed heads of the record, and give them to others.")
AT_ONCE = 500


@app.command()
def make(as_json: AsJson = False) -> None:
    """Make the next head now, beside the one that a worker makes each day.

    OZHB_DATABASE_URL and OZHB_HEAD_KEY; else the running stack's.
    """
    settings = reached_settings()
    key = settings.signs_heads
    if key is None:
        raise StackFailed("OZHB_HEAD_KEY is missing: heads are signed with it")
    engine = make_engine(settings.database_url, most=2, bounds=UNBOUND)
    try:
        for _ in link_left(engine):
            pass
        made = make_head(engine, key)
    finally:
        engine.dispose()
    if as_json:
        print_json(made.model_dump())
    else:
        told = f"{made.leaves} cases have grown, {made.lines} rows beside them"
        screen().print(f"head {made.number}: {told}; signed by {key.kid}")


@app.command("list")
def list_all(as_json: AsJson = False) -> None:
    """Every head; with --json as `GET /v1/heads` gives them, for whoever keeps them elsewhere."""
    held = list(_read(reached_settings()))
    if as_json:
        keys = {one.public_key["kid"]: one.public_key for one in held}
        told = [
            {"number": one.number, "made_at": one.at.isoformat(), "jws": one.jws} for one in held
        ]
        print_json({"heads": told, "keys": list(keys.values()), "after": None})
    elif held:
        screen().print(as_table("heads", [_row(one) for one in held]))
    else:
        screen().print("no head was made yet")


def _read(settings: Settings) -> list[RecordHead]:
    engine = make_engine(settings.database_url, most=1, bounds=UNBOUND)
    held: list[RecordHead] = []
    try:
        with reads(engine) as connection:
            while found := list_heads(connection, held[-1].number if held else 0, AT_ONCE):
                held += found
    finally:
        engine.dispose()
    return held


def _row(one: RecordHead) -> dict[str, Any]:
    made = one.at.isoformat(timespec="seconds")
    return {"head": one.number, "made at": made, "key": one.public_key["kid"]}
