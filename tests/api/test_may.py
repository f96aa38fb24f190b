"""What a page offers is taken when it is asked, and what it does not offer is refused."""

from collections import Counter
from typing import Any, Final
from uuid import UUID

import pytest

from tests.api.bodies import Asked, Said, bodies
from tests.api.world import OTHER_BIN, Person, World, today
from tests.domain.chance import choose
from tests.domain.play import Seeded

WALKS, STEPS = 4, 9
# What takes a case away or ends it is done late in a walk, or there would be none.
LATE: Final = frozenset(("move", "revoke", "decline", "record_capacity", "confirm_representation"))


async def begun(world: World, seed: int, offer: UUID) -> str:
    """A case that is chosen in, ordered, or before the caseworkers."""
    case, who, supplier = (
        await world.choosing(10 + seed),
        world.recipient(10 + seed),
        world.supplier,
    )
    if seed % 3:
        await world.act(case, "place_order", who, **world.order(case, offer, who))
    if seed % 3 == 2:
        handed = {"on": today(), "quantity": 1, "evidence": "Акт № 1"}
        await world.act(case, "confirm", supplier)
        await world.act(case, "mark_delivered", supplier, **handed)
        await world.act(case, "accept", who, quantity=1)
        await world.act(case, "sign", supplier, **world.annex(case, supplier))
    return case


async def offered(world: World, case: str, people: dict[str, Person]) -> list[tuple[str, Said]]:
    """The page of everybody who sees the case, by name."""
    pages = [
        (name, await world.get(f"/v1/cases/{case}?may=all", by)) for name, by in people.items()
    ]
    return [(name, page.json()) for name, page in pages if page.status_code == 200]


async def said(about: Asked) -> list[tuple[int, Any]]:
    """What was answered to each thing that may be said, until one is taken."""
    found: list[tuple[int, Any]] = []
    for body in bodies(about):
        answer = await about.world.ask(about.case, about.command, about.by, body)
        told = answer.json() if answer.content else {}
        found.append((answer.status_code, told.get("reasons") or told.get("errors")))
        if answer.status_code < 300:
            break
    return found


@pytest.mark.timeout(300)
async def test_whatever_a_page_offers_is_taken_and_what_it_does_not_offer_is_refused(
    world: World,
) -> None:
    tried, refused = Counter[str](), 0
    (seller, offer), (second, other) = world.offer(), world.offer(OTHER_BIN)
    shop = (other, (str(seller), str(second)))
    people = {
        "supplier": world.supplier,
        "other_supplier": world.other_supplier,
        "clerk": world.clerk,
        "second_clerk": world.second_clerk,
        "commission": world.commission,
        "admin": world.admin,
    }
    for seed in range(WALKS):
        whim, case = Seeded(seed), await begun(world, seed, offer)
        everybody = {**people, "recipient": world.recipient(10 + seed)}
        for turn in range(STEPS):
            pages = await offered(world, case, everybody)
            mays = [(name, page, one) for name, page in pages for one in page["you"]["may"]]
            closed = [one for one in mays if not one[2]["allowed"]]
            name, page, one = choose(whim, closed)
            answers = await said(
                Asked(world, case, everybody[name], page, one["name"], one.get("period"), *shop)
            )
            assert {code for code, _ in answers} <= {409, 422}, (seed, turn, name, one["name"])
            refused += 1
            opened = [one for one in mays if one[2]["allowed"]]
            opened = [one for one in opened if turn > 5 or one[2]["name"] not in LATE] or opened
            fewest = min(tried[one["name"]] for _, _, one in opened)
            name, page, one = choose(whim, [o for o in opened if tried[o[2]["name"]] == fewest])
            answers = await said(
                Asked(world, case, everybody[name], page, one["name"], one.get("period"), *shop)
            )
            where = (seed, turn, name, one["name"], page["status"], answers)
            assert answers, where
            assert answers[-1][0] in (200, 204), where
            tried[one["name"]] += 1
    assert len(tried) >= 25, tried
    assert refused == WALKS * STEPS
