"""Check a deadline certificate without the portal: with this one file, Python 3.11 and the law.

    python verify_deadline.py CERTIFICATE.json CALENDAR.toml [--json]

CERTIFICATE.json holds one certificate or an array of them; CALENDAR.toml is the calendar of days
off that it names. Each certificate is counted anew: the term begins on the day after the event
(CC 173), a term in years or months ends on the same number or with the month (CC 174), an end on
a day off moves to the next working day (CC 175), and the last day ends at 24:00 in Almaty
(CC 176). Exit code 0 if all hold, 1 if one does not, 2 if a file cannot be read.
"""

import calendar as months
import json
import re
import sys
import tomllib
from datetime import UTC, date, datetime, timedelta
from typing import Any

Row = dict[str, Any]

STORED = ("start", "term", "first_day", "raw_last_day", "last_day", "expires_at", "skipped",
          "calendar", "article")  # fmt: skip
FULL = ("rules", "provisional", "chain")
STATED = ("event", "instant")
DAY = r"(19|20|21)\d\d-\d\d-\d\d"
INSTANT = DAY + r"T\d\d:\d\d:\d\d(\.\d{1,6})?Z"
TERM = r"P([1-9]\d{0,2})([MY])|([1-9]\d{0,2})(wd|cd)"
REASON = rf"weekend|(holiday|carried_over|religious):[a-z]+(_[a-z]+)*|transferred:{DAY}"
ARTICLES = {
    "next_day": "CC 173",
    "years": "CC 174(1)",
    "months": "CC 174(3)",
    "cd": "CC 172",
    "wd": "CC 172",
    "clamped": "CC 174(3)",
    "carried_over": "CC 175, APPC 76(5)",
    "midnight": "CC 176(1)",
}
WEEKEND = "Labour Code 414-V, art. 84(2)"
LINKS = ("extended", "paused", "resumed", "recomputed", "corrected")
# Almaty was at UTC+6 until this instant, and is at UTC+5 since.
NEW_ZONE = datetime(2024, 2, 29, 18, tzinfo=UTC)
ONE = timedelta(days=1)


class Unreadable(Exception):
    """A file has another shape than it must have; the lines say where."""


class Outside(Exception):
    """A day that the calendar does not know."""


class Days:
    """The days off of a calendar, and what it says of each."""

    def __init__(self, text: str) -> None:
        raw = tomllib.loads(text)
        self.version, self.first, self.last = raw["version"], raw["first"], raw["last"]
        self.rows = {row["date"]: row for row in raw["day"]}
        settled = [d for d, row in self.rows.items() if not self.is_open(row)]
        after_the_last_act = date(max(settled).year + 1, 1, 1) if settled else min(self.rows)
        self.open_from = raw.get("provisional_from", after_the_last_act)

    @staticmethod
    def is_open(row: Row) -> bool:
        return str(row["source"]).startswith("provisional: ")

    def off(self, day: date) -> tuple[str, str] | None:
        """Reason and source of a day off, or None for a working day."""
        if not self.first <= day <= self.last:
            raise Outside(f"it knows the days from {self.first} to {self.last}, and not {day}")
        row = self.rows.get(day)
        if row:
            return None if row["working"] else (row["reason"], row["source"])
        return ("weekend", WEEKEND) if day.weekday() in (5, 6) else None

    def may_change(self, day: date) -> bool:
        return day >= self.open_from or (day in self.rows and self.is_open(self.rows[day]))


def computed(held: Row, days: Days) -> tuple[date, Row]:
    """Everything that follows from start, term and calendar, and the chain's last day."""
    start, (kind, amount) = date.fromisoformat(held["start"]), term_of(held["term"])
    days.off(start)
    raw = end_by_number(start, kind, amount, days)
    end, skipped = raw, []
    walk = start + ONE if kind == "wd" else raw
    first_asked = walk
    while walk < end or days.off(walk):
        off = days.off(walk)
        if off:
            skipped.append({"day": str(walk), "reason": off[0], "source": off[1]})
        walk += ONE
        end = max(end, walk)
    chain = held.get("chain", [])
    last = date.fromisoformat(chain[-1]["to"]) if chain else end
    clamped = kind in ("years", "months") and raw.day != start.day
    rules = ["next_day", kind, *["clamped"] * clamped, *["carried_over"] * (end != raw), "midnight"]
    asked = [first_asked + ONE * n for n in range((end - first_asked).days + 1)]
    return end, {
        "first_day": str(start + ONE),
        "raw_last_day": str(raw),
        "last_day": str(last),
        "expires_at": midnight(last + ONE),
        "skipped": skipped,
        "rules": [{"rule": rule, "article": ARTICLES[rule]} for rule in rules],
        "provisional": any(days.may_change(day) for day in asked),
    }


