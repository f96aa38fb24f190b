"""XML of strangers, and official schemas that several threads ask for."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from lxml import etree

import integrations.xml

PAIN_002 = "pain.002.001.12"


def test_threads_that_begin_at_once_have_the_schema_compiled_by_one_of_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Compiled by two at once, it ends in a fault of the request, or of the whole process."""
    compiled: list[Any] = []
    inside: list[Any] = []
    most: list[int] = []
    real, together = etree.XMLSchema, threading.Barrier(6)

    def compiling(document: etree._Element) -> etree.XMLSchema:
        inside.append(document)
        most.append(len(inside))
        made = real(document)
        inside.pop()
        compiled.append(made)
        return made

    def ask(_: int) -> integrations.xml.Schema:
        together.wait()
        return integrations.xml.load_schema(PAIN_002)

    integrations.xml._compiled.cache_clear()
    monkeypatch.setattr(etree, "XMLSchema", compiling)
    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(ask, range(6)))
    assert (len(compiled), max(most)) == (1, 1)
    assert all(one is found[0] for one in found)


@pytest.mark.parametrize("before", [b"\n", b"\r\n \t", b" " * 100])
def test_blanks_before_the_declaration_do_not_count(before: bytes) -> None:
    document, mistakes = integrations.xml.parse(before + b'<?xml version="1.0"?><a/>')
    assert document is not None
    assert (document.tag, mistakes) == ("a", ())
