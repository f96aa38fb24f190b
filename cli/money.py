"""`ozhb money check`: prove that no tiyn is lost and none is paid twice, here and there."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import reduce
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
from db.reckoning import money_by_day, orders_of_money, settled_within
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
    engine = make_engine(settings.database_url)
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
        if statements:
            must: set[str] = set()
            for one in statements:
                if one.days is not None:
                    must |= settled_within(connection, *one.days)
            accounts = {iban for one in statements for iban in one.accounts if iban[:2] == "KZ"}
            # Days may overlap: what two statements both tell moved once.
            told = [Counter(one.entries) for one in statements]
            entries = list(reduce(or_, told).elements())
            treasury = TreasurySays(moved_by(entries), whole=False, must=must, accounts=accounts)
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


def moved_by(entries: Iterable[AccountEntry]) -> dict[str, MovedSum]:
    """What entries say left and came back, by the key that they name."""
    moved: dict[str, MovedSum] = {}
    for entry in entries:
        if entry.key is not None:
            known = moved.get(entry.key, MovedSum())
            part = "paid" if entry.direction == "debit" else "back"
            more = {part: getattr(known, part) + entry.amount}
            moved[entry.key] = known.model_copy(update=more)
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
