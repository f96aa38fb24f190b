"""Documents that commands name: proven to be theirs, kept, and read by who sees the event."""

from typing import Any

import pytest
from fastapi.concurrency import run_in_threadpool
from sqlalchemy import text

from activities.housekeeping import HousekeepingActivities
from db.inbox import read_body
from db.uploads import find_uploads, forget_unused, use_uploads
from tests.api.lines import lines_of
from tests.api.uploading import (
    delivering,
    delivery,
    flaws,
    kept,
    pass_the_time,
    read,
    upload,
)
from tests.api.world import World, reasons, today
from tests.support.intake import SEAL
from tests.support.samples import jpeg, pdf, png


async def test_an_act_named_with_the_delivery_stands_in_the_file_for_all_who_see_it(
    portal: World,
) -> None:
    case = await delivering(portal)
    sha = await upload(portal, case, portal.supplier, pdf(), "handover_act")
    others = (portal.recipient(), portal.clerk, portal.commission)
    assert [(await read(portal, case, sha, one)).status_code for one in others] == [404] * 3
    told = await portal.act(case, "mark_delivered", portal.supplier, **delivery(sha))
    line = told["timeline"][-1]
    found = [one for one in told["documents"] if one["kind"] == "handover_act"]
    assert [(one["by"], one["href"]) for one in found] == [
        ("supplier", f"/v1/cases/{case}/documents/{sha}")
    ]
    events = (await portal.get(f"/v1/cases/{case}/events", portal.recipient())).json()["events"]
    (line,) = (one for one in events if one["seq"] == line["seq"])
    # An upload has no code of ours, which a list of events says, and a page leaves out.
    assert line["documents"] == [{**one, "check": None} for one in found]
    for one in others:
        assert (await read(portal, case, sha, one)).content == pdf()
    assert (await read(portal, case, sha, portal.foreign_clerk)).status_code == 404


async def test_an_application_has_attachments_and_a_decision_what_it_rests_on(
    portal: World,
) -> None:
    case = await portal.choosing()
    _, offer = portal.offer()
    person = portal.recipient()
    letter = await upload(portal, case, person, pdf(), "attachment")
    ordering = {**portal.order(case, offer, person), "documents": [letter]}
    told = await portal.act(case, "place_order", person, **ordering)
    assert [one["kind"] for one in told["documents"]] == ["application", "attachment"]
    assert (await read(portal, case, letter, portal.supplier)).content == pdf()
    asked = {"reason": "Поставщика нет"}
    other = await portal.choosing(2)
    await portal.act(other, "report_no_supplier", portal.recipient(2), **asked)
    answers = await upload(portal, other, portal.commission, png(), "decision")
    told = await portal.act(
        other, "confirm_no_supplier", portal.commission, **asked, documents=[answers]
    )
    assert "decision" in [one["kind"] for one in told["documents"]]
    assert (await read(portal, other, answers, portal.recipient(2))).content == png()


async def test_what_a_command_names_stays_and_what_none_names_goes(portal: World) -> None:
    case = await delivering(portal)
    named = await upload(portal, case, portal.supplier, pdf(), "handover_act")
    forgotten = await upload(portal, case, portal.supplier, png())
    await portal.act(case, "mark_delivered", portal.supplier, **delivery(named))
    assert forget_unused(portal.engine) == 0, "its time has not come"
    pass_the_time(portal)
    assert forget_unused(portal.engine) == 1
    statuses = [
        (await read(portal, case, one, portal.supplier)).status_code for one in (named, forgotten)
    ]
    assert statuses == [200, 404]
    refused = await portal.ask(
        case, "refer", portal.supplier, {"reason": "нет ответа", "documents": [forgotten]}
    )
    assert flaws(refused) == ["document_not_kept"]


async def test_a_refused_command_keeps_nothing_for_good(portal: World) -> None:
    case = await portal.ordered()
    sha = await upload(portal, case, portal.supplier, pdf())
    refused = await portal.ask(case, "mark_delivered", portal.supplier, delivery(sha))
    assert reasons(refused) == ["status_does_not_allow"]
    pass_the_time(portal)
    assert forget_unused(portal.engine) == 1


async def test_a_document_of_another_case_or_side_cannot_be_named(portal: World) -> None:
    case = await delivering(portal)
    other = await portal.choosing(2)
    elsewhere = await upload(portal, other, portal.recipient(2), png())
    theirs = await upload(portal, case, portal.recipient(), jpeg())
    mine = await upload(portal, case, portal.supplier, pdf())
    named = delivery(mine, elsewhere, theirs, "0" * 64)
    refused = await portal.ask(case, "mark_delivered", portal.supplier, named)
    assert flaws(refused) == ["document_not_kept"] * 3
    pointers = [one["pointer"] for one in refused.json()["errors"]]
    assert pointers == ["/documents/1", "/documents/2", "/documents/3"]
    told = await portal.act(case, "mark_delivered", portal.supplier, **delivery(mine))
    assert told["status"] == "delivered"


