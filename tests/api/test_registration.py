"""The register of suppliers over HTTP: applied for, concluded, removed; what cases make of it."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
from sqlalchemy import text

from db.reference import read_case
from db.removals import settle_removals
from domain.parties.suppliers import REQUIRED
from tests.api.lines import lines_of
from tests.api.test_calendar_changes import SECOND
from tests.api.world import SUPPLIER_BIN, Person, World, person, reasons
from tests.support.casework import move_clock
from tests.support.removals import WORDS, take_off
from tests.support.servers import Database

NOW = timedelta(0)


def form(**changes: Any) -> dict[str, Any]:
    proofs = [{"condition": one, "evidence": f"№ 1 {one}"} for one in REQUIRED]
    return {"name": "ЖШС «Жаңа»", "regions": ["71"], "proofs": proofs, **changes}


async def applied(world: World, by: Person, **changes: Any) -> dict[str, Any]:
    answer = await world.post("/v1/suppliers", by, form(**changes))
    assert answer.status_code in (200, 201), answer.text
    told: dict[str, Any] = answer.json()
    return told


def removal(supplier: object, ground: str) -> dict[str, Any]:
    content = {"supplier": str(supplier), "ground": ground, **WORDS}
    return {"kind": "suppliers", "content": content}


async def removed(world: World, supplier: object, ground: str) -> dict[str, Any]:
    """By two administrators: the change as it stands then."""
    proposed = await world.post("/v1/changes", world.admin, removal(supplier, ground))
    assert proposed.status_code == 201, proposed.text
    answer = await world.post(f"/v1/changes/{proposed.json()['id']}/approve", SECOND, {})
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def test_the_commission_registers_who_proves_every_condition(world: World) -> None:
    held = await applied(world, world.supplier)
    assert (held["state"], held["bin"]) == ("open", SUPPLIER_BIN)
    listed = await world.get("/v1/tasks?state=open", world.commission)
    assert [one["id"] for one in listed.json()["tasks"]] == [held["id"]]
    path = f"/v1/tasks/{held['id']}"
    first = await world.do(path, world.commission, "register")
    again = await world.do(path, world.commission, "register")
    assert first.json()["supplier_id"] == again.json()["supplier_id"]
    assert first.json()["state"] == "registered"
    assert world.audit() == [
        ("supplier", "registration_asked"),
        ("commission", "supplier_added"),
        ("commission", "supplier_registered"),
    ]


async def test_an_application_that_waits_for_more_than_fifteen_working_days_is_overdue(
    world: World, database: Database
) -> None:
    held = await applied(world, world.supplier)
    assert held["overdue"] is False
    assert (held["certificate"]["term"], held["certificate"]["article"]) == ("15wd", "APPC 76(1)")
    path = f"/v1/tasks/{held['id']}"
    due = datetime.fromisoformat(held["due_at"])
    before = due - datetime.now(UTC) - timedelta(hours=1)
    move_clock(database.sandbox_url, before)
    assert (await world.get(path, world.commission)).json()["overdue"] is False
    overdue = "/v1/tasks?task=registration&state=overdue"
    assert (await world.get(overdue, world.commission)).json()["tasks"] == []
    move_clock(database.sandbox_url, timedelta(hours=2))
    assert (await world.get(path, world.commission)).json()["overdue"] is True
    listed = (await world.get(overdue, world.commission)).json()["tasks"]
    assert [one["id"] for one in listed] == [held["id"]]
    told = (await world.do(path, world.commission, "register")).json()
    assert (told["due_at"], told["overdue"]) == (held["due_at"], False)


async def test_what_is_not_proven_is_told_and_nothing_is_kept(world: World) -> None:
    answer = await world.post("/v1/suppliers", world.supplier, form(proofs=[]))
    assert answer.status_code == 422
    (mistake,) = answer.json()["errors"]
    assert mistake["code"] == "not_proven"
    assert "no_debt" in mistake["text"]
    assert world.audit() == []


async def test_of_individual_assistants_nothing_has_to_be_proven(world: World) -> None:
    assistant = person("supplier", 915)
    held = await applied(world, assistant, assistants_only=True, proofs=[])
    assert held["bin"] is None
    assert held["proofs"] == []


async def test_an_open_application_is_brought_up_to_date(world: World) -> None:
    first = await applied(world, world.supplier)
    second = await applied(world, world.supplier, regions=["71", "75"])
    assert (first["id"], second["regions"]) == (second["id"], ["71", "75"])


async def test_a_refused_application_says_why_and_is_decided_once(world: World) -> None:
    held = await applied(world, world.supplier)
    path = f"/v1/tasks/{held['id']}"
    told = await world.do(
        path, world.commission, "refuse_registration", {"reason": "Сертификат жоқ"}
    )
    assert told.json()["reason"] == "Сертификат жоқ"
    assert reasons(await world.do(path, world.commission, "register")) == ["already_decided"]
    seen = await world.get(path, world.supplier)
    assert seen.json()["state"] == "refused"
    stored = "SELECT count(*) FROM supplier_application WHERE position('Серт' IN reason::text) > 0"
    with world.engine.connect() as connection:
        assert connection.execute(text(stored)).scalar_one() == 0


async def test_an_application_does_not_exist_for_others(world: World) -> None:
    held = await applied(world, world.supplier)
    path = f"/v1/tasks/{held['id']}"
    elsewhere = person("commission", 917, region="63")
    for who in (world.other_supplier, elsewhere):
        assert (await world.get(path, who)).status_code == 404
    assert (await world.do(path, elsewhere, "register")).status_code == 404
    assert (await world.do(path, world.admin, "register")).status_code == 403


async def test_applications_are_listed_to_their_applicants_alone(world: World) -> None:
    """Persons who have no BIN, and organisations, which are no persons."""
    persons = person("supplier", 921), person("supplier", 922)
    for who in (world.supplier, world.other_supplier, *persons):
        held = await applied(world, who)
        listed = (await world.get("/v1/tasks?task=registration", who)).json()["tasks"]
        assert [one["id"] for one in listed] == [held["id"]]


async def test_o5_a_removed_supplier_loses_the_order_that_it_has_not_confirmed(
    world: World,
) -> None:
    case = await world.ordered()
    supplier = _supplier(world, case)
    told = await removed(world, supplier, "commission_conclusion")
    assert (told["looked_at"], told["state"]) == (1, "extending")
    seen = (await world.get(f"/v1/cases/{case}", world.recipient())).json()
    assert seen["status"] == "choosing"
    assert (await lines_of(world, case, world.recipient()))[-1]["row"] == "O5"
    again = removal(supplier, "commission_conclusion")
    assert reasons(await world.post("/v1/changes", world.admin, again)) == ["supplier_not_active"]
    (listed,) = await _removals(world, supplier)
    assert (listed["asked"], listed["recorded"]) == (1, 1)
    assert (listed["reason"], listed["evidence"]) == (WORDS["reason"], WORDS["evidence"])


async def test_o5_an_offer_of_a_removed_supplier_is_not_ordered_any_more(world: World) -> None:
    supplier, offer = world.offer()
    case = await world.choosing()
    body = world.order(case, offer, world.recipient())
    await removed(world, supplier, "bad_faith_samruk")
    answer = await world.ask(case, "place_order", world.recipient(), body)
    assert "supplier_not_active" in reasons(answer)


async def test_o5_a_supplier_cannot_confirm_after_its_removal_even_before_its_case_knows(
    world: World,
) -> None:
    case = await world.ordered()
    assert take_off(world.engine, UUID(_supplier(world, case)), "own_application") == [case]
    answer = await world.ask(case, "confirm", world.supplier)
    assert answer.status_code == 409
    assert world.host.record(case).status == "choosing"


async def test_o5_an_order_on_its_way_during_the_removal_is_found_by_the_last_look(
    world: World,
) -> None:
    case = await world.ordered()
    supplier = _supplier(world, case)
    await removed(world, supplier, "own_application")
    late = await world.choosing(2)
    with world.engine.begin() as connection:
        offer = connection.execute(text("SELECT id FROM offer")).scalar_one()
        connection.execute(text("UPDATE supplier SET active = true"))
    body = world.order(late, offer, world.recipient(2))
    await world.act(late, "place_order", world.recipient(2), **body)
    assert settle_removals(world.engine, NOW) == 1
    assert settle_removals(world.engine, NOW) == 0
    assert world.host.record(late).status == "choosing"
    (listed,) = await _removals(world, supplier)
    assert (listed["asked"], listed["recorded"], listed["settled"]) == (2, 2, True)


async def test_o4_after_the_confirmation_only_the_end_of_the_supplier_ends_the_order(
    world: World,
) -> None:
    case = await world.ordered()
    await world.act(case, "confirm", world.supplier)
    supplier = _supplier(world, case)
    await removed(world, supplier, "commission_conclusion")
    assert _status(world, case) == "in_fulfilment"
    await removed(world, supplier, "ceased")
    assert _status(world, case) == "choosing"
    assert [one["ground"] for one in await _removals(world, supplier)] == [
        "ceased",
        "commission_conclusion",
    ]


async def test_after_a_conclusion_a_supplier_comes_back_no_earlier_than_in_a_year(
    world: World, database_url: str
) -> None:
    supplier, _ = world.offer()
    await removed(world, supplier, "commission_conclusion")
    held = await applied(world, world.supplier)
    path = f"/v1/tasks/{held['id']}"
    assert reasons(await world.do(path, world.commission, "register")) == ["removed_recently"]
    put = {"bin": SUPPLIER_BIN, "name": "ТОО", "regions": ["71"]}
    assert reasons(await world.post("/v1/suppliers", world.admin, put)) == ["removed_recently"]
    # The application itself changes no day on which something was.
    with psycopg.connect(database_url) as owner:
        owner.execute("UPDATE supplier_removal SET removed_at = removed_at - interval '368 days'")
    assert (await world.do(path, world.commission, "register")).status_code == 200


async def test_a_supplier_that_is_no_more_never_comes_back(world: World) -> None:
    supplier, _ = world.offer()
    await removed(world, supplier, "ceased")
    held = await applied(world, world.supplier)
    path = f"/v1/tasks/{held['id']}"
    assert reasons(await world.do(path, world.commission, "register")) == ["supplier_is_no_more"]


async def test_a_removal_is_seen_case_by_case_before_a_second_administrator_approves_it(
    world: World,
) -> None:
    confirmed = await world.ordered()
    await world.act(confirmed, "confirm", world.supplier)
    supplier = _supplier(world, confirmed)
    with world.engine.connect() as connection:
        offer = connection.execute(text("SELECT id FROM offer")).scalar_one()
    waiting = await world.choosing(2)
    body = world.order(waiting, offer, world.recipient(2))
    await world.act(waiting, "place_order", world.recipient(2), **body)
    wish = removal(supplier, "commission_conclusion")

    shown = (await world.post("/v1/changes", world.admin, {**wish, "dry_run": True})).json()
    assert (shown["id"], shown["moving"], shown["staying"]) == (None, 1, 1)
    assert {one["case_id"]: one["becomes"] for one in shown["effects"]} == {
        confirmed: None,
        waiting: "choosing",
    }
    assert (await world.get("/v1/changes", world.admin)).json()["changes"] == []

    proposed = (await world.post("/v1/changes", world.admin, wish)).json()
    again = (await world.post("/v1/changes", SECOND, wish)).json()
    assert (again["id"], again["proposed_by"]) == (proposed["id"], proposed["proposed_by"])
    path = f"/v1/changes/{proposed['id']}"
    assert reasons(await world.post(f"{path}/approve", world.admin, {})) == ["same_person"]
    assert _status(world, waiting) == "ordered"
    held = (await world.get(path, SECOND)).json()
    assert (held["state"], held["supplier"], held["evidence"]) == (
        *("proposed", supplier),
        WORDS["evidence"],
    )
    effects = (await world.get(f"{path}/effects?limit=1", SECOND)).json()
    assert (len(effects["effects"]), effects["after"] is None) == (1, False)

    done = (await world.post(f"{path}/approve", SECOND, {})).json()
    assert (done["state"], done["looked_at"]) == ("extending", 2)
    assert (_status(world, waiting), _status(world, confirmed)) == ("choosing", "in_fulfilment")
    assert settle_removals(world.engine, NOW) == 0
    over = (await world.get(path, SECOND)).json()
    assert (over["state"], over["looked_at"], over["extended"]) == ("done", 2, 2)


async def test_nobody_takes_a_supplier_off_the_register_alone(world: World) -> None:
    supplier, _ = world.offer()
    path = f"/v1/suppliers/{supplier}/commands"
    off = {"command": "change", "active": False}
    assert reasons(await world.post(path, world.admin, off)) == ["removed_by_two"]
    put = {"bin": SUPPLIER_BIN, "name": "ТОО", "regions": ["71"], "active": False}
    assert reasons(await world.post("/v1/suppliers", world.admin, put)) == ["removed_by_two"]
    wish = removal(supplier, "own_application")
    for who in (world.commission, world.supplier, world.recipient()):
        assert (await world.post("/v1/changes", who, wish)).status_code == 403
    unknown = await world.post("/v1/changes", world.admin, removal(uuid4(), "own_application"))
    assert [one["code"] for one in unknown.json()["errors"]] == ["unknown_supplier"]
    assert (await world.get(f"/v1/suppliers/{supplier}", world.admin)).json()["active"] is True


async def test_a_removal_leaves_no_words_of_the_commission_in_the_clear(world: World) -> None:
    case = await world.ordered()
    await removed(world, _supplier(world, case), "commission_conclusion")
    with world.engine.connect() as connection:
        inbox = connection.execute(
            text("SELECT data::text FROM inbox WHERE name = 'supplier_removed'")
        ).scalar_one()
        kept = connection.execute(text("SELECT sealed FROM supplier_removal")).scalar_one()
    assert "бұзылды" not in inbox
    assert "бұзылды".encode() not in bytes(kept)
    assert world.audit()[-1] == ("administrator", "supplier_removed")


def _supplier(world: World, case: str) -> str:
    with world.engine.connect() as connection:
        return read_case(connection, case).periods[1].orders[-1].supplier


def _status(world: World, case: str) -> str:
    with world.engine.connect() as connection:
        return read_case(connection, case).status


async def _removals(world: World, supplier: object) -> list[dict[str, Any]]:
    answer = await world.get(f"/v1/suppliers/{supplier}", world.commission)
    told: list[dict[str, Any]] = answer.json()["removals"]
    return told


async def test_nobody_concludes_on_an_application_or_a_supplier_of_their_own(world: World) -> None:
    own = person("commission", 905, region="71")
    held = await applied(world, world.supplier)
    task = f"/v1/tasks/{held['id']}"
    assert reasons(await world.do(task, own, "register")) == ["party_cannot_decide"]
    supplier = (await world.do(task, world.commission, "register")).json()["supplier_id"]
    await world.get("/v1/me", person("supplier", 905, bin=SUPPLIER_BIN))
    wish = removal(supplier, "own_application")
    both = person("administrator", 905)
    assert reasons(await world.post("/v1/changes", both, wish)) == ["party_cannot_decide"]
    proposed = (await world.post("/v1/changes", world.admin, wish)).json()
    approval = await world.post(f"/v1/changes/{proposed['id']}/approve", both, {})
    assert reasons(approval) == ["party_cannot_decide"]
    change = {"command": "change", "active": False}
    path = f"/v1/suppliers/{supplier}/commands"
    assert reasons(await world.post(path, both, change)) == ["party_cannot_decide"]
