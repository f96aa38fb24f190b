"""Searches are walked by indexes: nothing reads all cases or all persons to find a few."""

from collections.abc import Iterator
from typing import Any, Final
from uuid import uuid4

import pytest
from sqlalchemy import Connection, Engine, text
from structlog.testing import capture_logs

import db.search
from api.access import seen
from api.auth import Caller
from api.cases.search import OF_SUPPLIERS
from db.engine import make_engine
from db.lists import WantedCases, Way, list_statement
from db.missing_words import write_missing_words
from db.persons import person_of
from db.sealing import Seal
from db.search import FEW, Searched, findings
from db.suppliers import (
    NewSupplier,
    SupplierChange,
    SupplierContacts,
    add_supplier,
    change_supplier,
)
from db.words import words_of
from domain.messages import Actor, Role
from domain.searching import SearchKind
from tests.support.erasing import erased
from tests.support.intake import SEAL, iin, measure, take_in
from tests.support.servers import PostgresServer

CASES: Final = 20_000
BIN: Final = "200140000014"
PHONE: Final = "+77011234567"
# Everybody is called the same, and one in a thousand otherwise, too; an authority has a hundredth
# of the cases, a supplier and an item a five-hundredth.
FILLED: Final = (
    "INSERT INTO authority (bin, name) SELECT '2001' || lpad(n::text, 8, '0'), n::text"
    " FROM generate_series(1, 100) AS n",
    "INSERT INTO supplier (bin, name, regions, active, words) SELECT CASE WHEN n = 1 THEN :bin"
    " ELSE '2002' || lpad(n::text, 8, '0') END, n::text, '{7}', true, '{}'"
    " FROM generate_series(1, 500) AS n",
    "CREATE TEMPORARY TABLE place AS SELECT n, uuidv7() AS id, uuidv7() AS person,"
    " 'OZ' || lpad(n::text, 9, '0') AS reference FROM generate_series(1, :cases) AS n",
    "CREATE TEMPORARY TABLE office AS SELECT id, row_number() OVER () AS n FROM authority",
    "CREATE TEMPORARY TABLE shop AS SELECT id, row_number() OVER () AS n FROM supplier",
    "INSERT INTO person (id, iin_index, sealed, words) SELECT person,"
    " CASE WHEN n = 77 THEN :iin ELSE decode(md5(n::text), 'hex') END, '\\x00',"
    " CASE WHEN n % 1000 = 77 THEN CAST(:common AS bigint[]) || CAST(:rare AS bigint[])"
    " ELSE :common END FROM place",
    "INSERT INTO case_head (case_id, reference, programme_number, measure_id, edition, person_id,"
    " seq, hash) SELECT id, reference, 'P' || n, '1', 'e', person, 1, '\\x00' FROM place",
    "INSERT INTO case_view (case_id, reference, status, since, closed, waits_for, item,"
    " recipient_id, authority_id, supplier_ids, region, oblast) SELECT p.id, reference,"
    " 'choosing', now(), p.n % 3 = 0, '{recipient}', CASE WHEN p.n % 500 = 77 THEN"
    " 'MOBILITY-WHEELCHAIR-OUTDOOR' ELSE 'I' || p.n % 500 END, person, o.id, '{}', '711110000',"
    " '71' FROM place p JOIN office o ON o.n = 1 + p.n % 100",
    "INSERT INTO supplier_view (case_id, supplier_id, seq, reference, status, since, closed,"
    " waits_for, item) SELECT p.id, s.id, 1, reference, 'ordered', now(), p.n % 3 = 0,"
    " '{supplier}', 'I1' FROM place p JOIN shop s ON s.n = 1 + p.n % 500",
    "INSERT INTO case_state (case_id, seq, edition, live, shape, state)"
    " SELECT id, 1, 'e', true, 1, '{}' FROM place",
)
QUERIES: Final[tuple[tuple[SearchKind, str], ...]] = (
    ("reference", "4711"),
    ("reference", "0000"),
    ("reference", "OZ000014711"),
    ("programme", "P4711"),
    ("iin", iin(77)),
    ("phone", PHONE),
    ("name", "Нұр"),
    ("name", "улгибаев мыс"),
    ("supplier", BIN),
    ("item", "wheelchair outdoor"),
)


LARGE: Final = {"case_head", "case_view", "case_state", "supplier_view", "person"}


@pytest.fixture(scope="module")
def full(postgres: PostgresServer) -> Iterator[Connection]:
    """Twenty thousand cases, as far as lists and searches read them; nothing of it stays."""
    database = postgres.copy()
    owner = make_engine(database.owner_url)
    named = {
        "cases": CASES,
        "bin": BIN,
        "iin": SEAL.index(iin(77)),
        "common": words_of(SEAL, "Нұрланов"),
        "rare": words_of(SEAL, "Үлгібаев Мысал", PHONE),
    }
    with owner.connect() as connection:
        for statement in FILLED:
            connection.execute(text(statement), named)
        connection.execute(text("ANALYZE"))
        yield connection
    owner.dispose()
    postgres.drop(database)


