"""Price lists as spreadsheets write them: CSV in whatever letters, and XLSX.

Both are read no further than their bounds: an XLSX is a ZIP, and may be larger than it looks.
A sheet to be filled in is written here too.
"""

import csv
import re
import zipfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from io import BytesIO
from itertools import islice
from typing import IO, Any, Final
from xml.parsers import expat

from anyio import CapacityLimiter, to_thread
from openpyxl import Workbook, load_workbook
from openpyxl.styles import Font
from openpyxl.worksheet._reader import FORMULA_TAG, WorkSheetParser
from openpyxl.worksheet.datavalidation import DataValidation

from api.console.forms import tiyn_of
from api.sheets import harmless

MOST_ROWS: Final = 5_000
MOST_IN_ROW: Final = 1_000
MOST_UNPACKED: Final = 12 * 2**20
MOST_PACKED: Final = 1_000
# Of a workbook, by what its reader takes for each of them: cells, or texts that they share; what
# stands in these; and all the rest, which is mostly looks.
MOST_CELLS: Final = 100_000
MOST_IN_CELLS: Final = 500_000
MOST_BESIDE: Final = 15_000
_IN_CELLS: Final = frozenset(("row", "c", "v", "f", "is", "si", "t"))
_PIECE: Final = 2**16
# Reading a workbook is all work: two at a time would take as long as one after the other.
_READING: Final = CapacityLimiter(1)
COLUMNS: Final = 3
# What a sheet says in its third column of an offer that is no more, or that stands.
NO: Final = frozenset(("0", "no", "нет", "жоқ", "false", "ложь", "жалған"))
YES: Final = frozenset(("", "1", "yes", "да", "иә", "true", "истина", "ақиқат"))
_LINES: Final = re.compile(r"\r\n|\r|\n")
_CURRENCY: Final = re.compile(r"(₸|тг\.?|тенге|теңге|kzt)$", re.IGNORECASE)
# A formula whose result nobody has computed: no text of a cell is like this.
FORMULA: Final = "\0formula"
# What somebody pastes along with a figure and nobody sees.
_UNSEEN: Final = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff"))
# How files begin that are no sheet of ours: workbooks of before 2007, or under a password.
_OLD_WORKBOOK: Final = b"\xd0\xcf\x11\xe0"


class NotASheet(Exception):
    """A file that is not read at all; `code` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class SheetRow:
    """A row that says something: `tiyn` is None without a price, `fault` what is wrong with it."""

    number: int
    item: str
    price: str
    offered: bool = True
    tiyn: int | None = None
    fault: str | None = None


@dataclass(frozen=True, slots=True)
class PriceSheet:
    """The rows of a file; `cut` where it has more than are read."""

    rows: tuple[SheetRow, ...]
    cut: bool


async def read_apart(content: bytes) -> PriceSheet:
    """`read_sheet` in a thread, one file at a time: everybody else goes on."""
    return await to_thread.run_sync(read_sheet, content, limiter=_READING)


def read_sheet(content: bytes) -> PriceSheet:
    """Rows as item, price in tenge, and whether it is offered. NotASheet for what is none.

    The first row may be a head. What stands behind is for those who read it, and so is a row that
    neither has a price nor withdraws anything.
    """
    if content.startswith(_OLD_WORKBOOK):
        raise NotASheet("old_workbook")
    lines = _workbook(content) if content.startswith(b"PK") else _text(content)
    read = list(islice(lines, MOST_ROWS + 2))
    if read and _is_head(read[0]):
        read = read[1:]
    found = (_row(number, cells) for number, cells in read[:MOST_ROWS])
    rows = tuple(one for one in found if one is not None)
    if not rows:
        raise NotASheet("empty")
    return PriceSheet(rows, cut=any(any(cells) for _, cells in read[MOST_ROWS:]))


def _is_head(first: tuple[int, Sequence[str]]) -> bool:
    number, (_, price, offered) = first
    answers = offered and offered.lower() in YES | NO
    return number == 1 and not answers and not any(one.isdecimal() for one in price)


def _row(number: int, cells: Sequence[str]) -> SheetRow | None:
    item, price, offered = cells
    if not price and (offered.lower() not in NO or not item):
        return None
    told = (number, item, price)
    if price == FORMULA:
        return SheetRow(number, item, "", fault="formula")
    if not item:
        return SheetRow(*told, fault="no_code")
    if offered.lower() not in YES | NO:
        return SheetRow(*told, fault="yes_or_no")
    active, plain = offered.lower() in YES, _CURRENCY.sub("", price.translate(_UNSEEN).strip())
    if not plain:
        return SheetRow(*told, offered=active, fault="no_price" if active else None)
    tiyn = tiyn_of(plain)
    if not isinstance(tiyn, int):
        return SheetRow(*told, offered=active, fault="no_sum")
    return SheetRow(*told, offered=active, tiyn=tiyn)


def _text(content: bytes) -> Iterator[tuple[int, Sequence[str]]]:
    """The first cells of each line.

    Line by line: a quotation mark that nobody closed spoils its own row alone.
    """
    lines = _LINES.split(_decoded(content))
    head = next((one for one in lines if one.strip()), "")
    mark = max(";\t,", key=head.count) if any(one in head for one in ";\t,") else ";"
    for number, line in enumerate(lines[: MOST_ROWS + 2], 1):
        row = next(csv.reader([line[:MOST_IN_ROW]], delimiter=mark), [])
        yield number, [one.strip() for one in (*row, "", "", "")[:COLUMNS]]


def _decoded(content: bytes) -> str:
    """Spreadsheets here write UTF-8, UTF-16 with a mark, or Windows-1251."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", errors="replace")
    if b"\0" in content or content.startswith(b"%PDF"):
        raise NotASheet("no_sheet")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1251", errors="replace")


