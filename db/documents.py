"""Documents of a case by their hash: what was drafted, shown and signed; sealed for its person."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from secrets import token_hex
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, Row, text

from db.case_keys import key_of_case
from db.persons import read_profile
from db.sealing import Seal, Unreadable, seal, unseal
from definitions.editions import edition
from domain.canonical import canonical_bytes, sha256_hex
from domain.case.application import AccountText, ApplicationText, account_bytes, application_bytes
from domain.case.state import Case

APPLICATION: Final = "application"
ACCOUNT: Final = "account"
SIGNATURE: Final = "signature"
DELIVER_TO: Final = "deliver_to"

_KEEP = text(
    "INSERT INTO document (sha256, case_id, kind, sealed) SELECT sha256, :case_id, kind, sealed"
    " FROM unnest(CAST(:sha256 AS text[]), CAST(:kind AS text[]), CAST(:sealed AS bytea[]))"
    " AS p(sha256, kind, sealed) ON CONFLICT (sha256, case_id, year) DO NOTHING"
)
_READ = text(
    "SELECT d.kind, d.sealed, d.made_at, k.wrapped FROM document d JOIN case_head h USING (case_id)"
    " LEFT JOIN person_key k USING (person_id) WHERE d.case_id = :case_id AND d.sha256 = :sha256"
)
_READ_MANY = text(
    "SELECT d.case_id, d.sha256, d.kind, d.sealed, d.made_at, k.wrapped"
    " FROM document d JOIN case_head h USING (case_id) JOIN person_key k USING (person_id)"
    " WHERE d.sha256 = ANY(CAST(:hashes AS text[])) AND d.case_id = ANY(CAST(:cases AS uuid[]))"
)
_READ_DRAFT = text(
    "SELECT d.sealed, k.wrapped, legal_now() AS now FROM document d"
    " JOIN case_head h USING (case_id) JOIN person_key k USING (person_id)"
    " WHERE d.case_id = :case_id AND d.sha256 = :sha256 AND NOT EXISTS (SELECT FROM inbox i"
    " WHERE i.actor_key = :sender AND i.idempotency_key = :under)"
)
_HEAD = text(
    "SELECT h.programme_number, h.measure_id, a.bin AS authority_bin"
    " FROM case_head h, authority a WHERE h.case_id = :case_id AND a.id = :authority"
)
_SUPPLIER = text("SELECT bin, person_id FROM supplier WHERE id = :supplier")
# Which organisation (BIN) or person a supplier is never changes: it is asked several times in each
# take that is signed.
_WHO: Final[dict[str, tuple[str | None, UUID]]] = {}
MOST_KNOWN: Final = 10_000


@dataclass(frozen=True)
class StoredDocument:
    """Bytes as they were signed or shown."""

    kind: str
    content: bytes = field(repr=False)
    made_at: datetime


@dataclass(frozen=True)
class Paper:
    """What is to be kept of a case: a kind and the very bytes."""

    kind: str
    content: bytes = field(repr=False)

    @property
    def sha256(self) -> str:
        return sha256_hex(self.content)


@dataclass(frozen=True)
class Draft(Paper):
    """A document to be signed; `application` says what stands in it, where it is one."""

    application: ApplicationText | None = None


@dataclass(frozen=True)
class Ordered:
    """What an application is about: an order at its price (tiyn per unit).

    `authority` is the one that pays it; without it that of the recipient's place.
    """

    period: int
    order: int
    version: int
    supplier: str
    quantity: int
    unit_price: int
    unit_sum: int
    catalogue: str
    companion_sum: int | None = None
    authority: str | None = None


@dataclass(frozen=True)
class Placed:
    """An order as it would be placed: sums per unit in tiyn, by a version of the catalogue.

    `companion_sum` where a companion's place is part of it.
    """

    supplier: str
    unit_price: int
    quantity: int
    unit_sum: int
    catalogue: str
    companion_sum: int | None = None

    @classmethod
    def of(cls, facts: Mapping[str, Any], quantity: int, companion: bool = False) -> "Placed":
        """So much of an offer, from the facts of `db.reference.offer_facts`."""
        named = (facts["supplier"], facts["price"], quantity, facts["unit_sum"])
        beside = facts["companion_sum"] if companion else None
        return cls(*named, facts["catalogue"], beside)


def keep(connection: Connection, sealer: Seal, case_id: str, *papers: Paper) -> None:
    """Keep papers with a case, each once. NoSuchCase if there is no file."""
    keep_sealed(connection, key_of_case(connection, sealer, case_id), case_id, papers)


def keep_sealed(connection: Connection, key: bytes, case_id: str, papers: Sequence[Paper]) -> None:
    """The same under the key of the case's person, where that is in hand."""
    named = {
        "sha256": [one.sha256 for one in papers],
        "kind": [one.kind for one in papers],
        "sealed": [seal(key, one.content) for one in papers],
    }
    connection.execute(_KEEP, {"case_id": case_id, **named})


