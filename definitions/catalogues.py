"""The catalogue of aids and services: what a version says, and whether it may be one.

The build brings versions of its own in `catalogue/`; later ones are imported (`db/catalogues.py`).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from importlib.resources import files
from itertools import pairwise
from types import MappingProxyType
from typing import Any, Final, Literal

from definitions.forms import (
    MOST_FOUND,
    Fault,
    FormMistake,
    Sound,
    load_schema,
    normalise,
    readable,
    shape_faults,
    told,
    validator,
)
from definitions.toml import parse_toml
from domain.canonical import canonical_bytes, sha256_hex
from domain.case.state import Measure, Periodic

Kind = Literal["goods", "service"]
# Spans of a norm, the shorter first.
SPANS: Final = ("day", "month", "quarter", "year")
NAMES: Final = "catalogue_field"
CATALOGUE_SCHEMA: Final = load_schema("catalogue")
VALIDATOR: Final = validator(CATALOGUE_SCHEMA)


class UnknownCatalogue(LookupError):
    """There is no catalogue of this version."""


class CatalogueInvalid(ValueError):
    """A catalogue is not what its schema and rules ask for: every mistake, with its place."""

    def __init__(self, mistakes: list[FormMistake]) -> None:
        super().__init__("; ".join(f"{one.pointer or '/'}: {one.text['en']}" for one in mistakes))
        self.mistakes = mistakes


@dataclass(frozen=True, slots=True)
class Category:
    """A kind of measure with the article that grants it."""

    code: str
    name: Mapping[str, str]
    kind: Kind
    law: str
    entitlements: tuple[str, ...] = ("PROGRAMME",)


@dataclass(frozen=True, slots=True)
class GuaranteedSum:
    """The guaranteed sum of one unit from a day on, in tiyn."""

    valid_from: date
    tiyn: int


@dataclass(frozen=True, slots=True)
class CatalogueItem:
    """One aid or service of the classifier (Social Code 157(2)); norms in units by span."""

    code: str
    category: str
    name: Mapping[str, str]
    unit: str
    norm: Mapping[str, int]
    replacement_months: int | None
    custom_made: bool
    procured: bool
    periodic: Periodic
    companion_percent: int | None
    sums: tuple[GuaranteedSum, ...]

    @property
    def by_procurement(self) -> bool:
        """Whether the state buys it instead of the person ordering it (row R4, SC 169(2))."""
        return self.custom_made or self.procured

    @property
    def yearly_norm(self) -> int | None:
        """Units in a year; None: no norm of the year."""
        return self.norm.get("year")

    @property
    def share(self) -> int | None:
        """Most units of one period; None: it is not supplied by periods."""
        return None if self.periodic == "none" else self.norm.get(self.periodic)

    def companion_sum_on(self, day: date) -> int | None:
        """The guaranteed sum of a companion's place on a day, in tiyn (Social Code 168(4))."""
        percent = self.companion_percent
        return None if percent is None else self.sum_on(day) * percent // 100

    def sum_on(self, day: date) -> int:
        """The guaranteed sum per unit on a day, in tiyn; before all of them, the first."""
        begun = [one for one in self.sums if one.valid_from <= day]
        return (begun[-1] if begun else self.sums[0]).tiyn


@dataclass(frozen=True, slots=True)
class Catalogue:
    """One version of the catalogue. `content` is what it was read from, in normal form."""

    version: str
    valid_from: date
    categories: Mapping[str, Category]
    items: Mapping[str, CatalogueItem]
    content: Mapping[str, Any] = field(repr=False)

    @property
    def sha256(self) -> str:
        """The same for the same content, in whatever order its fields were written."""
        return sha256_hex(canonical_bytes(dict(self.content)))

    def item(self, code: str) -> CatalogueItem | None:
        """The item of a classifier code, or None where this version does not have it."""
        return self.items.get(code)


@dataclass(frozen=True, slots=True)
class Terms:
    """What counts for an order: sums per unit (tiyn), norm of the year, share of a period.

    All by a version; `companion_sum` is that of a companion's place, where the measure has one.
    """

    unit_sum: int
    unit: str
    yearly_norm: int | None
    catalogue: str
    share: int | None
    companion_sum: int | None


def terms_of(catalogue: Catalogue, measure: Measure, day: date) -> Terms:
    """The terms of an order for a measure on a day under the catalogue that is then in force.

    An item that has left the catalogue keeps the terms of its receipt: the right to it stands.
    """
    item = catalogue.item(measure.item)
    if item is None:
        kept = (measure.unit_sum, measure.unit, measure.yearly_norm, measure.catalogue)
        return Terms(*kept, measure.share, companion_sum=None)
    beside = item.companion_sum_on(day) if measure.companion else None
    norm = item.yearly_norm
    return Terms(item.sum_on(day), item.unit, norm, catalogue.version, item.share, beside)


@cache
def versions() -> tuple[str, ...]:
    """Every version that the build brings, the oldest first."""
    names = [entry.name for entry in files("definitions").joinpath("catalogue").iterdir()]
    return tuple(sorted(name.removesuffix(".toml") for name in names if name.endswith(".toml")))


@cache
def load_catalogue(version: str) -> Catalogue:
    """A version of the build, proven; raises `UnknownCatalogue` or `CatalogueInvalid`."""
    if version not in versions():
        raise UnknownCatalogue(version)
    source = files("definitions").joinpath("catalogue", f"{version}.toml").read_text("utf-8")
    return read_catalogue(parse_toml(source), version)


def current_catalogue() -> Catalogue:
    """The build's newest version: in force as long as no imported one is."""
    known = [load_catalogue(version) for version in versions()]
    return max(known, key=lambda found: (found.valid_from, found.version))


