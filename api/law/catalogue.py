"""The catalogue of aids and services, for all who are signed in; `/v1/changes` brings a version."""

from dataclasses import asdict
from datetime import date, datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request
from pydantic import StringConstraints
from starlette.responses import Response

from api.auth import Reader
from api.caching import IF_NONE_MATCH, UNCHANGED, tagged, unless_known
from api.deps import EngineDep
from api.language import Text, worded
from api.problems import Problem
from api.queries import refuse_beside
from api.rendering import dump
from api.schemas import Answer
from db.catalogues import (
    catalogue_today,
    find_catalogue,
    list_versions,
)
from db.engine import reads
from definitions.catalogues import (
    CATALOGUE_SCHEMA,
    Catalogue,
    CatalogueItem,
    Kind,
)
from definitions.forms import inlined
from domain.case.state import Periodic

router = APIRouter(prefix="/v1", tags=["catalogue"])
VERSION: Final = CATALOGUE_SCHEMA["properties"]["version"]["pattern"]
Version = Annotated[str, StringConstraints(pattern=VERSION)]
CategoryCode = Annotated[str, StringConstraints(pattern=r"^[A-Z_]{1,40}$")]
DOCUMENT: Final = inlined(CATALOGUE_SCHEMA)


class CategoryView(Answer):
    """A kind of measure, and the article that grants it."""

    code: str
    name: Text
    kind: Kind
    law: str


class ItemView(Answer):
    """An aid or service as an order today would get it; `unit_sum` in tiyn, norms in units."""

    code: str
    category: str
    name: Text
    unit: str
    unit_sum: int
    norm: dict[str, int]
    replacement_months: int | None
    periodic: Periodic
    custom_made: bool
    procured: bool
    companion_percent: int | None


class VersionView(Answer):
    """A version there is; `imported_at` is null for the one that the system came with."""

    version: str
    valid_from: date
    sha256: str
    imported_at: datetime | None
    in_force: bool


class CatalogueView(Answer):
    """The version in force `on` the day, with the sums of that day."""

    version: str
    valid_from: date
    on: date
    categories: list[CategoryView]
    items: list[ItemView]
    versions: list[VersionView]


_CURRENT: Final = CatalogueView.model_json_schema()
_EITHER: Final = {"oneOf": [inlined(_CURRENT), DOCUMENT]}


@router.get(
    "/catalogue",
    operation_id="readCatalogue",
    response_class=Response,
    responses={
        200: {
            "description": "What is in force today; a named version as it was imported",
            "content": {"application/json": {"schema": _EITHER}},
        },
        404: {"description": "There is no such version"},
        **UNCHANGED,
    },
    openapi_extra={"parameters": [IF_NONE_MATCH]},
)
def read_catalogue(
    request: Request,
    reader: Reader,
    engine: EngineDep,
    category: Annotated[CategoryCode | None, Query(description="Only of this category")] = None,
    version: Annotated[
        Version | None, Query(description="That version in full, with every sum by its first day")
    ] = None,
) -> Response:
    """The aids and services that can be ordered today, each with today's guaranteed sum.

    `versions` are all that there are, also those whose day has not come.
    """
    if version is not None:
        refuse_beside(request, "category")
    with reads(engine) as connection:
        found, today = catalogue_today(connection)
        if version is not None:
            named = find_catalogue(connection, version)
            if named is None:
                raise Problem("not_found")
            body = dump(named.content)
        else:
            versions = [asdict(one) for one in list_versions(connection)]
            body = dump({**_current(found, today, category), "versions": versions})
    return unless_known(request, body, tagged(body))


def _current(found: Catalogue, today: date, category: str | None) -> dict[str, Any]:
    categories = [one for one in found.categories.values() if category in (None, one.code)]
    items = [one for one in found.items.values() if category in (None, one.category)]
    return {
        "version": found.version,
        "valid_from": found.valid_from,
        "on": today,
        "categories": [{**asdict(one), "name": worded(one.name)} for one in categories],
        "items": [_item(one, today) for one in items],
    }


def _item(item: CatalogueItem, today: date) -> dict[str, Any]:
    told = {name: getattr(item, name) for name in ItemView.model_fields if name != "unit_sum"}
    return {**told, "name": worded(item.name), "unit_sum": item.sum_on(today)}
