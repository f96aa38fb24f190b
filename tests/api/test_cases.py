"""One case as its readers see it."""

from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import text

from tests.api.world import AUTHORITY_BIN, OTHER_BIN, World, person
from tests.support.casework import move_clock
from tests.support.servers import Database


async def test_a_case_says_who_acts_next_by_when_and_what_happens_otherwise(world: World) -> None:
    case = await world.choosing()
    told = (await world.get(f"/v1/cases/{case}", world.recipient())).json()
    assert told["status"] == "choosing"
    assert isinstance(told["status_label"], str)
    assert told["next"]["who"] == ["recipient"]
    assert told["next"]["by"] == told["due"]["expires_at"]
    assert told["next"]["overdue"] is False
    assert "срок" in told["next"]["otherwise"]


async def test_a_case_says_what_the_reader_may_do_and_why_not_the_rest(world: World) -> None:
    case = await world.choosing()
    told = (await world.get(f"/v1/cases/{case}?may=all", world.recipient())).json()["you"]
    may = {choice["name"]: choice for choice in told["may"]}
    assert told["role"] == "recipient"
    assert may["place_order"]["allowed"]
    assert told["href"] == f"/v1/cases/{case}/commands"
    assert not may["accept"]["allowed"]
    (reason,) = may["accept"]["reasons"]
    assert reason["code"] == "status_does_not_allow"
    assert reason["text"]
    page = (await world.get(f"/v1/cases/{case}", world.recipient())).json()
    assert [one["name"] for one in page["you"]["may"]] == [
        name for name, one in may.items() if one["allowed"]
    ]


async def test_a_case_tells_each_reader_what_happened_and_what_they_can_do_now(
    world: World,
) -> None:
    case = await world.ordered()
    read = {
        "recipient": await world.get(f"/v1/cases/{case}?languages=en", world.recipient()),
        "supplier": await world.get(f"/v1/cases/{case}?languages=en", world.supplier),
        "caseworker": await world.get(f"/v1/cases/{case}?languages=en", world.clerk),
    }
    told = {who: answer.json() for who, answer in read.items()}
    placed = told["supplier"]["timeline"][0]
    assert placed["text"] == "The recipient placed an order."
    can = {who: one["you"]["text"] for who, one in told.items()}
    assert can["supplier"] == "Confirm the order, or refuse it with the reason."
    assert can["recipient"].startswith("Wait for the supplier's answer.")
    assert can["caseworker"] == "Wait for the supplier's answer."
    outsider = (await world.get(f"/v1/cases/{case}", world.admin)).json()
    assert outsider["you"]["text"] is None


async def test_the_file_shows_each_event_with_its_actor_and_each_deadline_with_its_certificate(
    world: World,
) -> None:
    case = await world.choosing()
    told = (await world.get(f"/v1/cases/{case}", world.recipient())).json()
    assert [event["seq"] for event in told["timeline"]] == list(range(1, told["version"] + 1))
    assert told["timeline"][0]["actor"] == {"role": "esobes", "role_label": "система «Е-Собес»"}
    events = (await world.get(f"/v1/cases/{case}/events", world.recipient())).json()["events"]
    assert (events[-1]["to"], events[-1]["to_label"]) == ("choosing", "Выбор поставщика")
    choice = next(one for one in told["deadlines"] if one["term"] == "choice")
    explained = (await world.get(choice["href"], world.recipient())).json()
    assert explained["last_day"] == choice["last_day"] == told["due"]["last_day"]
    listed = (await world.get(f"/v1/cases/{case}/deadlines", world.recipient())).json()
    assert {one["term"] for one in listed} == {"notice", "choice"}


async def test_nothing_of_the_person_stands_in_the_case(world: World) -> None:
    case = await world.choosing()
    answer = await world.get(f"/v1/cases/{case}", world.clerk)
    for personal in ("Үлгібаев", "900101", "+7700", "example.com"):
        assert personal not in answer.text


