"""The catalogue: proven when read, with every mistake at once, and what it says about supply."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from definitions.catalogues import (
    CATALOGUE_SCHEMA,
    NAMES,
    CatalogueInvalid,
    UnknownCatalogue,
    check_catalogue,
    current_catalogue,
    load_catalogue,
    prove_catalogues,
    read_catalogue,
    terms_of,
    versions,
)
from definitions.forms import field_label, inlined
from definitions.wording import codes
from domain.case.state import Measure
from tests.domain.play import measure
from tests.support.catalogues import ITEM, content, item_of, with_sum

Content = dict[str, Any]
ALL_BUT_INVATAXI = {
    "PROSTHETIC_ORTHOPAEDIC", "HEARING_PROSTHETIC", "SURDO_AID", "TYPHLO_AID", "HYGIENE",
    "MOBILITY_AID", "TECHNICAL_AID", "INDIVIDUAL_ASSISTANT", "SIGN_LANGUAGE", "SANATORIUM",
    "SPECIAL_SOCIAL_SERVICE",
}  # fmt: skip


def test_every_catalogue_of_the_build_is_without_fault() -> None:
    assert prove_catalogues() == []
    assert current_catalogue() is load_catalogue(versions()[-1])


def test_an_unknown_version_is_refused() -> None:
    with pytest.raises(UnknownCatalogue):
        load_catalogue("../editions/order-379")


def test_every_category_of_the_portal_has_something_in_it() -> None:
    catalogue = current_catalogue()
    package = {"GUARANTEED_PACKAGE"}
    assert set(catalogue.categories) == ALL_BUT_INVATAXI | package
    assert {item.category for item in catalogue.items.values()} == ALL_BUT_INVATAXI | package
    services = {code for code, one in catalogue.categories.items() if one.kind == "service"}
    assert services == {
        "INDIVIDUAL_ASSISTANT", "SIGN_LANGUAGE", "SANATORIUM", "SPECIAL_SOCIAL_SERVICE",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("code", "norm", "periodic"),
    [
        ("HYGIENE-DIAPER-L", {"quarter": 365, "year": 1460}, "quarter"),
        ("ASSISTANT-HOUR", {"day": 8, "month": 248, "year": 2920}, "month"),
        ("SIGN-LANGUAGE-HOUR", {"year": 60}, "year"),
    ],
)
def test_the_norms_of_the_law_are_those_of_the_catalogue(
    code: str, norm: dict[str, int], periodic: str
) -> None:
    item = current_catalogue().items[code]
    assert (item.norm, item.periodic, item.yearly_norm) == (norm, periodic, norm["year"])


def test_who_accompanies_a_child_to_a_sanatorium_gets_seventy_percent() -> None:
    assert current_catalogue().items["SANATORIUM-STAY"].companion_percent == 70


@pytest.mark.parametrize(
    ("code", "procured"),
    [
        ("HEARING-AID-DIGITAL", True),
        ("PROSTHESIS-BELOW-KNEE", True),
        ("MOBILITY-WHEELCHAIR-CUSTOM", True),
        ("MOBILITY-WHEELCHAIR-OUTDOOR", False),
        ("ASSISTANT-HOUR", False),
    ],
)
def test_the_state_buys_what_article_169_names(code: str, procured: bool) -> None:
    assert current_catalogue().items[code].by_procurement is procured


def test_the_sum_is_that_of_the_day() -> None:
    made = content()
    item_of(made)["sums"] = [
        {"valid_from": "2026-11-01", "tiyn": 100},
        {"valid_from": "2027-01-01", "tiyn": 200},
    ]
    item = read_catalogue(made).items[ITEM]
    days = (date(2026, 11, 1), date(2026, 12, 31), date(2027, 1, 1), date(2030, 1, 1))
    assert [item.sum_on(day) for day in days] == [100, 100, 200, 200]


def test_an_item_that_has_left_the_catalogue_keeps_the_terms_of_its_receipt() -> None:
    held = Measure.model_validate(measure(item="GONE", unit_sum=77, yearly_norm=3))
    terms = terms_of(current_catalogue(), held, date(2026, 11, 24))
    assert (terms.unit_sum, terms.yearly_norm, terms.catalogue) == (77, 3, held.catalogue)


def test_a_loaded_catalogue_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        current_catalogue().items["X"] = None  # type: ignore[index] # that is the point


def test_the_same_content_is_the_same_however_it_is_written() -> None:
    made = content()
    shuffled = dict(reversed(made.items()))
    assert read_catalogue(made).sha256 == read_catalogue(shuffled).sha256
    assert read_catalogue(made).sha256 != read_catalogue(with_sum(content(), 5)).sha256


def _twice(made: Content) -> None:
    made["items"].append(item_of(made))


def _late_sum(made: Content) -> None:
    item_of(made)["sums"] = [{"valid_from": "2027-01-01", "tiyn": 1}]


def _sums_back(made: Content) -> None:
    item_of(made)["sums"] = [{"valid_from": "2026-01-01", "tiyn": 1}] * 2


def _set(**values: Any) -> Callable[[Content], None]:
    return lambda made: item_of(made).update(values)


FAULTS: list[tuple[Callable[[Content], None], str, str]] = [
    (_twice, "/items/21/code", "stands_twice"),
    (_set(code="wheel chair"), "/items/0/code", "wrong_format"),
    (_set(category="GOLD"), "/items/0/category", "unknown_category"),
    (_set(unit="KILO"), "/items/0/unit", "not_allowed_value"),
    (_set(price=1), "/items/0/price", "unknown_field"),
    (_set(name={"kk": "А", "ru": " ", "en": "A"}), "/items/0/name/ru", "too_short"),
    (_set(name={"kk": "А", "ru": "А"}), "/items/0/name/en", "required"),
    (_set(custom_made=True), "/items/0/procured", "custom_made_is_procured"),
    (_set(periodic="week"), "/items/0/periodic", "not_allowed_value"),
    (_set(periodic="month"), "/items/0/norm/month", "required"),
    (_set(norm={"month": 9, "year": 8}), "/items/0/norm/year", "norm_shrinks"),
    (_set(companion_percent=101), "/items/0/companion_percent", "above_maximum"),
    (_set(sums=[]), "/items/0/sums", "too_short"),
    (_set(sums="much"), "/items/0/sums", "wrong_type"),
    (_set(sums=[{"valid_from": "2026-02-30", "tiyn": 1}]), "/items/0/sums/0/valid_from",
     "format_date"),
    (_set(sums=[{"valid_from": "2026-01-01", "tiyn": 1.5}]), "/items/0/sums/0/tiyn", "wrong_type"),
    (_late_sum, "/items/0/sums/0/valid_from", "sum_begins_late"),
    (_sums_back, "/items/0/sums/1/valid_from", "sums_not_ascending"),
    (lambda made: made.update(version="next"), "/version", "wrong_format"),
    (lambda made: made.pop("valid_from"), "/valid_from", "required"),
    (lambda made: made["categories"].append(made["categories"][0]), "/categories/12/code",
     "stands_twice"),
    (lambda made: made["categories"][0].update(entitlements=["PROGRAMME"] * 2),
     "/categories/0/entitlements", "stands_twice"),
]  # fmt: skip


@pytest.mark.parametrize(("spoil", "pointer", "code"), FAULTS)
def test_a_mistake_is_told_with_its_place_and_a_sentence(
    spoil: Callable[[Content], None], pointer: str, code: str
) -> None:
    made = content()
    spoil(made)
    (mistake,) = check_catalogue(made)
    assert (mistake.pointer, mistake.code) == (pointer, code)
    assert all(mistake.text[language].strip() for language in ("kk", "ru", "en"))


def test_every_mistake_is_told_at_once() -> None:
    made = content()
    item_of(made, "TYPHLO-CANE").update(unit="KILO", custom_made=True)
    item_of(made, "HYGIENE-DIAPER-L")["norm"] = {"quarter": 1500, "year": 1460}
    del item_of(made)["code"]
    with pytest.raises(CatalogueInvalid) as caught:
        read_catalogue(made, "2027-01")
    assert [(one.pointer, one.code) for one in caught.value.mistakes] == [
        ("/items/0/code", "required"),
        ("/items/10/norm/year", "norm_shrinks"),
        ("/items/5/procured", "custom_made_is_procured"),
        ("/items/5/unit", "not_allowed_value"),
        ("/version", "version_differs"),
    ]


@pytest.mark.parametrize("value", [None, 7, [], "a", {}, {"items": [1]}, {"items": {"a": 10**99}}])
def test_any_json_value_gets_an_answer(value: object) -> None:
    assert check_catalogue(value)


def _fields(schema: Any, path: tuple[str, ...] = ()) -> set[tuple[str, ...]]:
    found = {path}
    for name, inner in schema.get("properties", {}).items():
        found |= _fields(inner, (*path, name))
    return found | (_fields(schema["items"], path) if "items" in schema else set())


def test_every_field_has_a_name_in_words() -> None:
    fields = _fields(inlined(CATALOGUE_SCHEMA))
    assert {field_label(path, NAMES) for path in fields} == set(codes(NAMES))
