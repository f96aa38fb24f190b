"""The folder of a local stack: who runs there, on which ports, with which settings."""

import fcntl
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict

from cli.keys import LocalSecrets
from cli.ports import free_port, is_free
from cli.postgres import APP, OWNER, SANDBOX, Postgres
from cli.program import ProcessIdentity, private

DEFAULT_HOME = Path(".ozhb")
DEFAULT_PORT = 8080


class StackFailed(Exception):
    """A stack cannot start, or is not there; the text says why and what to do."""


class NotReachable(StackFailed):
    """What is asked does not answer, or is not there: exit code 3."""


class Ports(BaseModel):
    """Where each part of a stack listens, on 127.0.0.1."""

    model_config = ConfigDict(frozen=True)

    api: int
    postgres: int
    temporal: int
    temporal_ui: int
    sandbox: int
    worker: int
    # Stacks of earlier versions have none.
    scanner: int = 0

    @classmethod
    def choose(cls, api: int | None, last: "Ports | None") -> Self:
        """The given port of the API (None: any), and for the rest last time's where still free.

        Raises StackFailed when the API's port is taken.
        """
        if api is not None and not is_free(api):
            raise StackFailed(f"port {api} is taken: choose another, OZHB_PORT=<port>")
        before: dict[str, int] = last.model_dump() if last is not None else {}
        chosen: dict[str, int] = {} if api is None else {"api": api}
        for name in cls.model_fields:
            port = before.get(name, 0)
            if name not in chosen:
                usable = port and port not in chosen.values() and is_free(port)
                chosen[name] = port if usable else free_port(chosen.values())
        return cls(**chosen)

    @property
    def urls(self) -> dict[str, str]:
        """What a person opens."""
        api = _local(self.api)
        return {
            "api": api,
            "docs": f"{api}/docs",
            "temporal_ui": _local(self.temporal_ui),
            "sandbox": _local(self.sandbox),
            "worker": _local(self.worker),
        }


class StackFile(BaseModel):
    """`stack.json`: what outlives the supervisor, so that its successor can tidy up after it."""

    model_config = ConfigDict(frozen=True)

    ports: Ports
    supervisor: ProcessIdentity | None = None
    children: dict[str, ProcessIdentity] = {}

    @classmethod
    def read(cls, home: Path) -> Self | None:
        file = home / "stack.json"
        return cls.model_validate_json(file.read_text()) if file.exists() else None

    def write(self, home: Path) -> None:
        unfinished = home / "stack.unfinished"
        write_private(unfinished, self.model_dump_json(indent=2))
        unfinished.rename(home / "stack.json")

    @property
    def runs(self) -> bool:
        return self.supervisor is not None and self.supervisor.process() is not None


def chosen_home() -> Path:
    """OZHB_HOME, else `.ozhb` here."""
    return Path(os.environ.get("OZHB_HOME") or DEFAULT_HOME).absolute()


def chosen_port() -> int:
    """OZHB_PORT, else 8080."""
    given = os.environ.get("OZHB_PORT") or str(DEFAULT_PORT)
    if not given.isascii() or not given.isdigit() or not 0 < int(given) < 65536:
        raise StackFailed("OZHB_PORT must be a port, 1 to 65535")
    return int(given)


def running_stack(home: Path) -> StackFile:
    """The stack that runs in this folder; StackFailed when none does."""
    found = StackFile.read(home)
    if found is None or not found.runs:
        raise NotReachable(
            f"no stack runs in {home}: start one with `ozhb up`, or name an installation"
            " by OZHB_DATABASE_URL, its API by OZHB_API_URL and OZHB_TOKEN"
        )
    return found


@contextmanager
def sole_use(home: Path) -> Iterator[None]:
    """Hold the folder. The lock ends with the process, whatever ends that."""
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    (home / "logs").mkdir(mode=0o700, exist_ok=True)
    with open(home / "lock", "w", opener=private) as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StackFailed(
                f"a stack already runs in {home}: stop it, or choose another folder with OZHB_HOME"
            ) from None
        _close(home)
        yield


