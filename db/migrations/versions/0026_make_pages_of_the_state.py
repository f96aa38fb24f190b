"""A page is made of the state when it is read: what was kept of it is written no more.

The state stays in its row while it fits there: each take writes it anew, and a row elsewhere would
cost an index entry and a deletion each time.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0026"
down_revision = "0025"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_column("case_state", "view")
    op.execute("ALTER TABLE case_state ALTER state SET STORAGE MAIN")


# What a former build lists of a case; the rest of its page it makes by `ozhb rebuild`.
_LISTED = """
UPDATE case_state s SET view = jsonb_build_object('reference', v.reference, 'since',
  to_char(v.since AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
  'due', jsonb_build_object('term', v.due_term), 'measure', s.state -> 'measure')
FROM case_view v WHERE v.case_id = s.case_id
"""


def downgrade() -> None:
    op.execute("ALTER TABLE case_state ALTER state SET STORAGE EXTENDED")
    nothing = sa.text("'{}'")
    op.add_column("case_state", sa.Column("view", JSONB(), server_default=nothing, nullable=False))
    op.execute(_LISTED)
    op.alter_column("case_state", "view", server_default=None)
