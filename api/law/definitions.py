"""The law as data: the editions, and the forms of the commands that each knows."""

from datetime import date
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from fastapi import APIRouter, Path, Query, Response
from pydantic import Field

from api.auth import Reader
from api.cases.calls import roles_of
from api.cases.choices import read_form as read_case_form
from api.changes.models import Version
from api.deps import EngineDep
from api.language import Text, languages, worded
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
from domain.process import Edition

router = APIRouter(prefix="/v1", tags=["law"])
TOML: Final = "application/toml"
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


class EditionView(EditionLine):
    """An edition with the commands that people have under it."""

    commands: list[CommandLine] = Field(description="By name")


class EditionList(Answer):
    """Every edition that cases are bound to."""

    editions: list[EditionLine] = Field(description="The newest first")


@router.get("/definitions", operation_id="listDefinitions")
def list_all(_: Reader) -> EditionList:
    """Every edition of the law that is published."""
    found = sorted(editions().values(), key=lambda one: one.valid_from, reverse=True)
    return EditionList(editions=[EditionLine(**_told(one)) for one in found])


@router.get("/definitions/{edition}", operation_id="readDefinitions", responses=NONE)
def read_one(_: Reader, edition: str) -> EditionView:
    """An edition by its code or hash, with the commands under it."""
    law = _edition(edition)
    known = {row.on for row in law.process.rows}
    commands = [
        CommandLine(name=name, form=f"/v1/definitions/{law.code}/commands/{name}")
        for name in command_forms()
        if name in known
    ]
    return EditionView(**_told(law), commands=commands)


@router.get("/definitions/{edition}/commands/{name}", operation_id="readForm", responses=NONE)
def read_form(
    reader: Reader,
    engine: EngineDep,
    edition: str,
    name: str,
    case: Annotated[UUID | None, Query(description="For which case the choices are wanted")] = None,
    period: Annotated[int, Query(ge=1, le=1000, description="Of the case: which period")] = 1,
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
    with reads(engine) as connection:
        return read_case_form(connection, reader, case, name, period)


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
