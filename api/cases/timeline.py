"""The lines of a timeline and the documents that they brought into the file."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from api.access import OFFICIALS
from api.auth import Caller
from api.language import said, words
from api.problems import for_all
from api.rendering import instant
from db.check_codes import check_code, document_subject
from db.documents import ACCOUNT, APPLICATION
from db.papers import KINDS as PAPERS
from db.sealing import Seal
from domain.parties.sight import Sight

# Documents that are papers of ours: each is printed with a code.
PRINTED: Final = frozenset((APPLICATION, ACCOUNT, *PAPERS.values()))
# Of an event that only says that a message was written down.
NOTED: Final = "noted"


def told_of(seen: Sight | None, events: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """The lines of a timeline that a reader sees; a supplier, where its own orders led to."""
    if seen is None:
        return list(events)
    return [{**one, "to": seen.lines[one["seq"]]} for one in events if one["seq"] in seen.lines]


def headline(row: dict[str, Any], reader: Caller) -> dict[str, Any]:
    """What a page tells of an event: what happened, when, by whom, and who of two was first."""
    reasons = for_all(row["reasons"]) if row["reasons"] else None
    second = told_actor(row["actor"], row["actor_id"], reader)
    first = row["first_by"] and told_actor(row["actor"], row["first_by"], reader)
    return {
        **{name: row[name] for name in ("seq", "type", "period")},
        "text": _text(row),
        "actor": second,
        **({"decided_by": [first, second]} if first else {}),
        "at": instant(datetime.fromisoformat(row["at"])),
        **({"reasons": reasons} if reasons else {}),
    }


def told_actor(role: str, person: str | None, reader: Caller) -> dict[str, Any]:
    """Who acted, as a reader is told: the role; of officials, to officials, who of them."""
    named = reader.role in OFFICIALS and role in OFFICIALS
    return {"role": role, **({"person": person} if named else {})}


def timeline_event(row: dict[str, Any], reader: Caller) -> dict[str, Any]:
    """One line of a timeline, from the columns of an event."""
    return {
        **headline(row, reader),
        **{name: row[name] for name in ("row", "to", "basis")},
        "message": _message(row["message"]),
        **({"confirms": _message(row["first"])} if row["first"] else {}),
    }


def _text(row: dict[str, Any]) -> Any:
    """What happened; where that is yet to come, on which day."""
    if row["type"] == "revocation_ahead" and row["ahead"]:
        return told_ahead(date.fromisoformat(row["ahead"]))
    return words("happened", row["type"])


def told_ahead(day: date) -> Any:
    """A revocation that E-Собес has told of before the day from which it holds."""
    return said("day.revocation_ahead", since=day)


def _message(message_id: str) -> str | None:
    """The address of the message behind an event; deadlines and effects have none."""
    try:
        return f"/v1/messages/{UUID(message_id)}"
    except ValueError:
        return None


def told_with_documents(row: dict[str, Any], case_id: UUID, reader: Caller) -> dict[str, Any]:
    """The same with what was signed or decided then, if anything was."""
    found = list(documents([row], case_id))
    return {**timeline_event(row, reader), **({"documents": found} if found else {})}


def documents(events: Iterable[dict[str, Any]], case_id: UUID | str) -> Iterator[dict[str, Any]]:
    """What was signed or decided, in the order in which it came into the file; each once."""
    for sha256, (kind, by, version) in brought(events).items():
        href = f"/v1/cases/{case_id}/documents/{sha256}"
        yield {"kind": kind, "version": version, **({"by": by} if by else {}), "href": href}


def brought(events: Iterable[dict[str, Any]]) -> dict[str, tuple[str, str | None, int]]:
    """The same by hash: its kind, who made it, and of which version of the application."""
    made: dict[str, tuple[str, str | None, int]] = {}
    for event in events:
        application, paper = event["application"] or {}, event["paper"]
        found = [*_signed(application)]
        for one in (*([paper] if paper else ()), *(event["documents"] or ())):
            found.append((one["kind"], event["actor"], one["sha256"]))
        for kind, by, sha256 in found:
            made.setdefault(sha256, (kind, by, application.get("version", 1)))
    return made


def _signed(application: dict[str, Any]) -> Iterator[tuple[str, str | None, str]]:
    if not application:
        return
    yield "application", None, application["sha256"]
    signatures = sorted(application["signatures"].items(), key=lambda one: (one[1]["at"], one[0]))
    for role, signature in signatures:
        yield "signature", role, signature["cms_sha256"]
    if account := application["account"]:
        yield "account", "supplier", account["sha256"]
        yield "signature", "supplier", account["cms_sha256"]


def code_papers(page: dict[str, Any], sealer: Seal) -> dict[str, Any]:
    """The page of a case with the code of each paper, as it stands on it when it is printed."""
    for one in page["documents"]:
        if one["kind"] in PRINTED:
            subject = document_subject(one["href"].rpartition("/")[2])
            one["check"] = check_code(sealer, page["reference"], subject)
    return page
