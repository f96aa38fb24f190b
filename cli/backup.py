"""`ozhb backup`, `ozhb restore`: all that the database keeps, in a folder and back, proven."""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.progress import Progress
from sqlalchemy import Engine, text
from sqlalchemy.exc import OperationalError

from cli import processes
from cli.home import NotReachable, Ports, StackFailed, chosen_home, local_postgres, sole_use
from cli.keys import LocalSecrets
from cli.postgres import OWNER, binaries
from cli.program import private, running
from cli.screen import AsJson, print_json, screen
from db.backups import (
    MANIFEST,
    Contents,
    HashedFile,
    Manifest,
    describe,
    faults,
    miscounted,
    obstacles,
    pass_over,
)
from db.bounds import UNBOUND
from db.calendars import learn
from db.engine import make_engine, reads
from db.operations import FIRST, count, page
from db.rebuild import Damage
from db.revisions import newest_revision
from db.sealing import Seal
from settings import Database, PersonKeys
from workflows.proofs import prove_files

DUMP: Final = "dump"
PROVEN_AT_ONCE: Final = 50
_ALL_IS_READ: Final = text(
    "SELECT bool_and(has_table_privilege(format('%I.%I', schemaname, tablename), 'SELECT'))"
    " FROM pg_tables WHERE schemaname = 'public'"
)
Folder = Annotated[Path, typer.Argument(help="A folder.", file_okay=False)]
Tools = Annotated[
    Path | None,
    typer.Option("--bin", help="Where pg_dump and pg_restore are; else those that come with ozhb."),
]


def backup(
    folder: Folder,
    tools: Tools = None,
    as_json: AsJson = False,
) -> None:
    """Write all that the database keeps at this instant into an empty folder; nobody waits for it.

    OZHB_DATABASE_URL names its owner; else it is the running stack's. No key is in it: keep those
    that backup.json names apart from it, for without them nobody can read it.
    """
    processes.complete_environment("migrate")
    if folder.exists() and any(folder.iterdir()):
        raise StackFailed(f"{folder} is not empty: a backup needs a folder of its own")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    url = Database.load().database_url
    with _reached(url) as engine:
        contents = _dump(engine, url, folder, tools)
    files = [_hashed(folder, one) for one in sorted((folder / DUMP).iterdir())]
    made = Manifest(made_at=datetime.now(UTC).isoformat(), contents=contents, files=files)
    _write(folder, made)
    if as_json:
        print_json(made.model_dump())
        return
    keys = ", ".join(contents.master_keys) or "none"
    rows, size = sum(contents.counts.values()), sum(one.bytes for one in files)
    screen().print(f"{rows} rows, {size} bytes, schema {contents.revision} in {folder}")
    screen().print(f"keys that it needs: OZHB_PERSON_MASTER_KEYS {keys}, OZHB_PERSON_INDEX_KEY")


def _dump(engine: Engine, url: str, folder: Path, tools: Path | None) -> Contents:
    """What is counted and what is written are of one instant."""
    at_once = engine.connect().execution_options(isolation_level="REPEATABLE READ")
    with at_once as connection:
        if not connection.execute(_ALL_IS_READ).scalar_one():
            raise StackFailed("OZHB_DATABASE_URL must name the owner: not all is read by this role")
        snapshot = connection.execute(text("SELECT pg_export_snapshot()")).scalar_one()
        more = ("--format=directory", "--no-owner", f"--snapshot={snapshot}")
        _run("pg_dump", tools, url, *more, f"--file={folder / DUMP}")
        return describe(connection)


def restore(
    folder: Folder,
    tools: Tools = None,
    as_json: AsJson = False,
) -> None:
    """Bring a backup into an empty database, whole or not at all, and prove every case of it.

    OZHB_DATABASE_URL names its owner, OZHB_PERSON_MASTER_KEYS and OZHB_PERSON_INDEX_KEY are those
    of the backup. Without it: into the folder of a stack that does not run and has nothing but the
    secrets.json of the one that was lost. Then start everything, and `ozhb cases restart`. Exit
    code 1 if something does not hold.
    """
    manifest = _read(folder)
    if processes.names_database():
        found = _restore(folder, manifest, tools)
    else:
        with _local_server():
            found = _restore(folder, manifest, tools)
    contents = manifest.contents
    told = {
        "cases": found[0],
        "rows": sum(contents.counts.values()),
        "revision": newest_revision(),
        "damages": [one.model_dump(mode="json") for one in found[1]],
    }
    if as_json:
        print_json(told)
    else:
        screen().print(f"{told['rows']} rows, {found[0]} cases, {len(found[1])} differences")
        for one in found[1]:
            screen().print(f"{one.case_id}: {one.table}.{one.column} {one.key}")
        screen().print("now start the API and the worker, then: ozhb cases restart")
    raise typer.Exit(1 if found[1] else 0)


def _read(folder: Path) -> Manifest:
    """What it says of itself, once every file is as it was written."""
    try:
        manifest = Manifest.model_validate_json((folder / MANIFEST).read_text("utf-8"))
    except FileNotFoundError:
        raise StackFailed(f"{folder} has no {MANIFEST}: it is no backup, or not whole") from None
    except ValidationError:
        raise StackFailed(f"{folder}/{MANIFEST} is of another build, or was changed") from None
    for one in manifest.files:
        path = folder / one.path
        if not path.exists() or _hashed(folder, path) != one:
            raise StackFailed(f"{path} is not as it was written: this backup is damaged")
    return manifest


