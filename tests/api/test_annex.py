"""The annex that names the account waits for the certificate authority, as any signature does."""

from typing import Any

from activities.effects import EffectKeys
from activities.signatures import SignatureActivities
from db.documents import draft_account
from db.reference import read_case
from tests.api.world import BIC, IBAN, Person, World, today
from tests.support.intake import SEAL


async def signed_while_silent(world: World, annexed_by: Person) -> tuple[str, dict[str, Any]]:
    """The supplier signs while the certificate authority is down; case and answer."""
    case = await world.ordered()
    await world.act(case, "confirm", world.supplier)
    on = today()
    await world.act(case, "mark_delivered", world.supplier, on=on, quantity=1, evidence="Акт № 1")
    await world.act(case, "accept", world.recipient(), quantity=1)
    body = world.annex(case, world.supplier)
    with world.engine.begin() as connection:
        account = draft_account(connection, SEAL, read_case(connection, case), 1, (IBAN, BIC))
    body["account_signature"] = annexed_by.sign(account.content)
    world.silence_certificates()
    return case, await world.act(case, "sign", world.supplier, **body)


def verify_all(world: World, case: str) -> None:
    """The authority answers again, and every signature that waits is verified."""
    activities = SignatureActivities(world.engine, SEAL, world.app.state.parts.signatures)
    with world.engine.connect() as connection:
        effects = list(read_case(connection, case).outbox.values())
    for effect in (one for one in effects if one.kind == "verify"):
        activities.verify(EffectKeys(case_id=case, keys=(effect.key,)))


async def test_an_annex_that_cannot_be_checked_now_counts_once_it_could_be(world: World) -> None:
    case, told = await signed_while_silent(world, world.supplier)
    assert told["status"] == "awaiting_signatures"
    assert told["periods"][0]["application"]["signed_by"] == ["recipient"]
    verify_all(world, case)
    told = (await world.get(f"/v1/cases/{case}", world.clerk)).json()
    assert told["status"] == "under_review"
    assert told["periods"][0]["application"]["signed_by"] == ["recipient", "supplier"]


async def test_an_annex_that_somebody_else_signed_is_void_and_its_supplier_told(
    world: World,
) -> None:
    case, _ = await signed_while_silent(world, world.other_supplier)
    verify_all(world, case)
    with world.engine.connect() as connection:
        found = read_case(connection, case)
    application = found.periods[1].application
    assert application is not None
    assert (found.status, application.account) == ("awaiting_signatures", None)
    assert application.signatures["supplier"].checked
    (news,) = [
        one.data for one in found.outbox.values() if one.data.get("text") == "annex_rejected"
    ]
    assert news["to"] == ["supplier"]
