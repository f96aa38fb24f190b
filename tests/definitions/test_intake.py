"""Messages of E-Собес: every mistake at once, with its place and a sentence in three languages."""

import json
import re
import unicodedata
from copy import deepcopy
from datetime import date
from importlib.resources import files
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from definitions.catalogues import current_catalogue
from definitions.forms import CODES, FORMATS, MAX_UNKNOWN, field_label, normalise
from definitions.intake import ESOBES_MESSAGE_SCHEMA, LONGEST, check_message, read_message
from definitions.wording import LANGUAGES, codes
from domain.identifiers import is_bin, is_email, is_iban, is_iin
from domain.parties.contacts import is_mobile
from tests.support.intake import measure

Json = Any
ABSENT = object()


def sample(name: str) -> list[dict[str, Json]]:
    source = files("definitions").joinpath("samples", f"{name}.json").read_text("utf-8")
    found: list[dict[str, Json]] = json.loads(source)
    return found


PROGRAMMES = sample("programmes")
SUPPLIERS = sample("suppliers")
WITH_REPRESENTATIVE = next(entry for entry in PROGRAMMES if entry["representative"])
REVOCATION = {
    "message_id": "revoke-1",
    "kind": "revocation",
    "measure_id": "M-0001-01",
    "programme": {"number": "OZHB-2026-0001", "revision": 2},
    "reason": "PERSON_DIED",
    "effective_on": "2026-11-20",
}


def changed(message: dict[str, Json], *changes: tuple[str, Json]) -> dict[str, Json]:
    """A copy with members set, or taken away by `ABSENT`, at dotted places."""
    copy = deepcopy(message)
    for place, value in changes:
        *parents, last = place.split(".")
        target = copy
        for name in parents:
            target = target[name]
        if value is ABSENT:
            del target[last]
        else:
            target[last] = value
    return copy


def found(message: Json) -> list[tuple[str, str]]:
    return [(mistake.pointer, mistake.code) for mistake in check_message(message)]


@pytest.mark.parametrize("message", PROGRAMMES, ids=lambda message: message["message_id"])
def test_every_sample_message_is_taken(message: dict[str, Json]) -> None:
    assert check_message(message) == []


def test_a_message_with_five_mistakes_lists_exactly_five_in_three_languages() -> None:
    message = changed(
        PROGRAMMES[0],
        ("person.iin", "710314390011"),
        ("person.surname", "   "),
        ("item.classifier_code", "MOBILITY-FLYING-CARPET"),
        ("implement_until", ABSENT),
        ("programme.developed_on", "2026-02-30"),
    )
    mistakes = check_message(message)
    assert [(mistake.pointer, mistake.code) for mistake in mistakes] == [
        ("/implement_until", "required"),
        ("/item/classifier_code", "not_in_catalogue"),
        ("/person/iin", "format_iin"),
        ("/person/surname", "format_plain_text"),
        ("/programme/developed_on", "format_date"),
    ]
    for mistake in mistakes:
        assert set(mistake.text) >= set(LANGUAGES)
        assert len(set(mistake.text.values())) == len(LANGUAGES)