def _restore(folder: Path, manifest: Manifest, tools: Path | None) -> tuple[int, list[Damage]]:
    contents, settings = manifest.contents, PersonKeys.load()
    url = settings.database_url
    against = faults(contents, Seal(settings.person_key_ring, settings.person_index))
    with _reached(url) as engine:
        with reads(engine) as connection:
            against += obstacles(connection, contents)
        if against:
            raise StackFailed("not restored:\n  " + "\n  ".join(against))
        more = ("--format=directory", "--no-owner", "--single-transaction", "--exit-on-error")
        _run("pg_restore", tools, url, *more, str(folder / DUMP))
        with reads(engine) as connection:
            connection.execute(text("ANALYZE"))
            if wrong := miscounted(connection, contents):
                raise StackFailed(f"not all rows have arrived: {wrong}")
        with Progress(console=Console(stderr=True), transient=True) as progress:
            _go_on(engine, contents, progress)
        if contents.revision < newest_revision():
            # What it says of its steps is no part of the answer.
            with redirect_stdout(sys.stderr):
                processes.migrate()
        return _prove(engine)


def _go_on(engine: Engine, contents: Contents, progress: Progress) -> None:
    task = progress.add_task("numbering transactions on", total=None)
    total: int | None = None
    for left in pass_over(engine, contents.newest_xid):
        total = total or left
        progress.update(task, total=total, completed=total - left)


def _prove(engine: Engine) -> tuple[int, list[Damage]]:
    """Chains, money, projections, and that every answer has its message; how many cases."""
    with reads(engine) as connection:
        learn(connection)
        total = count(connection, every=True)
    damages: list[Damage] = []
    after, checked = FIRST, 0
    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("proving", total=total)
        while True:
            with reads(engine) as connection:
                ids = page(connection, after, PROVEN_AT_ONCE, every=True)
            if not ids:
                return checked, damages
            damages += prove_files(engine, ids).damages
            checked, after = checked + len(ids), type(FIRST)(ids[-1])
            progress.update(task, completed=checked)


@contextmanager
def _reached(url: str) -> Iterator[Engine]:
    engine = make_engine(url, most=2, bounds=UNBOUND)
    try:
        engine.connect().close()
    except OperationalError:  # its own words name the host and the role
        raise NotReachable("the database of OZHB_DATABASE_URL does not answer") from None
    try:
        yield engine
    finally:
        engine.dispose()


@contextmanager
def _local_server() -> Iterator[None]:
    """The PostgreSQL of a stack that does not run, for as long as the block lasts."""
    home = chosen_home()
    keys = LocalSecrets.read(home)
    if keys is None:
        raise StackFailed(f"{home} has no secrets.json: copy that of the stack that was lost there")
    with sole_use(home):
        ports = Ports.choose(None, None)
        postgres = local_postgres(home, ports, keys)
        postgres.prepare()
        with running(postgres.program(), home / "logs" / "postgres.log"):
            postgres.ensure_roles()
            os.environ |= {
                "OZHB_DATABASE_URL": postgres.url(OWNER),
                "OZHB_PERSON_MASTER_KEYS": keys.person_master_keys,
                "OZHB_PERSON_INDEX_KEY": keys.person_index_key,
            }
            yield


def _run(name: str, tools: Path | None, url: str, *arguments: str) -> None:
    """A tool of PostgreSQL; the password is told it where nobody else reads it."""
    from psycopg.conninfo import conninfo_to_dict, make_conninfo

    told = conninfo_to_dict(url)
    password = told.pop("password", None)
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith("OZHB_")
    }
    if password is not None:
        environment["PGPASSWORD"] = str(password)
    command = (str(_tool(name, tools)), f"--dbname={make_conninfo('', **told)}", *arguments)
    ended = subprocess.run(
        command, env=environment, capture_output=True, text=True, check=False, umask=0o077
    )
    if ended.returncode != 0:
        raise StackFailed(f"{name} has failed: {ended.stderr.strip()}")


def _tool(name: str, folder: Path | None) -> Path:
    if folder is not None:
        found: Path | None = folder / name
    else:
        try:
            found = binaries() / name
        except FileNotFoundError:
            on_path = shutil.which(name)
            found = Path(on_path) if on_path else None
    if found is None or not found.exists():
        raise StackFailed(f"there is no {name}: say with --bin where PostgreSQL's programs are")
    return found


def _hashed(folder: Path, file: Path) -> HashedFile:
    with file.open("rb") as content:
        made = hashlib.file_digest(content, "sha256")
    path, size = str(file.relative_to(folder)), file.stat().st_size
    return HashedFile(path=path, bytes=size, sha256=made.hexdigest())


def _write(folder: Path, manifest: Manifest) -> None:
    """Whole or not at all."""
    unfinished = folder / f"{MANIFEST}.unfinished"
    with open(unfinished, "w", encoding="utf-8", opener=private) as file:
        file.write(manifest.model_dump_json(indent=2))
        file.flush()
        os.fsync(file.fileno())
    unfinished.rename(folder / MANIFEST)
