"""Several periods of one case on the real worker: a part accepted, the next quarter beside it."""

import asyncio
from typing import Any

from sqlalchemy import Connection

from db.documents import draft_version
from db.suppliers import put_offer
from domain.case import Case
from tests.support.casework import Said
from tests.support.host import Host
from tests.support.intake import SEAL
from tests.support.party_play import (
    ADMINISTRATOR,
    Party,
    Shop,
    confirm,
    place_order,
    prove_delivery,
    today,
)

DIAPERS = "HYGIENE-DIAPER-L"
HYGIENE: dict[str, Any] = {
    "item__classifier_code": DIAPERS,
    "item__category": "HYGIENE",
    "item__quantity": 365,
}


def delivered(connection: Connection, party: Party, case: Case) -> Said:
    said = {"on": today(connection), "quantity": 365, "evidence": True}
    return Said("mark_delivered", party.file.supplying, said)


def accepted_in_part(connection: Connection, party: Party, case: Case) -> Said:
    """300 of 365, with the application that is made of them."""
    draft = draft_version(connection, SEAL, case, 1, 300)
    facts = {"application": draft.sha256}
    return Said("accept", party.file.recipient, {"quantity": 300}, facts)


async def test_f6_of_365_pieces_300_are_accepted_and_65_are_still_owed(host: Host) -> None:
    """Q1: beside both parts the next quarter is known."""
    offer = await asyncio.to_thread(_offer, host)
    shop = Shop(host.shop.supplier, offer, host.shop.signatory)
    party = await host.begin(**HYGIENE)
    party = Party(party.file, party.edition, shop)
    await host.rests(party)
    for line in (prove_delivery, place_order, confirm, delivered, accepted_in_part):
        await host.say(party, line)
        await host.rests(party)
    case = host.case(party)
    standing = {n: (one.status, one.part_of) for n, one in case.periods.items()}
    assert standing == {
        1: ("awaiting_signatures", None),
        2: ("planned", None),
        3: ("in_fulfilment", 1),
    }
    part, rest = case.periods[1].application, case.periods[3].order
    assert part is not None
    assert rest is not None
    assert (part.version, part.quantity, rest.quantity) == (2, 300, 65)


def _offer(host: Host) -> Any:
    with host.engine.begin() as connection:
        made = put_offer(connection, ADMINISTRATOR, host.shop.supplier, DIAPERS, (32_000, True))
    assert made is not None
    return made.id
