"""`python -m tests.support.status_table`: writes what each message comes to in each status anew.

The tables are data that people read: a change of the law is a change of their lines. There is one
for each process that was published, named after the first edition that has it.
"""

import sys
import tomllib
from pathlib import Path
from typing import Final

from definitions.editions import editions
from domain.messages import Role
from domain.process import Edition, Process

FOLDER: Final = Path(__file__).parents[1] / "domain" / "status_by_message"
COMMAND: Final = "python -m tests.support.status_table"
ABOUT: Final = f"""\
# What each message of the process comes to in each status: by whom, and the rows that it may
# take, of which the first counts whose conditions fit (`-` is plain bookkeeping in the file). To
# everybody else it is refused as in a line without a row.
# Written by `{COMMAND}`, held by tests/domain/test_status_table.py.
# Editions: {{codes}}.
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


def alike() -> list[tuple[Edition, ...]]:
    """The published editions, those with one table together, the earliest first."""
    found: dict[str, tuple[Edition, ...]] = {}
    for one in sorted(editions().values(), key=lambda one: (one.valid_from, one.precedence)):
        table = repr(made(one.process))
        found[table] = (*found.get(table, ()), one)
    return list(found.values())


def kept(code: str) -> Table:
    """The table as it stands in the file of the first edition that has it."""
    table: Table = tomllib.loads((FOLDER / f"{code}.toml").read_text("utf-8"))
    return table


def written(laws: tuple[Edition, ...]) -> str:
    """The text of the file of editions with one table."""
    parts = [ABOUT.format(codes=", ".join(one.code for one in laws))]
    for status, cells in made(laws[0].process).items():
        parts.append(f"[{status}]\n" + "".join(f'{n} = "{said}"\n' for n, said in cells.items()))
    return "\n".join(parts)


def main() -> int:
    """Write the files; what is of no edition goes."""
    texts = {f"{laws[0].code}.toml": written(laws) for laws in alike()}
    for file in FOLDER.iterdir():
        if file.name not in texts:
            file.unlink()
    for name, text in texts.items():
        (FOLDER / name).write_text(text, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
