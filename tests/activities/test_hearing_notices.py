"""What is intended against a person is told, and a receipt of that very text proves it (V5)."""

from typing import Any

from sqlalchemy import Engine, text

from activities.effects import EffectKeys
from tests.activities.test_notices import Gateways, delivered
from tests.support.casework import File, Said, read_case, say
from tests.support.effect_play import arrived, come_of, hear, under_review, with_supplier
from tests.support.intake import measure

REFUSED = {"ground": "not_delivered", "reason": True}


def intended(engine: Engine, gateways: Gateways, **person: Any) -> tuple[File, dict[str, str]]:
    """A refusal is intended and told; the gateway's number of each text by its phone or address."""
    (file,) = arrived(engine, measure(**person))
    file = with_supplier(engine, file)
    under_review(engine, file)
    with engine.begin() as connection:
        asked = Said("intend_refusal", file.caseworker(0), REFUSED)
        say(connection, file, asked)
        outbox = read_case(connection, file).outbox.values()
    for effect in outbox:
        if effect.data.get("text") == "refusal_intended":
            order = EffectKeys(case_id=file.id, keys=(effect.key,))
            come_of(engine, file, order, gateways.activities(engine).texts(order))
    told = {
        one["phone"]: gateways.numbers[one["key"]]
        for one in gateways.sent
        if one["channel"] == "sms"
    }
    return file, told


def told_on(engine: Engine, file: File) -> object:
    with engine.connect() as connection:
        hearing = read_case(connection, file).periods[1].hearing
    assert hearing is not None
    return hearing.told_on


def test_v5_a_receipt_of_what_is_intended_begins_the_hearing(engine: Engine) -> None:
    gateways = Gateways()
    file, told = intended(engine, gateways)
    assert delivered(engine, "sms", told["+77000000001"]) == [file.id]
    with engine.connect() as connection:
        said = connection.execute(
            text("SELECT data FROM inbox WHERE name = 'told_proven'")
        ).scalar_one()
    assert (said["text"], said["confirmed"]) == ("refusal_intended", True)
    assert hear(engine, file) == ["told_proven"]
    assert told_on(engine, file) is not None


def test_v5_an_old_sim_card_proves_nothing_and_the_hearing_does_not_begin(engine: Engine) -> None:
    """The text arrived, but at a number that the recipient never confirmed (APPC 66(4))."""
    gateways = Gateways()
    file, told = intended(engine, gateways, person__phone_confirmed=False)
    assert delivered(engine, "sms", told["+77000000001"]) == []
    assert hear(engine, file) == []
    assert told_on(engine, file) is None


def test_v5_what_the_supplier_receives_proves_nothing_about_the_recipient(engine: Engine) -> None:
    gateways = Gateways()
    file, told = intended(engine, gateways)
    assert delivered(engine, "sms", told["+77000002001"]) == []
    assert told_on(engine, file) is None
