"""An edition is published once: proven, simulated, compared, and never changed afterwards."""

import re
import shutil
from pathlib import Path

import pytest

import definitions
from definitions.editions import edition_texts
from definitions.publishing import Publication, prepare, publish
from domain.forecasts.paths import simulate
from domain.process import Process
from tests.definitions.test_editions import CHAPTERS, changed, rewritten
from tests.domain.play import CURRENT

# Of the build under test, which may be an installed one.
LAW = Path(definitions.__file__).parent
CODE = edition_texts()["social-code"]
# Amended from the day after the Code on, whatever was published since; its rows cite what those of
# the Code cite.
NEXT = changed(
    CODE,
    ('code = "social-code"', 'code = "amended"\ncites_as = "social-code"'),
    ("valid_from = 2023-07-01", "valid_from = 2023-07-02"),
    ("precedence = 2", "precedence = 1000"),
    ("Әлеуметтік кодексі", "жаңа Әлеуметтік кодексі"),
    ("Социальный кодекс", "Новый Социальный кодекс"),
    ("Social Code of", "New Social Code of"),
    ('choice = { length = "P2M"', 'choice = { length = "P3M"'),
)
ACCEPTING = 'guards = ["own_case", "quantity_accepted", "accepted_drafted"]'


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A check-out with the law of this build."""
    shutil.copytree(LAW, tmp_path / "definitions")
    return tmp_path


def prepared(root: Path, text: str, **chapters: str) -> tuple[Path, Publication]:
    """An edition as a file, beside it chapters by name."""
    for name, content in {"new": text, **chapters}.items():
        (root / f"{name}.toml").write_text(content, "utf-8")
    return root / "new.toml", prepare(root, root / "new.toml")


def paths(found: Publication) -> dict[str, tuple[object, object]]:
    return {one.path: (one.before, one.after) for one in found.changes}


def test_a_new_edition_is_published_with_its_hash_and_its_file(root: Path) -> None:
    file, found = prepared(root, NEXT)
    assert (found.problems, found.follows, found.published) == ((), "social-code", False)
    before = (root / "definitions" / "published.toml").read_text("utf-8")
    publish(root, file, found)
    kept = (root / "definitions" / "published.toml").read_text("utf-8")
    assert kept == f'{before}amended = "{found.hash}"\n'
    assert (root / "definitions/editions/amended.toml").read_text("utf-8") == NEXT
    again = prepare(root, file)
    assert (again.problems, again.published) == ((), True)
    publish(root, file, again)
    assert (root / "definitions" / "published.toml").read_text("utf-8") == kept


def test_a_published_edition_is_never_changed(root: Path) -> None:
    _, found = prepared(root, changed(CODE, ('late_proof = "10wd"', 'late_proof = "11wd"')))
    assert found.problems == ("the edition social-code was published, and has changed",)


def test_an_edition_brings_the_chapters_that_it_changes(root: Path) -> None:
    other = rewritten((ACCEPTING, 'guards = ["own_case"]'))["fulfilment"]
    text = changed(NEXT, ('"fulfilment"', '"fulfilment-amended"'))
    file, found = prepared(root, text, **{"fulfilment-amended": other})
    assert (found.problems, found.chapters) == ((), ("fulfilment-amended",))
    publish(root, file, found)
    assert (root / "definitions/process/fulfilment-amended.toml").read_text("utf-8") == other
    again = prepare(root, root / "definitions/editions/amended.toml")
    assert (again.problems, again.chapters, again.published) == ((), (), True)


def test_a_command_without_a_form_is_not_published(root: Path) -> None:
    other = re.sub(r"\bwithdraw_order\b", "hand_over", CHAPTERS["fulfilment"])
    _, found = prepared(root, changed(NEXT, ('"fulfilment"', '"handing"')), handing=other)
    assert "the command hand_over has no form" in found.problems


def test_a_published_chapter_is_never_changed(root: Path) -> None:
    other = rewritten((ACCEPTING, 'guards = ["own_case"]'))["fulfilment"]
    _, found = prepared(root, NEXT, fulfilment=other)
    assert found.problems == ("the chapter fulfilment was published, and has changed",)


def test_every_mistake_is_told_at_once(root: Path) -> None:
    wrong = (('length = "14cd"', 'length = "14 days"'), ("[title]", 'colour = "red"\n[title]'))
    _, found = prepared(root, changed(NEXT, *wrong))
    assert len(found.problems) == 2
    clash = (
        ("valid_from = 2023-07-02", "valid_from = 2024-01-01"),
        ("precedence = 1000", "precedence = 2"),
        ('"court", "docu', '"whim", "docu'),
        ("жаңа Әлеуметтік кодексі", "Әлеуметтік кодексі"),
    )
    _, found = prepared(root, changed(NEXT, *clash))
    told = " ".join(found.problems)
    assert "there is no text pause_ground.whim" in told
    assert "hold on one day, and neither goes before" in told
    assert "the editions social-code and amended have one title" in told
    _, found = prepared(root, "no [ TOML")
    assert len(found.problems) == 1


def test_the_differences_to_the_edition_before_are_told_by_their_paths(root: Path) -> None:
    made = rewritten((ACCEPTING, 'guards = ["own_case"]'), ('records = "escalate_overdue"', ""))
    named = (('"fulfilment"', '"accepting"'), ('"notice"', '"telling"'))
    chapters = {"accepting": made["fulfilment"], "telling": made["notice"]}
    _, found = prepared(root, changed(NEXT, *named), **chapters)
    told = paths(found)
    assert told["terms.choice.length"] == ("P2M", "P3M")
    assert told["valid_from"] == ("2023-07-01", "2023-07-02")
    guards = (["own_case", "quantity_accepted", "accepted_drafted"], ["own_case"])
    assert told["process.rows.F5 accept.guards"] == guards
    assert told["process.rows.N5 notice_failed_over.records"] == ("escalate_overdue", None)
    assert found.problems == ()


def test_every_path_is_simulated_to_its_end(root: Path) -> None:
    _, found = prepared(root, NEXT)
    process = CURRENT.process
    assert set(found.ways) == {code for code, one in process.statuses.items() if one.closed}
    assert all(way[0] == "R1" for way in found.ways.values())
    assert found.unused == ()


def test_what_an_edition_does_not_ask_for_is_told_as_unused(root: Path) -> None:
    _, found = prepared(root, changed(NEXT, ("acceptance = true", "acceptance = false")))
    assert {"status delivered", "row F5 (accept)"} <= set(found.unused)
    assert found.problems == ()


def test_a_status_from_which_no_way_leads_on_is_found() -> None:
    process: Process = CURRENT.process
    ways = [row for row in process.rows if row.on == "result_reported" and row.to]
    ends = ("excess_returned", "excess_written_off")  # where it was before
    ways += [row for row in process.rows if row.event in ends]
    rows = tuple(row for row in process.rows if row not in ways)
    lost = simulate(process.model_copy(update={"rows": rows}))
    assert lost.endless == ()  # money may come back from it
    assert "status completed" in lost.unused
    kept = tuple(row for row in process.rows if row.to not in ("refused", "payment_pending"))
    found = simulate(process.model_copy(update={"rows": kept}))
    assert "row P2 (payment_reported)" in found.unused
