"""A list that somebody takes away as a file. It has what the list shows, and nothing more."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any, Final

from fastapi.concurrency import run_in_threadpool
from openpyxl import Workbook
from starlette.responses import Response

from api.auth import Caller, person_of
from api.cases.lists import wanted_of
from api.deps import Parts
from api.labels import NAMES, last_day
from api.language import one_language
from api.listed import ListOfCases, ListOfWork
from api.once import Once
from api.operations.asked import Export
from api.problems import Refused
from api.sheets import as_file, harmless
from api.work.lines import told_line
from api.work.tasks import wanted_work
from db.dispatches import legal_now
from db.engine import reads
from db.exports import Exported, record_export
from db.lists import read_lines
from db.pool import ReadPool
from db.work_lists import addresses_of, read_work
from definitions.wording import text
from domain.messages import Refusal
from domain.terms.counting import local_day

MOST_ROWS: Final = 10_000
# Spreadsheets take a text for UTF-8 only by this mark.
_MARK: Final = "\ufeff"
Cell = str | date | None
Table = tuple[Sequence[str], list[list[Cell]]]


async def exported(
    pool: ReadPool, parts: Parts, caller: Caller, once: Once, wish: Export
) -> Response:
    """The file. Each time that it is handed out is on record, also under a key that is known."""
    if isinstance(wish.list, ListOfCases):
        columns, rows = await _cases(pool, caller, wish.list)
    else:
        columns, rows = await run_in_threadpool(_work, parts, caller, wish.list)
    check_length(rows)
    language = one_language()
    headings = [text(f"label.column.{one}", language) for one in columns]
    content = await run_in_threadpool(_WRITTEN[wish.form], headings, rows)
    await run_in_threadpool(_record, parts, caller, once, wish, len(rows))
    return as_file(wish.list.of, wish.form, content)


def check_length(rows: Sequence[object], most: int = MOST_ROWS) -> None:
    """Refused where there is more: a list that ends somewhere would be taken for all."""
    if len(rows) > most:
        refusal = Refusal(code="too_many_rows", facts={"most": most})
        raise Refused([refusal.model_dump(mode="json")])


def _record(parts: Parts, caller: Caller, once: Once, wish: Export, rows: int) -> None:
    person_of(caller)
    told = Exported(
        wish.form, wish.list.model_dump(mode="json", exclude_none=True), rows, wish.purpose
    )
    with parts.engine.begin() as connection:
        known = once.known(connection)
        made = record_export(connection, parts.seal, caller.actor, told)
        if known is None:
            once.keep(connection, {"export": str(made), "rows": rows})


async def _cases(pool: ReadPool, caller: Caller, which: ListOfCases) -> Table:
    wanted = replace(wanted_of(caller, which.asked), most=MOST_ROWS + 1)
    rows = await read_lines(pool, wanted)
    columns = ("reference", "item", "status", "since", "last_day", "waits_for")
    return columns, [
        [
            row["reference"],
            _named("item", row["item"]),
            _named("status", row["status"]),
            local_day(row["since"]),
            last_day(row["due_at"]),
            ", ".join(_named("waits_for", one) for one in row["waits_for"]),
        ]
        for row in rows
        if row["case_id"] is not None
    ]


def _work(parts: Parts, caller: Caller, which: ListOfWork) -> Table:
    with reads(parts.engine) as connection:
        addresses = addresses_of(connection, caller.person)
        wanted = replace(wanted_work(caller, addresses, which.asked), most=MOST_ROWS + 1)
        rows, now = read_work(connection, wanted), legal_now(connection)
    columns = ("reference", "what", "kind", "item", "since", "last_day", "lateness")
    return columns, [list(_worked(told_line(row, caller, now))) for row in rows]


def _worked(line: Mapping[str, Any]) -> Iterator[Cell]:
    said = line["text"]
    yield line["reference"]
    yield said if isinstance(said, str) else said[one_language()]
    yield _named("kind", line["kind"])
    yield _named("item", line["item"]) if line["item"] else None
    yield local_day(line["since"])
    yield line["last_day"] or last_day(line["due_at"])
    yield _named("lateness", line["lateness"])


def _named(name: str, code: str) -> str:
    """A code in words, as the list shows it."""
    return (NAMES[name](code) or {}).get(one_language(), code)


def _as_csv(headings: Sequence[str], rows: Sequence[Sequence[Cell]]) -> bytes:
    written = io.StringIO()
    csv.writer(written).writerows([headings, *([harmless(one) for one in row] for row in rows)])
    return (_MARK + written.getvalue()).encode()


def _as_xlsx(headings: Sequence[str], rows: Sequence[Sequence[Cell]]) -> bytes:
    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    sheet.freeze_panes = "A2"
    for row in (headings, *rows):
        sheet.append([harmless(one) for one in row])
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


_WRITTEN: Final = {"csv": _as_csv, "xlsx": _as_xlsx}