def term_of(text: str) -> tuple[str, int]:
    found = re.fullmatch(TERM, text, re.ASCII)
    assert found, "its shape was proven"
    kind = {"M": "months", "Y": "years"}.get(found[2], found[4])
    return kind, int(found[1] or found[3])


def end_by_number(start: date, kind: str, amount: int, days: Days) -> date:
    if kind == "cd":
        return start + ONE * amount
    if kind == "wd":
        day = start
        while amount:
            day += ONE
            amount -= days.off(day) is None
        return day
    ahead = start.month + (amount if kind == "months" else 0)
    year = start.year + (amount if kind == "years" else 0) + (ahead - 1) // 12
    month = (ahead - 1) % 12 + 1
    return date(year, month, min(start.day, months.monthrange(year, month)[1]))


def midnight(day: date) -> str:
    """00:00 in Almaty of a day, in UTC."""
    ahead = 5 if day >= date(2024, 3, 1) else 6
    instant = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(hours=ahead)
    return f"{instant:%Y-%m-%dT%H:%M:%SZ}"


def local_day(instant: str) -> date:
    moment = datetime.fromisoformat(instant)
    return (moment + timedelta(hours=5 if moment >= NEW_ZONE else 6)).date()


def differences(held: Row, days: Days) -> list[Row]:
    """Every field that does not follow from the rest."""
    if held["calendar"] != days.version:
        return [{"field": "/calendar", "held": held["calendar"], "computed": days.version}]
    try:
        end, right = computed(held, days)
    except (Outside, OverflowError, ValueError) as error:
        return [{"field": "/calendar", "held": held["calendar"], "computed": str(error)}]
    found: list[Row] = []
    if "instant" in held:
        compare("/start", held["start"], str(local_day(held["instant"])), found)
    if "rules" not in held:
        for one in right["skipped"]:
            del one["source"]
    for name, value in right.items():
        if name in held:
            compare(f"/{name}", held[name], value, found)
    return found + loose_links(held.get("chain", []), end)


def compare(field: str, held: Any, right: Any, found: list[Row]) -> None:
    if isinstance(held, list) and len(held) == len(right):
        for number, pair in enumerate(zip(held, right, strict=True)):
            compare(f"{field}/{number}", *pair, found)
    elif isinstance(held, dict) and held.keys() == right.keys():
        for name in right:
            compare(f"{field}/{name}", held[name], right[name], found)
    elif held != right:
        found.append({"field": field, "held": held, "computed": right})


def loose_links(chain: list[Row], computed_end: date) -> list[Row]:
    """Each link begins where the last one ended, goes forward, and a pause is resumed."""
    found: list[Row] = []
    end, paused, before = str(computed_end), False, None
    for number, link in enumerate(chain):
        kind, at = link["kind"], datetime.fromisoformat(link["at"])
        wrong = {
            "kind": (kind == "resumed") != paused,
            "from": link["from"] != end,
            "to": not goes_on(kind, link["from"], link["to"]),
            "at": before is not None and at < before,
        }
        right = {"kind": "resumed after paused, and nothing else", "from": end,
                 "to": "the same day for paused, else a later one", "at": str(before)}  # fmt: skip
        found += [
            {"field": f"/chain/{number}/{name}", "held": link[name], "computed": right[name]}
            for name in wrong
            if wrong[name]
        ]
        end, paused, before = link["to"], kind == "paused", at
    return found


def goes_on(kind: str, before: str, after: str) -> bool:
    return {"paused": after == before, "resumed": after >= before}.get(kind, after > before)


