"""`ozhb heads`, `verify audit`, `bundle` and `verify bundle` on a case that was really paid."""

import json
import stat
from base64 import b64encode
from pathlib import Path
from zipfile import ZipFile

import pytest
from sqlalchemy import text

from cli.home import Ports, local_settings
from cli.keys import LocalSecrets
from db.engine import make_engine
from tests.api.world import person
from tests.cli.console import Console
from tests.support.erasing import end_all
from tests.support.intake import SEAL
from tests.support.servers import Database

pytestmark = pytest.mark.long


async def test_the_record_and_the_bundle_of_a_paid_case_hold_until_somebody_changes_a_row(
    console: Console, tmp_path: Path
) -> None:
    host = console.host
    party = await host.begin()
    await host.play(party, "completed")
    master = b64encode(SEAL.masters["k1"]).decode()
    settings = {
        **local_settings(Path("nowhere"), Ports.choose(None, None), LocalSecrets.make()),
        "OZHB_DATABASE_URL": host.database.app_url,
        "OZHB_PERSON_MASTER_KEYS": f"k1:{master}",
        "OZHB_PERSON_INDEX_KEY": b64encode(SEAL.index_key).decode(),
    }
    code, out, err = await console.run("heads", "make", **settings)
    assert (code, out.startswith("head 1: 1 cases have grown")) == (0, True), out + err
    kept = tmp_path / "heads.json"
    _, out, _ = await console.run("heads", "list", "--json", **settings)
    kept.write_text(out)

    audit = ("verify", "audit", "--heads", str(kept), "--json")
    code, out, err = await console.run(*audit, **settings)
    assert code == 0, out + err
    told = {"holds": True, "cases": 1, "heads_compared": 1, "newest_head": 1, "faults": []}
    assert json.loads(out) == told

    file = tmp_path / "case.zip"
    file.write_bytes(b"for all to read")
    case = host.case(party).id
    code, out, err = await console.run("bundle", case, "--output", str(file), **settings)
    assert (code, stat.S_IMODE(file.stat().st_mode)) == (0, 0o600), out + err
    check = ("verify", "bundle", str(file), "--heads", str(kept))
    code, out, err = await console.run(*check, "--language", "ru")
    assert (code, "НЕВЕРНО" in out, "верно: Цепочка" in out) == (0, False, True), out + err

    date_otherwise(host.database, "-1 day")
    code, out, _ = await console.run(*audit, **settings)
    assert code == 1
    assert json.loads(out)["faults"] == [
        {"table": "event", "key": {"seq": 2}, "what": "hash", "case_id": case}
    ]
    _, out, _ = await console.run("verify", "audit", **settings)
    assert f"event seq 2 of case {case}: hash" in out
    await console.run("bundle", case, "--output", str(file), **settings)
    code, out, _ = await console.run(*check)
    assert (code, "DOES NOT HOLD: The chain of the events" in out) == (1, True)
    date_otherwise(host.database, "1 day")

    await give_and_erase(console, case, settings, tmp_path)
    code, out, err = await console.run(*audit, **settings)
    assert (code, json.loads(out)["faults"]) == (0, []), out + err
    await console.run("bundle", case, "--output", str(file), **settings)
    code, out, err = await console.run(*check)
    assert code == 0, out + err


async def give_and_erase(
    console: Console, case: str, settings: dict[str, str], folder: Path
) -> None:
    """All that is held is given to the person, who is then erased by two."""
    with console.host.engine.begin() as connection:
        asked = text("SELECT person_id, reference FROM case_head WHERE case_id = :case")
        whose = connection.execute(asked, {"case": case}).one()
        end_all(connection, whose.person_id)
    given = folder / "person.zip"
    code, out, err = await console.run(
        "person", "export", whose.reference, "--output", str(given), **settings
    )
    assert (code, "1 cases" in out) == (0, True), out + err
    assert stat.S_IMODE(given.stat().st_mode) == 0o600, "nobody else on the machine reads it"
    with ZipFile(given) as archive:
        assert json.loads(archive.read("data.json"))["cases"][0]["reference"] == whose.reference
        assert archive.read("paper.pdf").startswith(b"%PDF")
    erase = ("erase", whose.reference, "--ground", "request")
    held = ("hold", whose.reference, "--reason", "Дело в суде")
    assert (await console.ask(*held, noun="person"))["held"] is True
    _, out, _ = await console.run("person", "holds", **settings)
    assert "Дело в суде" in out
    code, _, err = await console.run("person", *erase)
    assert (code, "legal hold" in err) == (1, True)
    await console.ask("lift", whose.reference, noun="person")
    proposed = await console.ask(*erase, noun="person")
    second = {"OZHB_TOKEN": person("administrator", 905).token}
    code, out, err = await console.run("person", "approve", proposed["id"], **second)
    assert (code, "erased at" in out) == (0, True), out + err
    _, out, _ = await console.run("person", "certificates", "--json", **settings)
    (made,) = json.loads(out)
    assert (made["ground"], made["cases"]) == ("request", 1)
    code, out, err = await console.run("person", "due", **settings)
    assert (code, "nobody is erased by a term" in out) == (0, True), out + err
    code, _, err = await console.run("person", "export", whose.reference, **settings)
    assert (code, "nothing is kept" in err) == (1, True)


def date_otherwise(database: Database, by: str) -> None:
    """Say that an event was recorded at another time, as the owner of the database can."""
    owner = make_engine(database.owner_url)
    changed = "UPDATE event SET recorded_at = recorded_at + CAST(:by AS interval) WHERE seq = 2"
    with owner.begin() as connection:
        connection.execute(text(changed), {"by": by})
    owner.dispose()