def address_bytes(told: Mapping[str, Any]) -> bytes:
    """Where an order is brought, as it is kept. Two of the same address have different hashes:
    nobody finds an address by trying.
    """
    return canonical_bytes({**told, "salt": token_hex(16)})


def read_document(
    connection: Connection, sealer: Seal, case_id: str, sha256: str
) -> StoredDocument | None:
    """A document of this very case; None if it has none of this hash.

    Unreadable once the person of the case has been erased.
    """
    row = connection.execute(_READ, {"case_id": case_id, "sha256": sha256}).one_or_none()
    if row is None:
        return None
    if row.wrapped is None:
        raise Unreadable("the person has been erased")
    content = unseal(sealer.unwrap(bytes(row.wrapped)), bytes(row.sealed))
    return StoredDocument(row.kind, content, row.made_at)


def read_documents(
    connection: Connection, sealer: Seal, wanted: Collection[tuple[str, str]]
) -> dict[tuple[str, str], StoredDocument]:
    """Documents of many cases, by case and hash; those of whoever has been erased are left out."""
    named = {"cases": [case for case, _ in wanted], "hashes": [sha256 for _, sha256 in wanted]}
    found = {}
    for row in connection.execute(_READ_MANY, named):
        try:
            content = unseal(sealer.unwrap(bytes(row.wrapped)), bytes(row.sealed))
        except Unreadable:  # its person was erased, and spoken of again since
            continue
        found[str(row.case_id), row.sha256] = StoredDocument(row.kind, content, row.made_at)
    return found


def read_draft(
    connection: Connection, sealer: Seal, case_id: UUID, sha256: str, request: tuple[str, str]
) -> tuple[bytes, datetime] | None:
    """What was drafted in a case, and the legal time; None where nothing can be read under it, or
    where the request (sender, key) that names it was answered before.
    """
    sender, under = request
    named = {"case_id": case_id, "sha256": sha256, "sender": sender, "under": under}
    row = connection.execute(_READ_DRAFT, named).one_or_none()
    try:
        return row and (unseal(sealer.unwrap(bytes(row.wrapped)), bytes(row.sealed)), row.now)
    except Unreadable:  # the person was erased, and spoken of again since
        return None


def draft_application(connection: Connection, sealer: Seal, case: Case, about: Ordered) -> Draft:
    """The application for an order, written from the file.

    Raises LookupError for an unknown supplier, Unreadable once the recipient has been erased.
    """
    measure = case.measure
    assert measure is not None, "a case with a status has a measure"
    head = _head(connection, case, about.authority or measure.authority)
    said = ApplicationText(
        case_reference=measure.reference,
        period=about.period,
        order=about.order,
        version=about.version,
        programme_number=head.programme_number,
        measure_id=head.measure_id,
        recipient_iin=read_profile(connection, sealer, UUID(measure.recipient)).iin,
        supplier=supplier_identifier(connection, sealer, about.supplier)[0],
        authority_bin=head.authority_bin,
        item=measure.item,
        quantity=about.quantity,
        unit_price=about.unit_price,
        unit_sum=about.unit_sum,
        catalogue=about.catalogue,
        edition=edition(case.edition).code,
        companion_sum=about.companion_sum,
    )
    return Draft(APPLICATION, application_bytes(said), said)


