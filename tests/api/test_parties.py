"""Who acts for whom over HTTP: representatives, moves and deaths, as those concerned see it."""

import json
from typing import Any

import pytest
from sqlalchemy import text

from db.persons import open_for, person_of, read_profile
from tests.api.lines import lines_of
from tests.api.world import (
    AUTHORITY_BIN,
    PRICE,
    SUPPLIER_BIN,
    Person,
    World,
    person,
    reasons,
    today,
)
from tests.support.intake import SEAL, iin

NEW_BIN = "201140900014"
REVOKED = {"ground": "programme_revoked", "reason": "Қате", "evidence": "Хат"}
THERE = {"authority_bin": NEW_BIN, "kato": "711110000"}
WALKER = {
    "classifier_code": "MOBILITY-WHEELCHAIR-INDOOR",
    "name_kk": "Бөлмеде қолдануға арналған кресло-арба",
    "name_ru": "Кресло-коляска комнатная",
    "category": "MOBILITY_AID",
    "quantity": 1,
    "unit": "PIECE",
}
PAPER = "Қаулы № 77-5"


def power(number: int, kind: str = "GUARDIAN", **changed: Any) -> dict[str, Any]:
    """The number-th person as a representative whom a caseworker enters."""
    said = {
        "iin": iin(number),
        "kind": kind,
        "basis_number": PAPER,
        "basis_date": "2026-01-12",
        "evidence": "Шешімнің көшірмесі",
    }
    return {**said, **changed}


async def reads(world: World, case: str, who: Person) -> bool:
    answer = await world.get(f"/v1/cases/{case}", who)
    assert answer.status_code in (200, 404)
    return answer.status_code == 200


async def ended(world: World, case: str, on: str, by: Person | None = None) -> dict[str, Any]:
    told = (await world.get(f"/v1/cases/{case}", world.clerk)).json()
    (held,) = [one for one in told["acting"]["representatives"] if not one["ended"]]
    body = {"representative": held["id"], "on": on, "evidence": "Қайтыс болу туралы куәлік"}
    told = await world.act(case, "end_representation", by or world.clerk, **body)
    return told if by else await confirmed(world, case)


async def confirmed(world: World, case: str, by: Person | None = None) -> dict[str, Any]:
    """What one caseworker entered, confirmed by another."""
    told = (await world.get(f"/v1/cases/{case}", world.clerk)).json()
    (held,) = told["acting"]["proposed"]
    who = by or world.second_clerk
    return await world.act(case, "confirm_representation", who, proposal=held["id"])


# --- representatives (L6) ---


async def test_l6_a_caseworker_enters_a_guardian_who_then_acts_and_whose_paper_is_sealed(
    world: World,
) -> None:
    case = world.receive()
    assert not await reads(world, case, world.recipient(2))
    await world.act(case, "begin_representation", world.clerk, **power(2))
    assert not await reads(world, case, world.recipient(2))
    told = await confirmed(world, case)
    (held,) = told["acting"]["representatives"]
    assert (held["kind"], told["acting"]["capacity"]) == ("GUARDIAN", "represented")
    assert (await world.act(case, "open_case", world.recipient(2)))["status"] == "choosing"
    assert await world.refused(case, "decline", world.recipient(), reason="Қажет емес") == [
        "represented"
    ]
    with world.engine.connect() as connection:
        recipient, sealed = connection.execute(
            text("SELECT recipient_id, sealed FROM representation WHERE id = :id"), held
        ).one()
        paper = json.loads(open_for(connection, SEAL, recipient, sealed))
        everywhere = connection.execute(
            text("SELECT string_agg(data::text || facts::text, '') FROM inbox")
        ).scalar_one()
        role = connection.execute(
            text("SELECT on_behalf_of IS NOT NULL FROM event WHERE type = 'notified'")
        ).scalar_one()
    assert paper == {"number": PAPER, "given_on": "2026-01-12"}
    assert "77-5" not in everywhere
    assert role


async def test_l6_what_concerns_the_person_reaches_all_of_their_open_cases(world: World) -> None:
    first = world.receive(1)
    second = world.receive(1, message_id="message-1b", measure_id="M-1b")
    await world.act(first, "begin_representation", world.clerk, **power(2))
    world.host.record(second)
    assert not await reads(world, second, world.recipient(2))
    await confirmed(world, first)
    world.host.record(second)
    assert await reads(world, second, world.recipient(2))
    assert (await world.act(second, "open_case", world.recipient(2)))["status"] == "choosing"


