"""Who knows only what a page offers and its forms says nothing that is refused for what it says."""

from collections import Counter
from datetime import timedelta
from itertools import islice
from typing import Any

import pytest

from db.suppliers import put_offer
from tests.api.form_client import Said, everything, faults
from tests.api.test_may import LATE, begun
from tests.api.test_periods import BAGS
from tests.api.world import OTHER_BIN, Person, World
from tests.domain.chance import choose
from tests.domain.play import Seeded
from tests.support.casework import move_clock
from tests.support.party_play import ADMINISTRATOR
from tests.support.servers import Database

WALKS, STEPS, MOST = 4, 14, 40
# What a form cannot know.
UNKNOWABLE = {"same_person", "wrong_document", "consent_missing"}


async def form_of(world: World, page: Said, may: Said, by: Person) -> Said:
    answer = await world.get(may.get("form", f"{page['you']['forms']}{may['name']}"), by)
    assert answer.status_code == 200, answer.text
    form: Said = answer.json()
    assert list(faults(form, may["label"])) == [], may
    return form


def beside(world: World, case: str, by: Person, name: str, offer: Any) -> Said | None:
    """What programs make for the form: an order, or a paper with its signature."""
    if name == "place_order":
        return world.order(case, offer, by)
    if name in ("sign", "change_account"):
        try:
            made = world.annex(case, by)
        except AssertionError:
            return None  # there is no paper in the first period
        return made if name == "sign" else {k: v for k, v in made.items() if k != "signature"}
    return {}


async def page_of(world: World, case: str, by: Person) -> Said | None:
    answer = await world.get(f"/v1/cases/{case}", by)
    return answer.json() if answer.status_code == 200 else None


@pytest.mark.timeout(600)
async def test_whoever_fills_in_what_a_form_offers_is_not_refused_for_it(
    world: World, database: Database
) -> None:
    tried: Counter[str] = Counter()
    (seller, offer), _ = world.offer(), world.offer(OTHER_BIN)
    bags = (BAGS["classifier_code"], (45_000, True))
    with world.engine.begin() as connection:
        made = put_offer(connection, ADMINISTRATOR, seller, *bags)
    assert made is not None
    people = {
        "supplier": world.supplier,
        "clerk": world.clerk,
        "second_clerk": world.second_clerk,
        "commission": world.commission,
        "admin": world.admin,
    }
    cases = [(await begun(world, seed, offer), offer) for seed in range(WALKS)]
    cases += [(await world.choosing(10 + WALKS, item=BAGS), made.id)]
    for seed, (case, offer) in enumerate(cases):
        whim = Seeded(seed)
        everybody = {**people, "recipient": world.recipient(10 + seed)}
        for turn in range(STEPS):
            settle(world, case)
            pages = [(one, await page_of(world, case, by)) for one, by in everybody.items()]
            mays = [
                (name, page, may)
                for name, page in pages
                if page is not None
                for may in page["you"]["may"]
                if turn > 8 or may["name"] not in LATE
            ]
            fewest = min(tried[may["name"]] for _, _, may in mays)
            name, page, may = choose(whim, [o for o in mays if tried[o[2]["name"]] == fewest])
            about = (world, case, everybody[name], offer)
            tried[may["name"]] += 1
            refused = await filled_in(about, page, may, whim)
            assert refused <= UNKNOWABLE, (seed, turn, name, may, page["status"], refused)
            if not whim.below(4):
                move_clock(database.sandbox_url, timedelta(days=choose(whim, (1, 3, 9, 16))))
    assert len(tried) > 30


def settle(world: World, case: str) -> None:
    """Every term that is over has run out, and those that followed from it."""
    before = -1
    while (after := world.host.record(case).seq) != before:
        before = after


async def filled_in(
    about: tuple[World, str, Person, Any], page: Said, may: Said, whim: Seeded
) -> set[str]:
    """Why what was said in a form was refused: what it offers first and last, and between."""
    world, case, by, offer = about
    form = await form_of(world, page, may, by)
    made = beside(world, case, by, may["name"], offer)
    if made is None:
        return set()
    bodies = list(islice(everything(form), MOST))
    assert bodies, (may, form)
    codes: set[str] = set()
    for said in (choose(whim, bodies), bodies[0], bodies[-1]):
        named = {"period": may["period"]} if "period" in may else {}
        answer = await world.ask(case, may["name"], by, {**said, **made, **named})
        if answer.status_code in (200, 204):
            break
        told = answer.json()
        codes |= {one["code"] for one in told.get("reasons", told.get("errors", ()))}
    return codes
