"""The money of a day, for administrators: what lies where, by authority."""

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Query

from api.auth import Administrator
from api.bodies import Day
from api.deps import EngineDep
from api.language import Text, worded
from api.schemas import Answer
from db.authorities import list_authorities
from db.engine import reads
from db.reckoning import AuthorityDay, legal_today, money_of_day
from domain.money.reckoning import Sums

router = APIRouter(prefix="/v1", tags=["money"])


class SumsView(Answer):
    """Sums in tiyn: approved = settled - returned + open + not_executed.

    `settled` is all that was ever paid, `returned` what came back of it, through the treasury or
    from the supplier; `open` is on its way or in doubt; `not_executed` is approved and not paid.
    """

    approved: int
    settled: int
    returned: int
    open: int
    not_executed: int


class AuthorityMoney(Answer):
    """The money of one authority: at the end of the day, and what moved on it."""

    authority: str
    bin: str
    name: Text
    stood: SumsView
    moved: SumsView
    double_payments: int


class MoneyDay(Answer):
    """The money of a day; `double_payments` are orders for which more is paid than is approved."""

    day: date
    double_payments: int
    stood: SumsView
    moved: SumsView
    authorities: list[AuthorityMoney]


@router.get("/money", operation_id="readMoney", response_model=MoneyDay)
def read_money(
    administrator: Administrator,
    engine: EngineDep,
    day: Annotated[Day | None, Query(description="A local day; without one, today")] = None,
) -> dict[str, Any]:
    """What is approved, paid, returned and open, by authority, as the ledger stood on a day."""
    with reads(engine) as connection:
        asked = day or legal_today(connection)
        found = money_of_day(connection, asked)
        known = {str(one.id): one for one in list_authorities(connection)}
    none = Sums(approved=0, settled=0, returned=0, open=0, not_executed=0)
    told = [
        {
            "authority": str(one.authority),
            "bin": known[str(one.authority)].bin,
            "name": worded(known[str(one.authority)].names()),
            **_sums(one),
            "double_payments": one.double_payments,
        }
        for one in found
    ]
    return {
        "day": asked,
        "double_payments": sum(one.double_payments for one in found),
        "stood": sum((one.stood for one in found), none).model_dump(),
        "moved": sum((one.moved for one in found), none).model_dump(),
        "authorities": told,
    }


def _sums(one: AuthorityDay) -> dict[str, Any]:
    return {"stood": one.stood.model_dump(), "moved": one.moved.model_dump()}
