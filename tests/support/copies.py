"""A copy of the migrated database, made fresh again after each test that had it.

To empty the few tables that a test has written takes a fiftieth of what a new copy takes.
"""

from collections.abc import Callable
from typing import Any, Final

import psycopg
from psycopg import Connection, sql
from sqlalchemy import Engine, event

# From then on too many dead rows lie about.
USES: Final = 50
# Who changes the structure makes new rows of these.
CATALOGUES: Final = (
    *("pg_class", "pg_attribute", "pg_attrdef", "pg_constraint", "pg_trigger", "pg_proc"),
    *("pg_type", "pg_namespace", "pg_policy", "pg_rewrite", "pg_default_acl"),
)
STRUCTURE: Final = " UNION ALL ".join(
    f"SELECT {place}, count(*), sum(hashtext(ctid::text || xmin::text)) FROM {name}"
    for place, name in enumerate(CATALOGUES)
)
# Where rows lie: what is divided has none beside those of its parts.
TABLES: Final = """
    SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
    ORDER BY 1
"""
TOUCHED: Final = """
    SELECT EXISTS (SELECT FROM person) OR EXISTS (SELECT FROM supplier)
    OR EXISTS (SELECT FROM journal) OR EXISTS (SELECT FROM case_head)
"""
SEQUENCES: Final = """
    SELECT quote_ident(schemaname) || '.' || quote_ident(sequencename),
           coalesce(last_value, start_value), last_value IS NOT NULL
    FROM pg_sequences ORDER BY 1
"""
END_OTHERS: Final = """
    SELECT pid, pg_terminate_backend(pid, 5000) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
    AND backend_type = 'client backend' AND NOT (pid = ANY(%s) AND state = 'idle')
"""


class Copy:
    """One database, and what stood in it when it was made."""

    def __init__(self, name: str, url: str) -> None:
        self.name = name
        self._uses = 0
        self._engines: dict[Callable[[str], Engine], Engine] = {}
        self._kept: list[int] = []
        self._connection = psycopg.connect(url, autocommit=True, prepare_threshold=1)
        # Triggers and foreign keys are for those who write as the product does.
        self._connection.execute("SET session_replication_role = replica")
        self._structure = self._connection.execute(STRUCTURE).fetchall()
        self._restore = _restoring(self._connection)

    def engine(self, make: Callable[[str], Engine], url: str) -> Engine:
        """What `make` makes, with connections for all tests: they know statements. What is
        remembered of a database is remembered by its engine, so each test has one of its own."""
        if make not in self._engines:
            self._engines[make] = made = make(url)
            event.listen(made, "connect", self._keep)
        return self._engines[make].execution_options()

    def _keep(self, connection: Any, _: object) -> None:
        self._kept.append(connection.info.backend_pid)

    def is_fresh(self) -> bool:
        """Whether nobody has come to it yet, and nothing has arrived."""
        (found,) = self._connection.execute(TOUCHED).fetchone() or (True,)
        return not found

    def as_it_is(self) -> list[sql.Composed]:
        """The statements that make any copy as this one is now."""
        return _restoring(self._connection)

    def become(self, statements: list[sql.Composed]) -> None:
        """Be as another copy was."""
        with self._connection.transaction():
            for statement in statements:
                self._connection.execute(statement)

    def renew(self) -> bool:
        """Make it as it was, ending whatever is connected and not kept; whether it is that now."""
        self._uses += 1
        ended = {pid for pid, _ in self._connection.execute(END_OTHERS, (self._kept,))}
        if not ended.isdisjoint(self._kept):
            self._let_go()
        if self._uses == USES or self._connection.execute(STRUCTURE).fetchall() != self._structure:
            return False
        for statement in self._restore:
            self._connection.execute(statement)
        return True

    def _let_go(self) -> None:
        for engine in self._engines.values():
            engine.dispose()
        self._kept.clear()

    def close(self) -> None:
        self._let_go()
        self._connection.close()


def _restoring(connection: Connection) -> list[sql.Composed]:
    """The statements that empty all tables, and put back what stood in them and the sequences."""
    tables = [name for (name,) in connection.execute(TABLES)]
    emptied = sql.SQL(", ").join(
        sql.SQL("{} AS (DELETE FROM {})").format(sql.Identifier(f"_{name}"), sql.Identifier(name))
        for name in tables
    )
    held = {name: _rows(connection, name) for name in tables}
    set_back = sql.SQL(", ").join(
        sql.SQL("setval({}, {}, {})").format(*(sql.Literal(part) for part in sequence))
        for sequence in connection.execute(SEQUENCES)
    )
    return [
        sql.SQL("WITH {} SELECT {}").format(emptied, set_back),
        *(
            sql.SQL("INSERT INTO {0} SELECT * FROM json_populate_recordset(null::{0}, {1})").format(
                sql.Identifier("public", name), sql.Literal(rows)
            )
            for name, rows in held.items()
            if rows is not None
        ),
    ]


def _rows(connection: Connection, name: str) -> str | None:
    """What stands in a table, as JSON; nothing of an empty one."""
    asked = sql.SQL("SELECT json_agg(t)::text FROM {} t").format(sql.Identifier(name))
    row = connection.execute(asked).fetchone()
    assert row is not None
    rows: str | None = row[0]
    return rows