async def test_l6_nor_does_it_through_a_caseworker_who_acts_for_the_supplier_of_another_case(
    world: World,
) -> None:
    second = await world.ordered(1)
    first = world.receive(1, message_id="message-1b", measure_id="M-1b")
    await world.get("/v1/me", person("supplier", 3, bin=SUPPLIER_BIN))
    seller = person("caseworker", 3, authority=AUTHORITY_BIN)
    for entering, known in ((seller, 0), (world.clerk, 1)):
        await world.act(first, "begin_representation", entering, **power(2))
        world.host.record(second)
        told = (await world.get(f"/v1/cases/{second}", world.second_clerk)).json()
        assert len(told["acting"]["proposed"]) == known


async def test_l6_who_represents_nobody_any_more_sees_nothing_any_more(world: World) -> None:
    case = world.receive(1, representative=world.representing(2))
    assert await reads(world, case, world.recipient(2))
    told = await ended(world, case, today())
    assert told["periods"][0]["pause"]["ground"] == "nobody_to_act"
    assert [one["code"] for one in told["tasks"]] == ["nobody_to_act"]
    assert told["waits_for"] == ["caseworker"]
    assert not await reads(world, case, world.recipient(2))


async def test_l6_a_ward_comes_of_age_in_the_middle_and_goes_on_alone(world: World) -> None:
    case = world.receive(1, representative=world.representing(2) | {"kind": "PARENT"})
    _, offer = world.offer()
    parent = world.recipient(2)
    await world.act(case, "open_case", parent)
    await world.act(case, "place_order", parent, **world.order(case, offer, parent))
    body = {"capacity": "full", "evidence": "Жеке куәлік"}
    await world.act(case, "record_capacity", world.clerk, **body)
    told = await confirmed(world, case)
    assert (told["status"], told["acting"]["capacity"]) == ("ordered", "full")
    assert not await reads(world, case, parent)
    assert (await world.act(case, "cancel_order", world.recipient(), reason="Ойымнан айныдым"))[
        "status"
    ] == "choosing"


async def test_l6_who_was_entered_is_told_why_they_cannot_act_yet_and_sees_nothing(
    world: World,
) -> None:
    case = await world.choosing()
    told = await world.act(case, "begin_representation", world.clerk, **power(2))
    assert [one["code"] for one in told["tasks"]] == ["representation_to_confirm"]
    found = await world.refused(case, "decline", world.recipient(2), reason="Қажет емес")
    assert found == ["representative_unconfirmed"]
    assert not await reads(world, case, world.recipient(2))
    proposal = told["acting"]["proposed"][0]["id"]
    own = {"proposal": proposal}
    found = await world.refused(case, "confirm_representation", world.clerk, **own)
    assert found == ["same_person"], "what two guards say is told once"
    said = {**own, "reason": "Құжат табылмады"}
    told = await world.act(case, "refuse_representation", world.second_clerk, **said)
    assert (told["tasks"], told["acting"]["proposed"]) == ([], [])
    answer = await world.ask(case, "decline", world.recipient(2), {"reason": "Қажет емес"})
    assert answer.status_code == 404


async def test_l6_contacts_entered_with_a_representative_count_once_a_second_confirms(
    world: World,
) -> None:
    case = await world.choosing()
    phone = "+77009998877"
    entered = power(2, phone=phone, phone_confirmed=True)
    await world.act(case, "begin_representation", world.clerk, **entered)
    with world.engine.begin() as connection:
        person = person_of(connection, SEAL, iin(2))
        assert read_profile(connection, SEAL, person).phone is None
    await confirmed(world, case)
    with world.engine.connect() as connection:
        assert read_profile(connection, SEAL, person).phone == phone
        kept = connection.execute(text("SELECT string_agg(data::text, '') FROM inbox")).scalar_one()
    assert phone not in kept


async def test_l6_a_trustee_consents_to_the_order_that_the_ward_then_signs(world: World) -> None:
    trustee, ward = world.recipient(2), world.recipient()
    case = world.receive(1, representative=world.representing(2) | {"kind": "TRUSTEE"})
    await world.act(case, "open_case", ward)
    _, offer = world.offer()
    order = world.order(case, offer, ward)
    assert await world.refused(case, "place_order", ward, **order) == ["consent_missing"]
    consent = {"act": "place_order", "application_sha256": order["application_sha256"]}
    await world.act(case, "consent", trustee, **consent)
    assert (await world.act(case, "place_order", ward, **order))["status"] == "ordered"