def _workbook(content: bytes) -> Iterator[tuple[int, Sequence[str]]]:
    """The first cells of each row of the first sheet: what a formula gives, not what it says."""
    try:
        _prove_size(content)
        yield from ((number, [_cell(one) for one in row]) for number, row in _cells(content))
    except NotASheet:
        raise
    # What strangers pack as a workbook breaks its reader in any way there is.
    except Exception:
        raise NotASheet("no_sheet") from None


def _prove_size(content: bytes) -> None:
    """NotASheet for a workbook of more than is read.

    What is unpacked is never more than the list of contents says. Within that, a small file may
    still hold a million empty cells: they are counted piece by piece before anything is made of
    them, in every part, for any of them may be called a sheet.
    """
    counted: Counter[str] = Counter()
    with zipfile.ZipFile(BytesIO(content)) as packed:
        parts = packed.infolist()
        if len(parts) > MOST_PACKED or sum(one.file_size for one in parts) > MOST_UNPACKED:
            raise NotASheet("too_large")
        for one in parts:
            with packed.open(one) as part:
                _count(part, counted)


def _count(part: IO[bytes], counted: Counter[str]) -> None:
    """Add the elements of a part, as far as it is XML: no reader goes further either."""

    def begins(name: str, _: Mapping[str, str]) -> None:
        local = name.rpartition(":")[2]
        if local in _IN_CELLS:
            counted[local] += 1
            counted["in cells"] += 1
        else:
            counted["beside"] += 1
        if (
            max(counted["c"], counted["si"]) > MOST_CELLS
            or counted["in cells"] > MOST_IN_CELLS
            or counted["beside"] > MOST_BESIDE
        ):
            raise NotASheet("too_large")

    def declares(*_: object) -> None:
        # No program writes declarations into a workbook; they can make much out of little.
        raise NotASheet("no_sheet")

    parser = expat.ParserCreate()
    parser.StartElementHandler = begins
    parser.StartDoctypeDeclHandler = declares
    with suppress(expat.ExpatError):
        while piece := part.read(_PIECE):
            parser.Parse(piece)


class _Reader(WorkSheetParser):
    """Reads what cells show, and sees where a formula has no result.

    The library would read a sheet a second time for that, and work out every formula that is shared
    by many cells: a long one in each of them takes hours.
    """

    def parse_cell(self, element: Any) -> dict[str, Any]:
        cell: dict[str, Any] = super().parse_cell(element)
        if cell["value"] is None and element.find(FORMULA_TAG) is not None:
            cell["value"] = FORMULA
        return cell


def _cells(content: bytes) -> Iterator[tuple[int, Sequence[Any]]]:
    """The first cells of each row by its number: the last known values of formulas."""
    book: Any = load_workbook(BytesIO(content), read_only=True, data_only=True, keep_links=False)
    sheet, last = book.worksheets[0], 0
    # As the library begins it, whose own way takes no other reader.
    with sheet._get_source() as source:
        kept = (sheet._shared_strings, True, book.epoch, book._date_formats)
        for number, row in _Reader(source, *kept, book._timedelta_formats).parse():
            if number > MOST_ROWS + 2:
                return
            yield from ((gap, (None,) * COLUMNS) for gap in range(last + 1, number))
            if number > last:
                held = {cell["column"]: cell["value"] for cell in row}
                yield number, [held.get(column) for column in range(1, COLUMNS + 1)]
            last = max(last, number)


def _cell(shown: Any) -> str:
    """A cell as somebody would type it."""
    if shown is None:
        return ""
    if isinstance(shown, bool):
        return "yes" if shown else "no"
    if isinstance(shown, int):
        return str(shown)
    if isinstance(shown, float):
        # Computed sums carry a dust of binary fractions.
        exact = Decimal(repr(round(shown, 6)))
        return f"{exact.normalize():f}"
    return str(shown).strip()[:MOST_IN_ROW]


def workbook_of(lines: Sequence[Sequence[Any]], answers: Sequence[str]) -> bytes:
    """A workbook of one sheet whose first line is its head; the third column takes `answers`."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None, "a new workbook has a sheet"
    for line in lines:
        sheet.append([harmless(one) for one in line])
    for cell in sheet[1]:
        cell.font = Font(bold=True)
    for row in sheet.iter_rows(min_row=2):
        for cell in row:
            if isinstance(cell.value, float):
                cell.number_format = "#,##0.00"
    sheet.freeze_panes = "A2"
    for column, width in zip("ABCDEF", (34, 16, 16, 60, 14, 20), strict=True):
        sheet.column_dimensions[column].width = width
    choice = DataValidation(type="list", formula1=f'"{",".join(answers)}"', allow_blank=True)
    choice.add(f"C2:C{MOST_ROWS + 1}")
    sheet.add_data_validation(choice)
    kept = BytesIO()
    book.save(kept)
    return kept.getvalue()
