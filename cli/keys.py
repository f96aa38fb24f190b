"""The secrets of a local stack: made once, kept in its folder, readable by its user alone."""

import base64
import os
import secrets
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict

from cli.postgres import fresh_passwords
from integrations.head_keys import make_head_key

KEY_BYTES = 32


class LocalSecrets(BaseModel):
    """Passwords of the database roles, and the keys of the settings in the form they are given."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    database_passwords: dict[str, str]
    payload_keys: str
    person_master_keys: str
    person_index_key: str
    # None: of a stack from before heads were signed.
    head_key: str | None = None

    @classmethod
    def make(cls) -> Self:
        return cls(
            database_passwords=fresh_passwords(),
            payload_keys=f"p1:{_fresh_key()}",
            person_master_keys=f"m1:{_fresh_key()}",
            person_index_key=_fresh_key(),
            head_key=make_head_key(),
        )

    def complete(self) -> Self:
        """The same with what later builds need too."""
        return self if self.head_key else self.model_copy(update={"head_key": make_head_key()})

    @classmethod
    def read(cls, home: Path) -> Self | None:
        """None where no stack was ever made."""
        file = _file(home)
        return cls.model_validate_json(file.read_text()) if file.exists() else None

    def write(self, home: Path) -> None:
        """Whole or not at all, and never open to others in between."""
        unfinished = _file(home).with_suffix(".unfinished")
        unfinished.unlink(missing_ok=True)
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(self.model_dump_json(indent=2))
            file.flush()
            os.fsync(file.fileno())
        unfinished.rename(_file(home))


def _file(home: Path) -> Path:
    return home / "secrets.json"


def _fresh_key() -> str:
    return base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()
