"""Record nothing that a person did without saying who it was; rows from before stay as they are."""

from alembic import op

revision = "0010"
down_revision = "0009"
_PERSONS = "'recipient', 'supplier', 'caseworker', 'commission', 'administrator'"
_TABLES = {"inbox": "inbox_of_somebody", "event": "event_of_somebody"}


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for table, name in _TABLES.items():
        op.execute(
            f"ALTER TABLE {table} ADD CONSTRAINT {name}"
            f" CHECK (actor_role NOT IN ({_PERSONS}) OR actor_id IS NOT NULL) NOT VALID"
        )


def downgrade() -> None:
    for table, name in _TABLES.items():
        op.drop_constraint(name, table)
