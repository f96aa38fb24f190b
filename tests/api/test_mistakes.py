"""Each mistake says what is possible, in words of every language."""

from collections.abc import Iterator, Mapping
from typing import Any, Final
from uuid import UUID

import pytest
from pydantic import BaseModel, TypeAdapter, ValidationError

# All forms that the application takes are there once it is.
import api.app  # noqa: F401
from api.changes.models import NewErasure
from api.mistakes import label_of, mistakes_in, mistakes_of
from api.operations.asked import Operation
from api.register.models import SupplierForm
from api.register.registrations import ApplicationToRegister
from api.register.webhooks import ChangeWebhook
from definitions.command_forms import FormInvalid, command_forms
from definitions.wording import LANGUAGES, codes, text
from tests.api.world import World

WRONG: Final[tuple[object, ...]] = (True, "zzz", 1.5, {}, [5], "2026-13-45")
SAYS: Final[Mapping[str, Mapping[str, tuple[str, ...]]]] = {
    "boolean": {
        "kk": ("иә (true)", "жоқ (false)"),
        "ru": ("да (true)", "нет (false)"),
        "en": ("yes (true)", "no (false)"),
    },
    "date": {"kk": ("ЖЖЖЖ-АА-КК",), "ru": ("ГГГГ-ММ-ДД",), "en": ("YYYY-MM-DD",)},
    "integer": {"kk": ("бүтін сан",), "ru": ("целое число",), "en": ("a whole number",)},
    "uuid": dict.fromkeys(LANGUAGES, ("UUID",)),
    "sha256": dict.fromkeys(LANGUAGES, ("64", "SHA-256")),
}


