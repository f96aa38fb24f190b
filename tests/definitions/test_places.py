"""Places are those of the classifier: regions, and what lies in a known district."""

import tomllib
from importlib.resources import files

import pytest

from definitions.places import is_area, is_place, place_name
from definitions.wording import LANGUAGES


@pytest.mark.parametrize(
    ("code", "right"),
    [
        ("331010000", True),  # Taldykorgan, Zhetysu
        ("621010000", True),  # Zhezkazgan, Ulytau
        ("101010000", True),  # Semey, Abai
        ("711110000", True),
        ("711510000", True),  # Nura, a district of Astana since 2023
        ("791910000", True),  # Turan, a district of Shymkent
        ("710000000", True),
        ("154800000", True),
        ("154833999", True),  # a settlement that nobody has listed yet
        ("000000000", False),
        ("999999999", False),
        ("720000000", False),
        ("510000000", False),  # South Kazakhstan, which has the code 61 since 2018
        ("154900000", False),
        ("719910000", False),
        ("71111000", False),
        ("７１１１１００００", False),
    ],
)
def test_a_code_names_a_place_or_none(code: str, right: bool) -> None:
    assert is_place(code) is right


@pytest.mark.parametrize(
    ("beginning", "right"),
    [("71", True), ("7111", True), ("711110000", True), ("154833", True), ("00", False),
     ("72", False), ("7", False), ("1549", False), ("7111100000", False), ("", False)],
)  # fmt: skip
def test_what_a_supplier_serves_begins_a_place(beginning: str, right: bool) -> None:
    assert is_area(beginning) is right


def test_the_list_is_whole() -> None:
    text = files("definitions").joinpath("places.toml").read_text("utf-8")
    regions = tomllib.loads(text)
    assert len(regions) == 20
    assert sum(len(region["units"]) for region in regions.values()) == 228
    for code, region in regions.items():
        assert all(region[language] for language in LANGUAGES)
        assert all(unit.startswith(code) and len(unit) == 4 for unit in region["units"])


# How official English texts write Kazakh names: letter by letter, without signs.
LATIN = {
    **dict(zip("абвгдезиклмнопрстуфыэ", "abvgdeziklmnoprstufye", strict=True)),
    **{"ә": "a", "ғ": "g", "қ": "k", "ң": "n", "ө": "o", "ұ": "u", "ү": "u", "һ": "h", "і": "i"},
    **{"й": "y", "ё": "yo", "ж": "zh", "х": "kh", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "shch"},
    **{"ю": "yu", "я": "ya", "ъ": "", "ь": "", " ": " ", "-": "-", ".": "."},
}
# Names that official English texts have written otherwise for long, some of them of whole regions.
SETTLED = {
    **{"Abay": "Abai", "Baykonyr": "Baikonur", "Karagandy": "Karaganda", "Rudniy": "Rudny"},
    **{"Syrdariya": "Syrdarya", "Zhetisu": "Zhetysu"},
}


def in_english(kazakh: str) -> str:
    """`Ақкөл ауданы` as `Akkol District`, `Семей қаласы` as `City of Semey`."""
    name, kind = kazakh.removesuffix(" атындағы аудан"), kazakh.rpartition(" ")[2]
    name = name.removesuffix(f" {kind}")
    # Two that sound alike do not stand beside each other: Raiymbek.
    told = "".join(_written(letter) for letter in name).replace("yy", "iy")
    told = SETTLED.get(told, told)
    return f"City of {told}" if kind == "қаласы" else f"{told} District"


def _written(letter: str) -> str:
    latin = LATIN[letter.lower()]
    return latin.capitalize() if letter.isupper() else latin


def test_every_district_and_town_has_an_english_name_by_the_rule_of_kazakh_names() -> None:
    text = files("definitions").joinpath("places.toml").read_text("utf-8")
    for region in tomllib.loads(text).values():
        for unit in region["units"].values():
            assert unit["en"] == in_english(unit["kk"])
    assert place_name("7111", "en") == "City of Astana, Almaty District"
    assert place_name("1132", "en") == "Akmola Region, Akkol District"
    assert place_name("5966", "en").endswith("Gabit Musirepov District")
