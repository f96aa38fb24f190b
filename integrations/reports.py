"""Read what the treasury and the banks report: pain.002, camt.052 to camt.054 of any version."""

import re
from itertools import islice
from typing import Final

from lxml import etree

from integrations.camt import INTRADAY, ROOTS, AccountStatement, read_booked, read_entries
from integrations.errors import MalformedReport
from integrations.iso20022 import Node
from integrations.pain002 import ROOT, read_statuses
from integrations.words import OTHER_SUMS, Report, ReportFault, Source, Word, compared
from integrations.xml import find_schema, parse

# A bank's own variant adds its name: pain.002.001.03.ch.02.
_MESSAGE: Final = re.compile(
    r"urn:iso:std:iso:20022:tech:xsd:"
    r"((?:pain\.002|camt\.05[234])\.001\.[0-9]{2}(?:\.[a-z0-9.]{1,20})?)"
)
_SOURCES: Final[tuple[Source, ...]] = ("pain.002", "camt.052", "camt.053", "camt.054")
# What one report may be about; beyond it, it is no report on our payments.
MAX_WORDS: Final = 10_000
# libxml2 looks for the place of a breach among all siblings: longer documents are not asked.
MAX_ELEMENTS: Final = 20_000
MAX_NAMED: Final = 100
_PARTS: Final = ("{*}TxInfAndSts", "{*}OrgnlPmtInfAndSts", "{*}Ntry", "{*}TxDtls")


def read_report(content: bytes) -> Report:
    """All words of a report, and what in it is not to be understood.

    MalformedReport, with every mistake, where it is not even known which payments it is about.
    """
    document, kind, source = _open(content)
    message = _message(document, source)
    remarks = _remarks(document, kind)
    if source == "pain.002":
        told, faults = read_statuses(message)
    else:
        told, faults = read_entries(message, source)
    if not told and not any(fault.named for fault in faults):
        nothing = () if faults else (f"{message.place}: says nothing of a payment",)
        raise MalformedReport(_named(faults, (*nothing, *remarks)))
    return Report(kind, tuple(told), tuple(faults), remarks)


def read_word(content: bytes, key: str) -> Word:
    """The word on one payment, the last where there are several; MalformedReport without one."""
    report = read_report(content)
    faults = [
        fault
        for fault in report.faults
        if (key in fault.named or not fault.named) and fault.code not in OTHER_SUMS
    ]
    if faults:
        raise MalformedReport(_named(faults))
    if any(key in told.named[1:] for told in report.told):
        raise MalformedReport(("/Document: keys disagree",))
    words = [told.word for told in compared(report.told) if told.named[:1] == (key,)]
    if not words:
        raise MalformedReport(("/Document: about another payment",))
    return words[-1]


def read_statement(content: bytes) -> AccountStatement:
    """Every booked movement of a camt.053 or camt.054, in its order.

    MalformedReport, with every mistake, where one of them cannot be read: it would be missing. So
    would be what comes later on the day of a camt.052.
    """
    document, _, source = _open(content)
    if source in ("pain.002", INTRADAY):
        raise MalformedReport(("/Document: not a statement",))
    statement, faults = read_booked(_message(document, source), source)
    if faults:
        raise MalformedReport(_named(faults))
    return statement


def _open(content: bytes) -> tuple[etree._Element, str, Source]:
    """The document, also in an envelope; which message it is, and of which family."""
    envelope, mistakes = parse(content)
    if envelope is None:
        raise MalformedReport(mistakes)
    known = [(one, kind) for one in envelope.iter("{*}Document") if (kind := _kind(one))]
    if len(known) != 1:
        raise MalformedReport(("/Document: not one message of " + ", ".join(_SOURCES),))
    document, kind = known[0]
    if sum(1 for _ in islice(document.iter(*_PARTS), MAX_WORDS + 1)) > MAX_WORDS:
        raise MalformedReport((f"/Document: more than {MAX_WORDS} payments",))
    return document, kind, next(source for source in _SOURCES if kind.startswith(source))


def _kind(document: etree._Element) -> str | None:
    """Which message it is by its name space; where a bank forgot that, by what is inside."""
    space = str(document.tag).rpartition("}")[0].removeprefix("{")
    if space:
        match = _MESSAGE.fullmatch(space)
        return None if match is None else match[1]
    return next((kind for kind in _SOURCES if document.find(_root(kind)) is not None), None)


def _root(source: Source) -> str:
    return ROOT if source == "pain.002" else ROOTS[source][0]


def _message(document: etree._Element, source: Source) -> Node:
    message = Node(document, "/Document", []).one(_root(source))
    if message is None:
        raise MalformedReport((f"/Document/{_root(source)}: missing",))
    return message


def _remarks(document: etree._Element, kind: str) -> tuple[str, ...]:
    """How the document breaks its official schema, as far as that is on hand."""
    schema = find_schema(kind)
    length = sum(1 for _ in islice(document.iter(etree.Element), MAX_ELEMENTS + 1))
    if schema is None or length > MAX_ELEMENTS:
        return ()
    for element in document.iter(etree.Element):
        if not len(element) and element.text:
            element.text = element.text.strip()
    return schema.mistakes(document)


def _named(faults: list[ReportFault], more: tuple[str, ...] = ()) -> tuple[str, ...]:
    return (*dict.fromkeys(str(fault) for fault in faults), *more)[:MAX_NAMED]
