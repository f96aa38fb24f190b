"""Rows that a former version has noted whole are noted anew by what lies beyond their keys."""

from typing import Final

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, text

from cli.migrations import alembic_config
from db.auditing import prove_record
from db.envelopes import envelop, open_envelope
from db.heads import make_head
from db.master_keys import rewrap
from db.sealing import Seal
from tests.support.head_keys import KEY
from tests.support.intake import SEAL
from tests.support.party_play import open_shop
from tests.support.servers import Database

RING: Final = Seal({"k2": b"n" * 32, **SEAL.masters}, SEAL.index_key)
# Table → its envelope, and a row of it as the former version has written it.
WRITTEN: Final = {
    "hold": (
        "reason",
        "(switch, reason, placed_by, released_by, released_at)"
        " VALUES ('payments', :sealed, uuidv7(), uuidv7(), legal_now())",
    ),
    "list_export": (
        "purpose",
        "(form, list, rows, purpose)"
        " VALUES ('csv', jsonb_build_object('due', 1, 'closed', null), 3, :sealed)",
    ),
    "person_search": (
        "reason",
        "(actor_id, actor_role, kinds, query, reason, hits)"
        " VALUES (uuidv7(), 'caseworker', ARRAY['iin', 'name'], '\\x00ff', :sealed, 1)",
    ),
    "supplier_removal": (
        "sealed",
        "(supplier_id, ground, sealed) SELECT id, 'request', :sealed FROM supplier",
    ),
    "treasury_report": (
        "sealed",
        "(body_hash, sealed, verdict) VALUES (sha256(CAST(:sealed AS bytea)), :sealed, 'pending')",
    ),
}
# What goes on with a row, and is no change of what was noted.
GOES_ON: Final = (
    "UPDATE hold SET released_at = legal_now() + interval '1 hour'",
    "UPDATE supplier_removal SET asked = 7, settled_at = legal_now()",
    "UPDATE treasury_report SET verdict = 'recorded', kind = 'pain.002.001.12',"
    " words = jsonb_build_array('ә'), remarks = '[]', not_ours = 2",
)


def write(connection: Connection) -> dict[str, bytes]:
    """One more row of each table, sealed under the key of before."""
    made = {}
    for table, (column, row) in WRITTEN.items():
        told = text(f"INSERT INTO {table} {row} RETURNING {column}")
        sealed = envelop(SEAL, f"why in {table}".encode())
        made[table] = bytes(connection.execute(told, {"sealed": sealed}).scalar_one())
    return made


def as_before(engine: Engine, owner: Engine, database: Database) -> Config:
    """An open shop under the schema that noted rows whole; the way to the newest one."""
    open_shop(engine)
    engine.dispose()
    owner.dispose()
    config = alembic_config(database.owner_url)
    command.downgrade(config, "0053")
    return config


def faults(connection: Connection) -> set[tuple[str, str]]:
    return {(one.table, one.what) for part in prove_record(connection) for one in part}


def test_what_was_noted_whole_holds_after_the_upgrade_and_what_was_changed_before_does_not(
    engine: Engine, owner: Engine, database: Database
) -> None:
    config = as_before(engine, owner, database)
    with owner.begin() as connection:
        for setting in ("SET LOCAL timezone = 'Asia/Almaty'", "SET LOCAL bytea_output = 'escape'"):
            connection.execute(text(setting))
        write(connection)
        for statement in GOES_ON:
            connection.execute(text(statement))
        whole = "SELECT DISTINCT relation FROM record_line WHERE relation = ANY(:tables) ORDER BY 1"
        named = {"tables": list(WRITTEN)}
        assert connection.execute(text(whole), named).scalars().all() == sorted(WRITTEN)
    owner.dispose()
    command.upgrade(config, "head")
    with owner.begin() as connection:
        assert faults(connection) == set()
        write(connection)
    make_head(engine, KEY)
    with engine.begin() as connection:
        assert faults(connection) == set()
    # A master key is changed, and nothing that was noted is.
    *_, last = rewrap(owner, RING)
    assert last.rewrapped >= 2 * len(WRITTEN)
    with engine.begin() as connection:
        assert faults(connection) == set()
        for table, (column, _) in WRITTEN.items():
            asked = text(f"SELECT {column} FROM {table}")
            for sealed in connection.execute(asked).scalars():
                assert open_envelope(RING, bytes(sealed)) == f"why in {table}".encode()


def test_a_row_that_was_changed_before_the_upgrade_gets_no_line_that_says_it_was_not(
    engine: Engine, owner: Engine, database: Database
) -> None:
    config = as_before(engine, owner, database)
    with owner.begin() as connection:
        write(connection)
        for table, (column, _) in WRITTEN.items():
            other = text(f"UPDATE {table} SET {column} = :sealed")
            connection.execute(other, {"sealed": envelop(SEAL, b"another")})
    owner.dispose()
    command.upgrade(config, "head")
    with owner.begin() as connection:
        assert faults(connection) == {(table, "added") for table in WRITTEN}
