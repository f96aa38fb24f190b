"""Whoever may do everything in the database: rows of the record changed, removed, added, swapped.

What there is to change is read from the database itself, so that no new column is forgotten.
"""

from collections.abc import Iterator
from itertools import groupby, zip_longest
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, text

from db.auditing import prove_record
from db.record import CHAINED, DERIVED, HEADS, LINED, PLACED, RecordFault
from db.record_heads import Published

TABLES: Final = (*CHAINED, *DERIVED, *HEADS, *LINED)
_COLUMNS: Final = text(
    "SELECT a.attname AS name, format_type(a.atttypid, NULL) AS type, EXISTS (SELECT 1"
    "  FROM pg_index i WHERE i.indrelid = a.attrelid AND i.indisunique"
    "  AND a.attnum = ANY (i.indkey)) AS key"
    " FROM pg_attribute a WHERE a.attrelid = CAST(:table AS regclass) AND a.attnum > 0"
    " AND NOT a.attisdropped ORDER BY a.attnum"
)
# Another value of the type than a row has.
OTHER: Final = {
    "uuid": "uuidv7()",
    "text": "coalesce({c}, '') || 'x'",
    "character varying": "coalesce({c}, '') || 'x'",
    "integer": "coalesce({c}, 0) + 1000",
    "smallint": "2026",
    "bigint": "coalesce({c}, 0) + 1000",
    "boolean": "NOT coalesce({c}, false)",
    "date": "coalesce({c}, current_date) + 1",
    "timestamp with time zone": "coalesce({c}, now()) - interval '1 microsecond'",
    "bytea": "coalesce({c}, '') || decode('01', 'hex')",
    "jsonb": "jsonb_build_object('was', coalesce({c}, 'null'))",
    "character varying[]": "coalesce({c}, '{{}}') || CAST(ARRAY['x'] AS varchar[])",
    "text[]": "coalesce({c}, '{{}}') || ARRAY['x']",
}
# The n-th value of the type.
_SOME: Final = {
    "uuid": "uuidv7()",
    "text": "'text ' || {n}",
    "character varying": "'text ' || {n}",
    "integer": "{n}",
    "smallint": "0",
    "bigint": "{n}",
    "boolean": "true",
    "date": "current_date + {n}",
    "timestamp with time zone": "now() + interval '{n} minutes'",
    "bytea": "decode('{n}', 'hex')",
    "jsonb": "jsonb_build_object('n', {n})",
    "character varying[]": "CAST(ARRAY['a', 'b{n}'] AS varchar[])",
    "text[]": "ARRAY['a', 'b{n}']",
}
# What a rule of the table wants otherwise.
_WANTED: Final = {
    ("run_reset", "to_event"): "NULL",
    ("intake_task", "closed_at"): "NULL",
    ("intake_task", "state"): "'open'",
    ("report_task", "closed_at"): "NULL",
    ("put_away_case", "documents"): "0",
    ("erasure_certificate", "ground"): "'request'",
}
# A row wherever it lies.
_ROW: Final = "CAST(tableoid AS text) || CAST(ctid AS text)"
# They change, and are proven all the same.
_PROVEN: Final = (
    *((table, PLACED) for table in TABLES),
    *(("case_head", one) for one in ("seq", "hash", "told")),
)
# In these a copy stays with what it is of.
_OF: Final = ("case_id", PLACED, "head", "relation")


class Act(NamedTuple):
    """What is done to a table, and how."""

    table: str
    name: str
    statement: str


def beyond(connection: Connection) -> None:
    """From here on no trigger and no reference holds anything up."""
    connection.execute(text("SET LOCAL session_replication_role = replica"))
    connection.execute(text("SELECT partition_of(CAST(2026 AS smallint))"))


def columns_of(connection: Connection, table: str) -> list[Any]:
    """Name, type, and whether a key has it."""
    return list(connection.execute(_COLUMNS, {"table": table}))


