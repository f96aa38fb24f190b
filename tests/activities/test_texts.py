"""The texts of one take go out together; each has its own key, its own outcome, its own retries."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import httpx
import pytest
from sqlalchemy import Engine, text
from temporalio.testing import ActivityEnvironment

from activities.effects import EffectKeys
from db.casefile import Look
from db.engine import make_engine
from db.operations import read_outcomes
from definitions.wording import UnknownText
from domain.case.desks import Effect
from integrations.errors import Unavailable
from tests.activities.test_hearing_notices import REFUSED
from tests.activities.test_notices import Gateways
from tests.support.casework import File, Said, read_case, say
from tests.support.effect_play import arrived, order_placed, under_review, with_supplier
from tests.support.intake import measure

SUPPLIER = "+77000002001"


@pytest.fixture
def engine(app_database_url: str) -> Iterator[Engine]:
    made = make_engine(app_database_url)
    yield made
    made.dispose()


@pytest.fixture
def gateways() -> Gateways:
    return Gateways()


@pytest.fixture
def file(engine: Engine, gateways: Gateways) -> File:
    """An order was called off by both: recipient and supplier are to be told."""
    (file,) = arrived(engine, measure())
    file = with_supplier(engine, file)
    order_placed(engine, file)
    told(engine, gateways, file)
    with engine.begin() as connection:
        say(connection, file, Said("confirm", file.supplying))
        say(connection, file, Said("agree_to_cancel", file.recipient, {"reason": True}))
    told(engine, gateways, file)
    with engine.begin() as connection:
        say(connection, file, Said("agree_to_cancel", file.supplying, {"reason": True}))
    gateways.sent.clear()
    assert len(owed(engine, file)) == 2
    return file


def owed(engine: Engine, file: File) -> dict[str, Effect]:
    with engine.connect() as connection:
        outbox = read_case(connection, file).outbox
    return {key: one for key, one in outbox.items() if one.kind in ("notify", "tell")}


def told(engine: Engine, gateways: Gateways, file: File, attempt: int = 1) -> Look:
    """Every text that the file owes, as its run asks for them."""
    environment = ActivityEnvironment()
    environment.info = replace(environment.info, attempt=attempt)
    asked = EffectKeys(case_id=file.id, keys=tuple(owed(engine, file)))
    look: Look = environment.run(gateways.activities(engine).texts, asked)
    return look


def outcomes(engine: Engine, file: File) -> dict[str, Any]:
    with engine.connect() as connection:
        return read_outcomes(connection, file.id)


def phones(gateways: Gateways) -> list[str]:
    return [one["phone"] for one in gateways.sent if one["channel"] == "sms"]


def failing_for(gateways: Gateways, phone: str, error: Exception | None = None) -> None:
    """The gateway cannot take what is for one phone."""
    answer = gateways.answer

    def answers(request: httpx.Request) -> httpx.Response:
        if json.loads(request.content).get("phone") != phone:
            return answer(request)
        if error is not None:
            raise error
        return httpx.Response(503)

    gateways.wire.answer = answers


def test_all_are_sent_once_and_each_has_an_outcome(
    engine: Engine, gateways: Gateways, file: File
) -> None:
    asked = owed(engine, file)
    look = told(engine, gateways, file)
    assert not set(asked) & {one.key for one in look.effects}
    assert set(asked) <= set(outcomes(engine, file))
    assert max(Counter(one["key"] for one in gateways.sent).values()) == 1
    assert {key.split("/")[1] for key in gateways.numbers} >= set(asked)


@pytest.mark.parametrize("first", [SUPPLIER, "+77000000001"])
def test_one_that_fails_is_tried_again_alone_and_hides_no_other(
    engine: Engine, gateways: Gateways, file: File, first: str
) -> None:
    failing_for(gateways, first)
    for attempt in (1, 2, 3):
        with pytest.raises(Unavailable):
            told(engine, gateways, file, attempt)
    (left,) = owed(engine, file)
    assert left not in outcomes(engine, file)
    assert len(set(phones(gateways))) == 1
    gateways.wire.answer = gateways.answer
    look = told(engine, gateways, file, 4)
    assert left not in {one.key for one in look.effects}
    assert max(Counter(one["key"] for one in gateways.sent).values()) == 1
    assert len(set(phones(gateways))) == 2


def test_a_fault_of_our_own_in_one_of_them_hides_no_other(
    engine: Engine, gateways: Gateways, file: File
) -> None:
    failing_for(gateways, SUPPLIER, KeyError("boom"))
    with pytest.raises(KeyError):
        told(engine, gateways, file)
    assert len(owed(engine, file)) == 1
    assert phones(gateways) == ["+77000000001"]


def test_one_that_cannot_even_be_written_hides_no_other(
    engine: Engine, gateways: Gateways, file: File
) -> None:
    broken = next(iter(owed(engine, file)))
    with engine.begin() as connection:
        path = f"{{outbox,{broken},data,text}}"
        connection.execute(
            text(
                "UPDATE case_state SET state = jsonb_set(state, CAST(:path AS text[]), '\"none\"')"
                " WHERE case_id = :id"
            ),
            {"path": path, "id": file.id},
        )
    for _ in range(2):
        with pytest.raises(UnknownText):
            told(engine, gateways, file)
    assert set(owed(engine, file)) == {broken}
    assert len(phones(gateways)) == 1


def test_in_one_text_for_two_the_one_who_cannot_be_reached_hides_the_other_from_nothing(
    engine: Engine, gateways: Gateways
) -> None:
    (file,) = arrived(engine, measure())
    file = with_supplier(engine, file)
    under_review(engine, file)
    told(engine, gateways, file)
    with engine.begin() as connection:
        said = Said("intend_refusal", file.caseworker(0), REFUSED, {"actor_is_party": False})
        say(connection, file, said)
    (asked,) = owed(engine, file).values()
    assert asked.data["to"] == ["recipient", "supplier"]
    gateways.sent.clear()
    failing_for(gateways, "+77000000001")
    with pytest.raises(Unavailable):
        told(engine, gateways, file)
    assert phones(gateways) == [SUPPLIER]
