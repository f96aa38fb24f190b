"""Runs migrations as the owner of the schema."""

import re

from alembic import context
from sqlalchemy import text
from sqlmodel import SQLModel

import db.erasure_tables
import db.message_tables
import db.operation_tables
import db.projection_tables
import db.read_tables
import db.record_tables
import db.reference_tables
import db.register_tables
import db.report_tables
import db.session_tables
import db.tables
import db.webhook_tables  # noqa: F401 # the tables register themselves in the metadata
from db.bounds import UNBOUND
from db.engine import make_engine
from settings import Database

# Of a table that is divided by year or month the parts look as it does.
_ALONE = text("SELECT pg_advisory_lock(hashtext('ozhb migrate'))")
_PARTS = re.compile(r"(event|inbox|document)_(current|[0-9]{4})|case_read_[0-9]{6}")


def run() -> None:
    url = context.config.get_main_option("sqlalchemy.url") or Database.load().database_url
    engine = make_engine(url, most=1, bounds=UNBOUND)
    with engine.connect() as connection:
        # Of two at once the second waits, and finds nothing left to do.
        connection.execute(_ALONE)
        connection.commit()
        context.configure(
            connection=connection,
            target_metadata=SQLModel.metadata,
            compare_server_default=False,
            # A step that ends with an error has done nothing, and those before it stand.
            transaction_per_migration=True,
            include_name=lambda name, kind, _: kind != "table" or not _PARTS.fullmatch(name or ""),
        )
        with context.begin_transaction():
            context.run_migrations()
    engine.dispose()


run()