async def test_a_case_belongs_to_its_parties_and_does_not_exist_for_others(world: World) -> None:
    world.offer(OTHER_BIN)
    case = await world.ordered()
    for who in (world.recipient(1), world.supplier, world.clerk, world.admin):
        assert (await world.get(f"/v1/cases/{case}", who)).status_code == 200
    for who in (world.recipient(2), world.other_supplier, world.foreign_clerk):
        answer = await world.get(f"/v1/cases/{case}", who)
        assert answer.status_code == 404
        assert answer.json()["code"] == "not_found"
    for path in ("events", "deadlines", "stream", f"documents/{'0' * 64}"):
        answer = await world.get(f"/v1/cases/{case}/{path}", world.recipient(2))
        assert answer.status_code == 404


async def test_a_command_to_a_case_of_others_finds_nothing(world: World) -> None:
    case = await world.choosing()
    for missing in (case, str(uuid4())):
        answer = await world.ask(missing, "open_case", world.recipient(2))
        assert answer.status_code == 404


async def test_a_representative_acts_for_the_recipient(world: World) -> None:
    case = world.receive(1, representative=world.representing(2))
    told = await world.act(case, "open_case", world.recipient(2))
    assert told["status"] == "choosing"
    assert (await world.get(f"/v1/cases/{case}/person", world.recipient(2))).status_code == 404


async def test_a_supplier_sees_nothing_of_what_came_before_and_after_its_order(
    world: World,
) -> None:
    case = await world.ordered()
    refused = await world.act(case, "refuse_order", world.supplier, reason="Нет на складе")
    assert refused["periods"][0]["order"] is None
    assert len(refused["periods"][0]["earlier_orders"]) == 1
    _, offer = world.offer(OTHER_BIN)
    person = world.recipient()
    await world.act(case, "place_order", person, **world.order(case, offer, person))
    first = (await world.get(f"/v1/cases/{case}", world.supplier)).json()
    assert [event["type"] for event in first["timeline"]] == ["ordered", "order_void"]
    assert first["periods"][0]["order"] is None
    assert (first["status"], first["closed"], first["due"]) == ("order_ended", True, None)
    second = (await world.get(f"/v1/cases/{case}", world.other_supplier)).json()
    assert [event["type"] for event in second["timeline"]] == ["ordered"]
    assert second["periods"][0]["earlier_orders"] == []


async def test_desks_and_questions_are_for_officials(world: World) -> None:
    case = world.receive()
    world.fail_notice(case)
    await world.act(case, "escalate", world.clerk, to="authority_lead", reason="Нет телефона")
    official = (await world.get(f"/v1/cases/{case}", world.clerk)).json()
    assert [task["code"] for task in official["tasks"]] == ["notice_failed"]
    assert len(official["escalations"]) == 1
    person = (await world.get(f"/v1/cases/{case}", world.recipient())).json()
    assert (person["tasks"], person["escalations"]) == ([], [])
    assert official["tasks"][0]["label"].startswith("Уведомление")


async def test_an_unchanged_case_is_not_sent_again(world: World) -> None:
    case = await world.choosing()
    first = await world.get(f"/v1/cases/{case}", world.recipient())
    etag = first.headers["etag"]
    assert etag.startswith(f'"{first.json()["version"]}.')
    same = await world.get(f"/v1/cases/{case}", world.recipient(), If_None_Match=etag)
    assert (same.status_code, same.content) == (304, b"")
    await world.act(case, "decline", world.recipient(), reason="Не нужно")
    other = await world.get(f"/v1/cases/{case}", world.recipient(), If_None_Match=etag)
    assert other.json()["status"] == "declined"


async def test_what_is_too_late_shows_without_any_event(world: World, database: Database) -> None:
    case = await world.choosing()
    first = await world.get(f"/v1/cases/{case}", world.recipient())
    due = datetime.fromisoformat(first.json()["due"]["expires_at"])
    begun = datetime.fromisoformat(first.json()["since"])
    move_clock(database.sandbox_url, due - begun + timedelta(seconds=1))
    etag = first.headers["etag"]
    later = await world.get(f"/v1/cases/{case}", world.recipient(), If_None_Match=etag)
    assert later.status_code == 200
    assert later.json()["version"] == first.json()["version"]
    assert later.json()["next"]["overdue"] is True
    assert "place_order" not in [choice["name"] for choice in later.json()["you"]["may"]]
    whole = await world.get(f"/v1/cases/{case}?may=all", world.recipient())
    may = {choice["name"]: choice for choice in whole.json()["you"]["may"]}
    assert [reason["code"] for reason in may["place_order"]["reasons"]] == ["late"]


