"""The sample authorities: who pays in tests, from which account; and two who approve them."""

from importlib.resources import files
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Connection, Engine

from db import reference_changes
from db.authorities import put_authorities
from db.reference_changes import Kind
from db.reference_tables import ReferenceChange
from definitions.authorities import read_authorities
from definitions.toml import parse_toml
from tests.support.intake import SEAL

PROPOSER, APPROVER = uuid4(), uuid4()


def sample_authorities() -> dict[str, Any]:
    """The file that a local stack imports, proven."""
    source = files("definitions").joinpath("samples/authorities.toml").read_text("utf-8")
    return read_authorities(parse_toml(source))


def sample_of(bin: str, /, **changes: Any) -> dict[str, Any]:
    """A list of one sample authority, with some of its fields replaced (None: left out)."""
    found = next(one for one in sample_authorities()["authorities"] if one["bin"] == bin)
    made = {name: value for name, value in {**found, **changes}.items() if value is not None}
    return {"authorities": [made]}


def account_of(bin: str) -> dict[str, Any]:
    """The account that a sample authority pays from."""
    account: dict[str, Any] = sample_of(bin)["authorities"][0]["account"]
    return account


def put_accounts(connection: Connection) -> None:
    """The sample authorities without their people, as every test database begins."""
    known = sample_authorities()["authorities"]
    nameless = [{name: one[name] for name in one if name != "head"} for one in known]
    put_authorities(connection, {"authorities": nameless, "commissions": []})


def agree(engine: Engine, kind: Kind, value: Any) -> ReferenceChange:
    """One administrator proposes, another approves."""
    with engine.begin() as connection:
        change = reference_changes.propose(connection, SEAL, PROPOSER, kind, value)
        return approved(connection, change.id)


def approved(connection: Connection, change: UUID) -> ReferenceChange:
    """The same, of what was proposed before."""
    found = reference_changes.approve(connection, APPROVER, change)
    assert isinstance(found, ReferenceChange), found
    return found