async def test_l6_the_representative_is_the_supplier_and_is_told_the_way_out(
    world: World,
) -> None:
    """The representative has acted for the supplier on the portal (CC 163(3))."""
    other = await world.ordered(7)
    await world.act(other, "confirm", world.supplier)
    case = world.receive(1, representative=world.representing(905))
    acting = person("recipient", 905)
    await world.act(case, "open_case", acting)
    with world.engine.connect() as connection:
        offer = connection.execute(text("SELECT id FROM offer")).scalar_one()
    answer = await world.ask(case, "place_order", acting, world.order(case, offer, acting))
    assert reasons(answer) == ["representative_is_supplier"]
    said = answer.json()["reasons"][0]["text"]
    assert "орган опеки" in said


async def test_l6_a_caseworker_of_the_authority_represents_nobody_there(world: World) -> None:
    case = await world.choosing()
    found = await world.refused(case, "begin_representation", world.clerk, **power(901))
    assert found == ["representative_is_caseworker"]
    reviewed = await world.reviewed(3)
    await world.act(reviewed, "approve", world.second_clerk)
    found = await world.refused(case, "begin_representation", world.clerk, **power(902))
    assert found == ["representative_is_caseworker"]


async def test_l6_who_has_decided_there_since_they_were_entered_is_confirmed_no_more(
    world: World,
) -> None:
    case, third = await world.choosing(), person("caseworker", 908, authority=AUTHORITY_BIN)
    told = await world.act(case, "begin_representation", world.clerk, **power(908))
    (held,) = told["acting"]["proposed"]
    await world.act(case, "escalate", third, to="authority_lead", reason="Сұрақ")
    found = await world.refused(
        case, "confirm_representation", world.second_clerk, proposal=held["id"]
    )
    assert found == ["representative_is_caseworker"]


async def test_l6_a_representative_who_has_decided_in_the_authority_does_not_act_there(
    world: World,
) -> None:
    case = world.receive(1, representative=world.representing(902))
    reviewed, acting = await world.reviewed(3), person("recipient", 902)
    assert (await world.act(case, "open_case", acting))["status"] == "choosing"
    await world.act(reviewed, "approve", world.second_clerk)
    found = await world.refused(case, "decline", acting, reason="Қажет емес")
    assert found == ["representative_is_caseworker"]


async def test_l6_a_power_of_attorney_is_taken_back_by_who_gave_it(world: World) -> None:
    told = world.representing(2) | {"kind": "ATTORNEY"}
    case = await world.choosing(1, representative=told)
    assert (await world.act(case, "open_case", world.recipient(2)))["status"] == "choosing"
    await ended(world, case, today(), world.recipient())
    assert not await reads(world, case, world.recipient(2))
    assert (await world.act(case, "decline", world.recipient(), reason="Сатып алдым"))["closed"]


@pytest.mark.parametrize(
    ("spoilt", "pointer"),
    [
        ({"iin": "000000000000"}, "/iin"),
        ({"kind": "FRIEND"}, "/kind"),
        ({"basis_number": " "}, "/basis_number"),
        ({"valid_until": "soon"}, "/valid_until"),
        ({"scope": ["everything"]}, "/scope/0"),
    ],
)
async def test_a_representative_is_entered_in_the_right_form(
    world: World, spoilt: dict[str, Any], pointer: str
) -> None:
    case = world.receive()
    answer = await world.ask(case, "begin_representation", world.clerk, power(2, **spoilt))
    assert answer.status_code == 422
    assert [one["pointer"] for one in answer.json()["errors"]] == [pointer]


# --- moves (L7) ---


def clerk_there() -> Person:
    return person("caseworker", 908, authority=NEW_BIN)


async def moved(world: World, case: str) -> Any:
    body = {**THERE, "evidence": "Мекенжай анықтамасы"}
    return await world.ask(case, "move", world.clerk, body)


async def test_l7_moved_before_the_order_the_new_place_reads_and_acts_at_once(
    world: World,
) -> None:
    case = await world.choosing()
    there = clerk_there()
    assert not await reads(world, case, there)
    answer = await moved(world, case)
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["cache-control"] == "private, no-cache"
    assert await reads(world, case, there)
    assert not await reads(world, case, world.clerk)
    listed = (await world.get("/v1/cases", there)).json()["cases"]
    assert [one["id"] for one in listed] == [case]
    assert (await world.get("/v1/cases", world.clerk)).json()["cases"] == []
    await world.act(case, "revoke", there, **REVOKED)


