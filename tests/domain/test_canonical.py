"""Canonical bytes are one and the same for one content."""

import json
import unicodedata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.canonical import canonical_bytes, sha256_hex

texts = st.text(st.characters(exclude_categories=["Cs"])).map(
    lambda text: unicodedata.normalize("NFC", text)
)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | texts,
    lambda inner: st.lists(inner) | st.dictionaries(texts, inner),
    max_leaves=20,
)


def test_members_are_sorted_and_nothing_is_spaced() -> None:
    assert canonical_bytes({"b": [1, True, None], "a": "ә\n"}) == (
        '{"a":"ә\\n","b":[1,true,null]}'.encode()
    )


def test_composed_and_decomposed_letters_are_the_same_text() -> None:
    assert canonical_bytes({"й": "й"}) == canonical_bytes({"и\u0306": "и\u0306"})


@given(values)
def test_what_is_canonical_reads_back_and_stays_so(value: Any) -> None:
    content = canonical_bytes(value)
    assert json.loads(content) == value
    assert canonical_bytes(json.loads(content)) == content


@pytest.mark.parametrize("value", [1.0, {"a": [0.5]}, b"a", {1: "a"}, ("a",), {"a"}])
def test_other_types_are_refused(value: Any) -> None:
    with pytest.raises(TypeError, match="canonical"):
        canonical_bytes(value)


@pytest.mark.parametrize("value", [{"й": 1, "и\u0306": 2}, "\ud800"])
def test_ambiguous_content_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match="canonical"):
        canonical_bytes(value)


def test_the_hash_is_sha256() -> None:
    assert sha256_hex(b"") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
