"""The roles of PostgreSQL, each with the least that it needs: what differs, and what mends it."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, LiteralString, NamedTuple

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo
from psycopg.rows import dict_row

from cli.postgres import APP, OWNER, SANDBOX

READER: Final = "ozhb_reader"
# Of what a role may do to a server: none of ours does.
_POWERS: Final = {
    "rolsuper": "superuser",
    "rolcreatedb": "createdb",
    "rolcreaterole": "createrole",
    "rolreplication": "replication",
    "rolbypassrls": "bypassrls",
}
# Who only reads neither changes anything nor keeps anybody waiting.
_OF_READER: Final = {
    "default_transaction_read_only": "on",
    "statement_timeout": "5min",
    "idle_in_transaction_session_timeout": "1min",
}
# By these somebody could be taken for another, or what is enciphered could be opened.
_HIDDEN: Final = ("person_key", "browser_session", "phone_signing")
_CLOCK: Final = "move_legal_clock(interval)"
_PASSES: Final = 5


@dataclass(frozen=True)
class WantedRoles:
    """`passwords` by role; one without keeps what it has. `sandbox` moves the legal clock: True
    gives it its rights, False takes them away, None leaves them as they are and tells of them.
    """

    database: str
    passwords: Mapping[str, str]
    reader: bool = False
    sandbox: bool | None = None

    @property
    def roles(self) -> tuple[str, ...]:
        """Those that are made."""
        more = ((READER, self.reader), (SANDBOX, self.sandbox is True))
        return (OWNER, APP, *(role for role, wanted in more if wanted))


class RoleDifference(NamedTuple):
    """What is otherwise than wanted; `mends` None: an administrator has to see to it."""

    told: str
    mends: sql.Composed | None = None
    inside: bool = False


def ensure(
    url: str, wanted: WantedRoles, say: Callable[[str], None], *, look: bool = False
) -> tuple[int, int]:
    """Tell every difference, and mend it unless this is only a look; how many there were, and how
    many are left.

    `url` is of a role that may make roles and databases. psycopg.Error where it may not.
    """
    told: list[str] = []
    found: list[RoleDifference] = []
    for _ in range(_PASSES):
        with psycopg.connect(url, autocommit=True) as server:
            found = list(_differences(server, url, wanted))
            new = [one for one in found if one.told not in told]
            for one in new:
                say(one.told)
                told.append(one.told)
            if look or not any(one.mends for one in new):
                break
            for one in new:
                if one.mends is not None and not one.inside:
                    server.execute(one.mends)
        inside = [one.mends for one in new if one.mends is not None and one.inside]
        if inside:
            with _inside(url, wanted) as database:
                for statement in inside:
                    database.execute(statement)
    return len(told), len(found)


def _inside(url: str, wanted: WantedRoles) -> psycopg.Connection:
    """The database itself, in the name of its owner."""
    connection = psycopg.connect(make_conninfo(url, dbname=wanted.database), autocommit=True)
    connection.execute(_compose("SET ROLE {}", OWNER))
    return connection


def _differences(
    server: psycopg.Connection, url: str, wanted: WantedRoles
) -> Iterator[RoleDifference]:
    missing = [role for role in wanted.roles if not _known(server, role)]
    for role in missing:
        told = "" if role in wanted.passwords else ", and no password is given for it"
        yield RoleDifference(f"there is no role {role}{told}", _made(server, role, wanted))
    for role in wanted.roles:
        if role not in missing:
            yield from _of_role(server, url, role, wanted)
    if wanted.sandbox is not True and (found := _known(server, SANDBOX)):
        yield from _of_unwanted_sandbox(found, wanted)
    if OWNER in missing:
        return
    if not _yes(server, "SELECT pg_has_role(current_user, %s, 'SET')", OWNER):
        mends = _compose("GRANT {} TO CURRENT_USER WITH SET TRUE", OWNER)
        yield RoleDifference(f"whoever asks may not act as {OWNER}", mends)
    named = wanted.database
    owner = _one(
        server, "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = %s", named
    )
    if owner is None:
        mends = _compose("CREATE DATABASE {} OWNER {}", named, OWNER)
        yield RoleDifference(f"there is no database {named}", mends)
        return
    if owner != OWNER:
        mends = _compose("ALTER DATABASE {} OWNER TO {}", named, OWNER)
        yield RoleDifference(f"the database {named} is of {owner}", mends)
        return
    present = [role for role in wanted.roles if role not in missing]
    with _inside(url, wanted) as database:
        yield from (
            RoleDifference(told, mends, inside=True)
            for told, mends, _ in _of_database(database, wanted, present)
        )


def _made(server: psycopg.Connection, role: str, wanted: WantedRoles) -> sql.Composed:
    made = _compose("CREATE ROLE {} LOGIN", role)
    password = wanted.passwords.get(role)
    return made if password is None else made + _password(server, role, password)


def _password(server: psycopg.Connection, role: str, password: str) -> sql.Composed:
    """As the server keeps it: a log of statements tells nobody."""
    kept = server.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256")
    return sql.SQL(" PASSWORD {}").format(sql.Literal(kept.decode()))


def _of_role(
    server: psycopg.Connection, url: str, role: str, wanted: WantedRoles
) -> Iterator[RoleDifference]:
    found = _known(server, role)
    assert found is not None
    if not found["rolcanlogin"]:
        yield RoleDifference(f"{role} may not log in", _compose("ALTER ROLE {} LOGIN", role))
    for column, power in _POWERS.items():
        if found[column]:
            mends = _compose("ALTER ROLE {} ", role) + sql.SQL(f"NO{power.upper()}").format()
            yield RoleDifference(f"{role} has {power}", mends)
    others = "SELECT r.rolname FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.roleid"
    for (of,) in server.execute(f"{others} WHERE m.member = %s::regrole", [role]):
        yield RoleDifference(f"{role} may act as {of}", _compose("REVOKE {} FROM {}", of, role))
    password = wanted.passwords.get(role)
    if password is not None and found["rolcanlogin"] and not _enters(url, role, password):
        mends = _compose("ALTER ROLE {}", role) + _password(server, role, password)
        yield RoleDifference(f"{role} does not get in with its password", mends)
    if role == READER:
        has = dict(one.split("=", 1) for one in found["rolconfig"] or ())
        for name, value in _OF_READER.items():
            if has.get(name) != value:
                told = f"{role} is without {name} = {value}"
                mends = _compose("ALTER ROLE {} SET {} =", role, name)
                yield RoleDifference(told, mends + sql.SQL(" {}").format(sql.Literal(value)))


def _enters(url: str, role: str, password: str) -> bool:
    """Into the database by which roles are made: everybody may."""
    try:
        psycopg.connect(make_conninfo(url, user=role, password=password), connect_timeout=5).close()
    except psycopg.OperationalError:
        return False
    return True


def _of_unwanted_sandbox(found: Mapping[str, Any], wanted: WantedRoles) -> Iterator[RoleDifference]:
    """A role that lets terms run out belongs to no installation that serves people."""
    if not found["rolcanlogin"]:
        return
    told = f"{SANDBOX} may log in, and moves the legal clock"
    takes = wanted.sandbox is False
    yield RoleDifference(told, _compose("ALTER ROLE {} NOLOGIN", SANDBOX) if takes else None)


def _of_database(
    database: psycopg.Connection, wanted: WantedRoles, roles: list[str]
) -> Iterator[RoleDifference]:
    named = wanted.database
    for right in ("CONNECT", "TEMPORARY"):
        if _yes(database, "SELECT has_database_privilege('public', %s, %s)", named, right):
            mends = _compose("REVOKE " + right + " ON DATABASE {} FROM PUBLIC", named)
            yield RoleDifference(f"every role of the server has {right} on {named}", mends)
    needed = [(role, "CONNECT") for role in roles]
    # Projections are proven in tables that last no longer than their transaction.
    needed += [(role, "TEMPORARY") for role in roles if role == APP]
    for role, right in needed:
        if not _yes(database, "SELECT has_database_privilege(%s, %s, %s)", role, named, right):
            mends = _compose("GRANT " + right + " ON DATABASE {} TO {}", named, role)
            yield RoleDifference(f"{role} is without {right} on {named}", mends)
    others = (role for role in ("public", *roles) if role != OWNER)
    for role in others:
        if _yes(database, "SELECT has_schema_privilege(%s, 'public', 'CREATE')", role):
            whom = sql.SQL("PUBLIC") if role == "public" else sql.Identifier(role)
            mends = sql.SQL("REVOKE CREATE ON SCHEMA public FROM {}").format(whom)
            yield RoleDifference(f"{role} may make tables in {named}", mends)
    foreign = "SELECT relname, pg_get_userbyid(relowner) FROM pg_class WHERE relnamespace ="
    foreign += " 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'S') AND relowner <> "
    for table, owner in database.execute(f"{foreign} %s::regrole ORDER BY 1", [OWNER]):
        yield RoleDifference(f"{table} is of {owner}, not of {OWNER}")
    yield from _of_clock(database, wanted, roles)
    if READER in roles:
        yield from _of_reader(database)


def _of_clock(
    database: psycopg.Connection, wanted: WantedRoles, roles: list[str]
) -> Iterator[RoleDifference]:
    """The function is there once the database was migrated."""
    if _one(database, "SELECT to_regprocedure(%s)", _CLOCK) is None:
        return
    for role in ("public", APP, READER, SANDBOX):
        if role != "public" and not _known(database, role):
            continue
        may = _yes(database, "SELECT has_function_privilege(%s, %s, 'EXECUTE')", role, _CLOCK)
        if role == SANDBOX and wanted.sandbox is None:
            continue
        if role == SANDBOX and wanted.sandbox and role in roles:
            for right, has in (
                (f"EXECUTE ON FUNCTION {_CLOCK}", may),
                (
                    "USAGE ON SCHEMA public",
                    _yes(database, "SELECT has_schema_privilege(%s, 'public', 'USAGE')", role),
                ),
            ):
                if not has:
                    told = f"{role} may not move the legal clock: {right}"
                    yield RoleDifference(told, _compose("GRANT " + right + " TO {}", role))
        elif may:
            whom = sql.SQL("PUBLIC") if role == "public" else sql.Identifier(role)
            mends = sql.SQL("REVOKE EXECUTE ON FUNCTION " + _CLOCK + " FROM {}").format(whom)
            yield RoleDifference(f"{role} may move the legal clock", mends)


def _of_reader(database: psycopg.Connection) -> Iterator[RoleDifference]:
    if not _yes(database, "SELECT has_schema_privilege(%s, 'public', 'USAGE')", READER):
        mends = _compose("GRANT USAGE ON SCHEMA public TO {}", READER)
        yield RoleDifference(f"{READER} does not see the tables", mends)
    tables = (
        "SELECT relname, has_table_privilege(%(role)s, oid, 'SELECT'),"
        " has_table_privilege(%(role)s, oid, 'INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES,"
        " TRIGGER') FROM pg_class"
        " WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v') ORDER BY 1"
    )
    for table, reads, writes in database.execute(tables, {"role": READER}).fetchall():
        if writes or (reads and table in _HIDDEN):
            mends = _compose("REVOKE ALL ON {} FROM {}", table, READER)
            yield RoleDifference(f"{READER} has more than it needs on {table}", mends)
        elif not reads and table not in _HIDDEN:
            mends = _compose("GRANT SELECT ON {} TO {}", table, READER)
            yield RoleDifference(f"{READER} may not read {table}", mends)


def _known(connection: psycopg.Connection, role: str) -> dict[str, Any] | None:
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute("SELECT * FROM pg_roles WHERE rolname = %s", [role]).fetchone()


def _one(connection: psycopg.Connection, asked: LiteralString, *values: str) -> Any:
    row = connection.execute(asked, values).fetchone()
    return None if row is None else row[0]


def _yes(connection: psycopg.Connection, asked: LiteralString, *values: str) -> bool:
    return bool(_one(connection, asked, *values))


def _compose(statement: LiteralString, *names: str) -> sql.Composed:
    return sql.SQL(statement).format(*map(sql.Identifier, names))
