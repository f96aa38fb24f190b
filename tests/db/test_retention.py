"""What is kept of people ends by its own term, and whoever looks for it reads little."""

import json
from typing import Final
from uuid import UUID

from alembic import command
from sqlalchemy import Connection, Engine, text

from cli.migrations import alembic_config
from db.auditing import prove_record
from db.bounds import UNBOUND
from db.engine import make_engine
from db.envelopes import envelop, is_destroyed
from db.heads import link_left, make_head
from db.legal_holds import lift_hold, place_hold
from db.reference import read_case
from db.report_tasks import read_done
from db.reports import keep, read_content, settle
from db.retention import keep_terms, law_now
from domain.messages import Actor, Role
from domain.process import Edition
from tests.support.effect_play import payable
from tests.support.head_keys import KEY
from tests.support.intake import SEAL, measure, take_in
from tests.support.reports import report_xml
from tests.support.servers import Database

ADMINISTRATOR: Final = Actor(role=Role.ADMINISTRATOR, id=str(UUID(int=1)))
TERMS: Final = {
    "keep_person": "P5Y",
    "keep_message": "P12M",
    "keep_reason": "P36M",
    "keep_report": "P5Y",
}
# So many rows of each kind that are kept still, and as many that ended long ago.
MANY: Final = 2_000
FILLING: Final = (
    "INSERT INTO person_search (at, actor_id, actor_role, kinds, query, reason, hits)"
    " SELECT {at}, uuidv7(), 'caseworker', ARRAY['iin'], 'q', {sealed}, 1 {each}",
    "WITH made AS (INSERT INTO list_export (id, form, list, rows, purpose)"
    " SELECT uuidv7({at} - clock_timestamp()), 'csv', '{{}}', 1, {sealed} {each} RETURNING id)"
    " INSERT INTO audit (at, actor_id, actor_role, action, subject)"
    " SELECT {at}, uuidv7(), 'caseworker', 'list_exported', id FROM made",
    "INSERT INTO treasury_report (body_hash, sealed, received_at, verdict)"
    " SELECT sha256(uuid_send(uuidv7())), {sealed}, {at}, 'recorded' {each}",
    "WITH made AS (INSERT INTO journal (batch_id, place, body_hash, sealed, received_at, verdict)"
    " SELECT uuidv7(), n, sha256(uuid_send(uuidv7())), {sealed}, {at}, 'rejected' {each}"
    " RETURNING id) INSERT INTO intake_task"
    " (journal_id, opened_at, due_at, certificate, state, closed_at)"
    " SELECT id, {at}, {at}, '{{}}', 'cured', {at} FROM made",
    "INSERT INTO case_view SELECT (jsonb_populate_record(v, jsonb_build_object('case_id', uuidv7(),"
    " 'reference', 'X' || uuidv7(), 'since', {at}, 'closed', true, 'recipient_id', uuidv7()))).*"
    " FROM case_view v, generate_series(1, :many) n WHERE v.reference NOT LIKE 'X%'",
)
EACH: Final = "FROM generate_series(1, CAST(:many AS int)) n"
# How many rows of a table were looked at so far, by whomever.
READ: Final = text(
    "SELECT relname, seq_tup_read + coalesce(idx_tup_fetch, 0) AS many"
    " FROM pg_stat_user_tables WHERE relname = ANY(:tables)"
)
REFERENCES: Final = text(
    "SELECT conname FROM pg_constraint WHERE conrelid = 'case_view'::regclass AND contype = 'f'"
)
SWEPT: Final = ["person_search", "list_export", "treasury_report", "journal", "case_view"]


def saying(engine: Engine, *kinds: str) -> Edition:
    """The edition in force, if it said how long these kinds are kept."""
    with engine.begin() as connection:
        law, _ = law_now(connection)
    told = {kind: TERMS[kind] for kind in kinds}
    return law.model_copy(update={"values": {**law.values, **told}})


def age(owner: Engine) -> None:
    """All that has come is as if it had come long ago."""
    with owner.begin() as connection:
        connection.execute(text("UPDATE treasury_report SET received_at = '2019-01-01'"))


def faults(connection: Connection) -> list[tuple[str, str]]:
    return [(one.table, one.what) for part in prove_record(connection) for one in part]


