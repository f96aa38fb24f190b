"""A master key is changed while the system works: all is wrapped anew, and opens as before."""

import json
import os
from base64 import b64encode
from typing import Any

import pytest
from sqlalchemy import Engine, text

import db.master_keys
from db.holds import standing
from db.journal import journal
from db.master_keys import rewrap, wrapped_by
from db.persons import read_profile
from db.processes import OwnProcess, at_work, take_place
from db.sealing import Seal, Unreadable
from tests.support.forks import run_command
from tests.support.holding import hold
from tests.support.intake import SEAL, measure, raw, take_in
from tests.support.party_play import open_shop
from tests.support.servers import Database, PostgresServer, wide_engine

OLD, NEW = SEAL.masters["k1"], b"n" * 31 + b"2"
RING = Seal({"k2": NEW, "k1": OLD}, SEAL.index_key)
ALONE = Seal({"k2": NEW}, SEAL.index_key)


def given(**keys: bytes) -> str:
    return ",".join(f"{name}:{b64encode(key).decode()}" for name, key in keys.items())


@pytest.fixture
def engine(postgres: PostgresServer, database: Database) -> Engine:
    """Of a database with people, messages, an organisation and words of an administrator."""
    made = postgres.engine(database, wide_engine)
    for number in range(5):
        take_in(made, measure(10 + number))
    open_shop(made)
    hold(made, "payments")
    return made


def ozhb(database: Database, *arguments: str, **keys: bytes) -> tuple[int, Any, str]:
    """Exit code, what it printed as JSON, and errors of `ozhb keys …`, as the owner."""
    environment = {
        "PATH": os.environ["PATH"],
        "OZHB_DATABASE_URL": database.owner_url,
        "OZHB_PERSON_MASTER_KEYS": given(**keys),
        "OZHB_PERSON_INDEX_KEY": b64encode(SEAL.index_key).decode(),
    }
    ended = run_command(("keys", *arguments, "--json"), environment)
    return ended.returncode, json.loads(ended.stdout or "null"), ended.stderr


def opened(engine: Engine, sealer: Seal) -> list[Any]:
    """What people, messages and administrators have said, as far as these keys open it."""
    with engine.connect() as connection:
        people = connection.execute(text("SELECT person_id FROM person_key ORDER BY 1")).scalars()
        profiles = [read_profile(connection, sealer, one) for one in people.all()]
        return [*profiles, *(one.reason(sealer) for one in standing(connection))]


def test_everything_is_wrapped_by_the_new_key_and_the_old_one_may_go(
    engine: Engine, database: Database
) -> None:
    before = opened(engine, SEAL)
    assert len(before) > 5
    code, told, _ = ozhb(database, "status", k2=NEW, k1=OLD)
    new, old = told["master_keys"]
    assert (code, new["key"], new["current"], new["needed_by"]) == (0, "k2", True, 0)
    assert (old["needed_by"] > len(before), old["may_go"]) == (True, False)

    code, told, err = ozhb(database, "rotate", k2=NEW, k1=OLD)
    assert code == 0, err
    assert told["rewrapped"] == old["needed_by"]
    new, old = told["master_keys"]
    assert (new["needed_by"], old["needed_by"], old["may_go"]) == (told["rewrapped"], 0, True)
    assert opened(engine, ALONE) == before
    with pytest.raises(Unreadable):
        opened(engine, SEAL)
    assert ozhb(database, "rotate", k2=NEW, k1=OLD)[1]["rewrapped"] == 0


