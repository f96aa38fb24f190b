"""Stories in which somebody decides: the commission, the authority, E-Собес, the calendar."""

import asyncio
import json
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from cli.demo.cast import MARK, revised, write_measure
from cli.demo.portal import ASK_EVERY, PATIENCE, Differs
from cli.demo.scene import Scene
from cli.demo.troupe import Troupe
from definitions.calendars import CURRENT, calendar_data, calendar_text

REFUSAL = {"ground": "not_entitled", "reason": f"Құжаттар сәйкес емес, {MARK}"}
NOT_YET = {"not_heard", "hearing_pending"}
LANGUAGES = {"kk", "ru", "en"}


async def complain(scene: Scene, troupe: Troupe) -> None:
    """What was delivered does not do: the commission decides for the recipient (D1, D5)."""
    await scene.watch.until("choosing")
    await scene.order(troupe.supplier("Сынақ-Балдақ"))
    await scene.deliver()
    await scene.watch.until("delivered")
    known = (await scene.stage.outside.today()).isoformat()
    reason = f"Тірегі сынған, {MARK}"
    await scene.act(scene.recipient, "complain", known_on=known, reason=reason)
    await scene.watch.until("disputed")
    scene.say("complained; nothing is paid meanwhile")
    refused = await scene.caseworkers[0].refused(scene.case, "approve")
    if "status_does_not_allow" not in refused:
        raise Differs("a case before the commission could be approved")
    position = f"Қабылдағанда бүтін еді, {MARK}"
    supplier = troupe.supplier("Сынақ-Балдақ").player
    await scene.act(supplier, "state_position", reason=position)
    decided = f"Ақауы расталды, {MARK}"
    await scene.act(troupe.commission, "decide_for_recipient", reason=decided)
    await scene.watch.until("choosing")
    scene.say("the commission decided for the recipient, who chooses again")
    await scene.supply(troupe.supplier("Үлгі-Қозғалыс"))
    await scene.settle()


async def be_refused(scene: Scene, troupe: Troupe) -> None:
    """The authority intends to refuse, hears the parties, and decides (V5, V6)."""
    first, second = scene.caseworkers
    await scene.watch.until("choosing")
    await scene.order(troupe.supplier("Сынақ-Балдақ"))
    await scene.fulfil()
    await scene.sign()
    await scene.act(first, "intend_refusal", **REFUSAL)
    # Whether the notice has been proven to arrive by now or not.
    if not NOT_YET & set(await first.refused(scene.case, "refuse", **REFUSAL)):
        raise Differs("the parties could be refused without being heard")
    await scene.act(scene.recipient, "open_case")
    said = await scene.act(scene.recipient, "raise_objection", reason=f"Келіспеймін, {MARK}")
    objections = said["periods"][-1]["hearing"]["objections"]
    answer = {"objection": objections[0]["id"], "reason": f"Дәлел жоқ, {MARK}"}
    await scene.act(first, "answer_objection", **answer)
    scene.say("read, objected and was answered; the hearing lasts")
    await scene.let_pass("hearing")
    await scene.act(first, "refuse", **REFUSAL)
    await scene.act(second, "refuse", **REFUSAL)
    await scene.watch.until("refused")
    await scene.told_esobes("refused")
    await _read_decision(scene)
    scene.say("refused by two; the decision says how to appeal")


async def _read_decision(scene: Scene) -> None:
    """The recipient reads the decision, in every language."""
    seen = await scene.recipient.see(f"/v1/cases/{scene.case}")
    (decision,) = [one for one in seen["documents"] if one["kind"] == "decision"]
    written: dict[str, Any] = json.loads(await scene.recipient.fetch(decision["href"]))
    if set(written["texts"]) != LANGUAGES or "appeal" not in written["texts"]["en"]["text"]:
        raise Differs("the decision does not say in each language how to appeal")


async def be_revised(scene: Scene, troupe: Troupe) -> None:
    """A re-examination halves the quantity while the recipient chooses: told anew (L5)."""
    await scene.watch.until("choosing")
    scene.item = replace(scene.item, quantity=1)
    stage, today = scene.stage, await scene.stage.outside.today()
    told = write_measure(
        scene.key, scene.person, scene.item, today=today, authority=stage.authority
    )
    await troupe.esobes.send("/v1/esobes/messages", [revised(told)])
    await scene.watch.until("notifying")
    await scene.watch.until("choosing")
    scene.say("programme revised; notified anew with a new term")
    await scene.supply(troupe.supplier("Жаңа-Тірек"))
    await scene.settle()


async def gain_a_day(scene: Scene, troupe: Troupe) -> None:
    """A day off is announced on the last day of the choice: it moves forward (L13)."""
    await scene.watch.until("choosing")
    before, _ = await scene.last_day("choice")
    proposer, approver = troupe.administrators
    change = await proposer.send(
        "/v1/changes", {"kind": "calendar", "content": with_day_off(before)}
    )
    place = f"/v1/changes/{change['id']}"
    if not (await proposer.see(place))["deadlines"]["moves"]:
        raise Differs("the preview moves nothing")
    await approver.send(f"{place}/approve", {})
    scene.say(f"{before} becomes a day off, approved by a second administrator")
    after = await _moved(scene, before)
    if after <= before:
        raise Differs(f"the term moved from {before} to {after}")
    scene.say(f"the term ends on {after} now, and the recipient is told")
    await scene.supply(troupe.supplier("Жаңа-Тірек"))
    await scene.settle()


async def _moved(scene: Scene, before: str) -> str:
    """The last day of the choice once it is another one."""
    try:
        async with asyncio.timeout(PATIENCE):
            while (day := (await scene.last_day("choice"))[0]) == before:
                await asyncio.sleep(ASK_EVERY)
    except TimeoutError:
        raise Differs("the calendar never reached the case") from None
    return day


def with_day_off(day: str) -> dict[str, Any]:
    """The present calendar with one day off more, for which a Saturday is worked."""
    data = calendar_data(calendar_text(CURRENT))
    known = {row["date"] for row in data["day"]}
    off = date.fromisoformat(day)
    saturday = off + timedelta(days=5 - off.weekday())
    while saturday.isoformat() in known:
        saturday += timedelta(days=7)
    source = "provisional: Labour Code 414-V, art. 85(3)"
    exchanged = [
        {"date": one, "working": works, "reason": f"transferred:{other}", "source": source}
        for one, other, works in (
            (day, saturday.isoformat(), False),
            (saturday.isoformat(), day, True),
        )
    ]
    year, month = map(int, CURRENT.removeprefix("kz-").split("-"))
    version = f"kz-{date(year + month // 12, month % 12 + 1, 1):%Y-%m}"
    rows = sorted([*data["day"], *exchanged], key=lambda row: str(row["date"]))
    return {**data, "version": version, "day": rows}
