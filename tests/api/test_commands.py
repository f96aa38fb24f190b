"""Commands: what they change, what they answer, and what they answer the second time."""

import asyncio
import base64
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text

from db.reference import read_case
from domain.messages import Message
from tests.api.lines import lines_of
from tests.api.world import IBAN, PRICE, World


async def test_an_order_signed_and_accepted_goes_to_payment_after_two_approvals(
    world: World,
) -> None:
    case = await world.reviewed()
    first = await world.act(case, "approve", world.clerk)
    assert first["status"] == "under_review"
    second = await world.act(case, "approve", world.second_clerk)
    assert second["status"] == "payment_pending"
    assert second["waits_for"] == ["treasury"]
    assert [event["type"] for event in second["outcome"]["events"]] == ["approved"]
    assert second["outcome"]["events"][-1]["seq"] == second["version"]


async def test_the_same_caseworker_does_not_approve_twice(world: World) -> None:
    case = await world.reviewed()
    await world.act(case, "approve", world.clerk)
    answer = await world.ask(case, "approve", world.clerk)
    assert answer.status_code == 409
    told = answer.json()
    assert told["type"] == "/problems/command_refused"
    assert [reason["code"] for reason in told["reasons"]] == ["same_person"]


async def test_a_caseworker_who_is_a_party_does_not_decide(world: World) -> None:
    case = await world.reviewed(number=901)
    answer = await world.ask(case, "approve", world.clerk)
    assert [reason["code"] for reason in answer.json()["reasons"]] == ["party_cannot_decide"]


async def test_the_same_key_gives_the_same_answer_and_changes_nothing_more(world: World) -> None:
    case = world.receive()
    person = world.recipient()
    first = await world.ask(case, "open_case", person, key="k1")
    again = await world.ask(case, "open_case", person, key="k1")
    assert (first.status_code, again.status_code) == (200, 200)
    assert first.json() == again.json()


async def test_a_key_that_was_refused_is_spent_and_its_answer_says_so(world: World) -> None:
    case, person = await world.choosing(), world.recipient()
    said = "take_back_decline"
    first = await world.ask(case, said, person, {}, key="k1")
    assert (first.status_code, "recorded_at" in first.json()) == (409, False)
    await world.act(case, "decline", person, reason="Не нужно")
    again = await world.ask(case, said, person, {}, key="k1")
    assert again.status_code == 409
    told = again.json()
    assert told["reasons"] == first.json()["reasons"], "as it was answered then"
    assert datetime.fromisoformat(told["recorded_at"]).tzinfo is not None
    assert told["detail"].startswith("Это ответ, записанный ранее")
    assert (await world.ask(case, said, person, {}, key="k2")).status_code == 200


async def test_a_known_key_with_another_body_is_a_conflict(world: World) -> None:
    case = await world.choosing()
    person = world.recipient()
    said = "decline"
    await world.ask(case, said, person, {"reason": "Не нужно"}, key="k1")
    answer = await world.ask(case, said, person, {"reason": "Куплено самим"}, key="k1")
    assert answer.status_code == 409
    assert answer.json()["code"] == "idempotency_conflict"


async def test_the_key_of_one_person_is_nothing_to_another(world: World) -> None:
    mine, theirs = world.receive(1), world.receive(2)
    await world.ask(mine, "open_case", world.recipient(1), key="k1")
    answer = await world.ask(theirs, "open_case", world.recipient(2), key="k1")
    assert answer.status_code == 200


async def test_a_form_with_mistakes_uses_no_key_up(world: World) -> None:
    case = await world.choosing()
    said = "decline"
    wrong = await world.ask(case, said, world.recipient(), {}, key="k1")
    assert wrong.status_code == 422
    right = await world.ask(case, said, world.recipient(), {"reason": "Не нужно"}, key="k1")
    assert right.status_code == 200


async def test_what_the_case_refuses_is_kept_and_refused_again(world: World) -> None:
    case = await world.choosing()
    said = "accept"
    first = await world.ask(case, said, world.recipient(), {"quantity": 1}, key="k1")
    again = await world.ask(case, said, world.recipient(), {"quantity": 1}, key="k1")
    assert (first.status_code, again.status_code) == (409, 409)
    said, repeated = first.json(), again.json()
    assert repeated.pop("recorded_at"), "the key is spent: the answer says that it is the old one"
    assert repeated.pop("detail").endswith(said.pop("detail"))
    assert said == repeated
    found = await world.get(f"/v1/messages/{said['message']}", world.recipient())
    assert (found.status_code, found.json()["status"]) == (200, "refused")


