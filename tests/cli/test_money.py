"""`ozhb money check` on a case that was really paid: at the treasury, and by its statements."""

import json
from pathlib import Path

from cli.home import Ports, local_settings
from cli.keys import LocalSecrets
from tests.cli.console import Console
from tests.support.statements import Movement, statement_xml


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
