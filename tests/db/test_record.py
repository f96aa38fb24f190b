"""The record proven: every change of every column of every row that is in it is found."""

from collections.abc import Callable, Iterator
from typing import Final

import pytest
from sqlalchemy import Connection, Engine, text

from cli.postgres import SUPERUSER
from db.bounds import UNBOUND
from db.chains import LINKS, Written, event_hash
from db.engine import make_engine
from db.events import read_events
from db.heads import is_due, link_left, list_heads, make_due, make_head
from db.inbox import Submission, leave, put
from db.record import CHAINED, DERIVED, HEADS, LINED, NOT_COVERED, PLACED
from domain.messages import Actor, Role
from integrations.head_keys import HeadKey, make_head_key
from tests.support.casework import File, arrive, open_file
from tests.support.effect_play import payable
from tests.support.intake import SEAL
from tests.support.servers import Database, PostgresServer
from tests.support.tampering import (
    TABLES,
    Act,
    additions,
    beyond,
    changes,
    exchanges,
    faults,
    fill,
    removals,
    unnoticed,
)

KEY: Final = HeadKey.read(make_head_key())
RIGHTS: Final = text(
    "SELECT c.relname AS name, has_table_privilege('ozhb_app', c.oid, 'DELETE') AS goes,"
    " bool_or(has_column_privilege('ozhb_app', c.oid, a.attnum, 'INSERT')) AS written,"
    " array_agg(CAST(a.attname AS text)) FILTER (WHERE has_column_privilege('ozhb_app', c.oid,"
    "  a.attnum, 'UPDATE')) AS changing FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid"
    " AND attnum > 0 AND NOT attisdropped WHERE relnamespace = CAST('public' AS regnamespace)"
    " AND relkind IN ('r', 'p') AND NOT relispartition GROUP BY c.oid, c.relname"
)
NOTED: Final = text(
    "SELECT c.relname AS name, encode(t.tgargs, 'escape') AS said FROM pg_trigger t"
    " JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid"
    " WHERE p.proname = 'note_line' AND NOT c.relispartition"
)
GATEWAY: Final = Actor(role=Role.GATEWAY)


@pytest.fixture
def attacker(postgres: PostgresServer, database: Database) -> Iterator[Engine]:
    """Who may do everything in the database, and is stopped by no trigger and no reference."""
    name = database.owner_url.rpartition("/")[2].partition("?")[0]
    made = make_engine(postgres.postgres.url(SUPERUSER, name), bounds=UNBOUND)
    yield made
    made.dispose()


@pytest.fixture
def file(engine: Engine) -> File:
    """A case whose payment was approved, with messages that were left, taken and refused, and
    another; before two heads.
    """
    made = payable(engine)
    with engine.begin() as connection:
        arrive(connection, open_file(connection))
    for number in range(3):
        told(engine, made, f"key {number}", refused=number > 0)
    list(link_left(engine))
    make_head(engine, KEY)
    told(engine, made, "later")
    make_head(engine, KEY)
    return made


def told(engine: Engine, file: File, key: str, *, refused: bool = False) -> None:
    """Something that stands in the chain of messages at once."""
    actor, notice = (file.caseworker(), False) if refused else (GATEWAY, True)
    asked = Submission(file.id, "approve", actor, key, b"said", notice=notice)
    with engine.begin() as connection:
        put(connection, SEAL, asked)


# --- what is in it ---


def test_what_the_application_may_not_change_is_in_the_record_or_it_is_said_why_not(
    owner: Engine,
) -> None:
    with owner.connect() as connection:
        rights = {row.name: row for row in connection.execute(RIGHTS)}
        noted = {row.name: row.said.split(r"\000")[:-1] for row in connection.execute(NOTED)}
    assert set(rights) == {*TABLES, *NOT_COVERED}
    assert noted == {
        name: [name, ",".join(one.key), ",".join(one.changing), *filter(None, [one.envelope])]
        for name, one in LINED.items()
    }
    for name, one in LINED.items():
        assert set(rights[name].changing or ()) == {*one.changing} - {PLACED}, name
        assert not rights[name].goes, name
    for name in (*CHAINED, *DERIVED, *HEADS):
        assert (rights[name].changing, rights[name].goes) == (None, False), name
    kept = {
        name
        for name, row in rights.items()
        if row.written and not row.goes and row.changing is None
    }
    assert kept <= set(TABLES)


def test_a_record_that_nobody_has_changed_holds(engine: Engine, file: File) -> None:
    with engine.begin() as connection:
        assert faults(connection) == []


# --- what is found ---


@pytest.mark.parametrize("acts", [changes, removals, additions, exchanges])
def test_whatever_is_changed_removed_added_or_swapped_is_found(
    engine: Engine,
    attacker: Engine,
    file: File,
    acts: Callable[[Connection], Iterator[Act]],
) -> None:
    with attacker.begin() as connection:
        beyond(connection)
        fill(connection)
    make_head(engine, KEY)
    with attacker.connect() as connection:
        beyond(connection)
        assert faults(connection) == []
        assert unnoticed(connection, acts(connection)) == []
        connection.rollback()


