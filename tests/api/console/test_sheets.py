"""Price lists of suppliers are read however a spreadsheet has written them, and within bounds."""

import asyncio
import zipfile
from io import BytesIO
from typing import Any

import pytest
from openpyxl import Workbook
from openpyxl.worksheet._reader import WorkSheetParser

from api.console import sheets
from api.console.sheets import (
    MOST_BESIDE,
    MOST_CELLS,
    MOST_IN_CELLS,
    MOST_ROWS,
    NotASheet,
    SheetRow,
    read_sheet,
    workbook_of,
)
from tests.support.polling import soon


def row(content: bytes) -> SheetRow:
    """The only row of a sheet."""
    (found,) = read_sheet(content).rows
    return found


def book(*lines: list[Any]) -> bytes:
    """A workbook as any program writes it."""
    made, kept = Workbook(), BytesIO()
    sheet = made.active
    assert sheet is not None
    for line in lines:
        sheet.append(line)
    made.save(kept)
    return kept.getvalue()


def refused(content: bytes) -> str:
    """Why a file is not read."""
    with pytest.raises(NotASheet) as told:
        read_sheet(content)
    return told.value.code


@pytest.mark.parametrize(
    "typed",
    [
        "250000",
        "250 000",
        "250\u00a0000,00",
        "250\u202f000",
        "250\u2009000.0",
        "250000 ₸",
        "250 000 тг.",
        "250000 тенге",
        "\u200b250000",
    ],
)
def test_a_price_is_read_as_people_type_it(typed: str) -> None:
    assert row(f"A;{typed};да\n".encode()).tiyn == 25_000_000


@pytest.mark.parametrize("typed", ["дорого", "250.000", "-5", "1e3", "=1+1", "250000,505"])
def test_what_is_no_sum_is_told(typed: str) -> None:
    assert row(f"A;{typed};да\n".encode()).fault == "no_sum"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1251", "utf-16"])
def test_letters_are_read_as_spreadsheets_here_write_them(encoding: str) -> None:
    found = row("Код;Цена;Есть\r\nA;5,5;нет\r\n".encode(encoding))
    assert (found.number, found.item, found.tiyn, found.offered) == (2, "A", 550, False)


@pytest.mark.parametrize("mark", [";", ",", "\t"])
def test_columns_are_told_apart_by_any_mark(mark: str) -> None:
    found = row(mark.join(("A", '"5,50"', "да", "прочее")).encode())
    assert (found.item, found.tiyn) == ("A", 550)


def test_a_comma_that_cuts_the_price_is_no_quiet_loss() -> None:
    assert row(b"A,250000,50").fault == "yes_or_no"


def test_a_quotation_mark_that_nobody_closed_spoils_its_own_row_alone() -> None:
    found = read_sheet(b'A;"5\nB;6\n').rows
    assert [one.item for one in found] == ["A", "B"]


def test_rows_that_say_nothing_are_passed_over_and_a_row_without_a_price_withdraws() -> None:
    found = read_sheet("A;;да\n\n;;\nB;;нет\n;5;да\n".encode()).rows
    assert [(one.number, one.item, one.offered, one.fault) for one in found] == [
        (4, "B", False, None),
        (5, "", True, "no_code"),
    ]


def test_a_workbook_is_read_like_a_table() -> None:
    found = read_sheet(book(["Код", "Цена"], ["A", 250000.5, "да"], ["B", "1 000"], ["C", 3.3]))
    assert [(one.number, one.tiyn, one.fault) for one in found.rows] == [
        (2, 25_000_050, None),
        (3, 100_000, None),
        (4, 330, None),
    ]


def test_a_formula_counts_by_its_result_and_without_one_is_told() -> None:
    assert row(book(["Код", "Цена"], ["A", "=2*3"])).fault == "formula"
    content, computed = book(["Код", "Цена"], ["A", "=2*3"]), BytesIO()
    # A spreadsheet program keeps the result beside the formula.
    with zipfile.ZipFile(BytesIO(content)) as old, zipfile.ZipFile(computed, "w") as new:
        for one in old.namelist():
            new.writestr(
                one,
                old.read(one)
                .replace(b"<v></v>", b"<v>6</v>")
                .replace(b"<v />", b"<v>6</v>")
                .replace(b"<v/>", b"<v>6</v>"),
            )
    assert row(computed.getvalue()).tiyn == 600


def test_a_date_and_a_tick_are_no_prices() -> None:
    assert row(book(["Код", "Цена"], ["A", True])).fault == "no_sum"


