"""Homes of earlier versions, as a stop of everything at once left them, laid out to be taken up.

Each is named by the revision of its database. It holds what the database held (without Temporal's
own, which a later version begins anew), the outside world, the keys that open both and nothing
else, and in `recorded.json` who plays in which case.
"""

import json
import subprocess
import tarfile
from pathlib import Path
from typing import Any

import psycopg

from cli.keys import LocalSecrets
from cli.ports import free_port
from cli.postgres import OWNER, Postgres, binaries
from cli.program import running

HOMES = Path(__file__).parents[1] / "homes"


def lay_out(revision: str, home: Path) -> dict[str, Any]:
    """A home in an empty folder, at the legal instant at which it was recorded; who plays there."""
    with tarfile.open(HOMES / f"{revision}.tar.xz") as kept:
        # The first Pythons of 3.11 know no filter, and need none: the archive is our own.
        kept.extraction_filter = getattr(tarfile, "data_filter", None)
        kept.extractall(home)
    recorded: dict[str, Any] = json.loads((home / "recorded.json").read_text())
    keys = LocalSecrets.read(home)
    assert keys is not None
    postgres = Postgres(home / "postgres", free_port(), keys.database_passwords)
    postgres.prepare()
    with running(postgres.program(), home / "restored.log"):
        postgres.ensure_roles()
        _restore(postgres, home / "database.sql")
        with psycopg.connect(postgres.url(OWNER)) as connection:
            connection.execute(
                "UPDATE legal_clock SET ahead = %s - clock_timestamp()", [recorded["recorded_at"]]
            )
    return recorded


def _restore(postgres: Postgres, dump: Path) -> None:
    options = ("--quiet", "--no-psqlrc", "--set=ON_ERROR_STOP=1", "--output=/dev/null")
    command = [str(binaries() / "psql"), *options, f"--file={dump}"]
    subprocess.run([*command, postgres.url("postgres")], check=True, capture_output=True)