def test_so_is_what_is_younger_than_every_head(
    engine: Engine, attacker: Engine, file: File
) -> None:
    told(engine, file, "youngest")
    with attacker.connect() as connection:
        beyond(connection)
        assert faults(connection) == []
        young = [
            Act(table, act, f"{statement} WHERE {last}")
            for table, last in {
                "event": "(case_id, seq) = (SELECT case_id, max(seq) FROM event"
                f" WHERE case_id = '{file.id}' GROUP BY case_id)",
                "inbox": "place = (SELECT max(place) FROM inbox)",
            }.items()
            for act, statement in {
                "changed": f"UPDATE {table} SET actor_role = 'treasury'",
                "removed": f"DELETE FROM {table}",
            }.items()
        ]
        assert unnoticed(connection, iter(young)) == []
        connection.rollback()


def test_who_chains_anew_what_a_head_covers_is_found_by_the_head(
    attacker: Engine, file: File
) -> None:
    with attacker.begin() as connection:
        beyond(connection)
        forge(connection, file, seq=2)
        found = {(one.table, one.what) for one in faults(connection)}
        connection.rollback()
    assert found == {("event", "not as a head has it")}


def test_who_chains_anew_what_no_head_covers_yet_is_not_found_until_then(
    engine: Engine, attacker: Engine, file: File
) -> None:
    """The limit of every record: what nobody else has seen can still be written otherwise."""
    told(engine, file, "youngest")
    with attacker.begin() as connection:
        beyond(connection)
        last = len(read_events(connection, file.id))
        forge(connection, file, seq=last)
        assert faults(connection) == []


def forge(connection: Connection, file: File, seq: int) -> None:
    """Say that somebody else did it, and make the hashes fit."""
    rows = connection.execute(
        LINKS,
        {"case_id": file.id},
    ).all()
    changed = "UPDATE event SET actor_role = 'treasury' WHERE case_id = :id AND seq = :seq"
    connection.execute(text(changed), {"id": file.id, "seq": seq})
    previous = bytes(rows[seq - 1].previous)
    written = "UPDATE event SET previous = :before, hash = :hash WHERE case_id = :id AND seq = :seq"
    for event in read_events(connection, file.id, seq - 1):
        row = rows[event.seq - 1]
        made = event_hash(previous, event, Written.of(file.id, row))
        told = {"before": previous, "hash": made, "id": file.id, "seq": event.seq}
        connection.execute(text(written), told)
        previous = made
    ended = text("UPDATE case_head SET hash = :hash WHERE case_id = :id")
    connection.execute(ended, {"hash": previous, "id": file.id})


def test_a_row_that_says_that_it_is_older_than_a_head_that_has_it_not_is_found(
    owner: Engine, engine: Engine, file: File
) -> None:
    with owner.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO audit (at, actor_id, actor_role, action, subject) VALUES"
                " (now() - interval '1 day', uuidv7(), 'administrator', 'x', uuidv7())"
            )
        )
    with engine.begin() as connection:
        assert [(one.table, one.what) for one in faults(connection)] == [
            ("audit", "dated before a head that has it not")
        ]


def test_who_signs_all_heads_anew_is_found_by_whoever_kept_one(
    engine: Engine, attacker: Engine, file: File
) -> None:
    with engine.connect() as connection:
        published = {one.number: one.jws for one in list_heads(connection, 0, 10)}
    with attacker.begin() as connection:
        beyond(connection)
        forge(connection, file, seq=2)
        connection.execute(text("DELETE FROM record_leaves"))
        connection.execute(text("DELETE FROM record_head"))
    other = HeadKey.read(make_head_key())
    for _ in published:
        make_head(engine, other)
    with engine.begin() as connection:
        assert faults(connection) == []
    with engine.begin() as connection:
        found = {(one.table, one.what) for one in faults(connection, published)}
    assert found == {("record_head", "is another than the one that was published")}


# --- heads ---


def test_a_head_is_due_once_a_day_and_there_is_one_on_a_day_with_nothing_new(
    engine: Engine, owner: Engine
) -> None:
    first = [one for one in make_due(engine, KEY) if one]
    assert [(one.number, one.leaves) for one in first] == [(1, 0)]
    assert list(make_due(engine, KEY)) == []
    with owner.begin() as connection:
        connection.execute(text("UPDATE record_head SET at = at - interval '1 day'"))
        assert is_due(connection)
    second = [one for one in make_due(engine, KEY) if one]
    assert [(one.number, one.since_xid) for one in second] == [(2, first[0].until_xid)]


def test_a_former_key_goes_on_proving_what_it_signed(engine: Engine, file: File) -> None:
    make_head(engine, HeadKey.read(make_head_key()))
    with engine.begin() as connection:
        assert len({one.public_key["kid"] for one in list_heads(connection, 0, 10)}) == 2
        assert faults(connection) == []


def test_what_was_left_in_an_inbox_is_chained_though_no_file_was_opened(engine: Engine) -> None:
    with engine.begin() as connection:
        file = open_file(connection)
        arrive(connection, file)
        leave(connection, SEAL, [Submission(file.id, "x", GATEWAY, str(n), b"") for n in (1, 2)])
    assert list(link_left(engine)) == [1]
    make_head(engine, KEY)
    with engine.begin() as connection:
        assert connection.execute(text("SELECT count(*) FROM unlinked")).scalar_one() == 0
        assert connection.execute(text("SELECT count(*) FROM linked")).scalar_one() == 3
        assert faults(connection) == []
