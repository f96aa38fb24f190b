"""The shapes of a list of cases, and of its figures."""

from datetime import date, datetime
from typing import Annotated

from pydantic import Field

from api.schemas import Answer, CaseLine


class StatusCount(Answer):
    """Open cases in one status."""

    status: str = Field(description="The status, by code")
    count: int = Field(description="How many there are")
    late: int = Field(description="How many of them are past their term")
    since: datetime = Field(description="Since when the oldest is in it")
    term_days: float | None = Field(
        description="From the status to the end of its terms, on average in days; null: none runs"
    )
    days: list[Annotated[list[int], Field(min_length=2, max_length=2)]] = Field(
        description="For how many full days, and how many cases"
    )


class WeekCount(Answer):
    """Terms that end in one week."""

    until: date = Field(description="The last day of the week; of the first, all days before today")
    count: int = Field(description="How many end in it")


class RegionCount(Answer):
    """Open cases with a term in one region."""

    region: str = Field(description="The beginning of the codes of its places")
    count: int = Field(description="How many have a term")
    late: int = Field(description="How many of them are past it")
    silent: int = Field(description="In how many nobody has said anything for long")


class LanguageCount(Answer):
    """Open cases with a term whose recipients are written to in one language."""

    language: str = Field(description="Its code; empty: nothing was written to them yet")
    count: int = Field(description="How many have a term")
    late: int = Field(description="How many of them are past it")
    silent: int = Field(description="In how many nobody has said anything for long")


class ItemCount(Answer):
    """Open cases with a term of one item of the catalogue."""

    item: str = Field(description="Its code")
    count: int = Field(description="How many have a term")
    late: int = Field(description="How many of them are past it")
    silent: int = Field(description="In how many nobody has said anything for long")


class CaseFigures(Answer):
    """Open cases that you see, in figures; they are kept for a minute."""

    at: datetime = Field(description="As of when, in legal time")
    by_status: list[StatusCount] = Field(description="By status")
    by_week: list[WeekCount] = Field(
        description="By the day on which the term ends, past ones first"
    )
    by_region: list[RegionCount] = Field(description="By region")
    by_language: list[LanguageCount] = Field(description="By the language of notices")
    by_item: list[ItemCount] = Field(description="By the item of the catalogue")


class CaseList(Answer):
    """`after` continues the list, `changed_since` asks later for what has changed since."""

    cases: list[CaseLine]
    after: str | None
    changed_since: str
    count: int | None = Field(default=None, description="Of all that the filters let through")
    at_least: bool | None = Field(default=None, description="There are more than `count`")
    figures: CaseFigures | None = Field(default=None, description="Missing: not asked for")
