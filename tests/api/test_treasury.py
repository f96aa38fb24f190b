"""What the treasury reports is kept, told to its case once, or laid on a desk."""

from datetime import timedelta
from uuid import uuid4

import psycopg
import pytest
from fastapi.concurrency import run_in_threadpool
from sqlalchemy import event, text

from activities.housekeeping import HousekeepingActivities
from api.money import treasury
from db.reference import read_case
from db.reports import keep, read_report_of, settle
from integrations.xml import MAX_BYTES
from tests.api.paying import PATH, desk, paying, report, status
from tests.api.world import IBAN, SUPPLIER_BIN, World, reasons
from tests.support.casework import move_clock
from tests.support.intake import SEAL
from tests.support.report_deaths import BEFORE_READING, WHILE_TELLING, die_with
from tests.support.reports import levels_xml, prefixed, report_xml
from tests.support.servers import Database
from tests.support.statements import Movement, statement_xml
from tests.support.systems import send

DESK = "/v1/tasks"
CONTENT = "/v1/treasury/status-reports"


async def test_a_settled_payment_that_matches_is_paid(world: World) -> None:
    case, key, amount = await paying(world)
    answer = await report(world, report_xml(key, "ACSC", amount, iban=IBAN, payee=SUPPLIER_BIN))
    assert (answer.status_code, answer.json()["recorded"]) == (200, True)
    assert await status(world, case) == "paid"


async def test_the_same_words_in_another_report_are_heard_and_change_nothing(world: World) -> None:
    case, key, amount = await paying(world)
    content = report_xml(key, "ACSC", amount, iban=IBAN, payee=SUPPLIER_BIN)
    first = await report(world, content)
    assert (await report(world, content)).json() == first.json(), "the same report is one"
    (before,), (again,) = (
        answer.json()["words"]
        for answer in (first, await report(world, content.replace(b"<MsgId>R-", b"<MsgId>S-")))
    )
    assert before["message"] != again["message"]
    told = (await world.get(f"/v1/cases/{case}", world.clerk)).json()
    assert (told["status"], told["tasks"]) == ("paid", [])


async def test_a_rejection_comes_to_a_desk_with_its_reason(world: World) -> None:
    case, key, amount = await paying(world)
    content = report_xml(key, "RJCT", amount, iban=IBAN, payee=SUPPLIER_BIN, reason="AC04")
    await report(world, content)
    assert await status(world, case) == "payment_failed"
    with world.engine.connect() as connection:
        assert read_case(connection, case).periods[1].payments[-1].reason == "AC04"


async def test_contradicting_reports_are_both_recorded(world: World) -> None:
    case, key, amount = await paying(world)
    for said in ("RJCT", "ACSC"):
        answer = await report(world, report_xml(key, said, amount, iban=IBAN, payee=SUPPLIER_BIN))
        assert answer.status_code == 200
    assert await status(world, case) == "paid"


@pytest.mark.parametrize(
    ("said", "status_", "reason"),
    [
        ({"transaction": "ACTC"}, "payment_pending", None),
        ({"transaction": "RCVD"}, "payment_pending", None),
        ({"transaction": "PATC"}, "payment_pending", None),
        ({"group": "RJCT", "reason": "DU01"}, "payment_failed", "DU01"),
        ({"group": "RJCT", "block": "RJCT", "reason": "DT01"}, "payment_failed", "DT01"),
        ({"group": "ACCP", "block": "ACCP"}, "payment_pending", None),
        ({"group": "ACTC"}, "payment_pending", None),
        ({"group": "PART"}, "payment_pending", None),
        ({"transaction": "ACSP", "named": "OrgnlInstrId"}, "payment_pending", None),
        ({"transaction": "ACSP", "version": "03"}, "payment_pending", None),
        ({"transaction": "CANC", "version": "10"}, "payment_failed", None),
    ],
)
async def test_what_banks_say_at_any_level_is_recorded_with_the_case(
    world: World, said: dict[str, str], status_: str, reason: str | None
) -> None:
    case, key, _ = await paying(world)
    answer = await report(world, levels_xml(key, **said))
    assert (answer.status_code, answer.json()["verdict"]) == (200, "recorded"), answer.text
    assert await status(world, case) == status_
    with world.engine.connect() as connection:
        assert read_case(connection, case).periods[1].payments[-1].reason == reason


