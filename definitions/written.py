"""Days, instants and sums as people write them in kk, ru and en."""

from datetime import date, datetime
from typing import Final

from definitions.wording import text
from domain.terms.counting import ZONE

_WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_TENGE: Final = "₸"
_THIN: Final = "\N{NARROW NO-BREAK SPACE}"
_BLANK: Final = "\N{NO-BREAK SPACE}"


def weekday(value: date, language: str) -> str:
    """The name of a day of the week."""
    return text(f"certificate.weekday.{_WEEKDAYS[value.weekday()]}", language)


def long_day(value: date, language: str) -> str:
    """28 қаңтар 2027 ж., бейсенбі; 28 января 2027 г., четверг; Thursday, 28 January 2027."""
    month = text(f"day.month.{value.month}", language)
    facts = {"number": value.day, "month": month, "year": value.year}
    return text("day.long", language, **facts, weekday=weekday(value, language))


def moment(value: datetime, language: str) -> str:
    """The day, with hour and minute of the local clock."""
    local = value.astimezone(ZONE)
    return f"{long_day(local, language)}, {local:%H:%M}"


def tenge(tiyn: int) -> str:
    """A sum with its sign: 285 000 ₸, tiyn only where there are any; it stays on one line."""
    whole, rest = divmod(abs(tiyn), 100)
    grouped = f"{whole:,}".replace(",", _THIN)
    sign = "\N{MINUS SIGN}" if tiyn < 0 else ""
    return f"{sign}{grouped}{f',{rest:02d}' if rest else ''}{_BLANK}{_TENGE}"