def _close(home: Path) -> None:
    """What an earlier version, or a copy, left open to others."""
    for one in (home, *home.iterdir(), *(home / "logs").iterdir()):
        # PostgreSQL's own user may pass through on its way, and list nothing.
        passing = stat.S_IXOTH if one == home else 0
        with suppress(FileNotFoundError):  # a leftover of the last run may just be tidying up
            one.chmod(one.stat().st_mode & (stat.S_IRWXU | passing))


def write_private(path: Path, content: str) -> None:
    """A file that its user alone may read, whatever files are else."""
    with open(path, "w", encoding="utf-8", opener=private) as file:
        file.write(content)


def local_postgres(home: Path, ports: Ports, keys: LocalSecrets) -> Postgres:
    return Postgres(home / "postgres", ports.postgres, keys.database_passwords)


def local_settings(home: Path, ports: Ports, keys: LocalSecrets) -> dict[str, str]:
    """The variables of API and worker."""
    return {
        "OZHB_HOME": str(home),
        "OZHB_PORT": str(ports.api),
        "OZHB_PUBLIC_URL": _local(ports.api),
        "OZHB_DATABASE_URL": local_postgres(home, ports, keys).url(APP),
        "OZHB_TEMPORAL_ADDRESS": f"127.0.0.1:{ports.temporal}",
        "OZHB_TEMPORAL_UI_URL": _local(ports.temporal_ui),
        "OZHB_WORKER_PORT": str(ports.worker),
        "OZHB_SANDBOX_URL": _local(ports.sandbox),
        "OZHB_SCANNER_ADDRESS": f"127.0.0.1:{ports.scanner}",
        "OZHB_MOVABLE_CLOCK": "true",
        "OZHB_SIGNER_ADDRESS": f"ws://127.0.0.1:{ports.sandbox}/ncalayer",
        "OZHB_PHONE_LINK": f"{_local(ports.sandbox)}/egov-mobile?link={{address}}",
        "OZHB_TRUST_FILE": str(home / "trust.toml"),
        "OZHB_NCANODE_ADDRESS": _local(ports.sandbox),
        "OZHB_PAYLOAD_KEYS": keys.payload_keys,
        "OZHB_PERSON_MASTER_KEYS": keys.person_master_keys,
        "OZHB_PERSON_INDEX_KEY": keys.person_index_key,
        "OZHB_HEAD_KEY": keys.head_key or "",
    }


def trust_sandbox(home: Path, ports: Ports, root: str, gost: str) -> None:
    """Pin the roots (PEM) of the sandbox that this folder has for itself."""
    crl = f"{_local(ports.sandbox)}/ca/revoked.crl"
    write_private(
        home / "trust.toml",
        f'[[anchor]]\ncertificate = """\n{root.strip()}\n"""\ncrl = "{crl}"\n'
        f'[[gost]]\ncertificate = """\n{gost.strip()}\n"""\n',
    )


def owner_settings(home: Path, ports: Ports, keys: LocalSecrets) -> dict[str, str]:
    """The variables of a migration."""
    return {
        "OZHB_DATABASE_URL": local_postgres(home, ports, keys).url(OWNER),
        "OZHB_MOVABLE_CLOCK": "true",
    }


def sandbox_settings(home: Path, ports: Ports, keys: LocalSecrets) -> dict[str, str]:
    """The variables of the sandbox, which knows nothing of the product's."""
    return {
        "OZHB_SANDBOX_PORT": str(ports.sandbox),
        "OZHB_SANDBOX_SCANNER_PORT": str(ports.scanner),
        "OZHB_SANDBOX_DATA": str(home / "sandbox"),
        "OZHB_SANDBOX_PRODUCT_URL": _local(ports.api),
        "OZHB_SANDBOX_DATABASE_URL": local_postgres(home, ports, keys).url(SANDBOX),
        "OZHB_SANDBOX_TEMPORAL_ADDRESS": f"127.0.0.1:{ports.temporal}",
    }


def _local(port: int) -> str:
    return f"http://127.0.0.1:{port}"