async def test_a_settlement_on_the_payees_account_with_prefixes_is_paid(world: World) -> None:
    case, key, amount = await paying(world)
    content = report_xml(key, "ACCC", amount, iban=f"\r\n{IBAN}", payee=SUPPLIER_BIN)
    answer = await report(world, prefixed(content, "d"))
    assert (answer.status_code, answer.json()["recorded"]) == (200, True)
    assert await status(world, case) == "paid"


async def test_an_entry_of_the_account_pays_and_another_one_gives_back(world: World) -> None:
    case, key, amount = await paying(world)
    paid = Movement(key, amount, iban=IBAN, payee=SUPPLIER_BIN, reference="T-17")
    await report(world, statement_xml(paid, kind="camt.054.001.08"))
    assert await status(world, case) == "paid"
    back = Movement(key, amount, direction="CRDT", reference="R-1", reason="AC04")
    answer = await report(world, statement_xml(back, kind="camt.054.001.02"))
    (word,) = answer.json()["words"]
    assert (word["outcome"], word["recorded"]) == ("returned", True)
    assert await status(world, case) == "payment_failed"


async def test_an_entry_that_tells_the_treasurys_number_alone_is_found_by_it(world: World) -> None:
    case, key, amount = await paying(world)
    await report(world, report_xml(key, "ACSP", amount))
    bare = Movement(None, amount, reference=f"T-{key}", iban=IBAN, payee=SUPPLIER_BIN)
    answer = await report(world, statement_xml(bare))
    assert [word["key"] for word in answer.json()["words"]] == [key]
    assert await status(world, case) == "paid"


async def test_in_a_batch_ours_is_picked_and_what_is_others_is_no_fault(world: World) -> None:
    case, key, amount = await paying(world)
    ours = Movement(key, amount, iban=IBAN, payee=SUPPLIER_BIN)
    others = (Movement("Зарплата", 5), Movement("E-9", 7, currency="EUR"), Movement(None, 1))
    answer = await report(world, statement_xml(others[0], ours, *others[1:]))
    assert (answer.status_code, answer.json()["verdict"]) == (200, "recorded"), answer.text
    assert answer.json()["not_ours"] == 3
    assert await status(world, case) == "paid"
    assert await desk(world) == []


@pytest.mark.parametrize(
    "key",
    ["OZ000000018-1-1-1-1", "nonsense", "\u0441\u0447\u0451\u0442"],
)
async def test_a_payment_that_is_not_ours_is_work_for_a_person(world: World, key: str) -> None:
    world.receive()
    answer = await report(world, report_xml(key, "ACSC", 100))
    assert (answer.status_code, answer.json()["verdict"]) == (200, "desk")
    (task,) = await desk(world)
    assert [one["code"] for one in task["unclear"]] == ["not_ours"]


async def test_a_key_of_a_case_that_never_paid_so_is_work_for_a_person(world: World) -> None:
    _, key, amount = await paying(world)
    other = f"{key.rpartition('-')[0]}-9"
    answer = await report(world, report_xml(other, "ACSC", amount))
    assert (answer.status_code, answer.json()["verdict"]) == (200, "desk")


BROKEN = b'<ns2:Document xmlns:ns2="urn:iso:std:iso:20022:tech:xsd:pain.002.001.%s">'


@pytest.mark.parametrize(
    ("content", "place"),
    [
        (b"", "/"),
        (b"<a/>", "/Document"),
        (b"<a", "/"),
        (b"\x00\xff" * 99, "/"),
        (BROKEN % b"03" + b"<ns2:CstmrPmtStsRpt/></ns2:Document>", "/Document/CstmrPmtStsRpt"),
        (BROKEN % b"12" + b"<ns2:CstmrPmtStsRpt/></ns2:Document>", "/Document/CstmrPmtStsRpt"),
        (BROKEN % b"12" + b"</ns2:Document>", "/Document/CstmrPmtStsRpt"),
    ],
)
async def test_what_cannot_be_read_is_kept_and_told_by_its_place(
    world: World, content: bytes, place: str
) -> None:
    answer = await report(world, content)
    told = answer.json()
    assert (answer.status_code, told["verdict"]) == (200, "desk")
    assert place in [one["place"] for one in told["unclear"]]
    assert (await report(world, content)).json() == told, "the same report is the same answer"
    (task,) = await desk(world)
    whole = await world.get(f"{CONTENT}/{task['id']}", world.admin)
    assert (whole.status_code, whole.content) == (200, content)
    assert ("administrator", "read_report") in world.audit()


