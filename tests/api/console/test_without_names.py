"""Codes for which nothing in this build has a name break no page, and are named plainly; nor does a
case whose recipient was erased, which says so.
"""

from collections.abc import Callable, Mapping
from typing import Final

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import text

from tests.api.console.conftest import Browser
from tests.api.console.test_plain_words import PEOPLE, beyond
from tests.api.world import ITEM, World
from tests.support.crawl import crawl, words_of
from tests.support.erasing import erased
from tests.support.servers import Database
from tests.support.standing import standing

Browsers = Callable[[], Browser]
# As if every case were from a build with another classifier: of one item, its unit and its place.
ELSEWHERE: Final = {ITEM: "ITEM-OF-ELSEWHERE", '"PIECE"': '"CRATE"', "711110000": "719900000"}
SAID: Final = (
    "item without a name in the catalogue: ITEM-OF-ELSEWHERE",
    "unit without a name: CRATE",
)
# Whose recipients were erased.
ERASED: Final = ("declined", "delivered", "reviewed", "disputed")
GONE: Final = "The data of the recipient were erased on"
COLUMNS: Final = """
    SELECT c.table_name, c.column_name, c.data_type FROM information_schema.columns c
    JOIN information_schema.tables t USING (table_schema, table_name)
    WHERE c.table_schema = 'public' AND t.table_type = 'BASE TABLE' AND c.is_generated = 'NEVER'
    AND c.table_name <> 'money'
    AND c.data_type IN ('text', 'character varying', 'json', 'jsonb')
"""


def rename(url: str, codes: Mapping[str, str]) -> None:
    """Whatever is written in the database, with other codes in place of these."""
    with psycopg.connect(url) as connection:
        for table, column, kind in connection.execute(COLUMNS).fetchall():
            said = sql.SQL("UPDATE {} SET {} = {}::{} WHERE {} LIKE ANY(%s)").format(
                sql.Identifier(table),
                sql.Identifier(column),
                _replaced(sql.SQL("{}::text").format(sql.Identifier(column)), codes),
                sql.SQL(kind),
                sql.SQL("{}::text").format(sql.Identifier(column)),
            )
            connection.execute(said, ([f"%{one}%" for one in codes],))


def _replaced(value: sql.Composed, codes: Mapping[str, str]) -> sql.Composed:
    for old, new in codes.items():
        value = sql.SQL("replace({}, {}, {})").format(value, sql.Literal(old), sql.Literal(new))
    return value


def erase_some(world: World, cases: Mapping[str, str]) -> set[str]:
    """The addresses of cases whose recipients were erased."""
    whose = text("SELECT person_id FROM case_head WHERE reference = :reference")
    with world.engine.begin() as connection:
        for place in ERASED:
            erased(connection, connection.execute(whose, {"reference": cases[place]}).scalar_one())
    return {f"/cases/{cases[place]}" for place in ERASED}


@pytest.mark.long
async def test_every_page_of_everybody_stands_without_names_of_item_unit_and_place(
    world: World, browser: Browsers, database: Database
) -> None:
    cases = (await standing(world)).references
    rename(database.owner_url, ELSEWHERE)
    gone = erase_some(world, cases)
    seen: set[str] = set()
    for title, claims in PEOPLE.items():
        one = browser()
        one.http.cookies.set("ozhb_language", "en")
        if claims:
            await one.sign_in(claims)
        pages = await crawl(one.open, "/", "/help", *beyond(title, cases))
        broken = {
            page.address: page.answer.status_code for page in pages if page.answer.is_server_error
        }
        assert broken == {}, title
        of_erased = {page.address: page for page in pages if page.address in gone}
        assert all(GONE in words_of(page.answer.text) for page in of_erased.values()), title
        seen |= of_erased.keys()
        told = [words_of(page.answer.text) for page in pages if page.route == "/cases/{reference}"]
        if title != "administrator":
            assert all(SAID[0] in page for page in told), title
        if title in ("recipient", "caseworker"):
            assert any(SAID[1] in page for page in told), title
    assert seen == gone
