"""`ozhb law`: what is written about the law is in step with it; diagram and list agree."""

import json
import re
import shutil
from pathlib import Path

import pytest
from lxml import etree
from typer.testing import CliRunner

import cli.law
from cli.law.acceptance import AcceptanceProof, NoTests, read_proofs
from cli.law.documents import documents, law_of
from cli.law.layout import Layout, Plan, Point, lay_out
from cli.law.sources import LawSources, StatusUngrouped, group_of, read_law, row_ids
from definitions.citations import provision_code, provisions
from definitions.wording import LANGUAGES, text
from domain.process import BOOKKEEPING, Process, Status

ROOT = Path(__file__).parents[2]
SVG = "{http://www.w3.org/2000/svg}"
Way = tuple[str, str, str]  # row, from, to


@pytest.fixture(scope="module")
def law() -> LawSources:
    return law_of(ROOT)


@pytest.fixture(scope="module")
def made(law: LawSources) -> dict[str, str]:
    return documents(law)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A check-out with documents in step and one test."""
    shutil.copytree(ROOT / "docs" / "law", tmp_path / "docs" / "law")
    shutil.copytree(ROOT / "tests", tmp_path / "tests", ignore=shutil.ignore_patterns("*.json"))
    return tmp_path


def run(command: str, root: Path, *options: str) -> tuple[int, str, str]:
    ended = CliRunner().invoke(cli.law.app, [command, "--root", str(root), *options])
    return ended.exit_code, ended.stdout, ended.stderr


def ways(law: LawSources) -> set[Way]:
    process = law.process
    return {
        (row.id, code, row.to or code)
        for row in process.rows
        for code in process.expand(row.source)
    }


def ways_of_diagram(source: str) -> set[Way]:
    found: set[Way] = set()
    for part in etree.fromstring(source.encode()).iter():
        if "data-rows" in part.attrib:
            for code in str(part.attrib["data-from"]).split():
                to = str(part.attrib["data-to"])
                ids = str(part.attrib["data-rows"]).split()
                found |= {(row, code, code if to == "same" else to) for row in ids}
    return found


def ways_of_list(source: str, process: Process) -> set[Way]:
    found: set[Way] = set()
    codes: tuple[str, ...] = ()
    for line in source.splitlines():
        if heading := re.fullmatch(r"## .* `(.+)`", line):
            codes = process.expand((heading[1],))
        elif line.startswith("| ") and not line.startswith("| ---") and codes:
            cells = [cell.strip() for cell in line.strip("|").split(" | ")]
            to = re.search(r"`(\w+)`$", cells[-1])
            row = cells[0].partition(" ")[0]
            found |= {(row, code, to[1] if to else code) for code in codes}
    return {way for way in found if way[0] in row_ids()}


def test_the_documents_of_the_check_out_are_in_step() -> None:
    code, stdout, _ = run("check", ROOT, "--json")
    assert (code, json.loads(stdout)["out_of_step"]) == (0, [])


@pytest.mark.long
def test_each_document_out_of_step_is_named_and_ends_the_check_with_one(copy: Path) -> None:
    folder = copy / "docs" / "law"
    (folder / "policy.ru.md").write_text("изменено", "utf-8")
    (folder / "index.kk.md").unlink()
    (folder / "articles" / "sc-999.en.md").write_text("left over", "utf-8")
    wrong = [f"docs/law/{n}" for n in ("articles/sc-999.en.md", "index.kk.md", "policy.ru.md")]
    code, stdout, _ = run("check", copy, "--json")
    assert (code, json.loads(stdout)["out_of_step"]) == (1, wrong)
    code, stdout, _ = run("check", copy)
    assert code == 1
    assert all(f"out of step: {name}" in stdout for name in wrong)
    assert json.loads(run("write", copy, "--json")[1])["written"] == wrong
    assert run("check", copy)[0] == 0


def test_a_row_without_a_test_is_a_warning_and_no_mistake(copy: Path) -> None:
    shutil.rmtree(copy / "tests")
    (copy / "tests").mkdir()
    (copy / "tests" / "test_rows.py").write_text("def test_n2_a_letter_counts(): ...\n", "utf-8")
    assert run("write", copy)[0] == 0
    code, _, stderr = run("check", copy)
    warned = set(re.findall(r"warning: no test is named after the row (\S+)", stderr))
    assert (code, warned) == (0, {*row_ids()} - {"N2", BOOKKEEPING})
    page = (copy / "docs" / "law" / "articles" / "sc-168-2.en.md").read_text("utf-8")
    assert "| N2 | A letter counts | [tests/test_rows.py]" in page
    assert "| C5 | *open point: no test is named after this row* |" in page


def test_without_a_check_out_there_is_nothing_to_compare(tmp_path: Path) -> None:
    code, _, stderr = run("check", tmp_path)
    assert (code, stderr) == (2, f"there are no tests in {tmp_path}\n")
    with pytest.raises(NoTests):
        read_proofs(tmp_path, row_ids())


def test_a_test_names_its_rows_first_and_the_cases_of_a_table_name_theirs(tmp_path: Path) -> None:
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_some.py").write_text(
        "def test_r1_r6_it_begins(): ...\n"
        "@pytest.mark.parametrize(('measure', 'row'), [({}, 'R4'), ({}, 'nothing')])\n"
        "async def test_what_is_bought_ends(measure, row): ...\n"
        "def r3_is_no_test(): ...\n"
        "def test_x9_names_no_row(): ...\n",
        "utf-8",
    )
    begins, ends = (
        AcceptanceProof(said, "tests/test_some.py") for said in ("It begins", "What is bought ends")
    )
    assert read_proofs(tmp_path, row_ids()) == {"R1": (begins,), "R6": (begins,), "R4": (ends,)}


@pytest.mark.parametrize("language", LANGUAGES)
def test_diagram_list_and_definition_agree(
    law: LawSources, made: dict[str, str], language: str
) -> None:
    expected = ways(law)
    assert ways_of_diagram(made[f"process.{language}.svg"]) == expected
    assert ways_of_list(made[f"process.{language}.md"], law.process) == expected


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_diagram_can_be_read_aloud_and_stands_alone(
    law: LawSources, made: dict[str, str], language: str
) -> None:
    source = made[f"process.{language}.svg"]
    svg = etree.fromstring(source.encode())
    told = {part.get("id"): part.text for part in (svg.find(f"{SVG}title"), svg.find(f"{SVG}desc"))
            if part is not None}  # fmt: skip
    assert svg.get("aria-labelledby") == "title about"
    assert set(told) == {"title", "about"}
    assert all(told.values())
    boxes = {part.get("data-status") for part in svg.iter() if part.get("data-status")}
    assert boxes == set(law.process.statuses)
    assert not re.search(r"href|url\(|<image|<script", source)


def test_every_row_and_every_article_has_a_page(law: LawSources, made: dict[str, str]) -> None:
    for language in LANGUAGES:
        cited = {"policy": made[f"policy.{language}.md"]}
        for one in law.articles:
            name = provision_code(one).replace("_", "-")
            cited[one] = made[f"articles/{name}.{language}.md"]
        for row in law.process.rows:
            articles = {one for basis in row.basis.values() for one in provisions(basis)}
            for one in articles or {"policy"}:
                assert f"`{row.on}`" in cited[one], (row.id, row.on, one)


def test_each_value_stands_where_it_rests_on_an_article_or_on_the_policy_of_the_portal(
    law: LawSources, made: dict[str, str]
) -> None:
    for one in law.editions:
        for name, basis in one.bases.items():
            articles = [provision_code(each).replace("_", "-") for each in provisions(basis)]
            pages = [f"articles/{article}.en.md" for article in articles] or ["policy.en.md"]
            known = f"`{name}`" if name in one.values else text(f"law.choice_of.{name}", "en")
            assert all(f"{known} |" in made[page] for page in pages), (one.code, name)


def test_no_link_leads_nowhere(made: dict[str, str]) -> None:
    folder = ROOT / "docs" / "law"
    for name, source in made.items():
        for link in re.findall(r"\]\(([^)]+)\)", source):
            assert (folder / name).parent.joinpath(link).resolve().is_file(), (name, link)


def test_the_same_law_makes_the_same_documents(law: LawSources, made: dict[str, str]) -> None:
    assert documents(read_law(law.proofs)) == made
    assert not [name for name, source in made.items() if str(ROOT) in source]


def test_a_status_in_no_group_is_said_by_its_name(law: LawSources) -> None:
    statuses = {**law.process.statuses, "lost": Status(waits_for="nobody")}
    with pytest.raises(StatusUngrouped, match="lost"):
        group_of("lost", law.process.model_copy(update={"statuses": statuses}))


def segments(layout: Layout) -> list[tuple[tuple[str, str], Point, Point]]:
    return [
        (arrow.edge, start, end)
        for arrow in layout.arrows
        for start, end in zip(arrow.points, arrow.points[1:], strict=False)
    ]


def test_no_arrow_runs_through_a_box_or_on_top_of_one_that_leads_elsewhere(law: LawSources) -> None:
    process = law.process
    layers = [code for code, status in process.statuses.items() if not status.closed]
    closed = [code for code, status in process.statuses.items() if status.closed]
    edges = sorted({(a, b) for _, a, b in ways(law) if a != b})
    groups = {code: group_of(code, process) for code in process.statuses}
    layout = lay_out(Plan(layers, groups, closed, dict.fromkeys(process.statuses, 60), edges))
    lines = segments(layout)
    for edge, (ax, ay), (bx, by) in lines:
        for box in layout.boxes.values():
            beside = max(ax, bx) <= box.x or min(ax, bx) >= box.x + box.width
            above = max(ay, by) <= box.y or min(ay, by) >= box.y + box.height
            assert beside or above, (edge, box.code)
    for number, (edge, *line) in enumerate(lines):
        for other, *another in lines[number + 1 :]:
            assert edge[1] == other[1] or not _on_top(line, another), (edge, other)


def _on_top(one: list[Point], other: list[Point]) -> bool:
    """Whether two lines along the same axis share more than a point."""
    for axis in (0, 1):
        along = 1 - axis
        if len({point[axis] for point in (*one, *other)}) == 1:
            spans = [sorted(point[along] for point in line) for line in (one, other)]
            return min(spans[0][1], spans[1][1]) > max(spans[0][0], spans[1][0])
    return False


@pytest.mark.parametrize(
    ("basis", "found"),
    [
        ("SC 157, 168(1)", ("SC 157", "SC 168(1)")),
        ("SC 168(1)-(3), CC 163(3)", ("SC 168(1)", "SC 168(2)", "SC 168(3)", "CC 163(3)")),
        ("Rules p. 8, 10", ("Rules p. 8", "Rules p. 10")),
        ("Rules p. 8, APPC 64", ("Rules p. 8", "APPC 64")),
        ("policy", ()),
    ],
)
def test_a_basis_is_taken_apart_into_its_articles(basis: str, found: tuple[str, ...]) -> None:
    assert provisions(basis) == found
