"""Housekeeping looks after what an import of the catalogue has made possible, while it runs."""

from collections.abc import Sequence
from threading import Thread

from sqlalchemy import Engine, text
from temporalio.testing import ActivityEnvironment

from activities.housekeeping import HousekeepingActivities
from tests.support.catalogues import NEW_ITEM, bring_in, content, with_new_item
from tests.support.intake import SEAL, measure, take_in
from tests.support.polling import eventually


def test_who_was_there_before_words_were_gets_them_while_the_portal_runs(engine: Engine) -> None:
    take_in(engine, measure())
    with engine.begin() as connection:
        connection.execute(text("UPDATE person SET words = NULL"))
    environment = ActivityEnvironment()
    house = HousekeepingActivities(engine, SEAL, len)
    sweeping = Thread(target=environment.run, args=(house.sweep,))
    sweeping.start()
    try:
        eventually(lambda: _without_words(engine) == 0)
    finally:
        environment.worker_shutdown()
        sweeping.join(20)


def _without_words(engine: Engine) -> int:
    with engine.connect() as connection:
        found = connection.execute(text("SELECT count(*) FROM person WHERE words IS NULL"))
        return int(found.scalar_one())


def test_an_unknown_item_is_tried_again_within_a_minute_of_an_import(engine: Engine) -> None:
    (verdict,) = take_in(engine, measure(item__classifier_code=NEW_ITEM))
    assert verdict.case_id is None
    told: list[str] = []
    looks: list[int] = []

    def tell(case_ids: Sequence[str]) -> int:
        told.extend(case_ids)
        return len(case_ids)

    house = HousekeepingActivities(engine, SEAL, tell)
    environment = ActivityEnvironment()
    environment.on_heartbeat = looks.append
    sweeping = Thread(target=environment.run, args=(house.sweep,))
    sweeping.start()
    try:
        eventually(lambda: looks)
        assert told == []
        bring_in(engine, with_new_item(content()))
        eventually(lambda: told, within=60)
    finally:
        environment.worker_shutdown()
        sweeping.join(20)
    assert take_in(engine, measure(item__classifier_code=NEW_ITEM))[0].case_id == told[0]
