"""Calendars as they are announced after a build."""

from typing import Any

from definitions.calendars import CURRENT, calendar_data, calendar_text

ANNOUNCED = "kz-2027-01"


def kurban_ait_on(day: str, version: str = ANNOUNCED) -> dict[str, Any]:
    """The current calendar with Kurban-ait of 2027 on another day (it stands on 16 May)."""
    data = calendar_data(calendar_text(CURRENT))
    rows = [row for row in data["day"] if row["date"] != "2027-05-16"]
    source = "provisional: Labour Code 414-V, art. 84(5); announced by the Muftiate"
    moved = {"date": day, "working": False, "reason": "religious:kurban_ait", "source": source}
    return {**data, "version": version, "day": sorted([*rows, moved], key=lambda row: row["date"])}