async def test_who_came_first_is_for_officials_and_not_for_the_parties(
    world: World,
) -> None:
    case = await world.reviewed()
    await world.act(case, "approve", world.clerk)
    await world.act(case, "approve", world.second_clerk)
    answer = await world.ask(case, "approve", world.clerk, {})
    (reason,) = answer.json()["reasons"]
    first = reason["facts"]["person"]
    with world.engine.connect() as connection:
        held = read_case(connection, case)
    moved = held.periods[1].moved_by
    assert moved is not None
    assert first == moved.id
    message = Message(id=str(uuid4()), name="approve", at=datetime.now(UTC), actor=moved)
    world.host.say(case, message)
    with world.engine.connect() as connection:
        refused = "SELECT data::text FROM event WHERE type = 'refused'"
        assert first in connection.execute(text(refused)).scalar_one()
    for reader in (world.recipient(), world.supplier):
        assert first not in (await world.get(f"/v1/cases/{case}/events", reader)).text
        assert first not in (await world.get(f"/v1/cases/{case}", reader)).text


async def test_while_temporal_is_down_a_command_is_answered_in_full(world: World) -> None:
    case = await world.choosing()
    world.host.asleep = True
    told = await world.act(case, "decline", world.recipient(), reason="Не нужно")
    assert told["status"] == "declined"
    assert told["outcome"]["events"][0]["to"] == "declined"
    with world.engine.connect() as connection:
        waits = connection.execute(text("SELECT case_id FROM wake")).scalars().all()
    assert [str(one) for one in waits] == [case], "its run is told of it later"


async def test_the_run_of_a_case_is_told_only_where_there_is_something_to_do(world: World) -> None:
    case = await world.choosing()
    world.host.told.clear()
    await world.act(case, "open_case", world.recipient())
    assert world.host.told == []
    await world.act(case, "decline", world.recipient(), reason="Не нужно")
    assert world.host.told == [case]


async def test_of_requests_under_one_key_at_the_same_time_one_counts(world: World) -> None:
    case = await world.choosing()
    said, body = "escalate", {"to": "authority_lead", "reason": "Вопрос"}
    asked = [world.ask(case, said, world.clerk, body, key="k1") for _ in range(8)]
    answers = await asyncio.gather(*asked)
    assert {answer.status_code for answer in answers} == {200}
    after = (await world.ask(case, said, world.clerk, body, key="k1")).json()
    assert [event["type"] for event in after["timeline"]].count("escalated") == 1


async def test_free_text_stays_sealed_and_is_read_by_those_who_judge_it(world: World) -> None:
    case = await world.choosing()
    words = "Соседка отдала свою коляску"
    told = await world.act(case, "decline", world.recipient(), reason=words)
    place = f"/v1/messages/{told['outcome']['message']}"
    assert (await world.get(place, world.clerk)).json()["words"] == {"reason": words}
    assert (await world.get(place, world.foreign_clerk)).status_code == 404
    with world.engine.connect() as connection:
        kept = connection.execute(text("SELECT data::text || facts::text FROM inbox")).scalars()
        assert not any(words in row for row in kept)


@pytest.mark.parametrize(
    ("change", "reasons"),
    [
        ({"price_shown": PRICE - 1}, ["price_changed"]),
        ({"quantity": 2}, ["quantity_wrong", "over_norm", "wrong_document", "signature_invalid"]),
        ({"application_sha256": "0" * 64}, ["wrong_document", "signature_invalid"]),
        ({"signature": base64.b64encode(b"0" * 64).decode()}, ["signature_invalid"]),
        ({"offer_id": str(uuid4())}, ["item_not_offered"]),
    ],
)
async def test_a_wrong_order_is_refused_with_its_reasons(
    world: World, change: dict[str, Any], reasons: list[str]
) -> None:
    _, offer = world.offer()
    case = await world.choosing()
    body = world.order(case, offer, world.recipient(), **change)
    answer = await world.ask(case, "place_order", world.recipient(), body)
    assert answer.status_code == 409, answer.text
    assert set(reasons) <= {reason["code"] for reason in answer.json()["reasons"]}


async def test_the_papers_of_a_refused_command_are_not_kept(world: World) -> None:
    _, offer = world.offer()
    case, person = await world.choosing(), world.recipient()
    body = world.order(case, offer, person)
    before = papers(world)
    changed = {**body, "price_shown": body["price_shown"] - 1}
    assert await world.refused(case, "place_order", person, **changed) == ["price_changed"]
    assert papers(world) == before
    await world.act(case, "place_order", person, **body)
    assert papers(world) == [*before, "deliver_to", "evidence", "signature"]


def papers(world: World) -> list[str]:
    with world.engine.connect() as connection:
        return list(connection.execute(text("SELECT kind FROM document ORDER BY kind")).scalars())


async def test_what_is_answered_to_a_command_is_for_who_asked_and_asked_again_each_time(
    world: World,
) -> None:
    case, person = await world.choosing(), world.recipient()
    for status, kept in ((200, "private, no-cache"), (409, "no-store")):
        answer = await world.ask(case, "decline", person, {"reason": "Не нужно"})
        assert (answer.status_code, answer.headers["cache-control"]) == (status, kept)


