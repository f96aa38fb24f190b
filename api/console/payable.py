"""What a supplier still lacks until it is paid: what is done, what is not, and who does it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any, Final

from api.console.asking import Api
from domain.terms.counting import local_day

# Documents that show how something was handed over.
OF_HANDOVER: Final = frozenset(("handover_act", "attachment", "proof"))
# Where nothing is left to be done for the money, or nothing can be.
BEYOND: Final = frozenset(("order_ended", "completed", "paid"))
# The application is complete, and the money is not there yet.
WAITING: Final = frozenset(("under_review", "awaiting_funds", "payment_pending"))


@dataclass(frozen=True, slots=True)
class Need:
    """One thing that the money waits for: `met` is `yes`, `no`, or `better` for what helps only."""

    code: str
    met: str
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ExpectedMoney:
    """`days` are those of the authority's last payments; `by` the day on which nine of ten would
    have come, counted from the day on which this application was complete; `past`: it is over.
    """

    days: Mapping[str, Any]
    by: date
    past: bool


@dataclass(frozen=True, slots=True)
class Payable:
    """What an order needs until it is paid.

    `payment` is how far its last payment is, `held` what keeps the money from coming, `expected`
    when it came to others.
    """

    period: int
    needs: tuple[Need, ...]
    payment: str | None
    held: str | None
    expected: ExpectedMoney | None

    @property
    def lacking(self) -> int:
        """How much is missing before caseworkers look at the application."""
        return sum(one.met == "no" for one in self.needs)


async def before_signing(
    api: Api, case: Mapping[str, Any], command: str, period: int | None
) -> dict[str, Any]:
    """Before anything is typed: why it cannot be signed now; to a supplier also what lacks, and
    whose key it is.
    """
    every = await api.get(f"/v1/cases/{case['id']}", may="all")
    found = [
        one
        for one in every["you"]["may"]
        if one["name"] == command and period in (None, one.get("period"))
    ]
    reasons: list[Any] = min((one["reasons"] for one in found), key=len, default=[])
    refused = [one["text"] for one in reasons]
    if case["you"]["role"] != "supplier":
        return {"refused": refused, "payables": [], "who": None}
    supplier = (await api.me())["supplier"]
    needs = payable(case, None)
    if command == "change_account":
        needs = [replace(one, needs=()) for one in needs]
    return {
        "refused": refused,
        "payables": needs,
        "who": supplier and (supplier["bin"] or supplier["name"]),
    }


def payable(case: Mapping[str, Any], authority: Mapping[str, Any] | None) -> list[Payable]:
    """Of each order that goes on, with the authority that pays; None: nobody knows it."""
    can_pay, days = (authority["can_pay"], authority["payment_days"]) if authority else (None, None)
    return [
        Payable(
            period=period["number"],
            needs=tuple(_needs(case, period, can_pay)),
            payment=_payment(period),
            held=_held(period),
            expected=_expected(case, period, days),
        )
        for period in case["periods"]
        if period["order"] and not period["closed"] and period["status"] not in BEYOND
    ]


def _expected(
    case: Mapping[str, Any], period: Mapping[str, Any], days: Mapping[str, Any] | None
) -> ExpectedMoney | None:
    """While a complete application waits for its money; None before, and where it went wrong."""
    complete = [
        datetime.fromisoformat(one["at"])
        for one in case["timeline"]
        if (one["type"], one["period"]) == ("registered", period["number"])
    ]
    if days is None or not complete or period["status"] not in WAITING:
        return None
    by = local_day(complete[-1]) + timedelta(days=days["most"])
    return ExpectedMoney(days, by, by < date.fromisoformat(days["as_of"]))


def _held(period: Mapping[str, Any]) -> str | None:
    """What somebody else has asked or begun, and the supplier answers; None: nothing."""
    flags = period["flags"]
    if period["hearing"]:
        return "hearing"
    if period["status"] == "disputed":
        return "disputed"
    if "remedy_ordered" in flags and period["status"] == "in_fulfilment":
        return "remedy_ordered"
    return next((one for one in ("attachment_missing", "complaint") if one in flags), None)


def _payment(period: Mapping[str, Any]) -> str | None:
    """How far the last payment is; after a new account was named, that it is looked at."""
    if not period["payments"]:
        return None
    if period["status"] == "payment_failed" and "account_changed" in period["flags"]:
        return "account_changed"
    return str(period["payments"][-1]["status"])


def _needs(
    case: Mapping[str, Any], period: Mapping[str, Any], can_pay: bool | None
) -> Iterator[Need]:
    delivery, application = period["delivery"] or {}, period["application"]
    kinds = {one["kind"] for one in case["documents"]}
    yield _need("confirmed", period["order"]["confirmed_at"])
    yield _need("delivered", delivery)
    if delivery:
        yield Need("papers", "better" if OF_HANDOVER.isdisjoint(kinds) else "yes")
    yield _need("accepted", delivery.get("accepted"))
    if application:
        signed = application["signed_by"]
        if "recipient" in application["required"]:
            yield _need("signed_by_recipient", "recipient" in signed)
        yield _need("signed_by_you", "supplier" in signed)
        # Papers name no period: of several, each has its account with its signature.
        named = "account" in kinds and ("supplier" in signed or len(case["periods"]) == 1)
        yield _need("account", named)
    if can_pay is False:
        yield Need("authority", "no")


def _need(code: str, so: object) -> Need:
    return Need(code, "yes" if so else "no")
