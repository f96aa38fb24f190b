"""Read and prove XML that strangers sent: no entities, no network, no DTD, a bound on size."""

import json
import re
import threading
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from itertools import islice
from typing import Any, Final

from lxml import etree

MAX_BYTES: Final = 4 * 1024 * 1024
MAX_MISTAKES: Final = 100
# libxml2 sets up its types with the first schema: two threads that compile at once end in faults.
_COMPILING: Final = threading.Lock()
# One step of the path that libxml2 gives: `*` where there is no prefix, and which one of several.
_STEP: Final = re.compile(
    r"(?:(?P<prefix>[^:/\[\]]+):)?(?P<name>[^:/\[\]]+)(?:\[(?P<which>\d+)\])?"
)


@dataclass(frozen=True)
class Schema:
    """An official schema; it can be asked from several threads."""

    compiled: etree.XMLSchema
    # libxml2's error log hangs on the schema: two validations at once would mix their mistakes.
    lock: threading.Lock = field(default_factory=threading.Lock)

    def mistakes(self, document: etree._Element) -> tuple[str, ...]:
        """Every breach as “place: rule”, without the values found: they may be personal."""
        with self.lock:
            if self.compiled.validate(document):
                return ()
            entries: Any = self.compiled.error_log
            told = islice(entries, MAX_MISTAKES)
            found = [f"{_place(document, entry)}: {_rule(entry)}" for entry in told]
            return tuple(dict.fromkeys(found))


def load_schema(name: str) -> Schema:
    """The ISO 20022 schema `name`, such as `pain.001.001.09`; compiled once."""
    with _COMPILING:
        return _compiled(name)


def find_schema(name: str) -> Schema | None:
    """The schema of a message as far as it ships with us; the others have to be read without."""
    return load_schema(name) if name in _shipped() else None


@cache
def _shipped() -> frozenset[str]:
    names = (path.name for path in files("integrations").joinpath("xsd").iterdir())
    return frozenset(name.removesuffix(".xsd") for name in names if name.endswith(".xsd"))


@cache
def _compiled(name: str) -> Schema:
    text = files("integrations").joinpath("xsd", f"{name}.xsd").read_bytes()
    return Schema(etree.XMLSchema(etree.fromstring(text, _parser())))


def parse(content: bytes) -> tuple[etree._Element | None, tuple[str, ...]]:
    """The document element and no mistakes, or None and why it cannot be read."""
    if len(content) > MAX_BYTES:
        return None, (f"/: longer than {MAX_BYTES} bytes",)
    try:
        document = etree.fromstring(_from_first_sign(content), _parser())
    except etree.XMLSyntaxError as error:
        return None, (f"/: not well-formed XML in line {error.lineno}",)
    except ValueError:
        return None, ("/: not XML",)
    if document.getroottree().docinfo.internalDTD is not None:
        return None, ("/: a document type declaration is not accepted",)
    return document, ()


def _from_first_sign(content: bytes) -> bytes:
    """Without the blanks, and the marks of the order of bytes, that gateways put in front of it."""
    encoding = json.detect_encoding(content)
    if encoding.startswith("utf-8"):
        return content.lstrip(b"\xef\xbb\xbf \t\r\n")
    text = content.decode(encoding)
    return text.lstrip("\ufeff \t\r\n").encode(encoding)


def _parser() -> etree.XMLParser:
    return etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        huge_tree=False,
        load_dtd=False,
        dtd_validation=False,
        remove_comments=True,
        remove_pis=True,
    )


def _place(document: etree._Element, entry: Any) -> str:
    """The names down to the element; libxml2 gives prefixes of the sender, or positions only.

    The steps are walked by hand: the prefixes of a path mean nothing to an XPath of ours.
    """
    names: list[str] = []
    here: list[etree._Element] = [document]
    for step in (entry.path or "").split("/")[1:]:
        found = _STEP.fullmatch(step)
        fitting = [one for one in here if found is not None and _fits(one, found)]
        which = int(found["which"] or 1) if found is not None else 1
        if not 0 < which <= len(fitting):
            return f"line {entry.line}"
        names.append(etree.QName(fitting[which - 1]).localname[:60])
        here = list(fitting[which - 1])
    return "/" + "/".join(names) if names else f"line {entry.line}"


def _fits(element: etree._Element, step: re.Match[str]) -> bool:
    if step["prefix"] is None and step["name"] == "*":
        return True
    return (element.prefix, etree.QName(element).localname) == (step["prefix"], step["name"])


def _rule(entry: Any) -> str:
    """The name of the broken rule as the standard writes it, e.g. `cvc-pattern-valid`."""
    return str(entry.type_name).removeprefix("SCHEMAV_").lower().replace("_", "-")