def draft_order(
    connection: Connection, sealer: Seal, case: Case, period: int, placed: Placed
) -> Draft:
    """Version 1 of an order's application."""
    number = len(case.periods[period].orders) + 1
    about = Ordered(
        period=period,
        order=number,
        version=1,
        supplier=placed.supplier,
        quantity=placed.quantity,
        unit_price=placed.unit_price,
        unit_sum=placed.unit_sum,
        catalogue=placed.catalogue,
        companion_sum=placed.companion_sum,
    )
    return draft_application(connection, sealer, case, about)


def draft_version(
    connection: Connection, sealer: Seal, case: Case, period: int, quantity: int
) -> Draft:
    """The next version of the application, for another quantity. LookupError without an order.

    A period that goes on with an order has no version before it.
    """
    held = case.periods[period]
    order, application = held.order, held.application
    if order is None or case.measure is None:
        raise LookupError("there is no order in this period")
    about = Ordered(
        period=period,
        order=order.number,
        version=application.version + 1 if application else 1,
        supplier=order.supplier,
        quantity=quantity,
        unit_price=order.unit_price,
        unit_sum=order.unit_sum,
        catalogue=order.catalogue or case.measure.catalogue,
        companion_sum=order.companion_sum,
        authority=order.authority,
    )
    return draft_application(connection, sealer, case, about)


def draft_account(
    connection: Connection, sealer: Seal, case: Case, period: int, account: tuple[str, str]
) -> Draft:
    """The annex that names the account (IBAN, BIC). LookupError without an application."""
    held = case.periods[period]
    if held.order is None or held.application is None:
        raise LookupError("there is no application in this period")
    iban, bic = account
    supplier, _ = supplier_identifier(connection, sealer, held.order.acting)
    return Draft(ACCOUNT, account_bytes(AccountText(held.application.sha256, supplier, iban, bic)))


def read_account(
    connection: Connection, sealer: Seal, case_id: str, sha256: str
) -> AccountText | None:
    """What an account annex of the case says; None if it has no annex of this hash."""
    return account_in(read_document(connection, sealer, case_id, sha256))


def account_in(found: StoredDocument | None) -> AccountText | None:
    """What a document says, if it is an account annex."""
    if found is None or found.kind != ACCOUNT:
        return None
    said = json.loads(found.content)
    return AccountText(said["application"], said["supplier"], said["iban"], said["bic"])


def drafted_sum(connection: Connection, sealer: Seal, case_id: str, sha256: str) -> int | None:
    """The guaranteed sum per unit in a drafted application of the case; None without such a one."""
    found = read_document(connection, sealer, case_id, sha256)
    if found is None or found.kind != APPLICATION:
        return None
    told: int = json.loads(found.content)["unit_sum"]
    return told


def supplier_identifier(connection: Connection, sealer: Seal, supplier: str) -> tuple[str, str]:
    """BIN or IIN of a supplier, and which it is. LookupError for an unknown one."""
    if (known := _WHO.get(supplier)) is None:
        row = connection.execute(_SUPPLIER, {"supplier": supplier}).one_or_none()
        if row is None:
            raise LookupError("no supplier of this id")
        if len(_WHO) >= MOST_KNOWN:
            _WHO.clear()
        known = _WHO[supplier] = (row.bin, row.person_id)
    bin_, person = known
    return (read_profile(connection, sealer, person).iin, "IIN") if bin_ is None else (bin_, "BIN")


def _head(connection: Connection, case: Case, authority: str) -> Row[tuple[str, str, str, str]]:
    named = {"case_id": case.id, "authority": authority}
    return connection.execute(_HEAD, named).one()