def check_catalogue(value: object, version: str | None = None) -> list[FormMistake]:
    """Every mistake of a parsed catalogue, ordered by place; `version` is what it must be called.

    The normal form is checked, as `read_catalogue` reads it.
    """
    if not readable(value):
        return told([Fault((), "unreadable")], NAMES)
    content = normalise(value)
    faults = shape_faults(VALIDATOR, content)
    if isinstance(content, dict) and len(faults) < MOST_FOUND:
        sound = Sound(content, frozenset(fault.path for fault in faults))
        faults += [fault for check in CHECKS for fault in check(sound)]
        named = sound.at("version")
        if version is not None and isinstance(named, str) and named != version:
            faults.append(Fault(("version",), "version_differs", {"expected": version}))
    return told(faults, NAMES)


def read_catalogue(value: object, version: str | None = None) -> Catalogue:
    """A parsed catalogue, proven; raises `CatalogueInvalid` with every mistake."""
    if mistakes := check_catalogue(value, version):
        raise CatalogueInvalid(mistakes)
    return made_of(normalise(value))


def made_of(content: Mapping[str, Any]) -> Catalogue:
    """The catalogue of a content that was proven before."""
    categories = [_category(entry) for entry in content["categories"]]
    items = [_item(entry) for entry in content["items"]]
    return Catalogue(
        version=content["version"],
        valid_from=date.fromisoformat(content["valid_from"]),
        categories=MappingProxyType({one.code: one for one in categories}),
        items=MappingProxyType({item.code: item for item in items}),
        content=content,
    )


def unit_faults(new: Catalogue, known: Catalogue) -> list[Fault]:
    """Items that another version has in another unit: what was granted could not be counted."""
    return [
        Fault(("items", place, "unit"), "unit_changed", {"expected": held.unit})
        for place, (code, item) in enumerate(new.items.items())
        if (held := known.item(code)) is not None and held.unit != item.unit
    ]


def prove_catalogues() -> list[str]:
    """Every problem of the build's catalogues in a sentence; an empty list proves them."""
    problems = []
    for version in versions():
        try:
            load_catalogue(version)
        except CatalogueInvalid as error:
            problems.append(f"catalogue {version}: {error}")
    return problems if versions() else ["there is no catalogue"]


def _category(entry: Mapping[str, Any]) -> Category:
    granted = tuple(entry.get("entitlements", ("PROGRAMME",)))
    return Category(**{**entry, "entitlements": granted})


def _item(entry: Mapping[str, Any]) -> CatalogueItem:
    sums = [(date.fromisoformat(one["valid_from"]), one["tiyn"]) for one in entry["sums"]]
    return CatalogueItem(
        code=entry["code"],
        category=entry["category"],
        name=entry["name"],
        unit=entry["unit"],
        norm=entry.get("norm", {}),
        replacement_months=entry.get("replacement_months"),
        custom_made=entry["custom_made"],
        procured=entry["procured"],
        periodic=entry["periodic"],
        companion_percent=entry.get("companion_percent"),
        sums=tuple(GuaranteedSum(*one) for one in sums),
    )


# --- what one field cannot know about another ---


def _named_once(sound: Sound) -> Iterator[Fault]:
    for group in ("categories", "items"):
        seen = set()
        for place in range(sound.count(group)):
            code = sound.at(group, place, "code")
            if code is not None and code in seen:
                yield Fault((group, place, "code"), "stands_twice")
            seen.add(code)


def _category_is_there(sound: Sound) -> Iterator[Fault]:
    places = range(sound.count("categories"))
    known = [sound.at("categories", place, "code") for place in places]
    if None in known or not known:
        return  # which one is meant is not to be told before they are right
    for place in range(sound.count("items")):
        category = sound.at("items", place, "category")
        if category is not None and category not in known:
            yield Fault(("items", place, "category"), "unknown_category")


def _custom_made_is_procured(sound: Sound) -> Iterator[Fault]:
    for place in range(sound.count("items")):
        custom, procured = (sound.at("items", place, one) for one in ("custom_made", "procured"))
        if custom is True and procured is False:
            yield Fault(("items", place, "procured"), "custom_made_is_procured")


def _norms_fit(sound: Sound) -> Iterator[Fault]:
    """A periodic item has the norm of its span and of the year; a longer span allows no less."""
    for place in range(sound.count("items")):
        path = ("items", place, "norm")
        norm = {span: sound.at(*path, span) for span in SPANS}
        given = [span for span in SPANS if norm[span] is not None]
        for shorter, longer in pairwise(given):
            if norm[shorter] > norm[longer]:
                yield Fault((*path, longer), "norm_shrinks")
        periodic = sound.at("items", place, "periodic")
        for span in {periodic, "year"} if periodic in SPANS else ():
            if norm[span] is None and not _is_bad(sound, *path, span):
                yield Fault((*path, span), "required")


def _is_bad(sound: Sound, *path: str | int) -> bool:
    return any(path[:length] in sound.bad for length in range(1, len(path) + 1))


def _sums_follow(sound: Sound) -> Iterator[Fault]:
    """Each sum begins after the one before it, and the first by the day the version does."""
    begins = sound.day("valid_from")
    for place in range(sound.count("items")):
        path = ("items", place, "sums")
        days = [sound.day(*path, each, "valid_from") for each in range(sound.count(*path))]
        if begins and days and days[0] and days[0] > begins:
            yield Fault((*path, 0, "valid_from"), "sum_begins_late", {"since": begins})
        for each, (before, after) in enumerate(pairwise(days), 1):
            if before and after and after <= before:
                yield Fault((*path, each, "valid_from"), "sums_not_ascending")


CHECKS: Final = (
    _named_once,
    _category_is_there,
    _custom_made_is_procured,
    _norms_fit,
    _sums_follow,
)
