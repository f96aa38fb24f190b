"""The catalogue: proven when read, and what it says about supply."""

from importlib.resources import files

import pytest

from definitions.catalogues import (
    CatalogueInvalid,
    UnknownCatalogue,
    current_catalogue,
    load_catalogue,
    prove_catalogues,
    read_catalogue,
    versions,
)

SOURCE = files("definitions").joinpath("catalogue", "2026-11.toml").read_text("utf-8")


def test_every_published_catalogue_is_without_fault() -> None:
    assert prove_catalogues() == []
    assert "2026-11" in versions()


def test_the_current_catalogue_is_the_newest_in_force_on_the_day() -> None:
    assert current_catalogue() is load_catalogue(versions()[-1])


def test_an_unknown_version_is_refused() -> None:
    with pytest.raises(UnknownCatalogue):
        load_catalogue("../editions/order-379")


def test_an_item_is_found_by_its_classifier_code() -> None:
    item = load_catalogue("2026-11").item("HYGIENE-DIAPER-L")
    assert item is not None
    assert (item.yearly_norm, item.periodic, item.unit) == (1460, "quarter", "PIECE")
    assert item.name("kk") == "Ересектерге арналған жөргек, L өлшемі"
    assert load_catalogue("2026-11").item("NO-SUCH-AID") is None


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
    item = load_catalogue("2026-11").item(code)
    assert item is not None
    assert item.by_procurement is procured


def test_a_loaded_catalogue_cannot_be_changed() -> None:
    catalogue = load_catalogue("2026-11")
    with pytest.raises(TypeError):
        catalogue.items["X"] = None  # type: ignore[index]


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ('code = "TYPHLO-CANE"', 'code = "TYPHLO-MAGNIFIER"', "stands twice"),
        ("guaranteed_sum_tiyn = 720_000", "guaranteed_sum_tiyn = 7200.5", "guaranteed_sum_tiyn"),
        ("yearly_norm = 365\n", "", "needs a yearly norm"),
        ("custom_made = true\nprocured = true", "custom_made = true\nprocured = false", "SC 169"),
        ('periodic = "month"', 'periodic = "week"', "periodic"),
        ('unit = "STAY"', 'unit = "STAY"\nprice = 1', "price"),
    ],
)
def test_a_faulty_catalogue_is_not_read(old: str, new: str, fault: str) -> None:
    assert old in SOURCE
    with pytest.raises(CatalogueInvalid, match=fault):
        read_catalogue(SOURCE.replace(old, new, 1))
