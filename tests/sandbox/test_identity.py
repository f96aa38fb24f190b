"""The identity provider says who somebody is, and gives no IIN away in the name."""

from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from sandbox.identities import make_bin, make_iin
from tests.sandbox.test_gateway import hear_receipts, send
from tests.sandbox.test_wire import SMS
from tests.sandbox.world import World


def read_claims(world: World, token: str) -> dict[str, Any]:
    """The claims of a token whose signature holds under the published keys."""
    keys = KeySet.import_key_set(world.get("/identity/jwks"))
    return dict(jwt.decode(token, keys, algorithms=["RS256"]).claims)


def fetch(world: World, **who: Any) -> dict[str, Any]:
    """The claims of a new token."""
    return read_claims(world, world.post("/identity/token", **who)["access_token"])


@pytest.mark.parametrize(
    ("who", "expected"),
    [
        ({"role": "recipient", "iin": make_iin(1)}, {"iin"}),
        ({"role": "supplier", "iin": make_iin(2), "bin": make_bin(2)}, {"iin", "bin"}),
        ({"role": "supplier", "iin": make_iin(3)}, {"iin"}),
        (
            {"role": "caseworker", "iin": make_iin(4), "authority": make_bin(4)},
            {"iin", "authority"},
        ),
        ({"role": "commission", "iin": make_iin(6), "region": "71"}, {"iin", "region"}),
        ({"role": "administrator", "iin": make_iin(5)}, {"iin"}),
        ({"role": "esobes"}, set()),
        ({"role": "gateway", "provider": "sms"}, {"provider"}),
        ({"role": "treasury"}, set()),
    ],
)
def test_each_role_has_its_claims_and_no_others(
    world: World, who: dict[str, str], expected: set[str]
) -> None:
    claims = fetch(world, **who)
    # Persons sign in, systems do not.
    signed_in = {"auth_time"} if "iin" in expected else set()
    assert set(claims) == {"iss", "aud", "sub", "iat", "exp", "role"} | expected | signed_in
    assert (claims["iss"], claims["aud"], claims["role"]) == (world.url, "ozhb", who["role"])
    assert all(claims[name] == who[name] for name in expected)
    assert who.get("iin", "no IIN") not in claims["sub"]


def test_a_subject_is_the_same_for_the_same_role_and_person_only(world: World) -> None:
    first = fetch(world, role="recipient", iin=make_iin(1))["sub"]
    assert fetch(world, role="recipient", iin=make_iin(1))["sub"] == first
    assert fetch(world, role="recipient", iin=make_iin(2))["sub"] != first
    assert fetch(world, role="administrator", iin=make_iin(1))["sub"] != first


def test_a_caseworker_who_changes_the_authority_is_still_one_person(world: World) -> None:
    subjects = {
        fetch(world, role="caseworker", iin=make_iin(1), authority=make_bin(n))["sub"]
        for n in range(2)
    }
    assert len(subjects) == 1


def test_a_token_lasts_as_long_as_asked_also_not_at_all(world: World) -> None:
    claims = fetch(world, role="esobes", ttl_seconds=60)
    assert claims["exp"] - claims["iat"] <= 61
    claims = fetch(world, role="esobes", ttl_seconds=-60)
    assert claims["iat"] < claims["exp"]


def test_a_token_for_nobody_is_refused(world: World) -> None:
    for body in ({"role": "recipient"}, {"role": "caseworker", "iin": make_iin(1)}, {"role": "x"}):
        assert world.client.post("/identity/token", json=body).status_code == 422


def test_discovery_leads_to_keys_and_tokens(world: World) -> None:
    found = world.get("/.well-known/openid-configuration")
    assert found["issuer"] == world.url
    assert found["jwks_uri"] == f"{world.url}/identity/jwks"
    assert found["token_endpoint"] == f"{world.url}/identity/exchange"
    (key,) = world.get("/identity/jwks")["keys"]
    assert key["kid"]
    assert not {"d", "p", "q"} & set(key)


def test_callbacks_carry_a_token_of_their_system(world: World) -> None:
    hear_receipts(world, "sms", send(world, "sms", SMS))
    (call,) = world.product.at("/v1/receipts/sms")
    token = call.headers["Authorization"].removeprefix("Bearer ")
    claims = read_claims(world, token)
    assert (claims["role"], claims["provider"]) == ("gateway", "sms")
