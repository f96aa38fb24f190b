"""What went wrong, for people and programs (RFC 9457): one table, one body."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Any, Final

import psycopg
import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import iter_route_contexts
from sqlalchemy.exc import DBAPIError, InvalidRequestError
from sqlalchemy.exc import TimeoutError as NoConnection
from starlette.exceptions import HTTPException
from starlette.responses import Response

from api.labels import labelled
from api.language import EVERY, asked, one_language, told_in, worded
from api.mistakes import MOST, Mistake, mistake_at, mistakes_of
from api.rendering import dump
from definitions.refusals import refusal
from definitions.wording import LANGUAGES, UnknownText, WrongFact, text
from domain.money.amounts import TooMuch

MEDIA_TYPE: Final = "application/problem+json"
# Every problem there is; its title and detail are `problem.<code>` in definitions/texts.
STATUS: Final[Mapping[str, int]] = {
    "malformed_envelope": 400,
    "malformed_json": 400,
    "not_signed_in": 401,
    "sign_in_too_old": 401,
    "not_allowed": 403,
    "person_missing": 403,
    "not_found": 404,
    "method_not_allowed": 405,
    "request_timeout": 408,
    "catalogue_conflict": 409,
    "command_refused": 409,
    "idempotency_conflict": 409,
    "message_conflict": 409,
    "revision_conflict": 409,
    "too_many_documents": 409,
    "person_erased": 410,
    "too_large": 413,
    "unsupported_media_type": 415,
    "form_invalid": 422,
    "too_many_requests": 429,
    "internal": 500,
    "unavailable": 503,
}
HEADERS: Final[Mapping[str, Mapping[str, str]]] = {
    "not_signed_in": {"WWW-Authenticate": "Bearer"},
    # What is left of the body is not read any more.
    "request_timeout": {"Connection": "close"},
    "too_large": {"Connection": "close"},
    "unavailable": {"Retry-After": "5"},
}
# Facts of refusals with ids of persons.
PERSONS: Final = ("addressees", "person")
_BY_STATUS: Final = {
    400: "malformed_json",
    404: "not_found",
    405: "method_not_allowed",
    408: "request_timeout",
    413: "too_large",
    415: "unsupported_media_type",
    429: "too_many_requests",
}
Handler = Callable[[Request, Exception], Awaitable[Response]]
log = structlog.get_logger(__name__)


class Problem(Exception):
    """An answer that is not the one asked for; `members` join its body."""

    def __init__(
        self, code: str, *, headers: Mapping[str, str] | None = None, **members: Any
    ) -> None:
        super().__init__(code)
        self.code = code
        self.headers = {**HEADERS.get(code, {}), **(headers or {})}
        self.members = members


class Refused(Problem):
    """A command that changed nothing, with every reason in words.

    `recorded_at` if so it was answered then, under the same key: the key is spent, and the reasons
    are those of then.
    """

    def __init__(
        self,
        reasons: Sequence[Mapping[str, Any]],
        recorded_at: datetime | None = None,
        **members: Any,
    ) -> None:
        if recorded_at is not None:
            members["recorded_at"] = recorded_at.isoformat()
        super().__init__("command_refused", reasons=told_reasons(reasons), **members)


class Invalid(Problem):
    """A form with mistakes, of which the first are told."""

    def __init__(self, mistakes: Iterable[Mistake]) -> None:
        told = [mistake.to_json() for mistake in islice(mistakes, MOST)]
        super().__init__("form_invalid", errors=told)


class BodyTooLarge(HTTPException):
    """A body that is read no further; the framework lets it through while it reads."""

    def __init__(self, most: int) -> None:
        super().__init__(413)
        self.most = most


class TooLarge(Problem):
    """More than is taken at once: how much of what (`bytes`, `messages`) would be."""

    def __init__(self, most: int, of: str = "bytes") -> None:
        super().__init__("too_large")
        self.most, self.of = most, of

    def detail(self, language: str) -> str:
        """How much is allowed, in the unit in which people count it."""
        unit, size = self.of, 1
        if unit == "bytes":
            unit, size = ("mb", 2**20) if self.most >= 2**20 else ("kb", 2**10)
        return text(f"problem.too_large.at_most_{unit}", language, count=self.most // size)


def told_reasons(reasons: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Reasons as the decider gives them (`code`, `facts`) with their `text`.

    What several guards refuse for the same reason is told once.
    """
    told = [
        {
            "code": reason["code"],
            "facts": reason["facts"],
            "text": _reason(reason["code"], reason["facts"]),
        }
        for reason in reasons
    ]
    return [one for place, one in enumerate(told) if one not in told[:place]]