def test_a_report_of_the_treasury_goes_once_its_case_is_closed_and_nobody_is_held(
    engine: Engine, owner: Engine
) -> None:
    file = payable(engine)
    with engine.begin() as connection:
        payment = read_case(connection, file.id).periods[1].payments[-1]
        whole = keep(connection, SEAL, report_xml(payment.key, "ACSC", payment.amount))
        unread = keep(connection, SEAL, b"<no report>")
    for one in (whole, unread):
        settle(engine, SEAL, one)
    list(link_left(engine))
    age(owner)
    law = saying(engine, "keep_report")
    assert sum(keep_terms(engine, SEAL)) == 0
    # A case that goes on, and a report on the desk.
    assert sum(keep_terms(engine, SEAL, law)) == 0
    with engine.begin() as connection:
        connection.execute(text("UPDATE case_view SET closed = true"))
        person = connection.execute(text("SELECT person_id FROM case_head")).scalar_one()
        place_hold(connection, SEAL, ADMINISTRATOR, person, "Суд")
        said = envelop(SEAL, "Спросили банк".encode())
        done = "UPDATE report_task SET closed_at = legal_now(), said = :said"
        connection.execute(text(done), {"said": said})
        assert read_done(connection, SEAL, unread) == "Спросили банк"
    assert sum(keep_terms(engine, SEAL, law)) == 1
    with engine.begin() as connection:
        assert read_content(connection, SEAL, whole) is not None
        assert read_content(connection, SEAL, unread) is None
        assert read_done(connection, SEAL, unread) is None
        lift_hold(connection, ADMINISTRATOR, person)
    assert sum(keep_terms(engine, SEAL, law)) == 1
    with engine.begin() as connection:
        assert read_content(connection, SEAL, whole) is None
    # The same bytes again are the same report, and tell nobody anything anew.
    with engine.begin() as connection:
        again = keep(connection, SEAL, report_xml(payment.key, "ACSC", payment.amount))
    assert (again, settle(engine, SEAL, again)) == (whole, [])


def test_the_record_holds_when_reports_and_reasons_have_gone(engine: Engine, owner: Engine) -> None:
    with engine.begin() as connection:
        report = keep(connection, SEAL, b"<no report>")
    settle(engine, SEAL, report)
    filled(owner, "legal_now()", envelop(SEAL, b"why"), 3, of=(0, 1))
    make_head(engine, KEY)
    with owner.begin() as connection:
        connection.execute(text("UPDATE report_task SET closed_at = legal_now()"))
        for which in ("person_search", "list_export", "treasury_report"):
            gone = text(f"SELECT destroy_old_keys('{which}', 'infinity', 100)")
            assert connection.execute(gone).scalar_one() > 0, which
    with engine.begin() as connection:
        purposes = connection.execute(text("SELECT purpose FROM list_export")).scalars().all()
        assert [is_destroyed(bytes(one)) for one in purposes] == [True] * 3
        assert faults(connection) == []


def filled(
    owner: Engine, at: str, sealed: bytes, many: int = MANY, of: tuple[int, ...] = tuple(range(5))
) -> None:
    """So many rows of each kind."""
    with owner.begin() as connection:
        # Rows of lists without their cases.
        for name in connection.execute(REFERENCES).scalars().all():
            connection.execute(text(f"ALTER TABLE case_view DROP CONSTRAINT {name}"))
        for place in of:
            told = FILLING[place].format(at=at, sealed="CAST(:sealed AS bytea)", each=EACH)
            connection.execute(text(told), {"sealed": sealed, "many": many})


def test_a_sweep_reads_what_is_over_and_nothing_of_what_is_kept_or_gone(
    engine: Engine, database: Database
) -> None:
    take_in(engine, measure())
    owner = make_engine(database.owner_url, bounds=UNBOUND)
    sealed = envelop(SEAL, b"why")
    filled(owner, "(SELECT legal_now())", sealed)
    filled(owner, "CAST('2001-01-01' AS timestamptz)", b"\0\0" + sealed[2:])
    filled(owner, "CAST('2002-01-01' AS timestamptz)", sealed, 3)
    with owner.begin() as connection:
        # Whose case has ended so long ago was erased.
        connection.execute(text("DELETE FROM case_view WHERE since = '2001-01-01'"))
    with owner.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))
    law = saying(engine, *TERMS)
    single = make_engine(database.app_url, most=1)
    for destroyed, most in ((4 * 3, 100), (0, 50)):
        before = rows_read(owner)
        assert sum(keep_terms(single, SEAL, law)) == destroyed
        with single.connect() as connection:
            connection.execute(text("SELECT pg_stat_force_next_flush()"))
        read = {table: many - before[table] for table, many in rows_read(owner).items()}
        assert {table: many for table, many in read.items() if many > most} == {}
    single.dispose()
    owner.dispose()


def rows_read(owner: Engine) -> dict[str, int]:
    with owner.connect() as connection:
        connection.execute(text("SELECT pg_stat_clear_snapshot()"))
        return {row.relname: row.many for row in connection.execute(READ, {"tables": SWEPT})}


def test_what_uploads_of_a_former_build_were_called_is_forgotten(
    engine: Engine, database: Database
) -> None:
    engine.dispose()
    config = alembic_config(database.owner_url)
    command.downgrade(config, "0058")
    made = {"id": "u", "parts": [{"name": "Справка Ивановой.pdf"}]}
    other = {"supplier": "s", "fresh": True}
    with engine.begin() as connection:
        for key, one in (("a", made), ("b", other), ("c", None)):
            connection.execute(
                text(
                    "INSERT INTO asked_once (actor_key, key, content_hash, made)"
                    " VALUES ('caseworker:1:-', :key, 'h', CAST(:made AS jsonb))"
                ),
                {"key": key, "made": one and json.dumps(one)},
            )
    engine.dispose()
    command.upgrade(config, "head")
    with engine.begin() as connection:
        kept = connection.execute(text("SELECT made FROM asked_once ORDER BY key")).scalars().all()
        assert kept == [{"id": "u"}, other, None]
        assert faults(connection) == []
