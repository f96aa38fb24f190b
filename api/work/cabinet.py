"""The cabinet of a recipient: kinds, volumes and statuses of all they have (Order 379, p. 7)."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from fastapi import APIRouter
from fastapi.concurrency import run_in_threadpool

from api.auth import Recipient
from api.deps import Parts, PartsDep, PoolDep
from api.labels import category_name, item_name
from api.language import Text, worded, words
from api.problems import Problem
from api.schemas import Answer
from db.addresses import short_name
from db.catalogues import catalogue_today
from db.engine import reads
from db.persons import Profiles
from db.views import read_cabinet
from definitions.editions import edition_on
from definitions.wording import codes
from domain.case.entitlements import Entitlement
from domain.messages import Role

router = APIRouter(prefix="/v1/cabinet", tags=["me"])


class Volume(Answer):
    """How much is granted."""

    quantity: int
    unit: str


class Granted(Answer):
    """One measure or service in the cabinet: what, how much, and where it stands."""

    case: UUID
    href: str
    reference: str
    item: str
    name: Text
    category: str
    kind: Text
    volume: Volume
    status: str
    status_label: Text
    text: Text
    since: datetime
    closed: bool
    due_at: datetime | None


class GrantedKind(Answer):
    """All of one kind of entitlement."""

    entitlement: str
    label: Text
    measures: list[Granted]


class CabinetOf(Answer):
    """The cabinet of one person: yours, or of somebody for whom you act."""

    person: UUID
    yours: bool
    name: str | None
    entitlements: list[GrantedKind]


class Cabinet(Answer):
    """Everything that you and those for whom you act are entitled to."""

    persons: list[CabinetOf]


@router.get("", operation_id="readCabinet")
async def read(pool: PoolDep, parts: PartsDep, recipient: Recipient) -> Cabinet:
    """What you are entitled to, and those for whom you act: by kind, with volume and status.

    A representative sees whom they act for as long as they do.
    """
    if recipient.person is None:
        raise Problem("not_allowed")
    rows = await read_cabinet(pool, recipient.person)
    return await run_in_threadpool(_cabinet, parts, recipient.person, rows)


def _cabinet(parts: Parts, person: UUID, rows: Sequence[Mapping[str, Any]]) -> Cabinet:
    persons = dict.fromkeys((person, *(row["recipient_id"] for row in rows)))
    with reads(parts.engine) as connection:
        _, today = catalogue_today(connection)
        profiles = Profiles(connection, parts.seal)
        names = {one: short_name(profiles, str(one)) for one in persons}
    # A kind that is off is shown only where something of it is left.
    received = [kind for kind, one in edition_on(today).entitlements.items() if one.open]
    return Cabinet(
        persons=[
            CabinetOf(
                person=one,
                yours=one == person,
                name=names[one],
                entitlements=_kinds([row for row in rows if row["recipient_id"] == one], received),
            )
            for one in persons
        ]
    )


def _kinds(rows: Sequence[Mapping[str, Any]], received: Sequence[Entitlement]) -> list[GrantedKind]:
    found: dict[Entitlement, list[Granted]] = {}
    for row in rows:
        measure = json.loads(row["measure"])
        found.setdefault(Entitlement(measure["entitlement"]), []).append(_granted(row, measure))
    return [
        GrantedKind(
            entitlement=kind, label=_texts("entitlement", kind), measures=found.get(kind, [])
        )
        for kind in Entitlement
        if kind in received or kind in found
    ]


def _granted(row: Mapping[str, Any], measure: Mapping[str, Any]) -> Granted:
    return Granted(
        case=row["case_id"],
        href=f"/v1/cases/{row['case_id']}",
        reference=row["reference"],
        item=row["item"],
        name=worded(item_name(row["item"])),
        category=measure["category"],
        kind=worded(category_name(measure["category"])),
        volume=Volume(quantity=measure["quantity"], unit=measure["unit"]),
        status=row["status"],
        status_label=_texts("status", row["status"]),
        text=_asked_of(row),
        since=row["since"],
        closed=row["closed"],
        due_at=row["due_at"],
    )


def _asked_of(row: Any) -> Any:
    """What the recipient can do now; where nothing is asked of them, where it stands."""
    code = f"act.recipient.{row['due_term']}"
    if Role.RECIPIENT in row["waits_for"] and code in codes("act"):
        return _texts("act.recipient", row["due_term"])
    return _texts("now.recipient", row["status"])


def _texts(group: str, code: str) -> Any:
    return words(group, code)
