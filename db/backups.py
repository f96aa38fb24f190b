"""What a backup says of itself, so that whoever restores it knows what they need and have got."""

from base64 import b64decode, b64encode
from collections.abc import Iterator
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict
from sqlalchemy import Connection, Engine, quoted_name, text

from db.engine import reads
from db.master_keys import samples, wrapped_by
from db.persons import Profile
from db.revisions import newest_revision, revision
from db.sealing import Seal, Unreadable, unseal
from definitions.build import build_id

MANIFEST: Final = "backup.json"
# So many numbers of transactions are passed over at a time.
_STRIDE: Final = 200_000
_TABLES: Final = text(
    "SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace"
    " AND c.relkind IN ('r', 'p') AND NOT c.relispartition ORDER BY 1"
)
# Where numbers of transactions stand; a schema of before has not all of them.
_XIDS: Final = {
    **dict.fromkeys(("event", "case_state", "supplier_view", "record_line"), "xid"),
    "record_head": "until_xid",
}
_THERE: Final = text("SELECT to_regclass(:table) IS NOT NULL")
_ROLES: Final = text(
    "SELECT DISTINCT a.grantee::regrole::text FROM ("
    " SELECT relacl AS acl FROM pg_class WHERE relnamespace = 'public'::regnamespace"
    " UNION ALL SELECT proacl FROM pg_proc WHERE pronamespace = 'public'::regnamespace"
    " UNION ALL SELECT nspacl FROM pg_namespace WHERE nspname = 'public'"
    " UNION ALL SELECT attacl FROM pg_attribute"
    "  WHERE attrelid IN (SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace)"
    ") AS o, aclexplode(o.acl) AS a"
    " WHERE a.grantee <> 0 AND a.grantee::regrole::text NOT LIKE 'pg|_%' ESCAPE '|' ORDER BY 1"
)
_SOMEBODY: Final = text(
    "SELECT p.iin_index, p.sealed, k.wrapped FROM person p JOIN person_key k ON k.person_id = p.id"
    " WHERE p.sealed IS NOT NULL LIMIT 1"
)
_KNOWN_ROLES: Final = text("SELECT rolname FROM pg_roles")
_NEXT_XID: Final = text("SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint")
_PASS_OVER: Final = (
    "DO $$ BEGIN WHILE pg_current_xact_id()::text::bigint < {until} LOOP COMMIT; END LOOP; END $$"
)


class HashedFile(BaseModel):
    """A file of a backup, as it was written."""

    model_config = ConfigDict(frozen=True)

    path: str
    bytes: int
    sha256: str


class Somebody(BaseModel):
    """A person as the database has them, enciphered, in base64: by one the index key is proven."""

    model_config = ConfigDict(frozen=True)

    index: str
    sealed: str
    wrapped: str


class Contents(BaseModel):
    """What a database held at one instant. No key is among it: `wrapped` are as they stand there,
    and open to who has the master keys that `master_keys` names, with how many each wraps.
    """

    model_config = ConfigDict(frozen=True)

    build: str
    revision: str
    newest_xid: int
    roles: list[str]
    master_keys: dict[str, int]
    wrapped: list[str]
    somebody: Somebody | None
    counts: dict[str, int]


class Manifest(BaseModel):
    """`backup.json`, written last: a folder without it is no backup."""

    model_config = ConfigDict(frozen=True)

    form: Literal[1] = 1
    made_at: str
    contents: Contents
    files: list[HashedFile]


def describe(connection: Connection) -> Contents:
    """As the connection's snapshot has it."""
    found = connection.execute(_SOMEBODY).one_or_none()
    somebody = None
    if found is not None:
        index, sealed, wrapped = map(_base64, found)
        somebody = Somebody(index=index, sealed=sealed, wrapped=wrapped)
    return Contents(
        build=build_id(),
        revision=revision(connection),
        newest_xid=max(_newest_xids(connection)),
        roles=list(connection.execute(_ROLES).scalars()),
        master_keys=wrapped_by(connection),
        wrapped=[_base64(one) for one in samples(connection)],
        somebody=somebody,
        counts=count_rows(connection),
    )


