"""`ozhb money check`: prove that no tiyn is lost and none is paid twice, here and there."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import partial, reduce
from operator import or_
from pathlib import Path
from typing import Annotated, Any, Final
from uuid import UUID

import httpx
import typer
from sqlalchemy import Engine

from cli.home import NotReachable, StackFailed
from cli.noun import noun
from cli.reach import reached_settings
from cli.screen import AsJson, as_table, print_json, screen
from db.authorities import authority_names
from db.engine import make_engine
from db.payments import payments_by_reference
from db.reckoning import money_by_day, moved_within, orders_of_money
from domain.money.reckoning import MovedSum, Reckoning, Sums, TreasurySays
from integrations.camt import AccountEntry, AccountStatement
from integrations.errors import MalformedReport
from integrations.reports import read_statement

app = noun("See where public money lies, and prove that none is lost or paid twice.")
# Money moves while it is counted: what differs is read once more before it is told.
READINGS: Final = 2
TIMEOUT: Final = 60.0


@dataclass(frozen=True)
class MoneyVerdict:
    """What came of it; sums in tiyn. `compared` says with what, or that there was nothing."""

    reckoning: Reckoning
    days: Mapping[date, Sums]
    names: Mapping[UUID, str]
    compared: str | None

    @property
    def ok(self) -> bool:
        return not self.reckoning.differences and not self.reckoning.twice

    def to_json(self) -> dict[str, Any]:
        reckoned = self.reckoning
        return {
            "ok": self.ok,
            "double_payments": len(reckoned.twice),
            "paid_twice": reckoned.twice,
            "differences": [one.model_dump() for one in reckoned.differences],
            "compared_with": self.compared,
            "orders": reckoned.orders,
            "authorities": [
                {"authority": one, **sums.model_dump()}
                for one, sums in sorted(reckoned.authorities.items())
            ],
            "days": [{"day": str(day), **sums.model_dump()} for day, sums in self.days.items()],
        }


@app.command()
def check(
    statement: Annotated[
        list[Path] | None,
        typer.Option(
            exists=True,
            dir_okay=False,
            help="A camt.053 of the treasury to compare with; may be given several times.",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Prove of every order: approved = settled - returned + open + not executed.

    The ledger is compared with the files of the cases and with what the treasury says moved: by
    its statements, or by the list of the treasury in the sandbox, where one runs. Exit code 1 on
    any difference.
    """
    statements = [_read(file) for file in statement or ()]
    verdict = reckon(statements)
    if as_json:
        print_json(verdict.to_json())
    else:
        show(verdict)
    raise typer.Exit(0 if verdict.ok else 1)


def reckon(statements: Iterable[AccountStatement] = (), home: Path | None = None) -> MoneyVerdict:
    """Compare everything at a stack, the chosen one or that of a folder, or where settings say."""
    settings, given = reached_settings(home), tuple(statements)
    sandbox = None if given else settings.sandbox_url
    engine = make_engine(settings.database_url, most=settings.command_connections)
    try:
        verdict = _reading(engine, given, sandbox)
        for _ in range(1, READINGS):
            if verdict.ok:
                break
            verdict = _reading(engine, given, sandbox)
        return verdict
    finally:
        engine.dispose()


def _reading(
    engine: Engine, statements: tuple[AccountStatement, ...], sandbox: str | None
) -> MoneyVerdict:
    """All files at one instant, and beside them what the treasury says."""
    with engine.connect() as held:
        connection = held.execution_options(
            isolation_level="REPEATABLE READ", postgresql_readonly=True
        )
        treasury, compared = None, None
        within = partial(moved_within, connection)
        if statements:
            # Days may overlap: what two statements both tell moved once.
            told = [Counter(one.entries) for one in statements]
            entries = list(reduce(or_, told).elements())
            bare = {one.reference for one in entries if one.key is None and one.reference}
            moved = moved_by(entries, payments_by_reference(connection, bare))
            must = {
                account: {key: back for days in spans for key, back in within(*days).items()}
                for account, spans in covered(statements).items()
            }
            treasury = TreasurySays(moved, whole=False, must=must)
            compared = f"{len(entries)} entries of the statement"
        elif sandbox is not None:
            moved = _listed(sandbox)
            treasury, compared = (
                TreasurySays(moved, whole=True),
                f"the treasury's list of {len(moved)}",
            )
        reckoning = Reckoning(treasury)
        for order in orders_of_money(connection):
            reckoning.add(order)
        reckoning.close()
        names = authority_names(connection, map(UUID, reckoning.authorities))
        return MoneyVerdict(reckoning, money_by_day(connection), names, compared)


