"""What long proofs found last, a file each: of which build, when, and what."""

import hashlib
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, ValidationError

from cli.home import StackFailed
from definitions.build import build_id

FOLDER: Final = Path("evidence")
LOCK: Final = Path("requirements.lock")


class Evidence(BaseModel):
    """What one proof found. `holds`: it ran to its end, and nothing was wrong."""

    model_config = ConfigDict(frozen=True)

    proof: str
    build: str
    commit: str
    at: datetime
    holds: bool
    facts: dict[str, Any]


def keep(proof: str, facts: Mapping[str, Any], *, holds: bool, folder: Path = FOLDER) -> None:
    """Write down what a proof found; what it found before is forgotten."""
    found = Evidence(
        proof=proof,
        build=this_build(),
        commit=commit(),
        at=datetime.now(UTC),
        holds=holds,
        facts=dict(facts),
    )
    folder.mkdir(exist_ok=True)
    unfinished = folder / f"{proof}.unfinished"
    unfinished.write_text(found.model_dump_json(indent=2) + "\n", "utf-8")
    unfinished.rename(folder / f"{proof}.json")


def kept(proof: str, folder: Path = FOLDER) -> Evidence | None:
    """What a proof found last; None if nothing is kept of it. StackFailed for what is no such."""
    file = folder / f"{proof}.json"
    if not file.exists():
        return None
    try:
        return Evidence.model_validate_json(file.read_text("utf-8"))
    except ValidationError:
        raise StackFailed(f"{file} is no evidence of a proof") from None


def this_build() -> str:
    """Its code, and the libraries that it is tried with: with others it is another one."""
    if not LOCK.exists():
        return build_id()
    return f"{build_id()} with libraries {hashlib.sha256(LOCK.read_bytes()).hexdigest()[:12]}"


def commit() -> str:
    """The commit of the check-out, marked where something in it was changed; empty without one."""
    asked = ("git", "describe", "--always", "--dirty", "--abbrev=12", "--exclude=*")
    try:
        done = subprocess.run(asked, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return ""
    return done.stdout.strip()