async def test_l7_moved_after_the_order_the_former_authority_pays_it_and_goes_on_reading(
    world: World,
) -> None:
    case = await world.reviewed()
    told = (await moved(world, case)).json()
    assert told["status"] == "under_review"
    assert await reads(world, case, clerk_there())
    assert await world.refused(case, "approve", clerk_there()) == ["not_your_case"]
    await world.act(case, "approve", world.clerk)
    paid = await world.act(case, "approve", world.second_clerk)
    assert paid["status"] == "payment_pending"
    listed = (await world.get("/v1/cases", world.clerk)).json()["cases"]
    assert [one["id"] for one in listed] == [case]


async def test_l7_e_tells_of_the_move_and_an_order_stands(world: World) -> None:
    case = await world.ordered()
    changes = {"person__authority_bin": NEW_BIN, "programme__revision": 2}
    assert world.receive(1, message_id="moved-2", **changes) == case
    assert await reads(world, case, clerk_there())
    assert await reads(world, case, world.clerk)
    seen = (await world.get(f"/v1/cases/{case}", world.recipient())).json()
    last = (await lines_of(world, case, world.recipient()))[-1]
    assert (seen["status"], last["row"]) == ("ordered", "L7")


# --- the recipient died (L3) ---


async def test_l3_the_recipient_dies_after_delivery_and_the_supplier_is_paid_all_the_same(
    world: World,
) -> None:
    case = await world.ordered()
    await world.act(case, "confirm", world.supplier)
    said = {"on": today(), "quantity": 1, "evidence": "Акт № 1"}
    await world.act(case, "mark_delivered", world.supplier, **said)
    death = {"ground": "person_died", "reason": "Қайтыс болды", "evidence": "Куәлік"}
    told = await world.act(case, "revoke", world.clerk, **death)
    assert (told["status"], told["waits_for"]) == ("delivered", ["caseworker"])
    assert await world.refused(case, "accept", world.recipient(), quantity=1) == ["not_your_case"]
    act = {"quantity": 1, "reason": "Алушы қайтыс болды", "evidence": "Тапсыру актісі"}
    await world.act(case, "attest_handover", world.clerk, **act)
    signed = await world.act(case, "sign", world.supplier, **world.annex(case, world.supplier))
    assert signed["status"] == "under_review"
    await world.act(case, "approve", world.clerk)
    assert (await world.act(case, "approve", world.second_clerk))["status"] == "payment_pending"


# --- two measures, one supplier ---


async def test_two_measures_with_one_supplier_are_two_orders_two_applications_two_payments(
    world: World,
) -> None:
    supplier, offer = world.offer()
    with world.engine.begin() as connection:
        second = connection.execute(
            text(
                "INSERT INTO offer (supplier_id, item, price, active)"
                " VALUES (:supplier, :item, :price, true) RETURNING id"
            ),
            {"supplier": supplier, "item": WALKER["classifier_code"], "price": PRICE},
        ).scalar_one()
    who, applications = world.recipient(), set()
    other = {"message_id": "message-1b", "measure_id": "M-1b", "item": WALKER}
    cases = [await world.choosing(), await world.choosing(1, **other)]
    for case, bought in zip(cases, (offer, second), strict=True):
        told = await world.act(case, "place_order", who, **world.order(case, bought, who))
        applications.add(told["periods"][0]["application"]["sha256"])
    assert len(applications) == 2
    for case in cases:
        await world.act(case, "confirm", world.supplier)
        said = {"on": today(), "quantity": 1, "evidence": "Акт"}
        await world.act(case, "mark_delivered", world.supplier, **said)
        await world.act(case, "accept", who, quantity=1)
        await world.act(case, "sign", world.supplier, **world.annex(case, world.supplier))
        await world.act(case, "approve", world.clerk)
        await world.act(case, "approve", world.second_clerk)
    listed = (await world.get("/v1/cases", world.supplier)).json()["cases"]
    assert [one["status"] for one in listed] == ["payment_pending", "payment_pending"]
    keys = set()
    for case in cases:
        seen = (await world.get(f"/v1/cases/{case}", world.supplier)).json()
        keys |= {payment["key"] for payment in seen["periods"][0]["payments"]}
    assert len(keys) == 2