def _newest_xids(connection: Connection) -> Iterator[int]:
    yield 0
    for table, column in _XIDS.items():
        if connection.execute(_THERE, {"table": table}).scalar_one():
            found = connection.execute(text(f"SELECT coalesce(max({column}), 0) FROM {table}"))
            yield found.scalar_one()


def count_rows(connection: Connection) -> dict[str, int]:
    """How many rows each table has; of a divided one in all its parts."""
    tables = connection.execute(_TABLES).scalars().all()
    return {one: _count(connection, one) for one in tables}


def _count(connection: Connection, table: str) -> int:
    named = connection.dialect.identifier_preparer.quote_identifier(quoted_name(table, quote=True))
    found: int = connection.execute(text(f"SELECT count(*) FROM {named}")).scalar_one()
    return found


def faults(contents: Contents, sealer: Seal) -> list[str]:
    """Why it cannot be brought back by this build and with these keys; a sentence each."""
    return [*_of_build(contents), *_of_keys(contents, sealer)]


def _of_build(contents: Contents) -> Iterator[str]:
    if contents.revision > newest_revision():
        yield (
            f"its schema is {contents.revision}, and this build knows {newest_revision()}:"
            f" restore it with the build {contents.build} or a later one"
        )


def _of_keys(contents: Contents, sealer: Seal) -> Iterator[str]:
    for one in contents.wrapped:
        wrapped = b64decode(one)
        name = wrapped.partition(b":")[0].decode("ascii", "replace")
        if name not in sealer.masters:
            many = contents.master_keys.get(name, 0)
            yield f"OZHB_PERSON_MASTER_KEYS is without the key {name}, which wraps {many} keys"
            continue
        try:
            sealer.unwrap(wrapped)
        except Unreadable:
            yield f"the key {name} of OZHB_PERSON_MASTER_KEYS is another one than it was"
    somebody = contents.somebody
    if somebody is not None and not _is_found(somebody, sealer):
        yield "OZHB_PERSON_INDEX_KEY is another one: nobody would be found by it"


def _is_found(somebody: Somebody, sealer: Seal) -> bool:
    try:
        key = sealer.unwrap(b64decode(somebody.wrapped))
        profile = Profile.model_validate_json(unseal(key, b64decode(somebody.sealed)))
    except Unreadable:
        return True  # the master key is missing, which is told by itself
    return sealer.index(profile.iin) == b64decode(somebody.index)


def obstacles(connection: Connection, contents: Contents) -> list[str]:
    """Why this database cannot take it: it holds something, or the roles are missing."""
    found = []
    held = {table: many for table, many in count_rows(connection).items() if many}
    tables = connection.execute(_TABLES).scalars().all()
    if tables:
        told = ", ".join(f"{table} ({many})" for table, many in held.items()) or "tables"
        found.append(f"the database is not empty: it has {told}")
    known = set(connection.execute(_KNOWN_ROLES).scalars())
    if missing := [role for role in contents.roles if role not in known]:
        found.append(f"the server has no role {', '.join(missing)}: `ozhb roles ensure` makes it")
    return found


def pass_over(engine: Engine, newest_xid: int) -> Iterator[int]:
    """Have the server's numbers of transactions go on where those of the backup ended; how many are
    left. By them whoever reads lists knows what is new to them: none may come twice.
    """
    with reads(engine) as connection:
        while (now := connection.execute(_NEXT_XID).scalar_one()) <= newest_xid:
            yield newest_xid + 1 - now
            until = min(newest_xid + 1, now + _STRIDE)
            connection.exec_driver_sql(_PASS_OVER.format(until=until))


def miscounted(connection: Connection, contents: Contents) -> dict[str, Any]:
    """Tables that have more or fewer rows than the backup: [expected, found]."""
    now = count_rows(connection)
    names = contents.counts.keys() | now.keys()
    return {
        name: [contents.counts.get(name), now.get(name)]
        for name in sorted(names)
        if contents.counts.get(name) != now.get(name)
    }


def _base64(content: bytes) -> str:
    return b64encode(bytes(content)).decode()
