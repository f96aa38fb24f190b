"""The authorities that review and pay, and the commissions: public facts for all who sign in."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import Field

from api.auth import Reader
from api.deps import PartsDep
from api.language import Text, worded
from api.schemas import Answer
from db.authorities import KnownAuthority, list_authorities, list_commissions
from db.dispatches import legal_now
from db.engine import reads
from db.names import names_of
from db.payment_days import payment_days
from domain.messages import Role
from domain.terms.counting import local_day

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
    people_labels: list[str | None] = Field(
        description="Their names, in the same order; null: who has not signed in yet has none"
    )


class PaymentDaysView(Answer):
    """In how many calendar days of the complete application an authority's money came, by its last
    payments within a year: what can be expected, not what is owed.
    """

    as_of: date = Field(description="the legal day on which this is told")
    half: int = Field(description="half of these payments came within so many days")
    most: int = Field(description="nine of ten came within so many days")
    of: int = Field(description="how many payments that is")
    kept: int | None = Field(
        description="of how many in a hundred the money came within the days in which it had come"
        " to nine of ten before them; null: too few came before"
    )


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
    payment_days: PaymentDaysView | None = Field(
        description="where one authority is asked for by its `id`; null: of fewer than ten payments"
        " nobody can say what is usual"
    )


class CommissionView(Answer):
    """The commission of a region, by the first two digits of its codes."""

    region: str
    chair: OfficeView


class AuthorityList(Answer):
    """Every authority by BIN, every commission by region."""

    authorities: list[AuthorityView]
    commissions: list[CommissionView]


@router.get("/authorities", operation_id="listAuthorities", response_model=AuthorityList)
def read_all(
    reader: Reader,
    parts: PartsDep,
    id: Annotated[UUID | None, Query(description="this authority alone, and how it pays")] = None,
) -> dict[str, Any]:
    """Who reviews and pays where, and who heads it."""
    staff = reader.role in STAFF
    with reads(parts.engine) as connection:
        known, commissions = list_authorities(connection), list_commissions(connection)
        known = [one for one in known if id in (None, one.id)]
        today = local_day(legal_now(connection)) if id else None
        offices = [one.record["head"] for one in known if one.record and "head" in one.record]
        offices += [record["chair"] for record in commissions.values()]
        ids = [person for office in offices for person in office["people"]] if staff else []
        names = names_of(connection, parts.seal, "person", ids)
    days = payment_days(parts.engine, id) if id and known else None
    paid = None if days is None else {"as_of": today, **asdict(days)}
    held = dict.fromkeys(ids) | names
    return {
        "authorities": [_told(one, staff, held, paid) for one in known],
        "commissions": [
            {"region": region, "chair": _office(record["chair"], held)}
            for region, record in commissions.items()
        ],
    }


def _told(
    one: KnownAuthority, staff: bool, held: Mapping[str, Any], paid: Mapping[str, Any] | None
) -> dict[str, Any]:
    record = one.record or {}
    head, address = record.get("head"), record.get("address")
    return {
        "id": one.id,
        "bin": one.bin,
        "name": worded(one.names()),
        **{name: record.get(name) for name in ("region", "superior", "phone")},
        "address": address and worded(address),
        "head": head and _office(head, held),
        "can_pay": one.account is not None,
        "account": one.account if staff else None,
        "payment_days": paid,
    }


def _office(office: Mapping[str, Any], held: Mapping[str, Any]) -> dict[str, Any]:
    """`held` are the people that the reader may know of, with their names."""
    people = [person for person in office["people"] if person in held]
    return {
        "post": worded(office["post"]),
        "people": people,
        "people_labels": [held[person] for person in people],
    }
