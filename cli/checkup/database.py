"""Whether PostgreSQL is as ozhb needs it, and the application's role may do what it must and no
more.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import psycopg
from psycopg.rows import dict_row
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from cli.checkup.finding import Finding, fault, judged, ok, skew, unknown
from db.bounds import UNBOUND
from db.clock import SANDBOX
from db.engine import make_engine, reads
from db.heads import newest
from db.master_keys import samples
from db.persons import read_profile
from db.poolers import HELPS, REFUSED, pooling
from db.processes import at_work
from db.revisions import known_revision, newest_revision, standing_of
from db.sealing import Seal, Unreadable
from settings import Settings

# `transaction_timeout`, which bounds every session of ours, came with it.
OLDEST: Final = 17
CONNECT_SECONDS: Final = 5
# What a role may do to a whole server: the application's does none of it.
_POWERS: Final = {
    "rolsuper": "is a superuser",
    "rolcreaterole": "may make roles",
    "rolcreatedb": "may make databases",
    "rolreplication": "may replicate",
    "rolbypassrls": "passes by row security",
}
_ROLE: Final = "SELECT * FROM pg_roles WHERE rolname = current_user"
_OWNED: Final = (
    "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
    " WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND pg_has_role(c.relowner, 'MEMBER')"
    " ORDER BY 1"
)
# What was received and recorded is added to and read, never changed.
_KEPT: Final = (
    *("event", "inbox", "document", "money", "audit"),
    *("linked", "record_line", "record_head", "record_leaves"),
)
# One is made each day.
_OLDEST_HEAD: Final = timedelta(days=2)
_CHANGES: Final = (
    "SELECT name FROM unnest(%s::text[]) AS name WHERE to_regclass(name) IS NOT NULL AND"
    " (has_table_privilege(name, 'UPDATE') OR has_table_privilege(name, 'DELETE')"
    " OR NOT has_table_privilege(name, 'SELECT'))"
)
_ROOM: Final = (
    "SELECT current_setting('max_connections')::int"
    " - current_setting('superuser_reserved_connections')::int"
    " - current_setting('reserved_connections')::int AS server,"
    " (SELECT nullif(rolconnlimit, -1) FROM pg_roles WHERE rolname = current_user) AS role,"
    " (SELECT nullif(datconnlimit, -1) FROM pg_database WHERE datname = current_database())"
    " AS database"
)
_CLOCK: Final = (
    "SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = %s) AS role,"
    " to_regprocedure('move_legal_clock(interval)') IS NOT NULL AS movable"
)
_AHEAD: Final = "SELECT ahead FROM legal_clock"


def database(settings: Settings) -> Iterator[Finding]:
    """All of it; where PostgreSQL does not answer, that alone."""
    engine = make_engine(settings.database_url, most=1, bounds=UNBOUND)
    try:
        with psycopg.connect(
            settings.database_url,
            autocommit=True,
            connect_timeout=CONNECT_SECONDS,
            row_factory=dict_row,
        ) as line:
            yield from _of_server(line, settings)
        with reads(engine) as connection:
            if known_revision(connection) is not None:
                yield _connections(connection, settings)
                yield from _keys(connection, settings)
                yield _heads(connection)
    except psycopg.Error as error:
        yield _broken(error)
    except DBAPIError as error:
        yield _broken(error.orig)
    finally:
        engine.dispose()


def _heads(connection: Connection) -> Finding:
    """Without a new head nobody outside could prove what was recorded since."""
    helps = "a worker with OZHB_HEAD_KEY; its log; `ozhb heads make`"
    if standing_of(known_revision(connection)) == "older":
        return unknown("heads", "the schema is older than they are", "`ozhb migrate`")
    last = newest(connection)
    if last is None:
        return unknown("heads", "no head of the record was made yet", helps)
    seen = f"head {last.number} of {last.at:%Y-%m-%d %H:%M}, key {last.public_key['kid']}"
    late = datetime.now(UTC) - last.at > _OLDEST_HEAD
    return judged("heads", seen, [f"the newest is {seen}"] if late else [], helps)


def _broken(error: BaseException | None) -> Finding:
    """With a code the server has answered, and refuses the rest."""
    name = "rights" if getattr(error, "sqlstate", None) else "postgresql"
    return fault(name, " ".join(str(error).split()), "OZHB_DATABASE_URL; `ozhb roles ensure`")


def _of_server(line: psycopg.Connection[dict[str, Any]], settings: Settings) -> Iterator[Finding]:
    major, minor = divmod(line.info.server_version, 10_000)
    version = f"PostgreSQL {major}.{minor} at {line.info.host}:{line.info.port}"
    old = [f"{version} is older than {OLDEST}"] if major < OLDEST else []
    yield judged("postgresql", version, old, f"PostgreSQL {OLDEST} or newer")
    before = datetime.now(UTC)
    found = _one(line, "SELECT clock_timestamp() AS now")["now"]
    after = datetime.now(UTC)
    yield skew("clock of postgresql", "PostgreSQL", found - (before + (after - before) / 2))
    yield _pooler(settings)
    yield _role(line)
    yield _schema(line)
    yield _legal_clock(line, settings)


def _one(line: psycopg.Connection[dict[str, Any]], asked: Any, *values: object) -> dict[str, Any]:
    found = line.execute(asked, values or None).fetchone()
    assert found is not None
    return found


def _role(line: psycopg.Connection[dict[str, Any]]) -> Finding:
    role = _one(line, _ROLE)
    name = role["rolname"]
    wrong = [f"{name} {power}" for attribute, power in _POWERS.items() if role[attribute]]
    owned = [row["relname"] for row in line.execute(_OWNED)]
    if owned and not role["rolsuper"]:
        wrong.append(f"{name} owns {len(owned)} tables, or acts for who does")
    elif not role["rolsuper"]:
        changed = [row["name"] for row in line.execute(_CHANGES, (list(_KEPT),))]
        wrong += [f"{name} may change {one}, or may not read it" for one in changed]
    helps = "`ozhb roles ensure`, and OZHB_DATABASE_URL with the application's role"
    return judged("role", f"{name} has no power over the server, and owns nothing", wrong, helps)


def _pooler(settings: Settings) -> Finding:
    found = pooling(settings.database_url)
    if found == "transactions":
        return fault("pooler", REFUSED, HELPS)
    return ok("pooler", "there is none" if found == "none" else "each connection keeps its session")


def _schema(line: psycopg.Connection[dict[str, Any]]) -> Finding:
    there = _one(line, "SELECT to_regclass('alembic_version') AS one")["one"]
    found = _one(line, "SELECT version_num FROM alembic_version") if there else {}
    revision = found.get("version_num")
    standing = standing_of(revision)
    seen = f"revision {revision}, this build's is {newest_revision()}"
    if revision is None:
        return fault("schema", "there is none", "`ozhb migrate`, as the owner")
    if standing == "older":
        return fault("schema", seen, "`ozhb migrate`, as the owner")
    return ok("schema", seen)


def _legal_clock(line: psycopg.Connection[dict[str, Any]], settings: Settings) -> Finding:
    name, found = "legal clock", _one(line, _CLOCK, SANDBOX)
    there = _one(line, "SELECT to_regclass('legal_clock') IS NOT NULL AS one")["one"]
    ahead: timedelta = _one(line, _AHEAD)["ahead"] if there else timedelta()
    if settings.movable_clock:
        return ok(name, f"a trial installation: the sandbox may move it; it is {ahead} ahead")
    wrong = [
        *([f"there is a role {SANDBOX}"] if found["role"] else []),
        *(["move_legal_clock() is there"] if found["movable"] else []),
        *([f"it is {ahead} ahead of PostgreSQL's"] if ahead else []),
    ]
    helps = (
        f"`ozhb migrate` without OZHB_MOVABLE_CLOCK, then DROP ROLE {SANDBOX}; a clock that was"
        " moved stays so: people are served from a database that was never on trial"
    )
    return judged(name, "nobody can move it", wrong, helps)


def _connections(connection: Connection, settings: Settings) -> Finding:
    room = connection.exec_driver_sql(_ROOM).one()
    limit = min(one for one in room if one is not None)
    alive = [one.kind for one in at_work(connection)]
    most, budget = 0, settings.budget
    parts = []
    for kind, each in budget.items():
        many = max(1, alive.count(kind))
        most += many * each
        parts.append(f"{many} {kind} of {each}")
    seen = f"{' + '.join(parts)} = {most} at most, of {limit} that the role may hold"
    wrong = [seen] if most > limit else []
    helps = "max_connections of PostgreSQL, or OZHB_*_CONNECTIONS"
    return judged("connections", seen, wrong, helps)


def _keys(connection: Connection, settings: Settings) -> Iterator[Finding]:
    sealer = Seal(settings.person_key_ring, settings.person_index)
    named = ", ".join(sealer.masters)
    kept = samples(connection)
    closed = [one for one in kept if not _opens(sealer, one)]
    ids = [one.partition(b":")[0].decode() for one in closed]
    wrong = [f"{one} wraps what is kept, and is not in the settings as it was" for one in ids]
    helps = "OZHB_PERSON_MASTER_KEYS with every key of `ozhb keys status`"
    if kept:
        yield judged("person master keys", f"{named} open all that is kept", wrong, helps)
    else:
        yield unknown("person master keys", f"{named}; nothing is kept that would show it")
    yield (
        unknown("person index key", "nobody is kept")
        if (found := _indexed(connection, sealer)) is None
        else judged(
            "person index key",
            "it finds whom it should",
            [] if found else ["a person is not found by it"],
            "OZHB_PERSON_INDEX_KEY as it was from the beginning",
        )
    )


def _opens(sealer: Seal, wrapped: bytes) -> bool:
    try:
        sealer.unwrap(wrapped)
    except Unreadable:
        return False
    return True


def _indexed(connection: Connection, sealer: Seal) -> bool | None:
    """Whether somebody who is kept is found by the index; None where nobody can be read."""
    asked = (
        "SELECT p.id, p.iin_index FROM person p JOIN person_key k ON k.person_id = p.id"
        " WHERE p.sealed IS NOT NULL LIMIT 1"
    )
    row = connection.exec_driver_sql(asked).first()
    if row is None:
        return None
    try:
        iin = read_profile(connection, sealer, row.id).iin
    except Unreadable:
        return None
    return sealer.index(iin) == bytes(row.iin_index)