def covered(statements: Iterable[AccountStatement]) -> dict[str, list[tuple[date, date]]]:
    """The days that statements are about, those without a gap as one, by account.

    It is empty where a statement names none of the country: any order may be paid from it.
    """
    found: dict[str, list[tuple[date, date]]] = {}
    told = [(one.days, one.accounts) for one in statements if one.days is not None]
    for (first, last), accounts in sorted(told, key=lambda one: one[0]):
        for account in [one for one in accounts if one.startswith("KZ")] or [""]:
            spans = found.setdefault(account, [])
            if spans and first <= spans[-1][1] + timedelta(days=1):
                begun, ended = spans.pop()
                first, last = begun, max(ended, last)
            spans.append((first, last))
    return found


def moved_by(
    entries: Iterable[AccountEntry], numbers: Mapping[str, str] | None = None
) -> dict[str, MovedSum]:
    """What entries say left and came back, by the key that they name.

    `numbers`: the keys of payments by the treasury's own, where an entry names nothing else.
    """
    moved: dict[str, MovedSum] = {}
    for entry in entries:
        key = entry.key or (numbers or {}).get(entry.reference or "")
        if key is not None:
            known = moved.get(key, MovedSum())
            part = "paid" if entry.direction == "debit" else "back"
            more = {part: getattr(known, part) + entry.amount}
            moved[key] = known.model_copy(update=more)
    return moved


def _listed(sandbox: str) -> dict[str, MovedSum]:
    """The treasury's own list of orders to pay."""
    try:
        answer = httpx.get(f"{sandbox}/treasury/orders", timeout=TIMEOUT, trust_env=False)
        answer.raise_for_status()
    except httpx.HTTPError as error:
        raise NotReachable(f"the treasury does not answer ({type(error).__name__})") from None
    return {
        row["key"]: MovedSum(paid=row["settled_amount"] or 0, back=row["returned_amount"] or 0)
        for row in answer.json()
    }


def _read(file: Path) -> AccountStatement:
    try:
        return read_statement(file.read_bytes())
    except MalformedReport as error:
        raise StackFailed(f"{file}: {', '.join(error.mistakes)}") from None


def show(verdict: MoneyVerdict) -> None:
    """Print it for a person."""
    console, reckoned = screen(), verdict.reckoning
    by_authority = [
        {"authority": verdict.names.get(UUID(one), one), **_tenge(sums)}
        for one, sums in sorted(reckoned.authorities.items())
    ]
    by_day = [{"day": day, **_tenge(sums)} for day, sums in verdict.days.items()]
    for title, rows in (("authorities, KZT", by_authority), ("days, KZT", by_day[::-1])):
        if rows:
            console.print(as_table(title, rows))
    if reckoned.differences:
        told = [
            {
                "difference": one.code,
                "of": one.about,
                "here": _kzt(one.here),
                "there": _kzt(one.there),
            }
            for one in reckoned.differences
        ]
        console.print(as_table("differences, KZT", told))
    console.print(f"compared with {verdict.compared or 'the files of the cases alone'}")
    console.print(f"{reckoned.orders} orders, {len(reckoned.differences)} differences")
    for name in reckoned.twice:
        console.print(f"paid twice: {name}")
    console.print(f"double payments: {len(reckoned.twice)}")


def _tenge(sums: Sums) -> dict[str, str | None]:
    return {name.replace("_", " "): _kzt(amount) for name, amount in sums.model_dump().items()}


def _kzt(tiyn: int | None) -> str | None:
    return None if tiyn is None else f"{Decimal(tiyn).scaleb(-2):,.2f}"
