"""Housekeeping looks after what an import of the catalogue has made possible, while it runs."""

from collections.abc import Sequence
from threading import Thread

import psycopg
from sqlalchemy import Engine, event, text
from temporalio.testing import ActivityEnvironment

from activities.housekeeping import HousekeepingActivities
from db.engine import make_engine
from db.wakes import Untold
from tests.support.catalogues import NEW_ITEM, bring_in, content, with_new_item
from tests.support.intake import SEAL, measure, take_in
from tests.support.polling import eventually
from tests.support.servers import Database


def test_who_was_there_before_words_were_gets_them_while_the_portal_runs(engine: Engine) -> None:
    take_in(engine, measure())
    with engine.begin() as connection:
        connection.execute(text("UPDATE person SET words = NULL"))
    environment = ActivityEnvironment()
    house = HousekeepingActivities(engine, SEAL, list)
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

    def tell(untold: Sequence[Untold]) -> list[Untold]:
        told.extend(one.case_id for one in untold)
        return list(untold)

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


def test_a_part_that_fails_keeps_no_run_from_being_told(engine: Engine, database: Database) -> None:
    (verdict,) = take_in(engine, measure())
    impatient = make_engine(database.app_url)
    event.listen(impatient, "begin", lambda begun: begun.execute(text("SET lock_timeout = '99ms'")))
    told: list[str] = []

    def tell(unheard: Sequence[Untold]) -> list[Untold]:
        told.extend(one.case_id for one in unheard)
        return list(unheard)

    house = HousekeepingActivities(impatient, SEAL, tell)
    with psycopg.connect(database.owner_url) as elsewhere:
        elsewhere.execute("LOCK TABLE supplier_removal IN EXCLUSIVE MODE")
        eventually(house.sweep_once)
    impatient.dispose()
    assert told == [verdict.case_id]
