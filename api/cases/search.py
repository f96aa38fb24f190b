"""Cases found by what people know of them; asked in a body, for it may be personal."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Annotated, Any, Final

from fastapi import APIRouter
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, ConfigDict, Field, StrictInt, StringConstraints
from starlette.responses import Response

from api.access import OFFICIALS, seen
from api.auth import Caller, Reader, person_of
from api.bodies import WHOLE, WORDING, FreeText
from api.cases.lists import REFERENCE
from api.deps import LinesDep, Parts, PartsDep, PoolDep
from api.labels import labelled
from api.language import Text
from api.mistakes import Mistake, mistake_at
from api.problems import Invalid
from api.reading import JSON
from api.rendering import dumps
from api.schemas import Answer, CaseLine
from db.engine import reads
from db.inbox import fingerprint
from db.lists import Place, WantedCases, Way, read_lines
from db.search import Searched, findings, record
from domain.identifiers import identifier_kind
from domain.messages import Role
from domain.parties.contacts import read_phone
from domain.searching import (
    DIGITS,
    LETTERS,
    SEARCH_KINDS,
    SearchKind,
    digits_in,
    is_enough,
    is_number,
    kinds_of,
)

router = APIRouter(prefix="/v1/search", tags=["cases"])
# Whom an order is for a supplier reads case by case, while it delivers (`api/cases/delivery.py`).
OF_SUPPLIERS: Final[tuple[SearchKind, ...]] = ("reference", "item")
NOT_STORED: Final = {"Cache-Control": "no-store"}


class Search(BaseModel):
    """What is searched for, and as what it is meant."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
        json_schema_extra={
            "examples": [
                {"query": "Үлгібаев Мыс", "by": "name", "reason": "Өтінішінің күйін сұрады"},
                {"query": "OZ0000"},
                {"query": "кресло-коляска", "by": "item", "limit": 10},
            ]
        },
    )

    query: Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=WORDING)] = Field(
        repr=False,
        description=(
            "A reference or a part of it, the number of a programme, an IIN, a phone, a name, a"
            " supplier by name or BIN, or an item by name or code. Every word is the beginning of"
            f" one; one has at least {LETTERS} letters, a reference {DIGITS} digits"
        ),
    )
    by: SearchKind | None = Field(
        default=None, description="As what it is meant; missing: as all that its form allows"
    )
    reason: FreeText | None = Field(
        default=None,
        repr=False,
        description="Why a person is searched for; officials must say it. Kept enciphered",
    )
    cursor: Annotated[str, StringConstraints(max_length=100)] | None = Field(
        default=None, description="The `cursor` of the part before"
    )
    limit: Annotated[StrictInt, Field(ge=1, le=200, description="How many at most"), WHOLE] = 50


class FoundCase(CaseLine):
    """A case in a list, and by what it was found."""

    found_by: list[SearchKind] = Field(description="As what the query names it")
    found_by_labels: list[Text] = Field(description="The same in words")


class FoundCases(Answer):
    """The cases that were found and that you see, the oldest reference first."""

    cases: list[FoundCase]
    cursor: str | None = Field(description="Goes on with the next part; null: there is none")


@router.post(
    "",
    operation_id="searchCases",
    response_class=Response,
    dependencies=JSON,
    responses={200: {"model": FoundCases, "description": "Part of what was found"}},
)
async def search(
    parts: PartsDep, pool: PoolDep, lines: LinesDep, reader: Reader, asked: Search
) -> Response:
    """The cases you see that a query names. Who searches for a person, and why, is recorded."""
    searched, after = _read(parts, reader, asked)
    ways = await run_in_threadpool(_findings, parts, reader, searched)
    wanted = WantedCases(seen(reader), asked.limit, after=after)
    found = await _find(pool, wanted, ways)
    if searched.of_person:
        await run_in_threadpool(_record, parts, reader, searched, len(found))
    shown = (
        f"{lines.render(row, wanted.seen.table)[:-1]},{dumps(labelled({'found_by': kinds}))[1:]}"
        for row, kinds in found
    )
    full = len(found) == asked.limit
    cursor = f"{found[-1][0]['reference']}_{_mark(parts, searched)}" if full else None
    body = f'{{"cases":[{",".join(shown)}],"cursor":{dumps(cursor)}}}'
    return Response(body, headers=NOT_STORED, media_type="application/json")


