"""A list costs what it is long, and one that is too long costs nothing."""

from typing import Any

import pytest

from definitions.command_forms import FormInvalid, command_forms
from definitions.forms import Fault, shape_faults, validator


class Compared(dict[str, Any]):
    """An entry that counts how often it is compared with another one."""

    times = 0

    def __eq__(self, other: object) -> bool:
        Compared.times += 1
        return super().__eq__(other)


def faults(documents: list[Any]) -> list[Fault]:
    said = {"command": "complain", "known_on": "2026-12-01", "reason": "Сынған"}
    with pytest.raises(FormInvalid) as invalid:
        command_forms()["complain"].read({**said, "documents": documents})
    return list(invalid.value.faults)


def test_of_a_list_that_is_too_long_its_length_alone_is_told() -> None:
    (fault,) = faults([{"a": place} for place in range(21)])
    assert (fault.path, fault.code, fault.facts) == (("documents",), "too_long", {"entries": 20})


def test_of_a_list_that_is_no_longer_than_it_may_be_each_entry_is_told() -> None:
    found = faults([{"a": place} for place in range(20)])
    assert {fault.path for fault in found} == {("documents", place) for place in range(20)}


def test_what_stands_twice_in_a_list_is_told_and_no_two_entries_are_compared() -> None:
    schema = {"type": "array", "uniqueItems": True, "$defs": {}}
    Compared.times = 0
    entries = [Compared(number=number) for number in range(200)]
    assert shape_faults(validator(schema), entries) == []
    (fault,) = shape_faults(validator(schema), [*entries, Compared(number=7)])
    assert fault.code == "stands_twice"
    assert Compared.times == 0