def test_no_more_than_five_thousand_rows_are_read() -> None:
    found = read_sheet(b"A;5;1\n" * (MOST_ROWS + 3))
    assert (len(found.rows), found.cut) == (MOST_ROWS, True)
    assert not read_sheet(b"A;5;1\n" * MOST_ROWS).cut


def packed(name: str, content: bytes) -> bytes:
    kept = BytesIO()
    with zipfile.ZipFile(kept, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr(name, content)
    return kept.getvalue()


def test_what_is_no_sheet_says_why() -> None:
    assert refused(b"") == "empty"
    assert refused("Код;Цена\n".encode()) == "empty"
    assert refused(b"%PDF-1.7\n") == "no_sheet"
    assert refused(b"\x89PNG\r\n\0\0") == "no_sheet"
    assert refused(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1") == "old_workbook"
    assert refused(b"PK\x03\x04 broken") == "no_sheet"
    assert refused(packed("notes.txt", b"nothing")) == "no_sheet"


def test_a_file_that_unpacks_to_more_than_its_bound_is_not_unpacked() -> None:
    bomb = packed("xl/worksheets/sheet1.xml", bytes(20 * 2**20))
    assert len(bomb) < 100_000
    assert refused(bomb) == "too_large"


def repacked(part: str, before: str, after: str) -> bytes:
    """A good workbook, one part of which says something else."""
    content, kept = book(["A", 5.5, "да"]), BytesIO()
    with zipfile.ZipFile(BytesIO(content)) as old:
        parts = {one: old.read(one).decode() for one in old.namelist()}
    assert before in parts[part]
    parts[part] = parts[part].replace(before, after, 1)
    with zipfile.ZipFile(kept, "w", zipfile.ZIP_DEFLATED) as new:
        for one, said in parts.items():
            new.writestr(one, said)
    return kept.getvalue()


SHEET = "xl/worksheets/sheet1.xml"


@pytest.mark.parametrize(
    ("part", "before", "after"),
    [
        (SHEET, "<sheetData>", "<sheetData><row>" + '<c r="A1"/>' * (MOST_CELLS + 1) + "</row>"),
        (SHEET, "<sheetData>", "<sheetData>" + "<row/>" * (MOST_IN_CELLS + 1)),
        (SHEET, "<sheetData>", '<a xmlns="b">' + "<b/>" * MOST_BESIDE + "</a><sheetData>"),
        ("xl/styles.xml", "</fonts>", "<font/>" * (MOST_BESIDE + 1) + "</fonts>"),
        (SHEET, "</worksheet>", "<si/>" * (MOST_CELLS + 1) + "</worksheet>"),
    ],
)
def test_a_small_file_of_very_many_cells_is_refused_before_it_is_read(
    part: str, before: str, after: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = repacked(part, before, after)
    assert len(content) < 100_000
    with monkeypatch.context() as watched:
        watched.setattr(sheets, "load_workbook", None)
        assert refused(content) == "too_large"


def test_a_workbook_that_declares_what_its_signs_mean_is_none() -> None:
    declared = '<!DOCTYPE w [<!ENTITY a "<c/>">]><worksheet'
    assert refused(repacked(SHEET, "<worksheet", declared)) == "no_sheet"


def test_a_long_formula_that_many_cells_share_is_worked_out_in_none_of_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(WorkSheetParser, "parse_formula", None)
    shared = '<c r="B2"><f t="shared" si="0">A1+1</f></c><c r="B3"><f t="shared" si="0"/></c>'
    after = f'<row r="2"><c r="A2"><v>7</v></c>{shared}</row></sheetData>'
    content = repacked(SHEET, "</sheetData>", after)
    assert [one.fault for one in read_sheet(content).rows] == [None, "formula"]


async def test_one_file_is_read_at_a_time() -> None:
    async with sheets._READING:
        reading = asyncio.create_task(sheets.read_apart(b"A;5,5\n"))
        await soon(lambda: sheets._READING.statistics().tasks_waiting, bool)
        assert not reading.done()
    (found,) = (await reading).rows
    assert (found.item, found.tiyn) == ("A", 550)


def test_a_sheet_to_fill_in_comes_back_as_it_was() -> None:
    head = ["Код", "Цена", "Есть", "Имя", "Единица", "Сумма"]
    lines: list[list[Any]] = [
        head,
        ["A", 5.5, "да", "Коляска", "шт.", 7.0],
        ["B", None, "да", "Трость", "шт.", 1.0],
    ]
    found = row(workbook_of(lines, ("да", "нет")))
    assert (found.item, found.tiyn, found.offered) == ("A", 550, True)
