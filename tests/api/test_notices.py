"""What was said to whom, by which way, with which proof: told with the case and its events."""

from datetime import timedelta
from typing import Any

import httpx

from tests.api.lines import lines_of
from tests.api.test_receipts import notice_sent, receipt
from tests.api.world import Person, World, reasons
from tests.support.casework import move_clock
from tests.support.servers import Database

SAID: dict[str, Any] = {
    "notice": "measures_arrived",
    "language": "kk",
    "facts": {"count": 1, "choice": "P2M"},
}


async def told(world: World, case: str, by: Person) -> list[dict[str, Any]]:
    return [notice for line in await lines_of(world, case, by) for notice in line["notices"]]


async def test_a_notice_stands_beside_its_event_with_its_words_and_its_proof(world: World) -> None:
    case = world.receive()
    notice_sent(world, case, "G-1", **SAID)
    (sent,) = await told(world, case, world.clerk)
    assert (sent["seq"], sent["code"]) == (2, "measures_arrived")
    assert sent["label"] == "Мероприятия вашей программы поступили на портал"
    assert (sent["to"], sent["to_label"]) == ("recipient", "получатель")
    assert (sent["channel"], sent["channel_label"], sent["state"]) == ("sms", "SMS", "sent")
    assert (sent["language"], sent["proof"]) == ("kk", None)
    assert "aleumet.egov.kz" in sent["words"]["sms"]
    await receipt(world)
    (proven,) = await told(world, case, world.recipient())
    assert (proven["state"], proven["state_label"]) == ("delivered", "Доставлено")
    assert proven["proof"]["counts"] is True
    (on_page,) = (await world.get(f"/v1/cases/{case}", world.clerk)).json()["notices"]
    assert on_page == {name: value for name, value in proven.items() if name != "words"}


async def test_when_it_was_sent_stands_by_the_clock_of_what_asked_for_it(
    world: World, database: Database
) -> None:
    move_clock(database.sandbox_url, timedelta(days=90))
    case = world.receive()
    notice_sent(world, case, "G-1", **SAID)
    (sent,) = await told(world, case, world.clerk)
    asked = [one["at"] for one in await lines_of(world, case, world.clerk) if one["seq"] == 2]
    assert asked[0] <= sent["at"]


async def test_a_notice_that_came_back_is_told_so_and_proves_nothing(world: World) -> None:
    case = world.receive()
    notice_sent(world, case, "G-1", **SAID)
    await receipt(world, state="UNDELIVERED")
    (sent,) = await told(world, case, world.clerk)
    assert (sent["state"], sent["proof"]) == ("returned", None)


async def test_what_was_said_before_its_words_were_kept_is_told_without_them(world: World) -> None:
    case = world.receive()
    notice_sent(world, case, "G-1")
    (sent,) = await told(world, case, world.clerk)
    assert (sent["code"], sent["language"], sent["words"]) == ("measures_arrived", None, None)


async def test_a_supplier_is_not_told_what_the_recipient_was_told(world: World) -> None:
    case = await world.ordered()
    notice_sent(world, case, "G-1", **SAID)
    assert await told(world, case, world.clerk)
    assert await told(world, case, world.supplier) == []
    page = (await world.get(f"/v1/cases/{case}", world.supplier)).json()
    assert page["notices"] == []


REFUSAL = {
    "command": "intend_refusal",
    "ground": "not_delivered",
    "reason": "Акт подписан не получателем.",
}


async def draft(world: World, case: str, by: Person, asked: dict[str, Any]) -> httpx.Response:
    return await world.post(f"/v1/cases/{case}/drafts", by, {"draft": "notice", "asked": asked})


async def test_a_caseworker_reads_in_kk_and_ru_what_the_parties_will_be_told_before_it_goes(
    world: World,
) -> None:
    case = await world.reviewed()
    answer = await draft(world, case, world.clerk, REFUSAL)
    assert answer.status_code == 200, answer.text
    (paper,) = answer.json()["papers"]
    assert paper["kind_label"] == "Предварительное решение"
    assert all(REFUSAL["reason"] in paper[one]["text"] for one in ("kk", "ru"))
    told = {one["code"]: one for one in answer.json()["notices"]}
    intended = told["refusal_intended"]
    assert set(intended["to"]) <= {"recipient", "supplier"}
    assert len(intended["to_labels"]) == len(intended["to"])
    assert intended["kk"]["sms"] != intended["ru"]["sms"]
    before = len(await lines_of(world, case, world.clerk))
    assert [one["type"] for one in await lines_of(world, case, world.clerk)][-1] == "registered"
    await world.act(case, **REFUSAL, by=world.clerk)
    sent = await world.paper(case, "preliminary_decision", world.recipient())
    assert {one: sent["texts"][one] for one in ("kk", "ru")} == {
        one: paper[one] for one in ("kk", "ru")
    }
    assert len(await lines_of(world, case, world.clerk)) == before + 1


async def test_a_preview_is_refused_as_the_act_would_be_and_names_mistakes_in_its_form(
    world: World,
) -> None:
    case = await world.choosing()
    refused = await draft(world, case, world.clerk, REFUSAL)
    assert reasons(refused) == ["status_does_not_allow"]
    wrong = await draft(world, case, world.clerk, {"command": "intend_refusal"})
    assert wrong.status_code == 422
    assert {one["pointer"] for one in wrong.json()["errors"]} == {"/asked/ground", "/asked/reason"}
    asked = {"command": "decline", "reason": "Не нужно"}
    assert (await draft(world, case, world.recipient(), asked)).status_code == 403
    assert (await draft(world, case, world.foreign_clerk, REFUSAL)).status_code == 404
