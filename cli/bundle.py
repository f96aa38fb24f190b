"""`ozhb bundle CASE`: the proof bundle of a case, for whoever is to check it offline."""

from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import text

from cli.home import StackFailed
from cli.program import write_private
from cli.reach import reached_settings
from cli.screen import screen
from db.auditing import at_one_instant
from db.bounds import UNBOUND
from db.bundles import bundle as bundled
from db.engine import make_engine
from db.sealing import Seal

_FIND = text(
    "SELECT case_id, reference FROM case_head"
    " WHERE reference = :name OR CAST(case_id AS text) = :name"
)


def bundle(
    case: Annotated[str, typer.Argument(help="The reference of a case, or its id.")],
    output: Annotated[
        Path | None, typer.Option(help="Where to write it; else REFERENCE.zip here.")
    ] = None,
) -> None:
    """Write the proof bundle of a case: events, messages, papers and heads, in one ZIP.

    It holds what was said and signed in the case: give it to nobody who may not read that.
    OZHB_DATABASE_URL and the keys of the settings; else the running stack's.
    """
    settings = reached_settings()
    sealer = Seal(settings.person_key_ring, settings.person_index)
    engine = make_engine(settings.database_url, most=1, bounds=UNBOUND)
    try:
        with at_one_instant(engine) as connection:
            found = connection.execute(_FIND, {"name": case}).one_or_none()
            if found is None:
                raise StackFailed(f"there is no case {case}")
            content = bundled(connection, sealer, str(found.case_id))
    finally:
        engine.dispose()
    file = output or Path(f"{found.reference}.zip")
    write_private(file, content)
    screen().print(f"{file}: {len(content)} bytes; check it with: ozhb verify bundle {file}")
