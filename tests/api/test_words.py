"""Every read of everybody, in every language: no code stands without its label."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.routing import APIRoute

from api.app import ROUTERS
from api.document import guards_of
from domain.messages import Role
from tests.api.test_calendar_changes import proposed
from tests.api.test_escalations import bring_in
from tests.api.test_labels import raw_codes
from tests.api.test_notices import REFUSAL, SAID
from tests.api.test_receipts import notice_sent
from tests.api.test_registration import applied
from tests.api.world import Person, World, person
from tests.support.intake import take_in
from tests.support.intake_desk import five_mistakes

# Law and reference data as they are written, streams, and bytes.
AS_WRITTEN = ("/v1/definitions", "/v1/calendars", "/v1/catalogue", "/v1/esobes")
BYTES = ("/stream", "/bundle", "/me/data", "/documents/{sha256}", "/deadlines/{period}/{term}")


def reads(role: Role) -> Iterator[str]:
    """Every address that a role reads for people."""
    for router in ROUTERS:
        for route in router.routes:
            assert isinstance(route, APIRoute)
            mine = any(role in guard.roles for guard in guards_of(route.dependant))
            told = not route.path.startswith(AS_WRITTEN) and not route.path.endswith(BYTES)
            if mine and told and "GET" in (route.methods or ()):
                yield route.path


async def raw(world: World, by: Person, addresses: set[str], language: str) -> list[str]:
    """Where a code stands alone in what these addresses answer."""
    found = []
    for address in sorted(addresses):
        query = f"{'&' if '?' in address else '?'}languages={language}"
        answer = await world.get(f"{address}{query}", by)
        told = answer.json()
        found += [f"{re.sub('/[0-9a-f-]{36}', '/…', address)}: {one}" for one in raw_codes(told)]
    return found


async def everything(world: World) -> dict[str, list[str]]:
    """Something of each kind that can be read, by the name that addresses give it."""
    bring_in(world)
    case = await world.reviewed()
    notice_sent(world, case, "G-1", **SAID)
    await world.act(case, "escalate", world.clerk, to="authority_lead", reason="Вопрос")
    await world.act(case, **REFUSAL, by=world.clerk)
    other = await world.choosing(2)
    await world.act(other, "pause", world.clerk, ground="court", until="2027-02-01", reason="Иск")
    await world.ask(other, "approve", world.clerk, {})
    take_in(world.engine, five_mistakes())
    change = await proposed(world)
    await applied(world, person("supplier", 931, bin="200140000022"))
    page = (await world.get(f"/v1/cases/{case}", world.clerk)).json()
    lines = (await world.get(f"/v1/cases/{case}/events", world.clerk)).json()["events"]
    tasks = [
        one["id"]
        for by in (world.clerk, world.commission, world.admin)
        for query in ("", "&task=registration", "&task=intake")
        for one in (await world.get(f"/v1/tasks?limit=50{query}", by)).json().get("tasks", ())
    ]
    return {
        "case_id": [case, other],
        "change_id": [change["id"]],
        "message_id": [one["message"].rpartition("/")[2] for one in lines if one["message"]],
        "supplier_id": [page["periods"][0]["order"]["supplier"]],
        "task_id": tasks,
    }


def filled(path: str, known: dict[str, list[str]]) -> set[str]:
    names = re.findall(r"\{(\w+)\}", path)
    if not names:
        return {path}
    return {path.replace(f"{{{names[0]}}}", one) for one in known.get(names[0], ())}


@pytest.mark.timeout(300)
async def test_no_read_of_anybody_holds_a_code_without_its_label(world: World) -> None:
    known = await everything(world)
    case, other = known["case_id"]
    people = {
        Role.RECIPIENT: world.recipient(),
        Role.SUPPLIER: world.supplier,
        Role.CASEWORKER: world.clerk,
        Role.COMMISSION: world.commission,
        Role.ADMINISTRATOR: world.admin,
    }
    alone: list[str] = []
    for role, by in people.items():
        addresses = {one for path in reads(role) for one in filled(path, known)}
        addresses |= {f"/v1/cases/{other}?may=all", "/v1/tasks?task=intake"}
        for language in ("kk", "ru", "en", "all") if role == Role.CASEWORKER else ("ru",):
            alone += await raw(world, by, addresses, language)
        asked: Any = {"question": "nobody_acts"}
        alone += raw_codes((await world.post(f"/v1/cases/{case}/what-if", by, asked)).json())
        found = await world.post("/v1/search", by, {"query": "OZ0000", "by": "reference"})
        alone += raw_codes(found.json())
        refused = await world.ask(case, "contest_deadline", by, {"term": "review", "reason": "?"})
        alone += raw_codes(refused.json())
    assert sorted(set(alone)) == []