async def test_a_supplier_whose_order_ended_never_sees_the_photographs_of_a_later_complaint(
    portal: World,
) -> None:
    case = await portal.ordered()
    await portal.act(case, "refuse_order", portal.supplier, reason="Нет на складе")
    _, offer = portal.offer(bin_="200140000022")
    person = portal.recipient()
    await portal.act(case, "place_order", person, **portal.order(case, offer, person))
    await portal.act(case, "confirm", portal.other_supplier)
    photo = await upload(portal, case, person, jpeg(), "complaint")
    complaint = {"known_on": today(), "reason": "Сломано", "documents": [photo]}
    await portal.act(case, "complain", person, **complaint)
    assert (await read(portal, case, photo, portal.other_supplier)).content == jpeg()
    assert (await read(portal, case, photo, portal.supplier)).status_code == 404
    page = (await portal.get(f"/v1/cases/{case}", portal.supplier)).json()
    assert [one for one in page["documents"] if one["kind"] == "complaint"] == []


async def test_a_command_without_documents_is_kept_as_before_there_were_any(
    portal: World,
) -> None:
    case = await delivering(portal)
    for body in (delivery(), {**delivery(), "documents": None}):
        answer = await portal.ask(case, "mark_delivered", portal.supplier, body, key="k-9")
        assert answer.status_code == 200
    message = answer.json()["outcome"]["message"]
    with portal.engine.connect() as connection:
        said = read_body(connection, SEAL, case, message)
    assert said is not None
    assert b"evidence" in said
    assert b"documents" not in said


@pytest.mark.parametrize("documents", [[], ["0"], ["0" * 64] * 2, "0" * 64, [None], ["A" * 64]])
async def test_hashes_that_are_none_are_mistakes_of_the_form(portal: World, documents: Any) -> None:
    case = await delivering(portal)
    told = {**delivery(), "documents": documents}
    answer = await portal.ask(case, "mark_delivered", portal.supplier, told)
    assert (answer.status_code, answer.json()["code"]) == (422, "form_invalid")


async def test_what_reaches_all_cases_of_a_person_brings_the_document_to_one(
    portal: World,
) -> None:
    case = portal.receive(1)
    other = portal.receive(1, message_id="message-1b", measure_id="M-1b")
    sha = await upload(portal, case, portal.clerk, pdf(), "decision")
    told = {"capacity": "full", "evidence": "Свидетельство", "documents": [sha]}
    page = await portal.act(case, "record_capacity", portal.clerk, **told)
    assert [one["kind"] for one in page["documents"]] == ["decision"]
    portal.host.record(other)
    page = (await portal.get(f"/v1/cases/{other}", portal.clerk)).json()
    assert (await lines_of(portal, other, portal.clerk))[-1]["row"] == "L6"
    assert page["documents"] == []


async def test_an_uploaded_decision_is_its_own_bytes_whatever_form_is_asked_for(
    portal: World,
) -> None:
    case = await delivering(portal)
    sha = await upload(portal, case, portal.supplier, pdf(), "decision")
    await portal.act(case, "mark_delivered", portal.supplier, **delivery(sha))
    for asked in ("application/pdf", "text/html", "*/*"):
        address = f"/v1/cases/{case}/documents/{sha}"
        answer = await portal.get(address, portal.recipient(), Accept=asked)
        assert (answer.status_code, answer.content) == (200, pdf())
        assert answer.headers["content-type"] == "application/pdf"


async def test_what_is_being_named_is_not_removed_meanwhile(portal: World) -> None:
    case = await delivering(portal)
    sha = await upload(portal, case, portal.supplier, pdf())
    pass_the_time(portal)
    with portal.engine.connect() as connection, connection.begin():
        side = connection.execute(text("SELECT side FROM upload")).scalar_one()
        assert find_uploads(connection, case, side, [sha]).keys() == {sha}
        assert await run_in_threadpool(forget_unused, portal.engine) == 0
        use_uploads(connection, case, side, [sha])
    assert await run_in_threadpool(forget_unused, portal.engine) == 0
    assert (await read(portal, case, sha, portal.supplier)).status_code == 200


async def test_housekeeping_removes_what_nobody_named(portal: World) -> None:
    case = await delivering(portal)
    await upload(portal, case, portal.supplier, pdf())
    pass_the_time(portal)
    await run_in_threadpool(HousekeepingActivities(portal.engine, SEAL, list).sweep_once)
    assert kept(portal) == 0