async def test_somebody_else_does_not_sign_for_the_recipient(world: World) -> None:
    _, offer = world.offer()
    case = await world.choosing()
    body = world.order(case, offer, world.recipient(2))
    answer = await world.ask(case, "place_order", world.recipient(1), body)
    (reason,) = answer.json()["reasons"]
    assert reason["code"] == "signature_invalid"
    assert reason["facts"]["reason"] == "wrong_signer"


async def test_a_signature_that_cannot_be_checked_now_is_taken_and_checked_later(
    world: World,
) -> None:
    _, offer = world.offer()
    case = await world.choosing()
    body = world.order(case, offer, world.recipient())
    world.silence_certificates()
    told = await world.act(case, "place_order", world.recipient(), **body)
    assert told["status"] == "ordered"
    assert told["periods"][0]["application"]["signed_by"] == []


async def test_another_account_than_the_signed_one_is_refused(world: World) -> None:
    case = await world.ordered()
    await world.act(case, "confirm", world.supplier)
    body = world.annex(case, world.supplier)
    body["account"] = {**body["account"], "iban": "KZ58070103KSN0000000"}
    answer = await world.ask(case, "sign", world.supplier, body)
    assert {reason["code"] for reason in answer.json()["reasons"]} == {"signature_invalid"}
    assert IBAN not in answer.text


@pytest.mark.parametrize("said", [{}, {"phone": None, "email": None}])
async def test_contacts_are_not_forgotten_by_saying_nothing(
    world: World, said: dict[str, Any]
) -> None:
    case = world.receive()
    world.fail_notice(case)
    before = (await world.get(f"/v1/cases/{case}/person", world.clerk)).json()
    answer = await world.ask(case, "change_contacts", world.clerk, said)
    assert answer.status_code == 422
    assert [(one["pointer"], one["code"]) for one in answer.json()["errors"]] == [
        ("/phone", "required")
    ]
    assert (await world.get(f"/v1/cases/{case}/person", world.clerk)).json() == before
    told = await world.act(case, "change_contacts", world.clerk, email="person@example.com")
    assert told["status"] == "notifying"


async def test_contacts_go_to_the_person_and_not_into_the_file(world: World) -> None:
    case = world.receive()
    world.fail_notice(case)
    phone = "+77001112233"
    told = await world.act(case, "change_contacts", world.clerk, phone=phone, phone_confirmed=True)
    assert told["status"] == "notifying"
    person = (await world.get(f"/v1/cases/{case}/person", world.clerk)).json()
    assert (person["phone"], person["email"]) == (phone, None)
    with world.engine.connect() as connection:
        lines = connection.execute(text("SELECT data::text FROM event")).scalars()
        assert not any(phone in line for line in lines)


async def test_every_signed_paper_can_be_fetched_by_its_hash(world: World) -> None:
    case = await world.reviewed()
    lines = await lines_of(world, case, world.clerk)
    told = list({one["href"]: one for line in lines for one in line["documents"]}.values())
    assert sorted(one["kind"] for one in told) == [
        "account",
        "application",
        "signature",
        "signature",
        "signature",
    ]
    for one in told:
        found = await world.get(one["href"], world.clerk)
        assert found.status_code == 200
    missing = await world.get(f"/v1/cases/{case}/documents/{'0' * 64}", world.clerk)
    assert missing.status_code == 404


async def test_a_paused_case_shows_why_its_terms_stand_still_and_goes_on(world: World) -> None:
    case = await world.choosing()
    asked = {"ground": "court", "until": "2099-01-05", "reason": "Иск в суде"}
    far = await world.ask(case, "pause", world.clerk, asked)
    assert [reason["code"] for reason in far.json()["reasons"]] == ["day_wrong"]
    asked["until"] = (datetime.now(UTC) + timedelta(days=40)).date().isoformat()
    paused = await world.act(case, "pause", world.clerk, **asked)
    (period,) = paused["periods"]
    assert (period["pause"]["ground"], period["pause"]["until"]) == ("court", asked["until"])
    choice = next(one for one in paused["deadlines"] if one["term"] == "choice")
    assert choice["stopped"]
    assert choice["rest"].endswith("cd")
    assert paused["next"]["by"] is None
    resumed = await world.act(case, "resume", world.clerk, reason="Суд закончился")
    assert "pause" not in resumed["periods"][0]
    assert resumed["next"]["by"] > choice["expires_at"]


@pytest.mark.parametrize(
    ("command", "said"),
    [("open_case", {}), ("escalate", {"to": "authority_lead", "reason": "Вопрос"})],
)
async def test_a_period_that_there_is_not_is_refused_also_where_none_need_be_named(
    world: World, command: str, said: dict[str, Any]
) -> None:
    case = await world.choosing()
    who = world.clerk if command == "escalate" else world.recipient()
    assert await world.refused(case, command, who, period=7, **said) == ["period_unknown"]
    await world.act(case, command, who, period=1, **said)
    await world.act(case, command, who, **said)