def _read(parts: Parts, reader: Caller, asked: Search) -> tuple[Searched, Place | None]:
    """What is truly searched for, and from where on. Invalid with every mistake."""
    allowed = OF_SUPPLIERS if reader.role == Role.SUPPLIER else SEARCH_KINDS
    meant = (asked.by,) if asked.by else kinds_of(asked.query)
    kinds = tuple(kind for kind in meant if kind in allowed)
    enough = tuple(kind for kind in kinds if is_enough(kind, asked.query))
    searched = Searched(enough, asked.query, asked.reason)
    if kinds:
        mistakes = list(_mistakes(reader, searched))
    else:
        mistakes = [mistake_at("by", "not_allowed_value", allowed=", ".join(allowed))]
    after = _place(parts, searched, asked.cursor)
    if asked.cursor is not None and after is None:
        mistakes.append(mistake_at("cursor", "other_search"))
    if mistakes:
        raise Invalid(mistakes)
    return searched, after


def _mistakes(reader: Caller, searched: Searched) -> Iterator[Mistake]:
    query, kinds = searched.query, searched.kinds
    if not kinds:
        yield mistake_at("query", "query_too_short", letters=LETTERS, digits=DIGITS)
    digits = digits_in(query)
    if "iin" in kinds and identifier_kind(digits) != "iin":
        yield mistake_at("query", "format_iin")
    if "supplier" in kinds and is_number(query) and identifier_kind(digits) != "bin":
        yield mistake_at("query", "format_bin")
    if "phone" in kinds and read_phone(query).value is None:
        yield mistake_at("query", "phone_unreadable")
    if searched.of_person and searched.reason is None and reader.role in OFFICIALS:
        yield mistake_at("reason", "reason_for_person")


def _findings(parts: Parts, reader: Caller, searched: Searched) -> dict[SearchKind, Way]:
    """Parties find persons in their own cases; who else acts in them they are not told."""
    officials = reader.role in OFFICIALS
    with reads(parts.engine) as connection:
        return findings(connection, parts.seal, searched, representatives=officials)


async def _find(
    pool: Any, wanted: WantedCases, ways: Mapping[SearchKind, Way]
) -> list[tuple[Any, list[SearchKind]]]:
    """The first cases in the order of references, each with all by which it was found."""
    found: dict[str, tuple[Any, list[SearchKind]]] = {}
    for kind, way in ways.items():
        for row in await read_lines(pool, replace(wanted, found=way)):
            if row["case_id"] is not None:
                found.setdefault(row["reference"], (row, []))[1].append(kind)
    return [found[reference] for reference in sorted(found)][: wanted.most]


def _record(parts: Parts, reader: Caller, searched: Searched, hits: int) -> None:
    person_of(reader)
    with parts.engine.begin() as connection:
        record(connection, parts.seal, reader.actor, searched, hits)


def _place(parts: Parts, searched: Searched, cursor: str | None) -> Place | None:
    """The place of a cursor; only one of this search continues it."""
    reference, _, mark = (cursor or "").rpartition("_")
    goes_on = mark == _mark(parts, searched) and REFERENCE.fullmatch(reference)
    return Place(reference) if goes_on else None


def _mark(parts: Parts, searched: Searched) -> str:
    """The same for the same search."""
    said = f"cursor {searched.kinds} {searched.plain}"
    return fingerprint(parts.seal, said.encode()).hex()[:8]