async def test_a_payment_called_by_two_names_of_which_one_is_ours_goes_to_a_person(
    world: World,
) -> None:
    case, key, _ = await paying(world)
    two = f"<OrgnlInstrId>{key}</OrgnlInstrId><OrgnlEndToEndId>OTHER</OrgnlEndToEndId>"
    one = f"<OrgnlEndToEndId>{key}</OrgnlEndToEndId>"
    content = levels_xml(key, transaction="RJCT").replace(one.encode(), two.encode())
    answer = await report(world, content)
    assert [one["rule"] for one in answer.json()["unclear"]] == ["keys disagree"]
    assert await status(world, case) == "payment_pending"


async def test_a_breach_of_the_schema_is_remarked_and_the_word_counts(world: World) -> None:
    case, key, amount = await paying(world)
    content = report_xml(key, "ACSC", amount, iban=IBAN, payee=SUPPLIER_BIN)
    answer = await report(world, content.replace(b"<CreDtTm>2026-11-24T05:00:00Z</CreDtTm>", b""))
    assert answer.json()["remarks"] == [
        {"place": "/Document/CstmrPmtStsRpt/GrpHdr", "rule": "element-content"}
    ]
    assert await status(world, case) == "paid"


async def test_a_person_says_what_was_done_and_the_report_leaves_the_desk(world: World) -> None:
    await report(world, b"<a/>")
    (task,) = await desk(world)
    assert [(one["name"], one["allowed"]) for one in task["may"]] == [
        ("read_again", True),
        ("close_report", True),
    ]
    path, body = f"{DESK}/{task['id']}", {"done": "Хабарластық, қайта жібереді"}
    closed = await world.do(path, world.admin, "close_report", body, key="k-1")
    assert (closed.status_code, closed.json()["state"]) == (200, "closed")
    assert closed.json()["done"] == body["done"]
    assert closed.json()["closed_by"] is not None
    assert (
        await world.do(path, world.admin, "close_report", body, key="k-1")
    ).json() == closed.json()
    other = await world.do(path, world.admin, "close_report", {"done": "иначе"}, key="k-1")
    assert other.json()["code"] == "idempotency_conflict"
    assert reasons(await world.do(path, world.admin, "close_report", body)) == ["already_decided"]
    assert await desk(world) == []
    assert world.audit().count(("administrator", "close_report")) == 1
    (done,) = (await world.get(f"{DESK}?task=treasury_report", world.admin)).json()["tasks"]
    assert done["may"][0]["allowed"] is False


async def test_the_desk_is_read_part_by_part_and_by_administrators_alone(world: World) -> None:
    for number in range(3):
        await report(world, f"<a n='{number}'/>".encode())
    first = (await world.get(f"{DESK}?limit=2&state=open", world.admin)).json()
    rest = (
        await world.get(f"{DESK}?limit=2&state=open&after={first['after']}", world.admin)
    ).json()
    assert (len(first["tasks"]), len(rest["tasks"]), rest["after"]) == (2, 1, None)
    one = first["tasks"][0]["id"]
    for who in (world.clerk, world.supplier, world.recipient(), world.commission):
        assert (await world.get(f"{DESK}?task=treasury_report", who)).json()["tasks"] == []
        assert (await world.get(f"{DESK}/{one}", who)).status_code == 404
        assert (await world.get(f"{CONTENT}/{one}", who)).status_code == 403
        refused = await world.do(f"{DESK}/{one}", who, "close_report", {"done": "-"})
        assert refused.status_code == 403
    nowhere = f"{DESK}/{uuid4()}"
    assert (await world.get(nowhere, world.admin)).status_code == 404
    answer = await world.do(nowhere, world.admin, "close_report", {"done": "x"})
    assert answer.status_code == 404


async def test_a_report_on_the_desk_is_among_what_does_not_go_on_by_itself(world: World) -> None:
    await report(world, b"<a/>")
    stuck = (await world.get("/v1/operations/stuck", world.admin)).json()["stuck"]
    assert [(one["cause"], one["who"]) for one in stuck] == [("report_undone", ["administrator"])]
    assert stuck[0]["treasury_report"] == (await desk(world))[0]["id"]
    theirs = (await world.get("/v1/operations/stuck", world.clerk)).json()["stuck"]
    assert theirs == []


