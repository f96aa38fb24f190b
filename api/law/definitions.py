"""The law as data: the editions, and the forms of the commands that each knows."""

from datetime import date
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from fastapi import APIRouter, Path, Query, Response
from pydantic import Field, StringConstraints

from api.auth import Reader
from api.cases.calls import roles_of
from api.cases.choices import read_form as read_case_form
from api.changes.models import Version
from api.deps import EngineDep, PartsDep
from api.language import Text, labels, languages, worded, words
from api.problems import Problem
from api.schemas import Answer
from db.calendars import read_days
from db.engine import reads
from definitions.calendars import (
    calendar_text,
    calendar_toml,
    published_calendars,
)
from definitions.command_forms import command_forms, drawn
from definitions.editions import editions
from definitions.wording import LANGUAGES, codes, length, text
from domain.case.entitlements import Entitlement
from domain.forecasts.paths import BEGIN, StatusMove, choices_of, moves, straight
from domain.process import Edition
from domain.terms.counting import Term

router = APIRouter(prefix="/v1", tags=["law"])
TOML: Final = "application/toml"
Reference = Annotated[str, StringConstraints(pattern=r"^OZ[0-9]{9,12}$")]
NONE: Final[dict[int | str, dict[str, Any]]] = {404: {"description": "There is none of that name"}}


class EditionLine(Answer):
    """An edition of the law."""

    code: str = Field(description="The name of the edition")
    hash: str = Field(description="By which cases are bound to it")
    title: Text = Field(description="What it is called")
    valid_from: date = Field(description="The first day on which it holds")
    valid_to: date | None = Field(description="The last one; null: until it is replaced")
    open_cases: Literal["keep", "move"] = Field(
        description="Whether cases opened under an earlier one may go on under it"
    )


class CommandLine(Answer):
    """A command, and where its form is."""

    name: str = Field(description="The code of the command")
    form: str = Field(description="The address of its form")


class StatusLine(Answer):
    """A status of the process."""

    status: str = Field(description="Its code")
    waits_for: str = Field(description="Whom it waits for")
    term: str | None = Field(description="The term that limits it; null: none does")
    lasts: Text | None = Field(description="How long that term is; null: it depends on the case")
    closed: bool = Field(description="Whether the case is closed in it")


class MoveLine(Answer):
    """What may lead from one status to another."""

    status: str = Field(description="From where")
    to: str = Field(description="Where it leads")
    name: str = Field(description="The message that leads there: of a person, a system, or a term")
    label: Text = Field(description="The same in words")
    by: list[str] = Field(description="Whose it may be")


class EditionView(EditionLine):
    """An edition with the commands that people have under it, and the process as a map."""

    commands: list[CommandLine] = Field(description="By name")
    statuses: list[StatusLine] = Field(description="In the order of the chapters")
    moves: list[MoveLine] = Field(description="Every way from a status to another")
    straight: list[str] = Field(
        description="The statuses of a measure that nothing turns off its way, to the end"
    )


class EditionList(Answer):
    """Every edition that cases are bound to."""

    editions: list[EditionLine] = Field(description="The newest first")


@router.get("/definitions", operation_id="listDefinitions")
def list_all(_: Reader) -> EditionList:
    """Every edition of the law that is published."""
    found = sorted(editions().values(), key=lambda one: one.valid_from, reverse=True)
    return EditionList(editions=[EditionLine(**_told(one)) for one in found])


@router.get("/definitions/{edition}", operation_id="readDefinitions", responses=NONE)
def read_one(
    _: Reader,
    edition: str,
    entitlement: Annotated[
        Entitlement, Query(description="For which kind of entitlement the process is wanted")
    ] = Entitlement.PROGRAMME,
) -> EditionView:
    """An edition by its code or hash, with the commands under it and the map of its process."""
    law = _edition(edition).of(entitlement)
    choices = choices_of(law)
    known = {row.on for row in law.process.rows}
    commands = [
        CommandLine(name=name, form=f"/v1/definitions/{law.code}/commands/{name}")
        for name in command_forms()
        if name in known
    ]
    return EditionView(
        **_told(law),
        commands=commands,
        statuses=[
            StatusLine(
                status=code,
                waits_for=one.waits_for,
                term=one.term,
                lasts=_lasts(law, one.term),
                closed=one.closed,
            )
            for code, one in law.process.statuses.items()
            if code != BEGIN
        ],
        moves=[_move(law, one) for one in moves(law.process, choices) if one.source != BEGIN],
        straight=list(straight(law.process, choices)),
    )


def _lasts(law: Edition, term: str | None) -> Any:
    known = law.terms.get(term or "")
    if known is None:
        return None
    return worded({one: length(Term.parse(known.length), one) for one in LANGUAGES})


def _move(law: Edition, move: StatusMove) -> MoveLine:
    by = [role.value for role in move.by]
    told = _called(law, move.on)
    return MoveLine(status=move.source, to=move.to, name=move.on, label=told, by=by)


def _called(law: Edition, message: str) -> Any:
    """A message in words: a command, the word of a system, or the end of a term."""
    for term, rule in law.process.terms.items():
        if rule.fires == message:
            names = labels("law.term", term)
            told = {one: text("law.page.term_over", one, term=names[one]) for one in LANGUAGES}
            return worded(told)
    return words("command" if f"command.{message}" in codes() else "law.message", message)


@router.get("/definitions/{edition}/commands/{name}", operation_id="readForm", responses=NONE)
def read_form(
    reader: Reader,
    parts: PartsDep,
    edition: str,
    name: str,
    case: Annotated[
        UUID | Reference | None,
        Query(description="For which case the choices are wanted: its id or reference"),
    ] = None,
    period: Annotated[
        int | None,
        Query(ge=1, le=1000, description="Of the case: which period; without it the one meant"),
    ] = None,
) -> dict[str, Any]:
    """The form of a command as JSON Schema, in the reader's language; for a case with its choices.

    The same form checks what is said in `POST /v1/cases/{case_id}/commands`.
    """
    law, form = _edition(edition), command_forms().get(name)
    if form is None:
        raise Problem("not_found")
    if case is None:
        return drawn(form, law, languages(), {})
    if reader.role not in roles_of(name):
        raise Problem("not_allowed")
    with reads(parts.engine) as connection:
        return read_case_form(connection, parts.seal, reader, case, name, period)


@router.get(
    "/calendars/{version}",
    operation_id="readCalendar",
    response_class=Response,
    responses={
        200: {"description": "The file", "content": {TOML: {"schema": {"type": "string"}}}},
        **NONE,
    },
)
def read_calendar(_: Reader, engine: EngineDep, version: Annotated[Version, Path()]) -> Response:
    """A calendar with which certificates are counted, as `docs/verify_deadline.py` reads it."""
    with reads(engine) as connection:
        days = read_days(connection, version)
    if days is not None:
        return Response(calendar_toml(days), media_type=TOML)
    if version in published_calendars():
        return Response(calendar_text(version), media_type=TOML)
    raise Problem("not_found")


def _edition(name: str) -> Edition:
    for one in editions().values():
        if name in (one.code, one.hash):
            return one
    raise Problem("not_found")


def _told(one: Edition) -> dict[str, Any]:
    shown = ("code", "hash", "valid_from", "valid_to", "open_cases")
    told = {name: getattr(one, name) for name in shown}
    return {**told, "title": worded(one.title)}
