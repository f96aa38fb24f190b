"""However a database dies in the middle of a request, it is unavailable, and never our fault."""

from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Final
from urllib.parse import urlsplit

import httpx
import psycopg
import pytest
from psycopg import errors
from sqlalchemy import Engine, event, text
from sqlalchemy.exc import DBAPIError

from api.problems import is_passing
from db.bounds import OF_REQUESTS
from db.engine import make_engine
from tests.api.conftest import around
from tests.api.test_problems import NOBODY
from tests.api.world import World
from tests.support.lines import Line, line_to
from tests.support.servers import Database

pytestmark = pytest.mark.long

# What a server says of a statement, not of itself: another one would say the same.
OURS: Final = (psycopg.DataError, psycopg.IntegrityError, psycopg.ProgrammingError)
READY: Final = b"Z\0\0\0\5I"
CLASSES: Final = {
    one.sqlstate: one
    for one in vars(errors).values()
    if isinstance(one, type) and issubclass(one, psycopg.Error) and one.sqlstate
}
# Of a server in trouble, beside all that are OperationalErrors.
IN_TROUBLE: Final = ("XX000", "XX001", "XX002", "72000", "25006", "25P03", "25P04")
DIALECT: Final = make_engine(NOBODY).dialect
Told = tuple[int, str | None]
# What was asked before is not asked for a second time.
WELL: Final = {200, 409}
# Of each kind that they come in one.
OF_SERVERS: Final = {s for s, one in CLASSES.items() if issubclass(one, psycopg.OperationalError)}
UNAVAILABLE: Final = sorted({*IN_TROUBLE, *{state[:2]: state for state in OF_SERVERS}.values()})
REFUSED: Final = sorted({s[:2]: s for s, one in CLASSES.items() if issubclass(one, OURS)}.values())


def error(state: str, severity: str = "ERROR") -> bytes:
    """As a server says it."""
    fields = {b"S": severity, b"V": severity, b"C": state, b"M": "something is wrong"}
    told = b"".join(name + value.encode() + b"\0" for name, value in fields.items()) + b"\0"
    return b"E" + (len(told) + 4).to_bytes(4) + told


@dataclass(frozen=True)
class Dying:
    """A portal whose database is at the other end of a line, with a case in it."""

    world: World
    line: Line
    case: str

    async def ask_all(self) -> list[httpx.Response]:
        """By each way to the database: of a read in the loop, in a thread, and of a take."""
        person = self.world.recipient(1)
        return [
            await self.world.get("/v1/cases", self.world.clerk),
            await self.world.get("/v1/operations", self.world.admin),
            await self.world.ask(self.case, "decline", person, {"reason": "Не нужно"}),
        ]

    async def told(self) -> set[Told]:
        """The statuses, and when to come again."""
        return {(one.status_code, one.headers.get("retry-after")) for one in await self.ask_all()}


@pytest.fixture
async def dying(world: World, database: Database) -> AsyncIterator[Dying]:
    """Whoever asks is known already: the whole request goes by the line."""
    case = await world.choosing()
    where = urlsplit(database.app_url)
    assert where.hostname is not None
    assert where.port is not None
    async with line_to(where.hostname, where.port) as line:
        url = line.through(database.app_url)
        engine = make_engine(url, bounds=OF_REQUESTS)
        async with around(engine, url) as made:
            yield Dying(made, line, case)
        engine.dispose()


async def odd(dying: Dying, states: Iterable[str], usual: set[Told]) -> dict[str, set[Told]]:
    """The states of which something else is told than usual, on lines that were well before."""
    found = {}
    for state in states:
        assert {status for status, _ in await dying.told()} <= WELL
        dying.line.forge(error(state) + READY)
        if (told := await dying.told()) != usual:
            found[state] = told
        dying.line.heal()
    return found


async def test_every_word_of_a_server_in_trouble_makes_it_unavailable(dying: Dying) -> None:
    assert await odd(dying, UNAVAILABLE, {(503, "5")}) == {}


async def test_what_a_server_says_of_a_statement_is_our_fault(dying: Dying) -> None:
    assert await odd(dying, REFUSED, {(500, None)}) == {}


def test_of_every_error_it_is_known_whose_fault_it_is() -> None:
    odd = []
    for state, kind in CLASSES.items():
        raised = kind("something is wrong")
        wrapped = DBAPIError.instance("SELECT 1", {}, raised, psycopg.Error, dialect=DIALECT)
        assert isinstance(wrapped, DBAPIError)
        passing = state in OF_SERVERS or state in IN_TROUBLE
        if not is_passing(raised) == is_passing(wrapped) == passing:
            odd.append(state)
    assert odd == []


@pytest.mark.parametrize(
    "instead",
    [b"", b"HTTP/1.1 400 Bad Request\r\n\r\n", error("57P01", "FATAL")],
    ids=["closed", "another protocol", "a last word"],
)
async def test_a_line_that_ends_in_the_middle_makes_it_unavailable(
    dying: Dying, instead: bytes
) -> None:
    assert {status for status, _ in await dying.told()} == {200}
    dying.line.forge(instead, hangs_up=True)
    assert await dying.told() == {(503, "5")}
    dying.line.heal()
    assert {status for status, _ in await dying.told()} <= WELL


@pytest.fixture
def doomed(database: Database) -> Iterator[Engine]:
    """Each of its connections is ended by the server before it is used."""
    engine, other = make_engine(database.app_url), make_engine(database.app_url)

    @event.listens_for(engine, "connect")
    def end(connection: Any, _: object) -> None:
        cut = text("SELECT pg_terminate_backend(:pid, 5000)")
        with other.connect() as killer:
            assert killer.execute(cut, {"pid": connection.info.backend_pid}).scalar_one()

    yield engine
    for one in (engine, other):
        one.dispose()


async def test_a_server_that_ends_every_connection_at_once_is_unavailable(
    world: World, doomed: Engine
) -> None:
    world.app.state.parts = replace(world.app.state.parts, engine=doomed)
    answer = await world.get("/v1/operations", world.admin)
    assert (answer.status_code, answer.headers.get("retry-after")) == (503, "5")
