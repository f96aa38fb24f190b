"""What people upload: recognised, clean, sealed, theirs until a command names it, and then told."""

import asyncio
from datetime import datetime, timedelta
from hashlib import sha256
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from api.cases.uploads import MOST_WAITING
from api.door import OUTSIDE_THREADS
from db.uploads import forget_unused
from tests.api.uploading import (
    delivering,
    delivery,
    flaws,
    kept,
    pass_the_time,
    read,
    send,
    upload,
)
from tests.api.world import World
from tests.sandbox.world import World as Outside
from tests.support.erasing import erased
from tests.support.samples import EICAR, asic, every, pdf, png

EVERY = every()


@pytest.mark.parametrize("media", EVERY)
async def test_an_upload_is_what_its_content_is_and_is_served_as_that(
    portal: World, media: str
) -> None:
    case, content = await delivering(portal), EVERY[media]
    answer = await send(
        portal, case, portal.supplier, content, "handover_act", **{"Content-Type": "text/html"}
    )
    told = answer.json()
    assert answer.status_code == 201
    named = {"sha256": sha256(content).hexdigest(), "type": media, "bytes": len(content)}
    assert named.items() <= told.items()
    assert (told["kind"], told["unused_until"][-1]) == ("handover_act", "Z")
    left = datetime.fromisoformat(told["unused_until"]) - datetime.now().astimezone()
    assert timedelta(days=29) < left <= timedelta(days=30)
    served = await portal.get(told["href"], portal.supplier)
    assert (served.status_code, served.content) == (200, content)
    assert served.headers["content-type"] == media
    assert served.headers["content-disposition"].startswith("attachment; filename=")
    assert served.headers["x-content-type-options"] == "nosniff"
    assert served.headers["cache-control"].startswith("private")


async def test_the_documents_in_a_signed_container_are_listed_and_read_one_by_one(
    portal: World,
) -> None:
    case, content = await delivering(portal), asic()
    told = (await send(portal, case, portal.supplier, content, "handover_act")).json()
    (part,) = told["parts"]
    assert (part["number"], part["name"], part["type"]) == (1, "act.pdf", "application/pdf")
    address = told["href"]
    listed = await portal.get(f"{address}?part=0", portal.supplier)
    assert listed.json() == told["parts"]
    assert listed.headers["cache-control"] == "private, no-cache"
    served = await portal.get(f"{address}?part=1", portal.supplier)
    assert (served.content, served.headers["content-type"]) == (pdf(), "application/pdf")
    assert served.headers["content-disposition"].startswith("attachment; filename=")
    assert (await portal.get(f"{address}?part=2", portal.supplier)).status_code == 404
    assert (await portal.get(f"{address}?part=1", portal.recipient())).status_code == 404


async def test_what_harms_inside_a_container_is_found(portal: World) -> None:
    case = await delivering(portal)
    signature = {"META-INF/signature001.p7s": b"0\x00"}
    hidden = asic({"act.pdf": pdf(EICAR), **signature})
    assert flaws(await send(portal, case, portal.supplier, hidden)) == ["document_harmful"]


@pytest.mark.parametrize("claimed", ["application/json", "multipart/form-data", ""])
async def test_what_the_sender_claims_decides_nothing(portal: World, claimed: str) -> None:
    case = await delivering(portal)
    claim = {"Content-Type": claimed}
    assert (await send(portal, case, portal.supplier, pdf(), **claim)).status_code == 201
    html = await send(portal, case, portal.supplier, b"<html>", **{"Content-Type": "image/png"})
    assert flaws(html) == ["document_unknown"]


async def test_what_is_wrong_with_a_document_is_said_in_three_languages(portal: World) -> None:
    case = await delivering(portal)
    locked = pdf(b"/Encrypt 9 0 R")
    told = (await send(portal, case, portal.supplier, locked)).json()
    (mistake,) = told["errors"]
    assert (mistake["pointer"], mistake["code"]) == ("", "document_encrypted")
    address = f"/v1/cases/{case}/documents?kind=proof"
    for language, word in {"kk": "құпиясөз", "ru": "паролем", "en": "password"}.items():
        headers = portal.headers(portal.supplier, {"Accept-Language": language})
        answer = await portal.http.post(address, content=locked, headers=headers)
        assert word in answer.json()["errors"][0]["text"]
    assert kept(portal) == 0


