"""Reference data that two administrators change together: authorities and the catalogue."""

from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from sqlalchemy import Connection

from api.auth import Administrator
from api.deps import EngineDep, PartsDep
from api.operations import Asked
from api.problems import Problem
from api.proposals import APPROVED, NONE, approved, existing, person_of
from api.reading import JSON
from api.schemas import Answer
from db.catalogues import VersionTaken
from db.engine import reads
from db.reference_changes import (
    Kind,
    ReferenceChange,
    What,
    approve,
    differences,
    list_changes,
    propose,
    read_change,
)
from definitions.authorities import AUTHORITIES_SCHEMA, AuthoritiesInvalid
from definitions.catalogues import CATALOGUE_SCHEMA, CatalogueInvalid
from definitions.forms import inlined

router = APIRouter(prefix="/v1/changes", tags=["operations"])
BODY: Final = {
    "oneOf": [
        {
            "type": "object",
            "additionalProperties": False,
            "required": ["kind", "content"],
            "properties": {"kind": {"const": kind}, "content": inlined(schema)},
        }
        for kind, schema in (("authorities", AUTHORITIES_SCHEMA), ("catalogue", CATALOGUE_SCHEMA))
    ]
}


class NewChange(Asked):
    """A whole catalogue, or what is to hold of some authorities and commissions."""

    kind: Kind
    content: dict[str, Any]


class ReferenceChangeView(Answer):
    """A version of reference data; instants are of the wall clock."""

    id: UUID
    kind: Kind
    sha256: str
    state: Literal["proposed", "done"]
    proposed_by: UUID
    proposed_at: datetime
    approved_by: UUID | None
    approved_at: datetime | None


class ChangedField(Answer):
    """A value before and after, as text; null: there is none."""

    field: str
    before: str | None
    after: str | None


class DifferenceView(Answer):
    """What becomes of one entry: its list (`group`) and code (BIN, region, classifier code)."""

    group: str
    code: str
    what: What
    fields: list[ChangedField]


class ReferenceChangePreview(ReferenceChangeView):
    """The version with what its approval changes now, or changed then."""

    differences: list[DifferenceView]


class ReferenceChangeList(Answer):
    """The newest first; `after` continues the list."""

    changes: list[ReferenceChangeView]
    after: UUID | None


@router.post(
    "",
    operation_id="proposeChange",
    response_model=ReferenceChangePreview,
    status_code=201,
    dependencies=JSON,
    responses={409: {"description": "A version of this name has other content"}},
    openapi_extra={
        "requestBody": {"required": True, "content": {"application/json": {"schema": BODY}}}
    },
)
def propose_change(administrator: Administrator, parts: PartsDep, body: NewChange) -> Any:
    """Propose authorities or a catalogue; one mistake, and nothing of it is taken.

    Nothing changes before a second administrator approves it. The same proposal again is the same
    change.
    """
    person = person_of(administrator)
    try:
        with parts.engine.begin() as connection:
            made = propose(connection, parts.seal, person, body.kind, body.content)
            return _preview(connection, made)
    except (AuthoritiesInvalid, CatalogueInvalid) as invalid:
        errors = [
            {**asdict(mistake), "pointer": f"/content{mistake.pointer}"}
            for mistake in invalid.mistakes
        ]
        raise Problem("form_invalid", errors=errors) from None
    except VersionTaken:
        raise Problem("catalogue_conflict") from None


@router.get("", operation_id="listChanges", response_model=ReferenceChangeList)
def read_all(
    administrator: Administrator,
    engine: EngineDep,
    after: UUID | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> dict[str, Any]:
    """Every change that was proposed, the newest first."""
    with reads(engine) as connection:
        found = list_changes(connection, after, limit)
    last = found[-1].id if len(found) == limit else None
    return {"changes": [_told(one) for one in found], "after": last}


@router.get(
    "/{change_id}",
    operation_id="readChange",
    response_model=ReferenceChangePreview,
    responses=NONE,
)
def read_one(administrator: Administrator, engine: EngineDep, change_id: UUID) -> dict[str, Any]:
    """What a change would change now, or has changed, value by value."""
    with reads(engine) as connection:
        return _preview(connection, existing(read_change(connection, change_id)))


@router.post(
    "/{change_id}/approve",
    operation_id="approveChange",
    response_model=ReferenceChangePreview,
    dependencies=JSON,
    responses=APPROVED,
)
def approve_change(
    administrator: Administrator, engine: EngineDep, change_id: UUID
) -> dict[str, Any]:
    """Approve what another administrator proposed: it holds from now on, or from its day on."""
    person = person_of(administrator)
    with engine.begin() as connection:
        approved(approve(connection, person, change_id))
        return _preview(connection, existing(read_change(connection, change_id)))


def _preview(connection: Connection, change: ReferenceChange) -> dict[str, Any]:
    return {**_told(change), "differences": differences(connection, change)}


def _told(change: ReferenceChange) -> dict[str, Any]:
    names = ReferenceChangeView.model_fields.keys() - {"state"}
    state = "proposed" if change.approved_at is None else "done"
    return {**{name: getattr(change, name) for name in names}, "state": state}
