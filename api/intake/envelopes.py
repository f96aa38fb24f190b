"""E-Собес through the e-government gateway: one envelope in, one envelope out."""

from datetime import UTC, datetime
from typing import Any, Final

from fastapi import Request
from starlette.responses import Response

from api.intake.bodies import UNREADABLE
from api.language import one_language, told_in
from api.problems import STATUS, TooLarge
from db.journal import CONFLICT, ID_TAKEN, REJECTED, JournalVerdict, Raw, json_of
from definitions.wording import text
from integrations.shep import (
    SOAP_11,
    SOAP_12,
    NoEnvelope,
    Notification,
    Trusting,
    fault,
    read_notification,
    response,
)

# What an envelope is sent as, and answered with.
KINDS: Final = {
    "text/xml": SOAP_11,
    "application/xml": SOAP_11,
    "application/soap+xml": SOAP_12,
}
ENVELOPE: Final = {kind: {"schema": {"type": "string"}} for kind in KINDS}
# What an envelope may be answered with beside a verdict.
_FAULTS: Final = (
    *("malformed_envelope", "too_large", "form_invalid"),
    *("message_conflict", "revision_conflict"),
)
FAULTS: Final[dict[int | str, dict[str, Any]]] = {
    STATUS[code]: {"content": ENVELOPE} for code in _FAULTS
}


def is_enveloped(request: Request) -> bool:
    """Whether the body says that it is an envelope."""
    return _kind(request) in KINDS


def open_envelope(
    body: bytes, at: datetime, trust: Trusting | None
) -> tuple[Notification | None, Raw]:
    """The notification, and its message as the journal keeps it: with the envelope around it.

    None where it is no envelope, and nobody can be answered. One that is not proven may be another
    one changed on its way: it does not take the id of that.
    """
    try:
        notification = read_notification(body, at, trust)
    except NoEnvelope:
        return None, Raw(body, None, UNREADABLE)
    if notification.unproven:
        return notification, Raw(body, None, notification.fault)
    return notification, Raw(body, _value(notification, body))


def _value(notification: Notification, body: bytes) -> Any:
    named = {"message_id": notification.message_id}
    try:
        value = json_of(body)
    except (ValueError, RecursionError):
        value = None
    return {**value, **named} if isinstance(value, dict) else {**named, "fault": notification.fault}


def told_verdict(request: Request, notification: Notification, verdict: JournalVerdict) -> Response:
    """The answer to a notification: taken, or every reason why not."""
    if verdict.status == CONFLICT:
        return told_fault(request, conflict_of(verdict), verdict.mistakes, notification.soap)
    if verdict.status == REJECTED:
        return told_fault(request, "form_invalid", verdict.mistakes, notification.soap)
    return _enveloped(request, response(notification, datetime.now(UTC)), 200)


def conflict_of(verdict: JournalVerdict) -> str:
    """Which problem a conflict is: of the message's id, or of its revision."""
    taken = any(one["code"] == ID_TAKEN for one in verdict.mistakes)
    return "message_conflict" if taken else "revision_conflict"


def told_fault(
    request: Request,
    problem: str | TooLarge,
    mistakes: tuple[dict[str, Any], ...] = (),
    soap: str | None = None,
) -> Response:
    """A fault in the caller's language; its data is a line a mistake: place, code, sentence."""
    language = one_language()
    lines = (
        f"{one['pointer'] or '/'} {one['code']}: {told_in(one['text'], language)}"
        for one in mistakes
    )
    if isinstance(problem, TooLarge):
        code, words = problem.code, problem.detail(language)
    else:
        code, words = problem, text(f"problem.{problem}.detail", language)
    version = soap or KINDS[_kind(request)]
    content = fault(code, words, "\n".join(lines), datetime.now(UTC), version)
    return _enveloped(request, content, STATUS[code])


def _enveloped(request: Request, content: bytes, status: int) -> Response:
    return Response(content, status, media_type=f"{_kind(request)}; charset=utf-8")


def _kind(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()