def callers(connection: Connection) -> Iterator[Caller]:
    """One of each role who sees some of the cases."""
    row = connection.execute(
        text(
            "SELECT authority_id, recipient_id FROM case_view ORDER BY reference OFFSET 77 LIMIT 1"
        )
    ).one()
    supplier = connection.execute(text("SELECT id FROM supplier WHERE bin = :b"), {"b": BIN})
    yield Caller(Role.CASEWORKER, None, row.authority_id)
    yield Caller(Role.COMMISSION, None, None, region="71")
    yield Caller(Role.ADMINISTRATOR, None, None)
    yield Caller(Role.RECIPIENT, row.recipient_id, None)
    yield Caller(Role.SUPPLIER, None, supplier.scalar_one())


def plan(connection: Connection, caller: Caller, found: Way) -> list[dict[str, Any]]:
    """Every node of the plan of a page of a search."""
    wanted = WantedCases(seen(caller), 50, found=found)
    statement, values = list_statement(wanted)
    for number, value in reversed(list(enumerate(values, 1))):
        said = "NULL" if value is None else f"'{value}'"
        statement = statement.replace(f"${number}", said)
    explained = connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {statement}").scalar_one()
    nodes = [explained[0]["Plan"]]
    for node in nodes:
        nodes += node.get("Plans", ())
    return nodes


@pytest.mark.parametrize("few", [FEW, 0])
@pytest.mark.parametrize(("kind", "query"), QUERIES)
def test_no_search_reads_all_cases_or_all_persons(
    full: Connection, kind: SearchKind, query: str, few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(db.search, "FEW", few)
    found = findings(full, SEAL, Searched((kind,), query), representatives=True)
    for caller in callers(full):
        if caller.role == Role.SUPPLIER and kind not in OF_SUPPLIERS:
            continue
        nodes = plan(full, caller, found[kind])
        read_whole = {one["Relation Name"] for one in nodes if one["Node Type"] == "Seq Scan"}
        assert read_whole.isdisjoint(LARGE), (caller.role, read_whole)
        if few and query == "улгибаев мыс":
            assert "person_words" in {one.get("Index Name") for one in nodes}


def test_what_an_unreadable_person_was_called_holds_up_nobody(engine: Engine) -> None:
    take_in(engine, measure(1), measure(2))
    with engine.begin() as connection:
        connection.execute(text("UPDATE person SET words = NULL"))
        lost = Seal(masters={"k9": b"9" * 32}, index_key=SEAL.index_key)
        one = connection.execute(text("SELECT id FROM person ORDER BY id LIMIT 1")).scalar_one()
        connection.execute(
            text("UPDATE person_key SET wrapped = :wrapped WHERE person_id = :id"),
            {"wrapped": lost.new_key(), "id": one},
        )
    with capture_logs() as told:
        list(write_missing_words(engine, SEAL))
    assert [one["event"] for one in told] == ["a person cannot be read, and is not found by name"]
    with engine.connect() as connection:
        counted = text("SELECT cardinality(words) > 0 FROM person ORDER BY id")
        assert connection.execute(counted).scalars().all() == [False, True]


def test_a_supplier_is_found_as_it_is_called_now_and_one_who_was_erased_by_nothing(
    engine: Engine,
) -> None:
    by = Actor(role=Role.ADMINISTRATOR, id=str(uuid4()))

    def is_found(connection: Connection, query: str) -> bool:
        searched = Searched(("supplier",), query)
        return bool(findings(connection, SEAL, searched, representatives=True))

    with engine.begin() as connection:
        assistant = NewSupplier(SupplierContacts(name="Сейтқали Бек"), ["75"], iin=iin(5))
        made, _ = add_supplier(connection, SEAL, by, assistant)
        assert not is_found(connection, "ЖК")
        assert is_found(connection, "Сейтк")
        called = SupplierContacts(name="ЖК Сейткали")
        change_supplier(connection, SEAL, by, made.id, SupplierChange(called))
        assert is_found(connection, "ЖК Сейт")
        assert not is_found(connection, "Бек")
        erased(connection, person_of(connection, SEAL, iin(5)))
        assert not is_found(connection, "ЖК Сейт")


def test_words_tell_nothing_without_the_key(engine: Engine) -> None:
    other = Seal(masters=SEAL.masters, index_key=b"x" * 32)
    assert set(words_of(SEAL, "Үлгібаев", PHONE)).isdisjoint(words_of(other, "Үлгібаев", PHONE))
    assert words_of(SEAL, "Мысал Үлгібаев") == words_of(SEAL, "Үлгібаев Мысал")