def test_whoever_is_broken_off_goes_on_with_what_is_left(
    engine: Engine, database: Database, owner: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And what comes meanwhile, under either key, is opened by both."""
    monkeypatch.setattr(db.master_keys, "AT_ONCE", 2)
    with owner.connect() as connection:
        all_of_them = sum(wrapped_by(connection).values())
    for one in rewrap(owner, RING):
        if one.rewrapped:
            break
    with owner.connect() as connection:
        found = wrapped_by(connection)
        assert found == {"k2": 2, "k1": all_of_them - 2}
    opened(engine, RING)
    with engine.begin() as connection:
        journal(connection, SEAL, [raw(measure(77))])
    *_, last = rewrap(owner, RING)
    assert last.rewrapped == all_of_them - 2 + 1
    opened(engine, ALONE)


def test_a_key_that_the_settings_do_not_have_is_told(engine: Engine, database: Database) -> None:
    code, told, _ = ozhb(database, "status", k2=NEW)
    missing = told["master_keys"][1]
    assert (code, missing["key"], missing["in_settings"]) == (1, "k1", False)
    code, _, err = ozhb(database, "rotate", k2=NEW)
    assert (code, "is not in the settings" in err) == (1, True)


def test_the_application_alone_may_not_do_it(engine: Engine, database: Database) -> None:
    as_application = Database(database.app_url, database.app_url, database.sandbox_url)
    code, _, err = ozhb(as_application, "rotate", k2=NEW, k1=OLD)
    assert (code, "does not name the owner" in err) == (1, True)


def at_work_with(engine: Engine, *keys: str) -> OwnProcess:
    """An API that has these keys, and works if it may."""
    made = OwnProcess("api", "-".join(keys), master_keys=keys)
    take_place(engine, made)
    return made


@pytest.mark.parametrize(
    ("works", "begins", "fits"),
    [
        (("k1",), ("k1", "k2"), True),
        (("k1", "k2"), ("k2", "k1"), True),
        (("k2", "k1"), ("k2",), True),
        # It would wrap what the other cannot open, or could not open what the other wraps.
        (("k1",), ("k2", "k1"), False),
        (("k1", "k2"), ("k2",), False),
    ],
)
def test_nobody_begins_beside_a_process_whose_keys_do_not_fit(
    engine: Engine, works: tuple[str, ...], begins: tuple[str, ...], fits: bool
) -> None:
    for first, second in ((works, begins), (begins, works)):
        with engine.begin() as connection:
            connection.execute(text("DELETE FROM running_process"))
        at_work_with(engine, *first)
        at_work_with(engine, *second)
        with engine.connect() as connection:
            assert len(at_work(connection)) == (2 if fits else 1)


def test_nothing_is_wrapped_anew_and_no_key_goes_while_a_process_uses_the_old_one(
    engine: Engine, database: Database
) -> None:
    behind = at_work_with(engine, "k1", "k2")
    code, _, err = ozhb(database, "rotate", k2=NEW, k1=OLD)
    assert (code, "k1-k2: not with this key first" in err) == (1, True)
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM running_process WHERE id = :id"), {"id": behind.id})
    at_work_with(engine, "k2", "k1")
    assert ozhb(database, "rotate", k2=NEW, k1=OLD)[0] == 0
    assert ozhb(database, "status", k2=NEW, k1=OLD)[1]["master_keys"][1]["may_go"] is True
    # One that was missed, and comes back: it may still wrap with the old key.
    at_work_with(engine, "k1", "k2")
    assert ozhb(database, "status", k2=NEW, k1=OLD)[1]["master_keys"][1]["may_go"] is False


@pytest.fixture
def owner(database: Database) -> Any:
    made = wide_engine(database.owner_url)
    yield made
    made.dispose()


def test_no_column_with_wrapped_keys_is_forgotten(engine: Engine, owner: Engine) -> None:
    """Whatever column holds bytes that begin as a wrapped key does is one that is rotated."""
    known = {(one.table, one.column) for one in db.master_keys.COLUMNS}
    asked = text(
        "SELECT table_name, column_name FROM information_schema.columns"
        " WHERE table_schema = 'public' AND data_type = 'bytea'"
    )
    with owner.connect() as connection:
        for table, column in connection.execute(asked).all():
            begins = text(
                f"SELECT count(*) FROM {table} WHERE position('k1:'::bytea IN {column}) IN (1, 3)"
            )
            if connection.execute(begins).scalar_one():
                assert (table, column) in known
