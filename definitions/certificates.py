"""Prove deadline certificates that come back from outside: their shape first, then their days."""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker

from definitions.calendars import UnknownCalendar, load_calendar
from domain.terms.certificates import CertificateDifference, discrepancies
from domain.terms.counting import CalendarEnds

_FORMATS = FormatChecker(formats=["date"])


def certificate_faults(raw: object) -> list[str]:
    """Every mistake in the shape of a certificate: JSON pointer, and a sentence."""
    return [
        f"{''.join(f'/{step}' for step in error.absolute_path) or '/'}: {error.message}"
        for error in _schema().iter_errors(raw)
    ]


def verify_certificate(held: Mapping[str, Any]) -> tuple[CertificateDifference, ...]:
    """What is wrong with a certificate that fits its schema; nothing if it holds.

    It is computed anew under the calendar that it names, be it of this year or of an earlier one.
    """
    return tuple(_verified(held))


def _verified(held: Mapping[str, Any]) -> Iterator[CertificateDifference]:
    try:
        yield from discrepancies(held, load_calendar(held["calendar"]))
    except (UnknownCalendar, CalendarEnds) as error:
        yield CertificateDifference("/calendar", held["calendar"], str(error))


@cache
def _schema() -> Draft202012Validator:
    source = files("definitions") / "schemas" / "deadline-certificate.schema.json"
    return Draft202012Validator(json.loads(source.read_text("utf-8")), format_checker=_FORMATS)


@_FORMATS.checks("date-time", raises=ValueError)
def _is_instant(value: object) -> bool:
    return not isinstance(value, str) or datetime.fromisoformat(value).tzinfo is not None