ONE_MISTAKE = [
    ("message_id", "a b", "/message_id", "format_key"),
    ("message_id", "", "/message_id", "too_short"),
    ("message_id", "x" * 65, "/message_id", "too_long"),
    ("message_id", "..", "/message_id", "format_key"),
    ("message_id", 7, "/message_id", "wrong_type"),
    ("kind", "gift", "/kind", "not_allowed_value"),
    ("measure_id", None, "/measure_id", "wrong_type"),
    ("payer", "NOBODY", "/payer", "not_allowed_value"),
    ("programme", None, "/programme", "wrong_type"),
    ("programme.revision", 0, "/programme/revision", "below_minimum"),
    ("programme.revision", True, "/programme/revision", "wrong_type"),
    ("programme.revision", 1.5, "/programme/revision", "wrong_type"),
    ("programme.number", "9" * 65, "/programme/number", "too_long"),
    (
        "programme.valid_until",
        "2026-10-11",
        "/programme/valid_until",
        "programme_ends_before_start",
    ),
    ("person.iin", ABSENT, "/person/iin", "required"),
    ("person.iin", "٧١٠٣١٤٣٩٠٠١٠", "/person/iin", "format_iin"),
    ("person.iin", "200140000014", "/person/iin", "format_iin"),
    ("person.authority_bin", "710314390010", "/person/authority_bin", "format_bin"),
    ("person.name", "А\u0000Б", "/person/name", "format_plain_text"),
    ("person.name", "\ud800", "/person/name", "format_plain_text"),
    ("person.name", "Ә" * 101, "/person/name", "too_long"),
    ("person.birth_date", "19710314", "/person/birth_date", "format_date"),
    ("person.birth_date", "2026-11-01", "/person/birth_date", "born_after_programme"),
    ("person.disability_group", 1, "/person/disability_group", "not_allowed_value"),
    ("person.phone_confirmed", "yes", "/person/phone_confirmed", "wrong_type"),
    ("person.language", "en", "/person/language", "not_allowed_value"),
    ("person.kato", "71111000", "/person/kato", "format_kato"),
    ("person.kato", "000000000", "/person/kato", "unknown_place"),
    ("person.kato", "719910000", "/person/kato", "unknown_place"),
    ("person.diagnosis", "G80", "/person/diagnosis", "unknown_field"),
    ("extra", {"a": [1]}, "/extra", "unknown_field"),
    ("item.quantity", 10**9, "/item/quantity", "above_maximum"),
    ("item.category", "HYGIENE", "/item/category", "category_differs"),
    ("item.unit", "HOUR", "/item/unit", "unit_differs"),
    ("item.classifier_code", "NO-SUCH", "/item/classifier_code", "not_in_catalogue"),
    ("implement_from", "2027-10-13", "/implement_until", "until_before_from"),
    ("implement_until", "2026-10-11", "/implement_until", "until_before_programme"),
    ("implement_until", "9999-12-31", "/implement_until", "format_date"),
]


@pytest.mark.parametrize(("place", "value", "pointer", "code"), ONE_MISTAKE)
def test_one_wrong_field_is_one_mistake_at_its_place(
    place: str, value: Json, pointer: str, code: str
) -> None:
    assert found(changed(PROGRAMMES[0], (place, value))) == [(pointer, code)]


@pytest.mark.parametrize(
    ("place", "value", "pointer", "code"),
    [
        ("iin", WITH_REPRESENTATIVE["person"]["iin"], "/iin", "representative_is_recipient"),
        ("kind", "FRIEND", "/kind", "not_allowed_value"),
        ("basis_number", ABSENT, "/basis_number", "required"),
        ("valid_until", "2015-04-14", "/valid_until", "representative_ends_before_start"),
    ],
)
def test_a_representative_is_another_person_with_a_basis(
    place: str, value: Json, pointer: str, code: str
) -> None:
    message = changed(WITH_REPRESENTATIVE, (f"representative.{place}", value))
    assert found(message) == [(f"/representative{pointer}", code)]


def test_a_message_needs_only_what_the_process_needs() -> None:
    optional = ("kind", "representative", "implement_from", "programme.valid_until")
    contacts = ("patronymic", "birth_date", "phone", "phone_confirmed", "email", "email_confirmed")
    places = (*optional, *(f"person.{name}" for name in contacts))
    assert found(changed(PROGRAMMES[0], *((place, ABSENT) for place in places))) == []


@pytest.mark.parametrize(
    ("reason", "day", "mistakes"),
    [
        ("PERSON_DIED", "2026-11-23", [("/effective_on", "death_ahead")]),
        ("PERSON_DIED", "2026-11-22", []),
        ("PROGRAMME_REVOKED", "2026-11-23", []),
    ],
)
def test_a_programme_may_be_revoked_ahead_and_nobody_dies_tomorrow(
    reason: str, day: str, mistakes: list[tuple[str, str]]
) -> None:
    message = changed(REVOCATION, ("reason", reason), ("effective_on", day))
    told = check_message(message, received_on=date(2026, 11, 22))
    assert [(one.pointer, one.code) for one in told] == mistakes