def fields() -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Every field of every command: of a list what it is a list of."""
    for name, form in command_forms().items():
        yield from ((name, field, one) for field, one in form.fields.items())


def kind_of(schema: Mapping[str, Any]) -> str | None:
    if schema.get("pattern") == "^[0-9a-f]{64}$":
        return "sha256"
    found = schema.get("format") if schema.get("format") in SAYS else schema.get("type")
    return found if found in SAYS else None


def mistakes(command: str, field: str, value: object) -> list[Mapping[str, str]]:
    """What is said of a field, if it is not taken."""
    try:
        command_forms()[command].read({"command": command, field: value})
    except FormInvalid as invalid:
        told = mistakes_in(invalid.faults)
        return [one.text for one in told if one.pointer == f"/{field}"]
    return []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_wrong_value_is_answered_with_what_is_asked_for(language: str) -> None:
    seen = set()
    for command, field, schema in fields():
        kind = kind_of(schema)
        for value in WRONG if kind else ():
            for told in mistakes(command, field, value):
                assert all(one in told[language] for one in SAYS[str(kind)][language]), told
                seen.add(kind)
    assert seen == SAYS.keys()


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_wrong_choice_is_answered_with_every_right_one_in_words(language: str) -> None:
    seen = 0
    for command, field, schema in fields():
        named = schema.get("x-texts")
        for told in mistakes(command, field, 5) if named and "enum" in schema else ():
            known = [one for one in schema["enum"] if f"{named}.{one}" in codes(named)]
            assert known == schema["enum"]
            assert all(f"{text(f'{named}.{one}', language)} ({one})" in told[language]
                       for one in known), told  # fmt: skip
            seen += 1
    assert seen > 5


def test_other_bodies_say_it_in_the_same_words() -> None:
    said: Any = [
        {
            "type": "string_pattern_mismatch",
            "loc": ("body", "regions", 0),
            "ctx": {"pattern": "^[0-9]{2,9}$"},
        },
        {"type": "uuid_parsing", "loc": ("body", "person"), "ctx": {"error": "x"}},
        {
            "type": "literal_error",
            "loc": ("body", "ground"),
            "ctx": {"expected": "'ceased' or 'x'"},
        },
    ]
    area, first, second = mistakes_of(said, {"regions": ["?"], "person": "?", "ground": "?"})
    assert "2–9 цифр" in area.text["kk"]
    assert "36 знаков" in first.text["ru"]
    assert second.text["en"].endswith("Death of the supplier, or its end (ceased), x.")
    assert " or x" not in second.text["ru"], "no word of another language"


async def test_of_many_parameters_that_nobody_knows_the_first_are_told(world: World) -> None:
    many = "&".join(f"a{number}=1" for number in range(3_000))
    answer = await world.get(f"/v1/cases?{many}", world.clerk)
    assert (answer.status_code, len(answer.json()["errors"])) == (422, 100)


PERSON_OR_CASE: Final = ("a person", "a case")


@pytest.mark.parametrize(
    ("form", "body", "told"),
    [
        (
            Operation,
            {"kind": "legal_hold", "reason": "x"},
            [("one_needed", "", PERSON_OR_CASE)],
        ),
        (
            Operation,
            {"kind": "lift_legal_hold", "person": str(UUID(int=1)), "case": str(UUID(int=2))},
            [("one_only", "", PERSON_OR_CASE)],
        ),
        (Operation, {"kind": "rebuild", "apply": True}, [("required", "/case", ("case",))]),
        (
            Operation,
            {"kind": "reset", "case": str(UUID(int=1))},
            [("one_needed", "", ("event of the file", "event of the history"))],
        ),
        (ChangeWebhook, {}, [("one_needed", "", ("a new secret",))]),
        (
            SupplierForm,
            {"bin": "1", "iin": "2", "name": "A", "regions": ["71"]},
            [
                ("wrong_format", "/bin", ("BIN",)),
                ("wrong_format", "/iin", ()),
                ("one_only", "", ("the BIN of an organisation", "the IIN of a person")),
            ],
        ),
        (
            NewErasure,
            {"kind": "erasure", "content": {"ground": "request"}},
            [("one_needed", "/content", PERSON_OR_CASE)],
        ),
        (
            ApplicationToRegister,
            {"regions": ["71"], "proofs": [{"condition": "permit", "evidence": "x"}] * 2},
            [("required", "/name", ("name",)), ("stands_twice", "/proofs", ("given twice",))],
        ),
    ],
)
def test_fields_that_are_wrong_together_are_named_beside_all_others(
    form: Any, body: Any, told: list[tuple[str, str, tuple[str, ...]]]
) -> None:
    with pytest.raises(ValidationError) as invalid:
        TypeAdapter(form).validate_python(body)
    found = mistakes_of([{**one, "loc": ("body", *one["loc"])} for one in invalid.value.errors()],
                        body)  # fmt: skip
    assert [(one.code, one.pointer) for one in found] == [one[:2] for one in told]
    for mistake, (_, _, words) in zip(found, told, strict=True):
        assert all(one in mistake.text["en"] for one in words), mistake.text
        assert "legal_hold" not in mistake.text["en"]


def in_body(place: tuple[str | int, ...], kind: str, body: Any, **context: Any) -> str:
    """What is said of one mistake, in English."""
    (told,) = mistakes_of([{"type": kind, "loc": ("body", *place), "ctx": context}], body)
    return told.text["en"]


def test_of_a_list_entries_are_counted_and_each_is_named_by_its_place() -> None:
    offers = {"offers": [5] * 6}
    assert in_body(("offers",), "too_long", offers, max_length=5).endswith("At most 5 entries.")
    assert in_body(("offers", 3), "model_type", offers).startswith("Offers, entry 4:")


def test_a_file_that_is_chosen_twice_is_no_code() -> None:
    (told,) = mistakes("complain", "documents", ["0" * 64] * 2)
    assert told["en"] == "Documents: the same is given twice."
    (told,) = mistakes("complain", "documents", [f"{one:064x}" for one in range(100)])
    assert told["en"].endswith("entries.")


def test_every_field_that_is_asked_for_has_a_name_in_words() -> None:
    unnamed = {
        field.alias or name
        for form in _forms(BaseModel)
        if form.__module__.startswith("api.") and form.model_config.get("extra") == "forbid"
        for name, field in form.model_fields.items()
        if label_of((field.alias or name,), "en") is None
    }
    assert unnamed == set()


def _forms(form: type[BaseModel]) -> Iterator[type[BaseModel]]:
    for one in form.__subclasses__():
        yield one
        yield from _forms(one)