def for_all(reasons: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Reasons as a case tells all who see it: which persons they name is for who was refused."""
    return [
        {**one, "facts": {name: fact for name, fact in one["facts"].items() if name not in PERSONS}}
        for one in told_reasons(reasons)
    ]


def _reason(code: str, facts: Mapping[str, Any]) -> str | dict[str, str]:
    if asked() != EVERY:
        return reason_text(code, asked(), facts)
    return {language: reason_text(code, language, facts) for language in LANGUAGES}


def reason_text(code: str, language: str, facts: Mapping[str, Any]) -> str:
    """The sentence of a refusal; a general one where its own is missing, which the log tells."""
    try:
        return refusal(code, language, facts)
    except (UnknownText, WrongFact):
        log.error("refusal without a text", code=code)
        return text("problem.command_refused.detail", language)


def render(problem: Problem, *languages: str) -> Response:
    """The body of a problem, with its sentence in the language asked for, or in each of several."""
    code = problem.code
    title = {one: text(f"problem.{code}.title", one) for one in languages}
    detail = {one: _detail(problem, one) for one in languages}
    several = len(languages) > 1
    body = {
        "type": f"/problems/{code}",
        "title": title if several else title[languages[0]],
        "status": STATUS[code],
        "detail": detail if several else detail[languages[0]],
        "code": code,
        **_worded(problem.members),
    }
    spoken = {"Content-Language": ", ".join(languages), "Cache-Control": "no-store"}
    headers = {**problem.headers, **spoken}
    return Response(dump(labelled(body)), STATUS[code], headers, MEDIA_TYPE)


def _detail(problem: Problem, language: str) -> str:
    if isinstance(problem, TooLarge):
        return problem.detail(language)
    told = [_in(reason["text"], language) for reason in problem.members.get("reasons", ())]
    if "recorded_at" in problem.members:
        told.insert(0, text("problem.command_refused.recorded", language))
    return " ".join(told) or text(f"problem.{problem.code}.detail", language)


def _worded(members: Mapping[str, Any]) -> dict[str, Any]:
    """The members with the mistakes among them in the language of the answer."""
    errors = members.get("errors")
    if errors is None:
        return dict(members)
    return {**members, "errors": [{**one, "text": worded(one["text"])} for one in errors]}


def _in(told: str | Mapping[str, str], language: str) -> str:
    return told if isinstance(told, str) else told_in(told, language)


def answer(request: Request, problem: Problem) -> Response:
    """The problem in the caller's language; in all only for who asks so, as others expect one."""
    every = request.query_params.get("languages") == EVERY
    return render(problem, *(LANGUAGES if every else (one_language(),)))


def install(app: FastAPI) -> None:
    """Every failure of a route becomes a problem."""
    for kind, handler in handlers().items():
        app.add_exception_handler(kind, handler)


def handlers() -> dict[type[Exception], Handler]:
    """What makes a problem of each kind of failure."""
    return {
        Problem: _known,
        RequestValidationError: _invalid,
        HTTPException: http_problem,
        TooMuch: _too_much,
        **dict.fromkeys(OF_DATABASE, _database),
    }


async def _known(request: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)
    return answer(request, error)


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    found = error.errors()
    if any(one["type"] == "json_invalid" for one in found):
        return answer(request, Problem("malformed_json"))
    if any(one["loc"][:1] == ("path",) for one in found):
        return answer(request, Problem("not_found"))
    return answer(request, Invalid(mistakes_of(found, error.body)))


async def _too_much(request: Request, error: Exception) -> Response:
    """Prices are bounded, and so are quantities: together they may still be more than is paid."""
    return answer(request, Invalid([mistake_at("quantity", "sum_too_large")]))


async def http_problem(request: Request, error: Exception) -> Response:
    """What the framework, or the gate around it, makes of a request that it stops."""
    assert isinstance(error, HTTPException)
    if isinstance(error, BodyTooLarge):
        return answer(request, TooLarge(error.most))
    code = _BY_STATUS.get(error.status_code, "internal")
    if code == "method_not_allowed":
        return answer(request, Problem(code, headers={"Allow": ", ".join(_methods(request))}))
    return answer(request, Problem(code, headers=error.headers or {}))


def _methods(request: Request) -> list[str]:
    """Every method that this address takes, over all routes."""
    found: set[str] = set()
    for context in iter_route_contexts(request.app.routes):
        matches = getattr(context, "path_regex", None)
        if matches is not None and matches.match(request.url.path):
            found |= context.methods or set()
    return sorted(found)


# What asking the database may end with; a time-out is an OSError. Where each new connection dies
# before it is used, SQLAlchemy gives up with an InvalidRequestError.
OF_DATABASE: Final = (
    DBAPIError,
    InvalidRequestError,
    NoConnection,
    psycopg.Error,
    OSError,
)


async def _database(request: Request, error: Exception) -> Response:
    """A database that cannot be asked is no fault of the caller; a statement it rejects is ours."""
    if not is_passing(error):
        if isinstance(error, InvalidRequestError):
            raise error  # a fault of ours like any other
        log.error("a statement failed", kind=_kind(error))
        return answer(request, Problem("internal"))
    log.warning("the database cannot be asked", kind=_kind(error))
    return answer(request, Problem("unavailable"))


# What a server says of itself and not of a statement, beside all that are OperationalErrors: it
# is broken, is a standby, has ended a session.
_IN_TROUBLE: Final = ("XX", "72", "25006", "25P03", "25P04")
_ENDED: Final = "This connection is closed"


def is_passing(error: Exception) -> bool:
    """Whether the database could not be asked, and not what was asked is wrong."""
    if isinstance(error, DBAPIError):
        return error.connection_invalidated or _passes(error.orig)
    if isinstance(error, InvalidRequestError):
        return str(error) == _ENDED
    return _passes(error)


def _passes(error: BaseException | None) -> bool:
    if not isinstance(error, psycopg.Error):
        return True
    if isinstance(error, (psycopg.OperationalError, psycopg.InterfaceError)):
        return True
    # Without a code nobody has answered; but the driver itself has none for what is not asked well.
    if error.sqlstate is None:
        return not isinstance(error, _OURS)
    return error.sqlstate.startswith(_IN_TROUBLE)


_OURS: Final = (psycopg.DataError, psycopg.ProgrammingError, psycopg.NotSupportedError)


def _kind(error: Exception) -> str:
    cause = getattr(error, "orig", None)
    return type(cause or error).__name__
