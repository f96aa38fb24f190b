"""The cabinet: kinds, volumes and statuses over all cases of a person and of their wards."""

from typing import Any

from definitions.catalogues import current_catalogue
from tests.api.world import World
from tests.support.intake import measure, take_in

CARE: dict[str, Any] = {
    "classifier_code": "SERVICE-CARE",
    "name_kk": "Үйде күтім жасау",
    "name_ru": "Уход на дому",
    "category": "SPECIAL_SOCIAL_SERVICE",
    "quantity": 30,
    "unit": "DAY",
}


def elderly(number: int, item: str) -> dict[str, Any]:
    """A measure of an elderly person: neither a group of disability nor a part of a programme."""
    told = measure(number, entitlement="SPECIAL_SERVICES", item={**CARE, "classifier_code": item})
    del told["person"]["disability_group"]
    del told["programme"]["part"]
    return told


def service(world: World) -> str:
    """A service of the catalogue that is granted as a special social service, by the day."""
    found = current_catalogue().items.values()
    return next(
        one.code for one in found if (one.category, one.unit) == (CARE["category"], CARE["unit"])
    )


async def test_the_cabinet_shows_each_kind_with_volumes_and_statuses(world: World) -> None:
    case = await world.ordered()
    told = elderly(1, service(world)) | {"message_id": "message-1b", "measure_id": "M-1b"}
    (verdict,) = take_in(world.engine, told)
    assert verdict.case_id is not None, verdict.mistakes
    world.host.record(verdict.case_id)
    (mine,) = (await world.get("/v1/cabinet", world.recipient())).json()["persons"]
    assert (mine["yours"], mine["name"]) == (True, "Мысал Ү.")
    programme, services = mine["entitlements"]
    assert [one["entitlement"] for one in (programme, services)] == [
        "programme",
        "special_services",
    ]
    (wheelchair,), (care,) = programme["measures"], services["measures"]
    assert (wheelchair["case"], wheelchair["status"]) == (case, "ordered")
    assert wheelchair["volume"] == {"quantity": 1, "unit": "PIECE", "unit_label": "штука"}
    month = {"quantity": 30, "unit": "DAY", "unit_label": "день"}
    assert (care["volume"], care["status"]) == (month, "notifying")
    assert all(isinstance(care[one], str) and care[one] for one in ("name", "status_label"))


async def test_a_representative_sees_whom_they_act_for_only_as_long_as_they_do(
    world: World,
) -> None:
    case = world.receive(1, representative=world.representing(2))
    own, theirs = (await world.get("/v1/cabinet", world.recipient(2))).json()["persons"]
    assert (own["yours"], theirs["yours"]) == (True, False)
    assert theirs["entitlements"][0]["measures"][0]["case"] == case
    seen = (await world.get(f"/v1/cases/{case}", world.clerk)).json()
    held = seen["acting"]["representatives"][0]["id"]
    body = {"representative": held, "on": held and seen["since"][:10], "evidence": "Шешім"}
    told = await world.act(case, "end_representation", world.clerk, **body)
    confirmed = {"proposal": told["acting"]["proposed"][0]["id"]}
    await world.act(case, "confirm_representation", world.second_clerk, **confirmed)
    (only,) = (await world.get("/v1/cabinet", world.recipient(2))).json()["persons"]
    assert only["yours"]


async def test_the_cabinet_is_for_recipients_alone(world: World) -> None:
    for who in (world.supplier, world.clerk, world.admin):
        assert (await world.get("/v1/cabinet", who)).status_code == 403
    assert (await world.get("/v1/cabinet")).status_code == 401


async def test_the_guaranteed_package_is_off_until_the_law_opens_it(world: World) -> None:
    told = elderly(1, "PACKAGE-FOOD") | {"entitlement": "GUARANTEED_PACKAGE"}
    told["item"] |= {"category": "GUARANTEED_PACKAGE", "unit": "PIECE", "quantity": 1}
    (verdict,) = take_in(world.engine, told)
    assert verdict.case_id is None
    assert [(one["pointer"], one["code"]) for one in verdict.mistakes] == [
        ("/entitlement", "not_allowed_value")
    ]
