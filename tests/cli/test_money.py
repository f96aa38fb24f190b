"""`ozhb money check` on a case that was really paid: at the treasury, and by its statements."""

import json
from datetime import date
from pathlib import Path

from cli.home import Ports, local_settings
from cli.keys import LocalSecrets
from cli.money import covered, moved_by
from domain.money.reckoning import MovedSum
from integrations.camt import AccountEntry, AccountStatement
from tests.cli.console import Console
from tests.support.statements import Movement, statement_xml


def days(first: int, last: int, *accounts: str) -> AccountStatement:
    """A statement of some days of November."""
    within = (date(2026, 11, first), date(2026, 11, last))
    return AccountStatement((), within, frozenset(accounts))


def test_statements_without_a_gap_are_one_each_of_its_account() -> None:
    """What began under one and settled under the next has to stand in one of them."""
    found = covered([days(5, 6, "KZ1"), days(1, 4, "KZ1"), days(8, 9, "KZ1"), days(2, 3, "KZ2")])
    assert {account: [(a.day, b.day) for a, b in spans] for account, spans in found.items()} == {
        "KZ1": [(1, 6), (8, 9)],
        "KZ2": [(2, 3)],
    }
    assert list(covered([days(1, 2), days(1, 2, "DE1")])) == [""]


def test_an_entry_with_the_number_of_a_payment_alone_is_of_that_payment() -> None:
    said = [AccountEntry(None, 5, "credit", None, one) for one in ("T-1", "T-2", None)]
    assert moved_by(said, {"T-1": "OZ000000018-1-1-1-1"}) == {
        "OZ000000018-1-1-1-1": MovedSum(back=5)
    }


async def test_the_money_of_a_paid_case_is_proven_and_a_wrong_statement_is_found(
    console: Console, tmp_path: Path
) -> None:
    host = console.host
    party = await host.begin()
    await host.play(party, "completed")
    (payment,) = host.case(party).periods[1].payments
    settings = {
        **local_settings(Path("nowhere"), Ports.choose(None, None), LocalSecrets.make()),
        "OZHB_DATABASE_URL": host.database.app_url,
        "OZHB_SANDBOX_URL": str(host.outside.client.base_url),
    }
    code, out, err = await console.run("money", "check", **settings)
    assert (code, out.splitlines()[-1]) == (0, "double payments: 0"), out + err

    code, out, _ = await console.run("money", "check", "--json", **settings)
    told = json.loads(out)
    assert (code, told["ok"], told["double_payments"], told["differences"]) == (0, True, 0, [])
    (authority,) = told["authorities"]
    assert (authority["approved"], authority["settled"]) == (payment.amount, payment.amount)

    statement = tmp_path / "statement.xml"
    right = Movement(payment.key, payment.amount)
    for movements, ended, said in (
        ((right,), 0, "double payments: 0"),
        ((Movement(payment.key, payment.amount - 1),), 1, "double payments: 0"),
        ((right, right), 1, "double payments: 1"),
    ):
        statement.write_bytes(statement_xml(*movements))
        code, out, err = await console.run(
            "money", "check", "--statement", str(statement), **settings
        )
        assert (code, out.splitlines()[-1]) == (ended, said), out + err
    statement.write_text("<none/>")
    code, _, err = await console.run("money", "check", "--statement", str(statement), **settings)
    assert (code, "statement.xml" in err) == (1, True)
