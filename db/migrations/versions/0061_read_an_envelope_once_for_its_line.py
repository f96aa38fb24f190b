"""The line of what lies in an envelope is made reading the envelope once.

What the line says stays the same; a report of four megabytes was turned into text and back for
every look at its wrapped key before.
"""

from typing import Final

from alembic import op

revision = "0061"
down_revision = "0060"

_NOTE: Final = """
CREATE OR REPLACE FUNCTION note_line() RETURNS trigger LANGUAGE plpgsql
SET timezone = 'UTC' SET bytea_output = 'hex' AS $$
DECLARE whole jsonb := to_jsonb(NEW); named text := TG_ARGV[0];{declared}
BEGIN
  IF TG_NARGS > 3 THEN{beyond}
    named := named || '#2';
  END IF;
  INSERT INTO record_line (relation, key, hash) VALUES (named,
    (SELECT jsonb_agg(whole -> name ORDER BY place)::text
     FROM unnest(string_to_array(TG_ARGV[1], ',')) WITH ORDINALITY AS of_key(name, place)),
    sha256(convert_to((SELECT coalesce(jsonb_object_agg(name, value), '{{}}')::text
     FROM jsonb_each(whole) AS of_row(name, value)
     WHERE value <> 'null' AND name <> ALL (string_to_array(TG_ARGV[2], ','))), 'UTF8')));
  RETURN NULL;
END $$
"""
_READ = "decode(substr(whole ->> TG_ARGV[3], 3), 'hex')"
_EACH_TIME = f"""
    whole := whole || jsonb_build_object(TG_ARGV[3],
      beyond_key({_READ}));"""
# A value of its own: an expression would take the place of each mention in the function.
_ONCE = f"""
    sealed := {_READ};
    whole := whole || jsonb_build_object(TG_ARGV[3], beyond_key(sealed));"""


def upgrade() -> None:
    op.execute(_NOTE.format(declared=" sealed bytea;", beyond=_ONCE))


def downgrade() -> None:
    op.execute(_NOTE.format(declared="", beyond=_EACH_TIME))
