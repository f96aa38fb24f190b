"""Versions of the catalogue come in whole, once, and hold from their day on, wherever one looks."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, text
from sqlalchemy.exc import ProgrammingError

from db.catalogues import (
    VersionTaken,
    add_catalogue,
    catalogue_on,
    find_catalogue,
    list_versions,
)
from definitions.catalogues import (
    SPANS,
    CatalogueInvalid,
    check_catalogue,
    current_catalogue,
    made_of,
    read_catalogue,
)
from tests.support.authorities import APPROVER, PROPOSER
from tests.support.catalogues import (
    ITEM,
    bring_in,
    content,
    in_force,
    item_of,
    today,
    with_sum,
)


def audited(engine: Engine) -> list[tuple[str, str]]:
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT actor_id, action FROM audit ORDER BY id"))
        return [(str(row.actor_id), row.action) for row in rows]


def test_until_one_is_imported_the_catalogue_of_the_build_holds(engine: Engine) -> None:
    assert in_force(engine) is current_catalogue()


def test_an_imported_version_holds_at_once_and_it_is_written_down_whose_it_is(
    engine: Engine,
) -> None:
    bring_in(engine, with_sum(content(), 99))
    assert in_force(engine).version == "2026-12"
    assert in_force(engine).items[ITEM].sum_on(today(engine)) == 99
    assert audited(engine) == [
        (str(PROPOSER), "reference_proposed"),
        (str(APPROVER), "reference_approved"),
    ]


def test_a_version_of_a_later_day_holds_from_that_day_on(engine: Engine) -> None:
    ahead = today(engine, 30)
    bring_in(engine, content("2026-12"))
    bring_in(engine, content("2027-01", ahead))
    assert in_force(engine).version == "2026-12"
    with engine.connect() as connection:
        assert catalogue_on(connection, ahead - timedelta(days=1)).version == "2026-12"
        assert catalogue_on(connection, ahead).version == "2027-01"
        told = [(one.version, one.in_force) for one in list_versions(connection)]
    assert told == [("2027-01", False), ("2026-12", True), ("2026-11", False)]


def test_the_same_version_twice_is_one_and_with_other_content_a_conflict(engine: Engine) -> None:
    bring_in(engine, content())
    bring_in(engine, content())
    with pytest.raises(VersionTaken):
        bring_in(engine, with_sum(content(), 1))
    with engine.connect() as connection:
        versions = [one.version for one in list_versions(connection)]
    assert versions == ["2026-12", "2026-11"]


def test_the_version_of_the_build_is_one_of_the_versions(engine: Engine) -> None:
    own = dict(current_catalogue().content)
    bring_in(engine, own)
    assert in_force(engine) is current_catalogue()
    with pytest.raises(VersionTaken):
        bring_in(engine, {**own, "valid_from": "2026-01-01"})


def test_two_imports_at_once_make_one_version(engine: Engine) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: bring_in(engine, content()), range(8)))
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM catalogue")).scalar() == 1


@pytest.mark.parametrize(
    ("version", "since", "taken"),
    [
        ("2026-10", date(2026, 10, 1), False),
        ("2026-12", date(2026, 10, 31), False),
        ("2026-11-a", date(2026, 11, 1), False),
        ("2026-12-b", date(2026, 11, 1), True),
        ("2026-10", date(2026, 11, 2), True),
    ],
)
def test_a_version_that_would_never_hold_is_not_taken(
    engine: Engine, version: str, since: date, taken: bool
) -> None:
    bring_in(engine, content("2026-11-z"))
    if taken:
        bring_in(engine, content(version, since))
        assert in_force(engine).version == version
        return
    with pytest.raises(CatalogueInvalid) as caught:
        bring_in(engine, content(version, since))
    assert [one.code for one in caught.value.mistakes] == ["version_not_newer"]


def test_the_unit_of_a_code_never_changes(engine: Engine) -> None:
    made = content()
    for code in (ITEM, "ASSISTANT-HOUR"):
        item_of(made, code)["unit"] = "DAY"
    with pytest.raises(CatalogueInvalid) as caught:
        bring_in(engine, made)
    assert [(one.pointer, one.code) for one in caught.value.mistakes] == [
        ("/items/0/unit", "unit_changed"),
        ("/items/12/unit", "unit_changed"),
    ]
    assert audited(engine) == []


def test_nobody_can_change_a_version_afterwards(engine: Engine) -> None:
    bring_in(engine, content())
    for statement in ("UPDATE catalogue SET valid_from = now()", "DELETE FROM catalogue"):
        with engine.connect() as connection, pytest.raises(ProgrammingError, match="permission"):
            connection.execute(text(statement))


# --- any catalogue that passes the check ---

WORDS = st.text(st.characters(codec="utf-8", categories=("L", "N")), min_size=1, max_size=20)
NAME = st.fixed_dictionaries({"kk": WORDS, "ru": WORDS, "en": WORDS})
CODE = st.from_regex(r"[A-Z0-9]{1,6}(-[A-Z0-9]{1,4})?", fullmatch=True)
SINCE = date(2026, 11, 1)


@st.composite
def items(draw: st.DrawFn) -> dict[str, Any]:
    amounts = sorted(draw(st.lists(st.integers(1, 10**6), min_size=4, max_size=4)))
    later = draw(st.lists(st.dates(SINCE + timedelta(1), date(2199, 12, 31)), unique=True))
    days = [draw(st.dates(date(1900, 1, 1), SINCE)), *sorted(later)]
    custom = draw(st.booleans())
    return {
        "code": f"NEW-{draw(CODE)}",
        "category": draw(st.sampled_from(["AID", "CARE"])),
        "name": draw(NAME),
        "unit": draw(st.sampled_from(["PIECE", "PAIR", "HOUR", "DAY", "STAY"])),
        "norm": dict(zip(SPANS, amounts, strict=True)),
        "custom_made": custom,
        "procured": custom or draw(st.booleans()),
        "periodic": draw(st.sampled_from(["none", "month", "quarter", "year"])),
        "sums": [
            {"valid_from": day.isoformat(), "tiyn": draw(st.integers(1, 10**13))} for day in days
        ],
        **({"companion_percent": 70} if draw(st.booleans()) else {}),
    }


@st.composite
def catalogues(draw: st.DrawFn) -> dict[str, Any]:
    kinds = [
        {"code": code, "name": draw(NAME), "kind": kind, "law": draw(WORDS)}
        for code, kind in (("AID", "goods"), ("CARE", "service"))
    ]
    found = draw(st.lists(items(), min_size=1, max_size=5, unique_by=lambda one: one["code"]))
    return {
        "version": "2026-12",
        "valid_from": SINCE.isoformat(),
        "categories": kinds,
        "items": found,
    }


@settings(max_examples=40, suppress_health_check=list(HealthCheck))
@given(made=catalogues())
def test_any_catalogue_that_passes_the_check_is_read_back_as_it_was(
    engine: Engine, made: dict[str, Any]
) -> None:
    assert check_catalogue(made) == []
    new = read_catalogue(made)
    with engine.connect() as connection:
        add_catalogue(connection, new)
        stored = connection.execute(text("SELECT content FROM catalogue")).scalar_one()
        assert made_of(stored) == new
        assert find_catalogue(connection, "2026-12") == new
        assert catalogue_on(connection, SINCE).sha256 == new.sha256
        connection.rollback()