async def test_nobody_uploads_to_a_case_that_is_not_theirs(portal: World) -> None:
    case = await delivering(portal)
    for stranger in (portal.recipient(2), portal.other_supplier, portal.foreign_clerk):
        assert (await send(portal, case, stranger, pdf())).status_code == 404
    assert (await send(portal, str(uuid4()), portal.clerk, pdf())).status_code == 404


async def test_who_may_ask_nothing_that_takes_documents_uploads_nothing(portal: World) -> None:
    case = await portal.ordered()
    assert (await send(portal, case, portal.supplier, pdf())).status_code == 201
    await portal.act(case, "refuse_order", portal.supplier, reason="Нет на складе")
    assert (await send(portal, case, portal.supplier, pdf())).status_code == 403


async def test_a_virus_is_turned_away_and_only_its_hash_is_on_record(portal: World) -> None:
    case = await delivering(portal)
    bad = pdf(more=b"% " + EICAR + b"\n")
    assert flaws(await send(portal, case, portal.supplier, bad)) == ["document_harmful"]
    assert kept(portal) == 0
    with portal.engine.connect() as connection:
        rows = connection.execute(text("SELECT action, sha256, case_id::text FROM audit")).all()
    assert ("harmful_upload", sha256(bad).hexdigest(), case) in [tuple(row) for row in rows]


@pytest.mark.parametrize("fault", ["down", "lost_reply", "error"])
async def test_while_the_scanner_does_not_say_nothing_is_kept(
    portal: World, outside: Outside, fault: str
) -> None:
    case = await delivering(portal)
    outside.arm("scanner", fault)
    answer = await send(portal, case, portal.supplier, pdf())
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert kept(portal) == 0
    assert (await send(portal, case, portal.supplier, pdf())).status_code == 201


async def test_where_no_scanner_is_nothing_is_taken(world: World) -> None:
    case = await delivering(world)
    assert (await send(world, case, world.supplier, pdf())).status_code == 503
    assert kept(world) == 0


async def test_others_are_answered_while_the_scanner_thinks(
    portal: World, outside: Outside
) -> None:
    case = await delivering(portal)
    # What the supplier may do is worked out once, before all ask at the same time.
    await portal.get(f"/v1/cases/{case}", portal.supplier)
    outside.arm("scanner", "slow", seconds=3, times=OUTSIDE_THREADS)
    waiting = [
        asyncio.create_task(send(portal, case, portal.supplier, pdf(b"/N %d" % n)))
        for n in range(OUTSIDE_THREADS + MOST_WAITING + 1)
    ]
    answer = await portal.get(f"/v1/cases/{case}", portal.recipient())
    assert answer.status_code == 200
    assert not any(one.done() and one.result().status_code == 201 for one in waiting)
    statuses = [one.status_code for one in await asyncio.gather(*waiting)]
    assert statuses.count(503) == 1, "so many wait, and no more"
    assert statuses.count(201) == 5, "all that there is room for"


async def test_the_same_key_is_the_same_upload_and_no_other(portal: World) -> None:
    case = await delivering(portal)
    key = {"Idempotency-Key": "k-1"}
    first = await send(portal, case, portal.supplier, pdf(), **key)
    again = await send(portal, case, portal.supplier, pdf(), **key)
    assert (first.status_code, first.json()) == (again.status_code, again.json())
    other = await send(portal, case, portal.supplier, png(), **key)
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_conflict")
    assert kept(portal) == 1


async def test_an_upload_repeated_after_its_time_is_there_again(portal: World) -> None:
    case = await delivering(portal)
    key = {"Idempotency-Key": "k-1"}
    first = (await send(portal, case, portal.supplier, pdf(), **key)).json()
    pass_the_time(portal)
    assert forget_unused(portal.engine) == 1
    for _ in range(2):
        again = await send(portal, case, portal.supplier, pdf(), **key)
        assert again.status_code == 201
        assert (await portal.get(again.json()["href"], portal.supplier)).content == pdf()
    assert again.json()["unused_until"] > first["unused_until"]
    assert kept(portal) == 1