async def test_the_timeline_comes_in_parts(world: World) -> None:
    case = await world.choosing()
    seen: list[int] = []
    after: int | None = 0
    while after is not None:
        path = f"/v1/cases/{case}/events?limit=2&after={after}"
        part = (await world.get(path, world.recipient())).json()
        seen += [event["seq"] for event in part["events"]]
        after = part["after"]
    whole = (await world.get(f"/v1/cases/{case}", world.recipient())).json()
    assert seen == [event["seq"] for event in whole["timeline"]]


async def test_who_reads_a_person_is_noted(world: World) -> None:
    case = await world.choosing()
    person = (await world.get(f"/v1/cases/{case}/person", world.clerk)).json()
    assert person["surname"] == "Үлгібаев"
    assert world.audit() == [("caseworker", "person_read")]


@pytest.mark.parametrize(("number", "name"), [(1, "Үлгібаев Мысал"), (2, None)])
async def test_a_person_learns_who_they_are_here(
    world: World, number: int, name: str | None
) -> None:
    await world.choosing(1)
    told = (await world.get("/v1/me", world.recipient(number))).json()
    assert (told["role"], told["name"]) == ("recipient", name)
    assert told["counts"]["waiting_for_you"] == (1 if name else 0)


async def test_a_caseworker_learns_for_whom_they_work(world: World) -> None:
    await world.choosing(1)
    told = (await world.get("/v1/me?languages=kk", world.clerk)).json()
    assert told["authority"]["bin"] == "200140900011"
    assert "әлеуметтік қорғау басқармасы" in told["authority"]["names"]
    assert told["authority"]["can_pay"] is True
    none = dict.fromkeys(("waiting_for_you", "overdue", "escalated_to_you", "silent"), 0)
    assert told["counts"] == {"open": 1, **none, "at_least": []}


async def test_a_case_that_no_run_has_heard_of_is_there_for_its_parties_already(
    world: World,
) -> None:
    world.host.asleep = True
    case = world.receive()
    seen = (await world.get(f"/v1/cases/{case}", world.clerk)).json()
    assert (seen["status"], seen["version"]) == ("notifying", 2)
    assert seen["you"]["may"]
    assert (await world.get(f"/v1/cases/{case}", world.recipient(2))).status_code == 404
    represented = world.receive(3, representative=world.representing(2))
    told = await world.get(f"/v1/cases/{represented}", world.recipient(2))
    assert told.json()["you"]["may"]


async def test_what_is_known_of_a_reader_is_known_to_what_they_are_offered(world: World) -> None:
    """Who acted for the supplier approves nothing; who left the register confirms nothing."""
    case = await world.reviewed()
    both = person("caseworker", 905, authority=AUTHORITY_BIN)
    for reader, reasons_ in ((both, ["party_cannot_decide"]), (world.clerk, [])):
        told = (await world.get(f"/v1/cases/{case}?may=all", reader)).json()["you"]["may"]
        approve = next(one for one in told if one["name"] == "approve")
        assert [reason["code"] for reason in approve["reasons"]] == reasons_
        assert approve["allowed"] is (reasons_ == [])
    assert await world.refused(case, "approve", both) == ["party_cannot_decide"]


async def test_a_supplier_off_the_register_is_not_offered_to_confirm(world: World) -> None:
    case = await world.ordered()
    with world.engine.begin() as connection:
        connection.execute(text("UPDATE supplier SET active = false"))
    told = (await world.get(f"/v1/cases/{case}?may=all", world.supplier)).json()["you"]["may"]
    confirm = next(one for one in told if one["name"] == "confirm")
    offered = [reason["code"] for reason in confirm["reasons"]]
    assert offered == await world.refused(case, "confirm", world.supplier) != []


async def test_the_page_of_a_caseworker_is_short(world: World) -> None:
    case = await world.reviewed()
    page = await world.get(f"/v1/cases/{case}", world.clerk)
    assert len(page.content) < 11 * 1024, "eight to ten thousand bytes, most of them Cyrillic"
