"""The catalogue of aids and services: published versions, read from `catalogue/` and proven."""

import json
import tomllib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any, Literal

from jsonschema import Draft202012Validator

Periodic = Literal["none", "quarter", "month"]


class UnknownCatalogue(LookupError):
    """There is no catalogue of this version, or none in force on the day."""


class CatalogueInvalid(ValueError):
    """A catalogue file is not what its schema and rules ask for."""


@dataclass(frozen=True, slots=True)
class CatalogueItem:
    """One aid or service of the classifier (Social Code 157(2)); the sum is per unit, in tiyn."""

    code: str
    category: str
    name_kk: str
    name_ru: str
    name_en: str
    unit: str
    guaranteed_sum_tiyn: int
    yearly_norm: int | None
    replacement_months: int | None
    custom_made: bool
    procured: bool
    periodic: Periodic
    valid_from: date

    @property
    def by_procurement(self) -> bool:
        """Whether the state buys it instead of the person ordering it (row R4, SC 169(2))."""
        return self.custom_made or self.procured

    def name(self, language: str) -> str:
        """The name in kk, ru or en."""
        return {"kk": self.name_kk, "ru": self.name_ru, "en": self.name_en}[language]


@dataclass(frozen=True, slots=True)
class Catalogue:
    """One version of the catalogue."""

    version: str
    valid_from: date
    items: Mapping[str, CatalogueItem]

    def item(self, code: str) -> CatalogueItem | None:
        """The item of a classifier code, or None where this version does not have it."""
        return self.items.get(code)


@cache
def versions() -> tuple[str, ...]:
    """Every version there is, the oldest first."""
    names = [entry.name for entry in files("definitions").joinpath("catalogue").iterdir()]
    return tuple(sorted(name.removesuffix(".toml") for name in names if name.endswith(".toml")))


@cache
def load_catalogue(version: str) -> Catalogue:
    """A version, proven; raises `UnknownCatalogue` or `CatalogueInvalid` with every fault."""
    if version not in versions():
        raise UnknownCatalogue(version)
    source = files("definitions").joinpath("catalogue", f"{version}.toml").read_text("utf-8")
    catalogue = read_catalogue(source)
    if catalogue.version != version:
        raise CatalogueInvalid(f"{version}.toml calls itself {catalogue.version}")
    return catalogue


def current_catalogue(on: date | None = None) -> Catalogue:
    """The newest version, or the newest that was in force on a day."""
    known = [load_catalogue(version) for version in versions()]
    in_force = [found for found in known if on is None or found.valid_from <= on]
    if not in_force:
        raise UnknownCatalogue(f"none in force on {on}")
    return max(in_force, key=lambda found: (found.valid_from, found.version))


def read_catalogue(source: str) -> Catalogue:
    """Read and prove the TOML text of a catalogue; raises `CatalogueInvalid` with every fault."""
    raw = json.loads(json.dumps(tomllib.loads(source), default=date.isoformat))
    faults = [f"{error.json_path}: {error.message}" for error in _schema().iter_errors(raw)]
    if not faults:
        faults = _faults(raw)
    if faults:
        raise CatalogueInvalid("; ".join(faults))
    items = [_item(entry) for entry in raw["items"]]
    return Catalogue(
        version=raw["version"],
        valid_from=date.fromisoformat(raw["valid_from"]),
        items=MappingProxyType({item.code: item for item in items}),
    )


def prove_catalogues() -> list[str]:
    """Every problem of the catalogue files in a sentence; an empty list proves them."""
    problems = []
    for version in versions():
        try:
            load_catalogue(version)
        except CatalogueInvalid as error:
            problems.append(f"catalogue {version}: {error}")
    return problems if versions() else ["there is no catalogue"]


def _faults(raw: Mapping[str, Any]) -> list[str]:
    counted = Counter(entry["code"] for entry in raw["items"])
    faults = [f"{code} stands twice" for code, count in counted.items() if count > 1]
    faults += [
        f"{entry['code']} is custom-made, so it is procured (SC 169(2))"
        for entry in raw["items"]
        if entry["custom_made"] and not entry["procured"]
    ]
    faults += [
        f"{entry['code']} is periodic, so it needs a yearly norm"
        for entry in raw["items"]
        if entry["periodic"] != "none" and "yearly_norm" not in entry
    ]
    return faults


def _item(entry: Mapping[str, Any]) -> CatalogueItem:
    return CatalogueItem(
        code=entry["code"],
        category=entry["category"],
        name_kk=entry["name"]["kk"],
        name_ru=entry["name"]["ru"],
        name_en=entry["name"]["en"],
        unit=entry["unit"],
        guaranteed_sum_tiyn=entry["guaranteed_sum_tiyn"],
        yearly_norm=entry.get("yearly_norm"),
        replacement_months=entry.get("replacement_months"),
        custom_made=entry["custom_made"],
        procured=entry["procured"],
        periodic=entry["periodic"],
        valid_from=date.fromisoformat(entry["valid_from"]),
    )


@cache
def _schema() -> Draft202012Validator:
    source = files("definitions").joinpath("schemas", "catalogue.schema.json")
    schema = json.loads(source.read_text("utf-8"))
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)
