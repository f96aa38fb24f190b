"""TOML as JSON would say it."""

import json
import math
import tomllib
from datetime import date, time
from typing import Any

from definitions.parsing import MOST_DIGITS, NoNumber, Parsed, TimeOfDay, faults_of


def parse_toml(source: str) -> Any:
    """The text of a TOML file of ours; days are texts."""
    return json.loads(json.dumps(tomllib.loads(source), default=date.isoformat))


def read_toml(source: str) -> Parsed:
    """The same of somebody else's file, with what JSON cannot say as faults at their places.

    ValueError, RecursionError.
    """
    value = _marked(tomllib.loads(source))
    return Parsed(value, tuple(faults_of(value)))


def _marked(value: Any) -> Any:
    match value:
        case dict():
            return {name: _marked(child) for name, child in value.items()}
        case list():
            return [_marked(child) for child in value]
        case date():
            return value.isoformat()
        case time():
            return TimeOfDay()
        case float() if not math.isfinite(value):
            return NoNumber()
        case int() if abs(value) >= 10**MOST_DIGITS:
            return NoNumber()
    return value
