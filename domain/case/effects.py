"""What an event asks of the outside world, and what it calls off."""

from collections.abc import Iterator
from typing import Any

from domain.case.context import Change, Context
from domain.case.state import Order
from domain.messages import Role
from domain.process import Row
from domain.terms.agenda import OVER

# The records that keep a signature; one that could not be verified yet is verified later.
KEEP_SIGNATURE = ("place_order", "sign")
KEEP_ANNEX = ("sign", "change_account")


def wanted(context: Context, row: Row, change: Change, seq: int) -> list[dict[str, Any]]:
    """The effects of an event, keyed by its number and their place in it.

    `notify` {round}, `tell` {text, to, supplier?, order?,
    reminder?}, `pay` and `enquire` {key}, `report`
    {status}, `verify` {role, signature, account?} (with `account` the signature is the annex's);
    a `tell` of a term names it (`term`).
    `tell:CODE:WHO,WHO` in the process says what and whom.
    """
    made: list[dict[str, Any]] = []
    for place, word in enumerate(row.effects, 1):
        kind, _, rest = word.partition(":")
        if kind == "tell" and change.tells is not None:
            made += _of_terms(context, change, rest, f"{seq}.{place}")
            continue
        if kind == "enquire":
            made += _enquiries(change, f"{seq}.{place}")
            continue
        data = _tell(context, change, rest) if kind == "tell" else _data(kind, context, row, change)
        if data is not None:
            made.append({"key": f"{seq}.{place}", "kind": kind, "data": data})
    made += [
        {"key": f"{seq}.{name}", "kind": "verify", "data": data}
        for name, data in _unchecked(context, row)
    ]
    return made


def _unchecked(context: Context, row: Row) -> Iterator[tuple[str, dict[str, Any]]]:
    """The signatures that an event keeps though no verifier could be asked about them."""
    role, said = context.actor.role, context.data
    if row.records in KEEP_SIGNATURE and context.verdict("signature") == "unchecked":
        yield "verify", {"role": role.value, "signature": said["signature"]}
    annexed = role == Role.SUPPLIER and row.records in KEEP_ANNEX
    if annexed and context.verdict("account_signature") == "unchecked":
        asked = {"signature": said["account_signature"], "account": said["account"]}
        yield "verify_annex", {"role": role.value, **asked}


def called_off(context: Context, row: Row) -> list[str]:
    """The keys of effects that are not to be done any more: about payments of the order.

    Of one that is gone the treasury is asked on, and other periods have payments of their own.
    """
    mine = {payment.key for payment in context.attempts()}
    return [
        key
        for key, effect in context.case.outbox.items()
        if effect.kind in row.cancels
        and key != context.data.get("effect")
        and effect.data.get("key") in mine
    ]


def _enquiries(change: Change, key: str) -> Iterator[dict[str, Any]]:
    """One for each payment that the treasury is asked about."""
    for number, payment in enumerate(change.asks):
        place = f"{key}.{number + 1}" if number else key
        yield {"key": place, "kind": "enquire", "data": {"key": payment}}


def _data(kind: str, context: Context, row: Row, change: Change) -> dict[str, Any]:
    match kind:
        case "notify":
            return {"round": change.period["round"].number}
        case "pay":
            payments = change.period.get("payments", context.period.payments)
            return {"key": payments[-1].key}
        case _:
            return {"status": row.to or context.period.status}


def _tell(context: Context, change: Change, rest: str) -> dict[str, Any] | None:
    """A supplier is told only of an order it has, or has just lost; nothing if nobody is left."""
    code, _, audience = rest.partition(":")
    order = _order(context, change)
    to = [who for who in audience.split(",") if who != Role.SUPPLIER or order]
    if not to:
        return None
    data: dict[str, Any] = {"text": code, "to": to, **_reminder(context)}
    if order and Role.SUPPLIER in to:
        data |= {"supplier": order.acting, "order": order.number}
    return data


def _reminder(context: Context) -> dict[str, Any]:
    """Which reminder of its term a text is: of several that wait only the last is sent (row C2)."""
    fires = context.data.get("fires")
    if fires is None or fires["code"] == OVER:
        return {}
    return {"reminder": fires["code"]}


def _of_terms(context: Context, change: Change, rest: str, key: str) -> Iterator[dict[str, Any]]:
    """One text for each term to those whose term it is, of those that the row names.

    Two terms that now end together are one piece of news.
    """
    code, _, audience = rest.partition(":")
    last_days = {one.term: one.last_day for one in change.moved}
    told = set()
    for term, bound in (change.tells or {}).items():
        to = ",".join(who for who in audience.split(",") if who in bound)
        data = _tell(context, change, f"{code}:{to}") if to else None
        if data is not None and (to, last_days[term]) not in told:
            told.add((to, last_days[term]))
            yield {"key": f"{key}.{term}", "kind": "tell", "data": {**data, "term": term}}


def _order(context: Context, change: Change) -> Order | None:
    made: tuple[Order, ...] = change.period.get("orders", ())
    return next((order for order in made if order.live), None) or context.period.order
