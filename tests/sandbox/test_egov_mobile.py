"""The phone of the sandbox opens only what the product gives out, and signs as who is ready."""

from tests.sandbox.world import World


def test_a_phone_opens_no_other_domain_and_signs_for_nobody_unknown(world: World) -> None:
    persona = {"title": "somebody", "claims": {"role": "recipient", "iin": "820304300003"}}
    world.client.put("/identity/personas", json=[persona]).raise_for_status()
    other = {"code": "mobileSign:http://elsewhere.example/x", "title": "somebody"}
    assert world.client.post("/egov-mobile/codes", json=other).status_code == 400
    nobody = {**other, "title": "nobody"}
    assert world.client.post("/egov-mobile/codes", json=nobody).status_code == 409