def fill(connection: Connection) -> None:
    """Two rows with their lines in each table beside the chains."""
    # Of two columns one alone may be there: then neither could be changed alone.
    connection.execute(text("ALTER TABLE run_reset DROP CONSTRAINT reset_to_one_point"))
    connection.execute(text("ALTER TABLE erasure DROP CONSTRAINT erasure_has_a_ground"))
    for table in LINED.keys() - {"case_head"}:
        columns = columns_of(connection, table)
        connection.execute(text(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_is_noted"))
        for number in (7001, 7002):
            values = ", ".join(
                _WANTED.get((table, one.name), _SOME[one.type].format(n=number)) for one in columns
            )
            names = ", ".join(one.name for one in columns)
            connection.execute(
                text(f"INSERT INTO {table} ({names}) OVERRIDING SYSTEM VALUE VALUES ({values})")
            )
        connection.execute(text(f"ALTER TABLE {table} ENABLE TRIGGER {table}_is_noted"))


def changes(connection: Connection) -> Iterator[Act]:
    """A name and a statement for each column that is covered: the first row is changed."""
    for table in TABLES:
        for one in columns_of(connection, table):
            changing = LINED[table].changing if table in LINED else ()
            if one.name in changing and (table, one.name) not in _PROVEN:
                continue
            value = OTHER[one.type].format(c=one.name)
            changed = f"UPDATE {table} SET {one.name} = {value} WHERE {_first(table)}"
            yield Act(table, one.name, changed)


def removals(connection: Connection) -> Iterator[Act]:
    """The same of a row of each table that is removed."""
    for table in TABLES:
        yield Act(table, "removed", f"DELETE FROM {table} WHERE {_first(table)}")


def additions(connection: Connection) -> Iterator[Act]:
    """The same of a copy under another key."""
    for table in TABLES:
        columns = columns_of(connection, table)
        keys = [one.name for one in columns if one.key]
        stays = _OF if table != "case_head" else ()
        new = [name for name in keys if name not in stays] or keys
        values = ", ".join(
            OTHER[one.type].format(c=one.name) if one.name in new else one.name for one in columns
        )
        names = ", ".join(one.name for one in columns)
        yield Act(
            table,
            "added",
            f"INSERT INTO {table} ({names}) OVERRIDING SYSTEM VALUE"
            f" SELECT {values} FROM {table} WHERE {_first(table)}",
        )


def exchanges(connection: Connection) -> Iterator[Act]:
    """The same of what two rows say under their keys."""
    for table in TABLES:
        columns = columns_of(connection, table)
        said = [one.name for one in columns if not one.key] or [columns[-1].name]
        places = f"(SELECT {_ROW} FROM {table} ORDER BY tableoid, ctid LIMIT 1)"
        others = f"(SELECT {_ROW} FROM {table} ORDER BY tableoid DESC, ctid DESC LIMIT 1)"
        names = ", ".join(said)
        of = ", ".join(f"o.{name}" for name in said)
        row_of = _ROW.replace("tableoid", "o.tableoid").replace("ctid", "o.ctid")
        this = _ROW.replace("tableoid", "t.tableoid").replace("ctid", "t.ctid")
        yield Act(
            table,
            "swapped",
            f"UPDATE {table} t SET ({names}) = (SELECT {of} FROM {table} o WHERE {row_of} ="
            f" CASE WHEN {this} = {places} THEN {others} ELSE {places} END)"
            f" WHERE {this} IN ({places}, {others})",
        )


def faults(connection: Connection, published: Published | None = None) -> list[RecordFault]:
    """Whatever is found to be wrong."""
    return [one for part in prove_record(connection, published) for one in part]


def unnoticed(connection: Connection, acts: Iterator[Act]) -> list[str]:
    """Which of these acts change nothing, or leave a record in which nothing is found.

    Those of tables beside the chains are told by their table: one of each is done at once.
    """
    found = {table: list(of) for table, of in groupby(acts, lambda act: act.table)}
    beside = [found.pop(table) for table in LINED if table in found]
    alone = [[act] for of in found.values() for act in of]
    together = [[act for act in some if act] for some in zip_longest(*beside)]
    missed = []
    for some in (*alone, *together):
        connection.execute(text("SAVEPOINT acts"))
        idle = [act for act in some if not connection.execute(text(act.statement)).rowcount]
        named = {one.table for one in faults(connection)}
        connection.execute(text("ROLLBACK TO SAVEPOINT acts"))
        passed = [act for act in some if not named or (len(some) > 1 and act.table not in named)]
        missed += [f"{act.table} {act.name}" for act in (*idle, *passed)]
    return missed


def _first(table: str) -> str:
    return f"{_ROW} = (SELECT {_ROW} FROM {table} ORDER BY tableoid, ctid LIMIT 1)"
