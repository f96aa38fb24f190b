"""Catalogues made of the build's own: another version, another sum, one item more."""

from copy import deepcopy
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Engine

from db.catalogues import catalogue_today
from definitions.catalogues import Catalogue, current_catalogue
from tests.support.authorities import agree

ITEM = "MOBILITY-WHEELCHAIR-OUTDOOR"
NEW_ITEM = "MOBILITY-SCOOTER"


def content(version: str = "2026-12", since: date = date(2026, 11, 1)) -> dict[str, Any]:
    """A right catalogue of this name, in force from a day on."""
    made = deepcopy(dict(current_catalogue().content))
    return {**made, "version": version, "valid_from": since.isoformat()}


def item_of(made: dict[str, Any], code: str = ITEM) -> dict[str, Any]:
    """An item of a content, to be changed."""
    found: dict[str, Any] = next(one for one in made["items"] if one["code"] == code)
    return found


def with_sum(made: dict[str, Any], tiyn: int, code: str = ITEM) -> dict[str, Any]:
    """The same content with one sum of an item."""
    item_of(made, code)["sums"] = [{"valid_from": made["valid_from"], "tiyn": tiyn}]
    return made


def with_new_item(made: dict[str, Any]) -> dict[str, Any]:
    """The same content with an item that no other version has."""
    added = {**deepcopy(item_of(made)), "code": NEW_ITEM}
    return {**made, "items": [*made["items"], added]}


def bring_in(engine: Engine, made: dict[str, Any]) -> None:
    """Two administrators import it."""
    agree(engine, "catalogue", made)


def in_force(engine: Engine) -> Catalogue:
    """What any process of the system sees now."""
    with engine.connect() as connection:
        return catalogue_today(connection)[0]


def today(engine: Engine, days: int = 0) -> date:
    """The legal day, or one so many days from it."""
    with engine.connect() as connection:
        return catalogue_today(connection)[1] + timedelta(days=days)
