"""JSON is read as its standard has it; what is none spoils its own place alone."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from definitions.parsing import NoNumber, decode, end_of, parse, parse_at

ENCODINGS = ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-be"]


def found(text: str) -> list[tuple[tuple[str | int, ...], str]]:
    return [(fault.path, fault.code) for fault in parse(text).faults]


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_every_encoding_of_the_standard_is_read(encoding: str) -> None:
    text = '{"name": "Үлгібаев"}'
    assert parse(decode(text.encode(encoding))).value == {"name": "Үлгібаев"}


NUMBERS_OF_OTHERS = (
    *("01", "-01", "+1", ".5", "-.5", "1.", "1.e5", "1e", "0x1", "1_0", "--1", "-", "١"),
    *("+Infinity", "2026-11-29", "1.5.2"),
)


@pytest.mark.parametrize(
    "number",
    ["9" * 5001, "-" + "9" * 101, "NaN", "Infinity", "-Infinity", "1e999", *NUMBERS_OF_OTHERS],
)
def test_what_is_no_number_is_marked_at_its_place(number: str) -> None:
    parsed = parse(f'{{"a": [1, {{"b": {number}}}], "c": 2}}')
    assert found(f'{{"a": [1, {{"b": {number}}}], "c": 2}}') == [(("a", 1, "b"), "no_number")]
    assert parsed.value["a"][1]["b"] == NoNumber()
    assert parsed.value["c"] == 2


def test_a_text_that_looks_like_a_wrong_number_is_a_text() -> None:
    text = r'{"01": "a \"+1, .5", "b": [01, "1."], "c": 2.5e-3}'
    assert found(text) == [(("b", 0), "no_number")]
    assert parse(text).value == {"01": 'a "+1, .5', "b": [NoNumber(), "1."], "c": 0.0025}


@pytest.mark.parametrize("sign", [r"\u0000", r"a\ud800", r"\uDfFFb", r"\udc00\ud800"])
def test_what_no_text_can_have_is_marked_at_its_place(sign: str) -> None:
    assert found(f'{{"a": ["{sign}", "b"]}}') == [(("a", 0), "no_text")]
    assert found(f'{{"a": {{"{sign}": 1}}}}') == [(("a",), "no_text")]


def test_what_is_written_in_two_halves_is_a_text() -> None:
    assert found(r'{"a": "\ud83e\uddbd", "b": "\\u0000"}') == []


def test_a_text_that_never_ends_is_looked_at_once() -> None:
    for text in ('["' + '\\"' * 2_000_000, '["' + '\\"' * 2_000_000 + "\\"):
        with pytest.raises(ValueError):  # noqa: PT011
            parse(text)


def test_a_key_given_twice_is_named_at_any_depth() -> None:
    assert found('{"a": 1, "a": 1}') == [(("a",), "key_twice")]
    assert found('{"p": [{"item": {"q": 1, "q": 9}}]}') == [(("p", 0, "item", "q"), "key_twice")]
    assert found(r'{"a": 1, "\u0061": 2}') == [(("a",), "key_twice")]
    assert found('[{"a": 1}, {"a": 1}]') == []


def test_a_name_that_may_be_personal_is_not_named() -> None:
    assert found('{"900101300123": 1, "900101300123": 2}') == [((), "key_twice")]


@pytest.mark.parametrize(
    "text", ["", "{", "[1,]", "{} {}", "{'a': 1}", '"\x01"', "{01: 1}", "[1 2]", "nul"]
)
def test_what_is_no_json_is_an_error(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        parse(text)


def test_what_is_too_deep_to_be_read_still_ends_somewhere() -> None:
    deep = "[" * 100_000 + "]" * 100_000
    text = f'[{{"a": "]\\"["}}, {deep}]'
    start = text.index(deep)
    with pytest.raises(RecursionError):
        parse_at(text, start)
    assert end_of(text, start) == start + len(deep)
    for broken in ("[" * 9, "[}", "{]"):
        with pytest.raises(ValueError, match="match"):
            end_of(broken, 0)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(JSON)
def test_json_of_any_writer_is_read_as_it_was_meant(value: Any) -> None:
    text = json.dumps(value)
    if parse(text).faults:  # NaN, infinity and the sign of nothing, which Python writes
        assert any(one in text for one in ("NaN", "Infinity", r"\u0000"))
    else:
        assert parse(text).value == value


@given(st.binary())
def test_any_bytes_are_a_text_or_an_error(body: bytes) -> None:
    try:
        parse(decode(body))
    except ValueError:
        return