async def test_a_document_uploaded_anew_is_one_document_and_its_kind_may_change(
    portal: World,
) -> None:
    case = await delivering(portal)
    sha = await upload(portal, case, portal.supplier, pdf(), "proof")
    told = (await send(portal, case, portal.supplier, pdf(), "handover_act")).json()
    assert (told["sha256"], told["kind"], kept(portal)) == (sha, "handover_act", 1)
    await portal.act(case, "mark_delivered", portal.supplier, **delivery(sha))
    told = (await send(portal, case, portal.supplier, pdf(), "proof")).json()
    assert (told["kind"], told["unused_until"]) == ("handover_act", None)


async def test_one_side_keeps_only_so_much_and_takes_no_room_from_another(portal: World) -> None:
    case = await delivering(portal)
    for number in range(5):
        await upload(portal, case, portal.supplier, pdf(b"/N %d" % number))
    full = await send(portal, case, portal.supplier, png())
    assert (full.status_code, full.json()["code"]) == (409, "too_many_documents")
    assert (await send(portal, case, portal.recipient(), png())).status_code == 201
    large = pdf(more=b"% " + b"a" * 1_000_000 + b"\n")
    other = await portal.choosing(2)
    for number in range(2):
        await upload(portal, other, portal.recipient(2), large + b"\n" * number)
    full = await send(portal, other, portal.recipient(2), large + b"\n\n")
    assert full.json()["code"] == "too_many_documents"


async def test_what_documents_in_a_signed_one_are_called_is_told_and_kept_nowhere(
    portal: World,
) -> None:
    case, called = await delivering(portal), "Үлгібаев.pdf"
    signature = {"META-INF/signatures.xml": b"<x/>"}
    content = asic({called: pdf(), **signature})
    for _ in range(2):
        answer = await send(portal, case, portal.supplier, content, **{"Idempotency-Key": "k-1"})
        assert [one["name"] for one in answer.json()["parts"]] == [called]
    assert called not in portal.everything()


async def test_a_document_beyond_the_bound_is_not_even_read(portal: World) -> None:
    case = await delivering(portal)
    answer = await send(portal, case, portal.supplier, pdf(more=bytes(2**20)))
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert "1 МБ" in answer.json()["detail"]


async def test_a_kind_that_does_not_exist_is_a_mistake(portal: World) -> None:
    case = await delivering(portal)
    assert flaws(await send(portal, case, portal.supplier, pdf(), "novel")) == ["not_allowed_value"]


async def test_a_document_stands_nowhere_in_the_clear_and_goes_with_its_person(
    portal: World,
) -> None:
    case = await delivering(portal)
    content = pdf(more=b"% a very private sentence\n")
    sha = await upload(portal, case, portal.supplier, content)
    assert (await read(portal, case, sha, portal.supplier)).content == content
    assert b"very private".hex() not in portal.everything()
    with portal.engine.begin() as connection:
        person = connection.execute(text("SELECT person_id FROM case_head")).scalar_one()
        erased(connection, person)
    assert (await read(portal, case, sha, portal.supplier)).status_code == 410


async def test_who_reads_a_document_is_on_record(portal: World) -> None:
    case = await delivering(portal)
    sha = await upload(portal, case, portal.supplier, pdf())
    await read(portal, case, sha, portal.clerk)
    assert ("caseworker", "document_read") not in portal.audit(), "it was not read"
    await read(portal, case, sha, portal.supplier)
    assert ("supplier", "document_read") in portal.audit()


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(sorted(EVERY)), st.data())
async def test_whatever_is_changed_in_a_document_no_fault_is_ours(
    portal: World, media: str, data: st.DataObject
) -> None:
    content = bytearray(EVERY[media])
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(content)))
        end = data.draw(st.integers(at, min(at + 6, len(content))))
        content[at:end] = data.draw(st.binary(max_size=6))
    case = portal.app.state.tried = getattr(portal.app.state, "tried", None) or await delivering(
        portal
    )
    answer = await send(portal, case, portal.supplier, bytes(content))
    assert answer.status_code in (201, 409, 422)
