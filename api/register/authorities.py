"""The authorities that review and pay, and the commissions: public facts for all who sign in."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from fastapi import APIRouter

from api.auth import Reader
from api.deps import EngineDep
from api.language import Text, worded
from api.schemas import Answer
from db.authorities import KnownAuthority, list_authorities, list_commissions
from db.engine import reads
from domain.messages import Role

router = APIRouter(prefix="/v1", tags=["authorities"])
STAFF: Final = frozenset((Role.CASEWORKER, Role.COMMISSION, Role.ADMINISTRATOR))


class EknpView(Answer):
    """Codes of the payment order: sector of payer and payee, purpose."""

    sender: str
    beneficiary: str
    purpose: str


class AccountView(Answer):
    """The account that orders are paid from."""

    iban: str
    bic: str
    eknp: EknpView


class OfficeView(Answer):
    """A post; `people` (our own ids) are told to officials alone."""

    post: Text
    people: list[UUID]


class AuthorityView(Answer):
    """A local executive body. `account` is told to officials alone; null also where it has none."""

    id: UUID
    bin: str
    name: Text
    region: str | None
    superior: str | None
    head: OfficeView | None
    can_pay: bool
    account: AccountView | None
    address: Text | dict[str, str] | None
    phone: str | None


class CommissionView(Answer):
    """The commission of a region, by the first two digits of its codes."""

    region: str
    chair: OfficeView


class AuthorityList(Answer):
    """Every authority by BIN, every commission by region."""

    authorities: list[AuthorityView]
    commissions: list[CommissionView]


@router.get("/authorities", operation_id="listAuthorities", response_model=AuthorityList)
def read_all(reader: Reader, engine: EngineDep) -> dict[str, Any]:
    """Who reviews and pays where, and who heads it."""
    staff = reader.role in STAFF
    with reads(engine) as connection:
        known, commissions = list_authorities(connection), list_commissions(connection)
    return {
        "authorities": [_told(one, staff) for one in known],
        "commissions": [
            {"region": region, "chair": _office(record["chair"], staff)}
            for region, record in commissions.items()
        ],
    }


def _told(one: KnownAuthority, staff: bool) -> dict[str, Any]:
    record = one.record or {}
    head, address = record.get("head"), record.get("address")
    return {
        "id": one.id,
        "bin": one.bin,
        "name": worded(one.names()),
        **{name: record.get(name) for name in ("region", "superior", "phone")},
        "address": address and worded(address),
        "head": head and _office(head, staff),
        "can_pay": one.account is not None,
        "account": one.account if staff else None,
    }


def _office(office: Mapping[str, Any], staff: bool) -> dict[str, Any]:
    return {"post": worded(office["post"]), "people": office["people"] if staff else []}
