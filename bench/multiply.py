"""A few thousand real files become a million: copied in SQL, each with a person of its own.

Of a copy the chain is not proven again: its hashes are those of the file it was made from. All else
is as the product's own code wrote it, under ids and with a reference of the copy's own.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from sqlalchemy import Connection, Engine, text

from bench.people import add_people

# What is copied, in this order; the tables that grow large lose their indexes meanwhile.
TABLES: Final = (
    "case_head",
    "inbox",
    "event",
    "case_view",
    "case_state",
    "supplier_view",
    "deadline",
    "open_deadline",
    "owed",
    "escalation",
    "norm_use",
    "case_language",
    "money",
    "work",
)
PART: Final = 20_000
AT_ONCE: Final = 4
PLANS: Final = ("person_number", "model", "model_message", "model_event")
_INDEXES: Final = text(
    "SELECT i.indexname AS name, i.indexdef AS made FROM pg_indexes i WHERE i.schemaname = 'public'"
    " AND i.tablename = ANY(:tables) AND NOT EXISTS (SELECT 1 FROM pg_constraint c"
    "   WHERE c.conname = i.indexname)"
)
_RULES: Final = text(
    "SELECT conrelid::regclass::text AS place, conname AS name, pg_get_constraintdef(oid) AS made"
    " FROM pg_constraint WHERE contype = 'f' AND conrelid::regclass::text = ANY(:tables)"
)
_PLAN: Final = (
    "CREATE UNLOGGED TABLE person_number AS SELECT row_number() OVER () AS n, id FROM person"
    " WHERE octet_length(iin_index) = 16",
    "CREATE UNIQUE INDEX ON person_number (n)",
    "CREATE UNLOGGED TABLE model AS SELECT row_number() OVER (ORDER BY case_id) AS n, case_id,"
    " person_id, reference FROM case_head",
    "CREATE UNIQUE INDEX ON model (n)",
    "ANALYZE person_number, model",
)
# Numbers that follow one another in time; the last digit is not the one of a slip of the pen.
_COPIES: Final = (
    "CREATE TEMPORARY TABLE copy ON COMMIT DROP AS SELECT s.n, uuidv7() AS id, m.case_id AS model,"
    " 'OZ' || lpad(s.n::text, 8, '0') || (s.n % 10) AS reference, p.id AS person,"
    " m.case_id::text AS old_id, m.person_id::text AS old_person, m.reference AS old_reference"
    " FROM generate_series(CAST(:first AS bigint), CAST(:last AS bigint)) AS s(n)"
    " JOIN model m ON m.n = 1 + (hashint8(s.n) & 2147483647) % (SELECT count(*) FROM model)"
    " JOIN person_number p"
    "   ON p.n = 1 + (hashint8(-s.n) & 2147483647) % CAST(:people AS bigint) ORDER BY s.n"
)


def _own(value: str) -> str:
    """SQL: a JSON value with person, reference and id of the copy."""
    return (
        f"replace(replace(replace({value}::text, c.old_person, c.person::text),"
        " c.old_reference, c.reference), c.old_id, c.id::text)::jsonb"
    )


# An id of the inbox begins like its case's: they are written where the case is.
_ITEM: Final = "(left(c.id::text, 32) || lpad(to_hex({place}), 4, '0'))::uuid"
_THEIRS: Final = "CASE WHEN {column} = c.old_person::uuid THEN c.person ELSE {column} END"
_MESSAGES: Final = (
    "CREATE UNLOGGED TABLE model_message AS SELECT case_id, id::text AS id,"
    " row_number() OVER (PARTITION BY case_id ORDER BY place) AS n,"
    " strpos(i.data::text || i.facts::text, h.person_id::text) > 0"
    "   OR strpos(i.data::text || i.facts::text, h.reference) > 0 AS named"
    " FROM inbox i JOIN case_head h USING (case_id)",
    "CREATE UNIQUE INDEX ON model_message (case_id, id)",
    # What names the person or the reference has to be written anew.
    "CREATE UNLOGGED TABLE model_event AS SELECT case_id, e.seq FROM event e"
    " JOIN case_head h USING (case_id) WHERE strpos(e.data::text, h.person_id::text) > 0"
    " OR strpos(e.data::text, h.reference) > 0",
    "CREATE UNIQUE INDEX ON model_event (case_id, seq)",
    "ANALYZE model_message, model_event",
)
# Column → how a copy has it; what is not named is taken over.
CHANGED: Final[dict[str, dict[str, str]]] = {
    "case_head": {
        "reference": "c.reference",
        "programme_number": "'P' || c.n",
        "person_id": "c.person",
    },
    "inbox": {
        "id": _ITEM.format(place="k.n"),
        "place": "nextval(pg_get_serial_sequence('inbox', 'place'))",
        "actor_id": _THEIRS.format(column="m.actor_id"),
        "idempotency_key": "c.n || '-' || k.n",
        "data": f"CASE WHEN k.named THEN {_own('m.data')} ELSE m.data END",
        "facts": f"CASE WHEN k.named THEN {_own('m.facts')} ELSE m.facts END",
    },
    "event": {
        "message_id": f"coalesce({_ITEM.format(place='k.n')}::text, m.message_id)",
        "actor_id": _THEIRS.format(column="m.actor_id"),
        "data": f"CASE WHEN t.seq IS NULL THEN m.data ELSE {_own('m.data')} END",
    },
    "case_view": {"reference": "c.reference", "recipient_id": "c.person"},
    "case_state": {"state": _own("m.state")},
    "supplier_view": {"reference": "c.reference"},
    "norm_use": {"person_id": "c.person"},
    "money": {"payment": "replace(m.payment, c.old_reference, c.reference)"},
    "work": {
        "id": "md5(c.id::text || m.id::text)::uuid",
        "holder": "replace(m.holder, c.old_person, c.person::text)",
        "reference": "c.reference",
        "recipient_id": "c.person",
    },
}
_JOINED: Final = {
    "inbox": " JOIN model_message k ON k.case_id = m.case_id AND k.id = m.id::text",
    "event": " LEFT JOIN model_message k ON k.case_id = m.case_id AND k.id = m.message_id"
    " LEFT JOIN model_event t ON t.case_id = m.case_id AND t.seq = m.seq",
}


def multiply(owner: Engine, cases: int, people: int, say: Callable[[str], None]) -> None:
    """As many cases as asked for, from those that are there."""
    with owner.begin() as connection:
        indexes, rules = _bare(connection)
        add_people(connection, people)
        say(f"{people} people")
    with owner.begin() as connection:
        for statement in (*_PLAN, *_MESSAGES):
            connection.execute(text(statement))
        made = connection.execute(text("SELECT count(*) FROM model")).scalar_one()
        statements = [text(_copied(connection, table)) for table in TABLES]

    def part(first: int) -> None:
        last = min(cases, first + PART - 1)
        with owner.begin() as connection:
            named = {"first": first, "last": last, "people": people}
            connection.execute(text(_COPIES), named)
            for statement in statements:
                connection.execute(statement)
        say(f"{last} cases")

    # References after those of the models.
    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(part, range(made + 1, cases + 1, PART)))
    with owner.begin() as connection:
        for table in PLANS:
            connection.execute(text(f"DROP TABLE {table}"))
    with owner.begin() as connection:
        for one in (*indexes, *rules):
            connection.execute(text(one))
    say("indexes made")
    with owner.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM (ANALYZE)"))
    say("analysed")


def _copied(connection: Connection, table: str) -> str:
    asked = text(
        "SELECT attname FROM pg_attribute WHERE attrelid = CAST(:table AS regclass)"
        " AND attnum > 0 AND NOT attisdropped ORDER BY attnum"
    )
    columns = list(connection.execute(asked, {"table": table}).scalars())
    changed = {"case_id": "c.id", **CHANGED.get(table, {})}
    values = ", ".join(changed.get(one, f"m.{one}") for one in columns)
    return (
        f"INSERT INTO {table} ({', '.join(columns)}) OVERRIDING SYSTEM VALUE SELECT {values}"
        f" FROM copy c JOIN {table} m ON m.case_id = c.model{_JOINED.get(table, '')} ORDER BY c.n"
    )


def _bare(connection: Connection) -> tuple[list[str], list[str]]:
    """Take indexes and references away; how they are made again."""
    named: dict[str, Any] = {"tables": [*TABLES, "person"]}
    indexes = connection.execute(_INDEXES, named).all()
    rules = connection.execute(_RULES, named).all()
    for row in indexes:
        connection.execute(text(f'DROP INDEX "{row.name}"'))
    for row in rules:
        connection.execute(text(f'ALTER TABLE {row.place} DROP CONSTRAINT "{row.name}"'))
    for table in TABLES:
        connection.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
    added = (
        f'ALTER TABLE {row.place} ADD CONSTRAINT "{row.name}" {row.made} NOT VALID' for row in rules
    )
    awake = (f"ALTER TABLE {table} ENABLE TRIGGER USER" for table in TABLES)
    # Of a table in parts PostgreSQL tells how the index of the whole is made, without those of its
    # parts.
    made = [row.made.replace(" ON ONLY ", " ON ") for row in indexes]
    return made, [*added, *awake]


def sizes(connection: Connection) -> Iterator[tuple[str, int]]:
    """Bytes of each table with its indexes, the largest first."""
    asked = text(
        "SELECT relname, pg_total_relation_size(oid) AS size FROM pg_class WHERE relkind = 'r'"
        " AND relnamespace = 'public'::regnamespace ORDER BY size DESC"
    )
    for row in connection.execute(asked):
        yield row.relname, row.size
