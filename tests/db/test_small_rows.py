"""What lay in one row of each case goes into small tables, and is what the events make."""

from alembic import command
from sqlalchemy import Engine, text

from cli.migrations import alembic_config
from db.rebuild import compare, list_missing, scratch
from tests.support.casework import Said, arrive, open_choice, open_file, ordering, say
from tests.support.desks import fail_notice, today
from tests.support.intake import take_in
from tests.support.servers import Database


def test_cases_of_the_former_version_are_moved_whole(
    engine: Engine, owner: Engine, database: Database
) -> None:
    with engine.begin() as connection:
        waiting, ordered, failed, closed = (open_file(connection) for _ in range(4))
        for file in (waiting, ordered, failed, closed):
            arrive(connection, file)
        for file in (ordered, closed):
            open_choice(connection, file, today(connection))
        say(connection, ordered, ordering(ordered))
        asked = {"to": "authority_lead", "reason": True}
        say(connection, ordered, Said("escalate", ordered.caseworker(), asked))
        fail_notice(connection, failed)
        say(connection, closed, Said("decline", closed.recipient, {"reason": True}))
    engine.dispose()
    config = alembic_config(database.owner_url)
    # The former version hashed without salts; events of this one need theirs all the same.
    with owner.begin() as connection:
        connection.execute(text("ALTER TABLE event RENAME salt TO kept"))
        connection.execute(text("ALTER TABLE event ADD salt bytea"))
    command.downgrade(config, "0022")
    command.upgrade(config, "head")
    with owner.begin() as connection:
        connection.execute(text("ALTER TABLE event DROP salt"))
        connection.execute(text("ALTER TABLE event RENAME kept TO salt"))
    assert list_missing(engine) == []
    for file in (waiting, ordered, failed, closed):
        with scratch(engine) as connection:
            assert compare(connection, file.id) == []


def test_what_came_twice_without_a_number_keeps_its_tasks(
    engine: Engine, database: Database
) -> None:
    take_in(engine, {})
    engine.dispose()
    config = alembic_config(database.owner_url)
    command.downgrade(config, "0028")
    twice = (
        "WITH again AS (INSERT INTO journal (batch_id, place, body_hash, sealed, verdict, mistakes)"
        " SELECT batch_id, place, body_hash, sealed, verdict, mistakes FROM journal LIMIT 1"
        " RETURNING id) INSERT INTO intake_task (journal_id, opened_at, due_at, certificate, state)"
        " SELECT again.id, opened_at, due_at, certificate, state FROM again,"
        " (SELECT * FROM intake_task LIMIT 1) AS one"
    )
    for _ in range(2):
        with engine.begin() as connection:
            connection.execute(text(twice))
    engine.dispose()
    command.upgrade(config, "head")
    take_in(engine, {}, {})
    with engine.connect() as connection:
        for table in ("journal", "intake_task"):
            found = connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()
            assert found == 3