def mistakes(held: Any) -> list[str]:
    """Where a certificate has another shape than it must have, by JSON pointer."""
    if not isinstance(held, dict):
        return ["/: is no object"]
    full = any(name in held for name in (*FULL, *STATED))
    needed = (*STORED, *FULL) if full else STORED
    found = [f"/{name}: is missing" for name in needed if name not in held]
    found += [f"/{name}: is unknown" for name in held if name not in (*STORED, *FULL, *STATED)]
    forms = {"start": DAY, "first_day": DAY, "raw_last_day": DAY, "last_day": DAY, "term": TERM,
             "expires_at": INSTANT, "instant": INSTANT, "calendar": r"kz-\d{4}-\d\d",
             "event": r"[a-z]+(_[a-z]+)*", "article": r"[\s\S]{0,1000}"}  # fmt: skip
    found += misformed(held, forms, "")
    if "provisional" in held and not isinstance(held["provisional"], bool):
        found.append("/provisional: is neither true nor false")
    words = r"[\s\S]{1,1000}"
    source = {"source": words} if full else {}
    found += rows(held, "skipped", {"day": DAY, "reason": REASON, **source})
    found += rows(held, "rules", {"rule": "|".join(ARTICLES), "article": words})
    kinds = "|".join(LINKS)
    link = {"kind": kinds, "from": DAY, "to": DAY, "why": words, "article": words, "at": INSTANT}
    return found + rows(held, "chain", link)


def rows(held: Row, name: str, forms: dict[str, str]) -> list[str]:
    if name not in held:
        return []
    if not isinstance(held[name], list):
        return [f"/{name}: is no array"]
    found = []
    for number, row in enumerate(held[name]):
        place = f"/{name}/{number}"
        if not isinstance(row, dict) or set(row) != set(forms):
            found.append(f"{place}: has other members than {', '.join(forms)}")
        else:
            found += misformed(row, forms, place)
    return found


def misformed(row: Row, forms: dict[str, str], place: str) -> list[str]:
    found = []
    for name, form in forms.items():
        value = row.get(name, "")
        if name in row and not (isinstance(value, str) and re.fullmatch(form, value, re.ASCII)):
            found.append(f"{place}/{name}: is not written as it must be")
        elif name in row and form in (DAY, INSTANT):
            try:
                datetime.fromisoformat(value)
            except ValueError as error:
                found.append(f"{place}/{name}: {error}")
    return found


def read(certificate: str, calendar: str) -> tuple[list[Row], Days]:
    try:
        with open(calendar, encoding="utf-8") as file:
            days = Days(file.read())
    except (OSError, ValueError, KeyError) as error:
        raise Unreadable(f"{calendar} cannot be read: {error}") from error
    try:
        with open(certificate, "rb") as file:
            found = json.loads(file.read())
    except (OSError, ValueError, RecursionError) as error:
        raise Unreadable(f"{certificate} cannot be read: {error}") from error
    several = found if isinstance(found, list) else [found]
    places = [f"/{n}" for n in range(len(several))] if isinstance(found, list) else [""]
    wrong = [
        place + fault for place, one in zip(places, several, strict=True) for fault in mistakes(one)
    ]
    if wrong or not several:
        raise Unreadable("\n".join(wrong) or f"there is no certificate in {certificate}")
    return several, days


def told(held: Row, found: list[Row]) -> str:
    lines = [f"{held['term']} from {held['start']} to {held['last_day']}: "
             f"{'does not hold' if found else 'holds'}"]  # fmt: skip
    lines += [
        f"  {one['field']}: {json.dumps(one['held'])}, computed {json.dumps(one['computed'])}"
        for one in found
    ]
    return "\n".join(lines)


def main(arguments: list[str]) -> int:
    files = [one for one in arguments if one != "--json"]
    if len(files) != 2:
        sys.stderr.write(__doc__)
        return 2
    try:
        certificates, days = read(*files)
    except Unreadable as error:
        sys.stderr.write(f"{error}\n")
        return 2
    verdicts = [(one, differences(one, days)) for one in certificates]
    if "--json" in arguments:
        rows = [{"holds": not found, "differences": found} for _, found in verdicts]
        sys.stdout.write(json.dumps(rows, indent=2) + "\n")
    else:
        sys.stdout.write("\n".join(told(*verdict) for verdict in verdicts) + "\n")
    return 1 if any(found for _, found in verdicts) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