def test_a_revocation_has_a_shape_of_its_own() -> None:
    assert found(REVOCATION) == []
    assert found(changed(REVOCATION, ("effective_on", ABSENT))) == []
    wrong = changed(
        REVOCATION, ("reason", "BAD_MOOD"), ("item", {}), ("programme.revision", ABSENT)
    )
    assert found(wrong) == [
        ("/item", "unknown_field"),
        ("/programme/revision", "required"),
        ("/reason", "not_allowed_value"),
    ]
    assert found(changed(PROGRAMMES[0], ("reason", "PERSON_DIED"))) == [
        ("/reason", "unknown_field")
    ]


def test_no_mistake_repeats_what_was_sent() -> None:
    secrets = ("canary-7101", "canary-7102", "canary-7103", "canary 7104", "canary-7105")
    message = changed(
        PROGRAMMES[0],
        ("person.iin", secrets[0]),
        ("person.language", secrets[1]),
        ("person.disability_group", secrets[2]),
        ("person.850101300123", 1),
        (secrets[3], secrets[4]),
    )
    mistakes = check_message(message)
    assert len(mistakes) == 5
    told = repr(mistakes)
    assert not any(secret in told for secret in (*secrets, "850101300123"))


def test_a_pointer_escapes_what_rfc_6901_escapes() -> None:
    assert found(changed(PROGRAMMES[0], ("person.a/b", 1))) == [("/person", "unknown_field")]
    assert found([]) == [("", "wrong_type")]


def test_an_answer_does_not_grow_with_made_up_fields() -> None:
    message = {**PROGRAMMES[0], **{f"field_{number}": 1 for number in range(1000)}}
    assert len(check_message(message)) == MAX_UNKNOWN + 1


def test_a_text_is_taken_in_normal_form() -> None:
    decomposed = unicodedata.normalize("NFD", "Мысалов Ёлый Йод")
    message = changed(PROGRAMMES[0], ("person.surname", f" {decomposed} "), ("item.quantity", 1.0))
    assert check_message(message) == []
    taken = normalise(message)
    assert taken["person"]["surname"] == "Мысалов Ёлый Йод"
    assert repr(taken["item"]["quantity"]) == "1"
    assert normalise(taken) == taken


@pytest.mark.parametrize(
    ("quantity", "code"),
    [(10**20 - 1, "above_maximum"), (1 - 10**20, "below_minimum"), (1e300, "above_maximum")],
)
def test_an_immense_number_is_told_at_its_place(quantity: float, code: str) -> None:
    message = deepcopy(PROGRAMMES[0])
    message["item"]["quantity"] = quantity
    assert found(message) == [("/item/quantity", code)]


def test_a_message_nested_too_deep_is_unreadable() -> None:
    deep: Json = 1
    for _ in range(100_000):
        deep = [deep]
    assert found({"a": deep}) == [("", "unreadable")]


def test_a_message_without_end_is_not_even_parsed() -> None:
    reading = read_message("{" * LONGEST + " no JSON")
    assert reading.message is None
    mistakes = check_message(reading.message, text=reading.faults)
    assert [(one.pointer, one.code) for one in mistakes] == [("", "message_too_long")]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)
PLACES = sorted(
    f"{name}.{inner}" if isinstance(WITH_REPRESENTATIVE[name], dict) else name
    for name in WITH_REPRESENTATIVE
    for inner in (
        WITH_REPRESENTATIVE[name] if isinstance(WITH_REPRESENTATIVE[name], dict) else [""]
    )
)


@given(JSON)
def test_any_json_value_gets_an_answer(value: Json) -> None:
    mistakes = check_message(value)
    assert mistakes
    assert len({(mistake.pointer, mistake.code) for mistake in mistakes}) == len(mistakes)


@given(st.lists(st.tuples(st.sampled_from(PLACES), JSON), max_size=4, unique_by=lambda it: it[0]))
def test_any_damage_to_a_right_message_is_answered_without_repetition(
    damage: list[tuple[str, Json]],
) -> None:
    mistakes = check_message(changed(WITH_REPRESENTATIVE, *damage))
    places = [(mistake.pointer, mistake.code) for mistake in mistakes]
    assert len(set(places)) == len(places)
    json.dumps([dict(mistake.text) for mistake in mistakes], ensure_ascii=False).encode()


