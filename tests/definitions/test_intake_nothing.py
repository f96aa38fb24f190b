"""What nobody filled in is nothing, however the sender's program writes it."""

from datetime import date
from typing import Any

import pytest

from definitions.editions import edition_on
from definitions.intake import check_message, normal_form
from tests.support.intake import iin, measure

POWER = {"iin": iin(9), "kind": "PARENT", "basis_number": "7", "basis_date": "2020-01-12"}
REVOCATION = {
    "message_id": "revoke-1",
    "kind": "revocation",
    "measure_id": "M-1",
    "programme": {"number": "P-1", "revision": 2},
    "reason": "MEASURE_REMOVED",
}


def found(message: dict[str, Any]) -> list[tuple[str, str]]:
    return [(one.pointer, one.code) for one in check_message(message)]


def written(nothing: str | None) -> dict[str, Any]:
    """All that may be null, as a program writes what nobody filled in."""
    return {
        "person__patronymic": nothing,
        "person__birth_date": nothing,
        "person__capacity": nothing,
        "programme__valid_until": nothing,
        "implement_from": nothing,
        "representative": {**POWER, "valid_until": nothing},
    }


@pytest.mark.parametrize("nothing", ["", "  ", None])
def test_an_empty_text_where_null_may_stand_is_null(nothing: str | None) -> None:
    message = measure(1, **written(nothing))
    assert found(message) == []
    assert normal_form(message) == normal_form(measure(1, **written(None)))
    assert found({**REVOCATION, "effective_on": nothing}) == []


@pytest.mark.parametrize(
    "place", ["kind", "entitlement", "person__phone_confirmed", "person__email_confirmed"]
)
def test_null_says_no_more_than_a_field_that_is_left_out(place: str) -> None:
    message = measure(1, **{place: None})
    assert found(message) == []
    assert place.split("__")[-1] not in str(normal_form(message))


def test_null_is_no_value_of_what_a_message_must_say() -> None:
    message = measure(payer=None, person__disability_group=None, person__surname="", item__unit="")
    assert found(message) == [
        ("/item/unit", "not_allowed_value"),
        ("/payer", "not_allowed_value"),
        ("/person/disability_group", "required"),
        ("/person/surname", "format_plain_text"),
    ]


def test_of_what_is_allowed_a_person_is_told_once_and_in_words_of_json() -> None:
    (wrong,) = check_message(measure(person__capacity="full"))
    assert wrong.text["en"].endswith("REPRESENTED, null.")
    closed = measure(entitlement="GUARANTEED_PACKAGE")
    (wrong,) = check_message(closed, law=edition_on(date(2026, 11, 22)))
    assert (wrong.pointer, wrong.code) == ("/entitlement", "not_allowed_value")