async def test_a_report_is_taken_though_temporal_is_away(world: World) -> None:
    case, key, amount = await paying(world)
    world.host.asleep = True
    content = report_xml(key, "ACSC", amount, iban=IBAN, payee=SUPPLIER_BIN)
    answer = await report(world, content)
    assert (answer.status_code, answer.json()["recorded"]) == (200, True)
    again = await report(world, content)
    assert again.json()["words"][0]["message"] == answer.json()["words"][0]["message"]
    assert await status(world, case) == "paid"


@pytest.mark.parametrize("point", [BEFORE_READING, WHILE_TELLING])
async def test_a_report_whose_reader_is_killed_reaches_its_case_all_the_same(
    world: World, database: Database, point: str
) -> None:
    case, key, amount = await paying(world)
    content = report_xml(key, "ACSC", amount, iban=IBAN, payee=SUPPLIER_BIN)
    await run_in_threadpool(die_with, database.app_url, content, point)
    house = HousekeepingActivities(world.engine, SEAL, list)
    await run_in_threadpool(house.sweep_once)
    assert await status(world, case) == "payment_pending", "its bringer may still be at work"
    move_clock(database.sandbox_url, timedelta(seconds=11))
    await run_in_threadpool(house.sweep_once)
    world.host.record(case)
    assert await status(world, case) == "paid"
    answer = await report(world, content)
    assert (answer.status_code, answer.json()["recorded"]) == (200, True)
    with world.engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM treasury_report")).scalar_one() == 1


async def test_what_came_is_never_changed_and_stands_nowhere_in_the_clear(
    world: World, database: Database
) -> None:
    _, key, amount = await paying(world)
    await report(world, report_xml(key, "ACSC", amount, iban=IBAN, payee=SUPPLIER_BIN))
    with psycopg.connect(database.app_url) as connection:
        row = connection.execute("SELECT r.*::text FROM treasury_report r").fetchone()
        assert row is not None
        assert IBAN not in str(row)
        assert IBAN.encode().hex() not in str(row)
        for change in ("UPDATE treasury_report SET sealed = ''", "DELETE FROM treasury_report"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(change)
            connection.rollback()


async def test_a_report_is_xml_of_a_bounded_size(world: World) -> None:
    assert (await send(world, "treasury", PATH, b"{}")).status_code == 415
    assert (await report(world, b" " * (MAX_BYTES + 1))).status_code == 413
    assert (await report(world, b" " * MAX_BYTES)).json()["verdict"] == "desk"


async def test_many_words_are_told_in_as_many_statements_as_one(world: World) -> None:
    _, key, amount = await paying(world)
    asked: list[str] = []

    def note(_: object, __: object, statement: str, *___: object) -> None:
        asked.append(statement)

    one = report_xml(key, "ACSP", amount, iban=IBAN)
    counted = []
    for content in (repeated(one, 2), repeated(one, 30)):
        with world.engine.begin() as connection:
            row = keep(connection, SEAL, content)
        asked.clear()
        event.listen(world.engine, "before_cursor_execute", note)
        settle(world.engine, SEAL, row)
        event.remove(world.engine, "before_cursor_execute", note)
        with world.engine.connect() as connection:
            counted.append((len(read_report_of(connection, row).words), len(asked)))
    (few, statements), (many, as_many) = counted
    assert (few, many) == (2, 30)
    assert as_many == statements < 20


def repeated(report: bytes, times: int) -> bytes:
    """The one word of a report said so often."""
    start, end = report.index(b"<TxInfAndSts>"), report.index(b"</OrgnlPmtInfAndSts>")
    return report[:start] + report[start:end] * times + report[end:]


async def test_a_word_that_comes_alone_is_taken_by_its_case_at_once(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(treasury, "MOST_HEARD", 0)
    case, key, amount = await paying(world)
    answer = await report(world, report_xml(key, "ACSC", amount, iban=IBAN, payee=SUPPLIER_BIN))
    assert (answer.status_code, answer.json()["recorded"]) == (200, True)
    assert await status(world, case) == "paid"


async def test_what_a_long_report_tells_is_heard_by_the_cases_after_its_answer(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(treasury, "MOST_HEARD", 0)
    case, key, amount = await paying(world)
    one = report_xml(key, "ACSC", amount, iban=IBAN, payee=SUPPLIER_BIN)
    answer = await report(world, repeated(one, 2))
    assert (answer.status_code, answer.json()["recorded"]) == (202, False)
    world.host.record(case)
    assert await status(world, case) == "paid"


async def test_only_the_treasury_reports(world: World) -> None:
    assert (await send(world, "esobes", PATH, b"<a/>", "application/xml")).status_code == 403
