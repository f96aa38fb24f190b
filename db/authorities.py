"""Authorities and commissions: what two administrators have approved of them, and who pays."""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text

from db.persons import person_to_name
from db.sealing import Seal
from definitions.wording import CASES, LANGUAGES
from definitions.wording import text as words

_FIND = text("SELECT id FROM authority WHERE bin = :bin")
# Until two administrators have told of an authority, the BIN stands for its name.
_ADD = text("INSERT INTO authority (bin, name) VALUES (:bin, :bin) ON CONFLICT (bin) DO NOTHING")
_NAMES = text("SELECT id, name FROM authority WHERE id = ANY(CAST(:ids AS uuid[]))")
_ALL = text("SELECT id, bin, name, record FROM authority ORDER BY bin")
_ONE = text("SELECT id, bin, name, record FROM authority WHERE id = :id")
_COMMISSIONS = text("SELECT region, record FROM commission ORDER BY region")
_WRITE = text("UPDATE authority SET name = :name, record = CAST(:record AS jsonb) WHERE id = :id")
_WRITE_COMMISSION = text(
    "INSERT INTO commission (region, record) VALUES (:region, CAST(:record AS jsonb))"
    " ON CONFLICT (region) DO UPDATE SET record = excluded.record"
)
_BELOW = text(
    "WITH RECURSIVE above AS ("
    " SELECT id, record ->> 'superior' AS bin FROM authority"
    " WHERE id = ANY(CAST(:ids AS uuid[]))"
    " UNION SELECT a.id, s.record ->> 'superior' FROM above a JOIN authority s USING (bin))"
    " SELECT DISTINCT a.id FROM above a JOIN authority s USING (bin) WHERE s.id = :id ORDER BY 1"
)
_WITHOUT_ACCOUNT = text(
    "SELECT id FROM authority WHERE id = ANY(CAST(:ids AS uuid[]))"
    " AND record #> '{account}' IS NULL ORDER BY id"
)


@dataclass(frozen=True)
class KnownAuthority:
    """An authority as far as it is known; `record` is None until two administrators told of it."""

    id: UUID
    bin: str
    name: str
    record: Mapping[str, Any] | None

    def forms(self, language: str) -> Mapping[str, str]:
        """Its name in each grammatical case; the BIN in words where nobody has told its name."""
        if self.record is None:
            return {one: words(f"authority_unnamed.{one}", language, bin=self.bin) for one in CASES}
        name: Mapping[str, Any] = self.record["name"]
        if language == "en":
            return dict.fromkeys(CASES, name.get("en", name["kk"]["nominative"]))
        declined: Mapping[str, str] = name[language]
        return declined

    def names(self) -> dict[str, str]:
        """What it is called in kk, ru and en."""
        return {language: self.forms(language)["nominative"] for language in LANGUAGES}

    @property
    def account(self) -> Mapping[str, Any] | None:
        """The account that its orders are paid from, with BIC and codes."""
        return None if self.record is None else self.record.get("account")


def authority_of(connection: Connection, bin: str) -> UUID:
    """The local authority with a BIN; made when it is new to us."""
    found: UUID | None = connection.execute(_FIND, {"bin": bin}).scalar()
    if found is not None:
        return found
    connection.execute(_ADD, {"bin": bin})
    made: UUID = connection.execute(_FIND, {"bin": bin}).scalar_one()
    return made


def authority_names(connection: Connection, authorities: Iterable[UUID]) -> dict[UUID, str]:
    """What authorities of ours are called in Kazakh, by their ids."""
    rows = connection.execute(_NAMES, {"ids": list(authorities)})
    return {row.id: row.name for row in rows}


def list_authorities(connection: Connection) -> list[KnownAuthority]:
    """Every authority that a case or an import has named."""
    return [KnownAuthority(*row) for row in connection.execute(_ALL)]


def read_authority(connection: Connection, authority: UUID | str) -> KnownAuthority | None:
    """An authority of ours by its id."""
    row = connection.execute(_ONE, {"id": authority}).one_or_none()
    return None if row is None else KnownAuthority(*row)


def list_commissions(connection: Connection) -> dict[str, Mapping[str, Any]]:
    """Who chairs the commission of each region."""
    return {row.region: row.record for row in connection.execute(_COMMISSIONS)}


def payer_of(connection: Connection, authority: str) -> dict[str, Any] | None:
    """What an order placed now says of who pays it; None: the authority has no account."""
    return told_payer(read_authority(connection, authority))


def told_payer(found: KnownAuthority | None) -> dict[str, Any] | None:
    """The same of an authority in hand."""
    if found is None or found.account is None:
        return None
    names = found.names()
    name = {language: names[language] for language in ("kk", "ru")}
    return {"authority": str(found.id), "bin": found.bin, "name": name, **found.account}


def without_account(connection: Connection, authorities: Iterable[str]) -> list[str]:
    """Those of some authorities that cannot pay."""
    rows = connection.execute(_WITHOUT_ACCOUNT, {"ids": list(authorities)})
    return [str(row.id) for row in rows]


def with_people_known(connection: Connection, seal: Seal, content: dict[str, Any]) -> Any:
    """The same with our own ids in the place of IINs: no number of a person is kept in clear."""

    return _with_people(
        content, lambda iins: [str(person_to_name(connection, seal, iin)) for iin in iins]
    )


def with_people_counted(content: dict[str, Any]) -> Any:
    """The same with places in the place of IINs: it says nothing of whom we know."""
    return _with_people(content, lambda iins: [str(place) for place, _ in enumerate(iins, 1)])


def _with_people(content: dict[str, Any], called: Callable[[list[str]], list[str]]) -> Any:
    def office(said: Mapping[str, Any]) -> dict[str, Any]:
        return {**said, "people": called(said["people"])}

    def each(entries: list[dict[str, Any]], post: str) -> list[dict[str, Any]]:
        return [{**one, post: office(one[post])} if post in one else one for one in entries]

    return {
        "authorities": each(content["authorities"], "head"),
        "commissions": each(content["commissions"], "chair"),
    }


def put_authorities(connection: Connection, content: Mapping[str, Any]) -> None:
    """What was approved holds from now on; orders that stand keep their snapshot."""
    for record in content["authorities"]:
        values = {"name": record["name"]["kk"]["nominative"], "record": _json(record)}
        made = authority_of(connection, record["bin"])
        connection.execute(_WRITE, {"id": made, **values})
    for record in content["commissions"]:
        named = {"region": record["region"], "record": _json(record)}
        connection.execute(_WRITE_COMMISSION, named)


def superior_of(connection: Connection, authority: str | None, others: Iterable[str]) -> list[str]:
    """Of some authorities those that another one stands above, be it over several steps."""
    below = [one for one in others if one != authority]
    if authority is None or not below:
        return []
    rows = connection.execute(_BELOW, {"id": authority, "ids": below})
    return [str(row.id) for row in rows]


def superiors(connection: Connection) -> dict[str, str | None]:
    """Each authority that is known by its record, with the one above it (BINs)."""
    known = list_authorities(connection)
    return {one.bin: (one.record or {}).get("superior") for one in known if one.record}


def _json(value: Mapping[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False)
