"""The heads of the record are for everybody, and prove themselves."""

import hashlib
import json

from db.heads import SignedHead, make_head
from integrations.head_keys import HeadKey, make_head_key, signed_by
from tests.api.world import World


async def test_anybody_may_have_the_heads_with_the_keys_that_signed_them(world: World) -> None:
    keys = [HeadKey.read(make_head_key()) for _ in range(2)]
    for key in keys:
        make_head(world.engine, key)
    answer = await world.http.get("/v1/heads")
    assert answer.status_code == 200
    told = answer.json()
    assert [one["number"] for one in told["heads"]] == [1, 2]
    assert {one["kid"] for one in told["keys"]} == {key.kid for key in keys}
    said = [
        SignedHead.model_validate_json(signed_by(one["jws"], key.public))
        for one, key in zip(told["heads"], keys, strict=True)
    ]
    assert said[1].previous == hashlib.sha256(told["heads"][0]["jws"].encode()).hexdigest()
    assert not any(word in json.dumps(told) for word in ("iin", "name"))


async def test_they_come_in_parts(world: World) -> None:
    key = HeadKey.read(make_head_key())
    for _ in range(3):
        make_head(world.engine, key)
    first = (await world.http.get("/v1/heads", params={"limit": 2})).json()
    assert ([one["number"] for one in first["heads"]], first["after"]) == ([1, 2], 2)
    rest = (await world.http.get("/v1/heads", params={"after": 2, "limit": 2})).json()
    assert ([one["number"] for one in rest["heads"]], rest["after"]) == ([3], None)
    assert (await world.http.get("/v1/heads", params={"aftr": 2})).status_code == 422
