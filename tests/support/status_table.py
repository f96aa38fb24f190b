"""`python -m tests.support.status_table`: writes what each message comes to in each status anew.

The table is data that people read: a change of the law is a change of its lines.
"""

import sys
import tomllib
from pathlib import Path
from typing import Final

from domain.messages import Role
from domain.process import Process
from tests.domain.play import CURRENT

FILE: Final = Path(__file__).parents[1] / "domain" / "status_by_message.toml"
COMMAND: Final = "python -m tests.support.status_table"
ABOUT: Final = f"""\
# What each message of the process comes to in each status: by whom, and the rows that it may
# take, of which the first counts whose conditions fit (`-` is plain bookkeeping in the file). To
# everybody else it is refused as in a line without a row.
# Written by `{COMMAND}`, held by tests/domain/test_status_table.py.
"""
Table = dict[str, dict[str, str]]


def roles_of(process: Process, status: str, message: str) -> dict[Role, tuple[str, ...]]:
    """The rows that a message of each role may take in a status, in their order."""
    found: dict[Role, tuple[str, ...]] = {}
    for row in process.table.get((status, message), ()):
        for role in row.by:
            found[role] = (*found.get(role, ()), row.id)
    return found


def refused_as(process: Process, status: str) -> str:
    """The code with which a message is refused in a status that has no row for it."""
    return "case_closed" if process.statuses[status].closed else "status_does_not_allow"


def cell(process: Process, status: str, message: str) -> str:
    """One line: `recipient: C1; caseworker: L10`, or how it is refused."""
    by_rows: dict[tuple[str, ...], list[str]] = {}
    for role, rows in roles_of(process, status, message).items():
        by_rows.setdefault(tuple(dict.fromkeys(rows)), []).append(role.value)
    told = (f"{', '.join(roles)}: {', '.join(rows)}" for rows, roles in by_rows.items())
    return "; ".join(told) or refused_as(process, status)


def made(process: Process) -> Table:
    """The whole table of a process."""
    names = [name for name in process.messages if name != "entered"]
    return {code: {n: cell(process, code, n) for n in names} for code in process.statuses}


def kept() -> Table:
    """The table as it stands in the file."""
    table: Table = tomllib.loads(FILE.read_text("utf-8"))
    return table


def main() -> int:
    """Write the file."""
    parts = [ABOUT]
    for status, cells in made(CURRENT.process).items():
        parts.append(f"[{status}]\n" + "".join(f'{n} = "{said}"\n' for n, said in cells.items()))
    FILE.write_text("\n".join(parts), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
