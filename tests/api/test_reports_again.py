"""What could not be settled stops nothing else, and is read again."""

from datetime import timedelta

from fastapi.concurrency import run_in_threadpool
from sqlalchemy import event, text

from activities.housekeeping import HousekeepingActivities
from db.engine import make_engine
from db.reports import keep, read_report_of, settle
from tests.api.paying import desk, paying, report, status
from tests.api.world import IBAN, SUPPLIER_BIN, World, reasons
from tests.support.casework import move_clock
from tests.support.intake import SEAL
from tests.support.reports import report_xml
from tests.support.servers import Database
from tests.support.statements import Movement, statement_xml

TOLD_OTHERWISE = (
    "UPDATE treasury_report SET words = jsonb_set(words, '{0,message}', CAST(:other AS jsonb))"
)


async def test_a_report_that_cannot_be_told_harms_no_other(world: World) -> None:
    """A fault of ours is one report on the desk, and not a sweep that fails for ever."""
    case, key, amount = await paying(world)
    content = report_xml(key, "ACSC", amount, iban=IBAN, payee=SUPPLIER_BIN)

    def fail(*_: object) -> dict[str, object]:
        raise LookupError("a fault of ours")

    with world.engine.begin() as connection:
        row = keep(connection, SEAL, content)
    settle(world.engine, SEAL, row, fail)
    (task,) = await desk(world)
    (unclear,) = task["unclear"]
    assert (unclear["code"], unclear["rule"]) == ("our_fault", "our own fault")
    assert "LookupError" not in str(task)
    assert await status(world, case) == "payment_pending"
    assert (await report(world, content)).json()["verdict"] == "desk", "the same bytes are one"
    path = f"/v1/tasks/{task['id']}"
    read = await world.do(path, world.admin, "read_again", key="k-1")
    assert (read.status_code, read.json()["state"]) == (200, "closed")
    told = read.json()["verdict"]
    assert (told["verdict"], told["unclear"], told["words"][0]["key"]) == ("recorded", [], key)
    world.host.record(case)
    assert await status(world, case) == "paid"
    assert (await world.do(path, world.admin, "read_again", key="k-1")).status_code == 200
    assert reasons(await world.do(path, world.admin, "read_again")) == ["already_decided"]
    assert world.audit().count(("administrator", "read_again")) == 1


async def test_what_is_still_unclear_stays_on_the_desk_with_the_words_that_it_told(
    world: World,
) -> None:
    _, key, amount = await paying(world)
    ours = Movement(key, amount, iban=IBAN, payee=SUPPLIER_BIN)
    await report(world, statement_xml(ours, Movement(f"{key[:-1]}9", 5)))
    (before,) = await desk(world)
    path = f"/v1/tasks/{before['id']}"
    words = (await world.get(path, world.admin)).json()["verdict"]["words"]
    read = await world.do(path, world.admin, "read_again")
    assert (read.status_code, read.json()["state"]) == (200, "open")
    assert read.json()["unclear"] == before["unclear"]
    assert [one["place"] for one in words] == [
        "/Document/BkToCstmrStmt/Stmt/Ntry[1]/NtryDtls/TxDtls"
    ]
    assert read.json()["verdict"]["words"] == words
    with world.engine.begin() as connection:
        connection.execute(text(TOLD_OTHERWISE), {"other": f'"{before["id"]}"'})
    read = await world.do(path, world.admin, "read_again")
    assert [one["message"] for one in read.json()["verdict"]["words"]] == [
        before["id"],
        words[0]["message"],
    ], "what another version told its case stays known"
    refused = await world.do(path, world.clerk, "read_again")
    assert refused.status_code == 403
    assert world.audit().count(("administrator", "read_again")) == 2


async def test_what_the_database_cannot_settle_now_holds_up_no_other_report(
    world: World, database: Database
) -> None:
    case, key, amount = await paying(world)
    held = report_xml(key, "ACSP", amount)
    content = report_xml(key, "ACSC", amount, iban=IBAN, payee=SUPPLIER_BIN)
    with world.engine.begin() as connection:
        (first, _) = (keep(connection, SEAL, one) for one in (held, content))
    move_clock(database.sandbox_url, timedelta(seconds=11))
    impatient = make_engine(database.app_url)
    event.listen(impatient, "begin", lambda begun: begun.execute(text("SET lock_timeout = '99ms'")))
    house = HousekeepingActivities(impatient, SEAL, list)
    lock = text("SELECT 1 FROM treasury_report WHERE id = :id FOR UPDATE")
    with world.engine.begin() as elsewhere:
        elsewhere.execute(lock, {"id": first})
        await run_in_threadpool(house.sweep_once)
    impatient.dispose()
    world.host.record(case)
    assert await status(world, case) == "paid"
    with world.engine.connect() as connection:
        assert read_report_of(connection, first).verdict == "pending", "its turn comes again"