def _fields(schema: Json, path: tuple[str, ...] = ()) -> set[tuple[str, ...]]:
    """The path of every member that a schema allows, through its references."""
    if "$ref" in schema:
        schema = ESOBES_MESSAGE_SCHEMA["$defs"][schema["$ref"].removeprefix("#/$defs/")]
    fields: set[tuple[str, ...]] = {path}
    for name, inner in schema.get("properties", {}).items():
        fields |= _fields(inner, (*path, name))
    return fields


def test_every_field_has_a_name_and_every_mistake_a_sentence() -> None:
    defs = ESOBES_MESSAGE_SCHEMA["$defs"]
    fields = _fields(defs["measure"]) | _fields(defs["revocation"])
    assert {field_label(path) for path in fields} == set(codes("field"))
    needed = {*CODES.values(), *(f"format_{name.replace('-', '_')}" for name in FORMATS.checkers)}
    assert {f"mistake.{code}" for code in needed} <= set(codes("mistake"))


def test_the_samples_show_what_the_product_does() -> None:
    people = {entry["person"]["iin"] for entry in PROGRAMMES}
    authorities = {entry["person"]["authority_bin"] for entry in PROGRAMMES}
    catalogue = current_catalogue()
    items = [catalogue.item(entry["item"]["classifier_code"]) for entry in PROGRAMMES]
    assert (len(PROGRAMMES), len(people), len(authorities)) == (12, 11, 3)
    assert sum(entry["representative"] is not None for entry in PROGRAMMES) == 1
    assert sum(entry["payer"] == "EMPLOYER" for entry in PROGRAMMES) == 1
    assert sum(item.by_procurement for item in items if item) == 1
    assert len({(e["programme"]["number"], e["measure_id"]) for e in PROGRAMMES}) == 12


def _offers(message: dict[str, Json]) -> list[int]:
    code, kato = message["item"]["classifier_code"], message["person"]["kato"]
    return [
        offer["price_tiyn"]
        for supplier in SUPPLIERS
        for offer in supplier["offers"]
        if offer["classifier_code"] == code and kato.startswith(tuple(supplier["regions"]))
    ]


@pytest.mark.parametrize("message", PROGRAMMES, ids=lambda message: message["message_id"])
def test_every_sample_measure_of_the_portal_can_be_ordered_in_its_place(
    message: dict[str, Json],
) -> None:
    item = current_catalogue().item(message["item"]["classifier_code"])
    assert item is not None
    assert bool(_offers(message)) or item.by_procurement


def test_a_vision_aid_has_a_second_supplier_above_the_guaranteed_sum() -> None:
    message = next(e for e in PROGRAMMES if e["item"]["classifier_code"] == "TYPHLO-MAGNIFIER")
    item = current_catalogue().item("TYPHLO-MAGNIFIER")
    assert item is not None
    prices = sorted(_offers(message))
    assert prices[0] <= item.sums[-1].tiyn < prices[1]


@pytest.mark.parametrize("supplier", SUPPLIERS, ids=lambda supplier: supplier["name"])
def test_every_sample_supplier_is_valid(supplier: dict[str, Json]) -> None:
    assert is_bin(supplier["bin"]) if "bin" in supplier else is_iin(supplier["iin"])
    assert is_iban(supplier["iban"])
    assert is_mobile(supplier["phone"])
    assert is_email(supplier["email"])
    assert re.fullmatch("[A-Z]{6}[A-Z0-9]{2}", supplier["bic"])
    assert supplier["active"] is True
    assert all(current_catalogue().item(o["classifier_code"]) for o in supplier["offers"])


def test_exactly_one_sample_supplier_is_a_person_and_no_recipient() -> None:
    persons = [supplier["iin"] for supplier in SUPPLIERS if "iin" in supplier]
    recipients = {entry["person"]["iin"] for entry in PROGRAMMES}
    assert len(persons) == 1
    assert not recipients & set(persons)


@pytest.mark.parametrize("odd", ["NaN", "1e999", "9" * 5001, '{"a": 1, "a": 2}'])
def test_no_number_in_place_of_a_contact_refuses_nothing(odd: str) -> None:
    whole = json.dumps(measure(1)).replace('"+77000000001"', odd)
    reading = read_message(whole)
    assert check_message(reading.message, text=reading.faults) == []
    assert reading.unusable == ("phone:unreadable",)
