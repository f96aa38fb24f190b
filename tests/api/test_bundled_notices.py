"""That a notice was delivered, or came back, is proven by the bundle of its case."""

from typing import Any

import pytest

from cli.offline.bundle_check import checked
from db.heads import make_head
from tests.api.test_forged_bundles import wrong
from tests.api.test_receipts import AT, notice_sent, receipt
from tests.api.world import World
from tests.support.forging import changed
from tests.support.head_keys import KEY


async def told(world: World, *states: str) -> bytes:
    """The bundle of a case of whose notice the gateway has said this."""
    case = world.receive()
    notice_sent(world, case, "G-1")
    for state in states:
        await receipt(world, state=state)
    make_head(world.engine, KEY)
    return (await world.get(f"/v1/cases/{case}/bundle", world.clerk)).content


def said_of_notices(archive: bytes) -> tuple[Any, list[str]]:
    return next(
        (holds, list(map(str, said))) for n, holds, said in checked(archive) if n == "notices"
    )


async def test_a_delivery_and_that_it_came_back_are_proven_by_what_the_case_was_told(
    world: World,
) -> None:
    archive = await told(world, "DELIVERED", "UNDELIVERED")
    assert wrong(archive) == set()
    letter = "2.1/recipient/sms"
    delivered = [f"{letter}: delivered {AT[:10]}", f"{letter}: it came back"]
    assert said_of_notices(archive) == (True, delivered)


async def test_of_a_notice_that_nobody_got_nothing_is_proven(world: World) -> None:
    holds, said = said_of_notices(await told(world, "UNDELIVERED"))
    assert (holds, said) == (None, ["there is no notice that was delivered"])


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("channel", "email"),
        ("provider_id", "sms:G-2"),
        ("state", "SENT"),
        ("key", "{case}/3.1/recipient/sms"),
        ("key", "{case}/2.1/supplier/sms"),
    ],
)
async def test_a_delivery_of_another_notice_number_or_word_is_found(
    world: World, name: str, value: str
) -> None:
    archive = await told(world, "DELIVERED")

    def otherwise(files: dict[str, Any]) -> None:
        case = files["case.json"]["case_id"]
        files["notices.json"][0][name] = value.format(case=case)

    assert wrong(changed(archive, otherwise)) == {"notices"}

    def left_out(files: dict[str, Any]) -> None:
        files["notices.json"] = []

    assert wrong(changed(archive, left_out)) == {"notices"}
