"""The case file in PostgreSQL: tables, queries by noun, migrations."""
