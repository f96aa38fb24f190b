"""The case file in PostgreSQL: tables, queries by noun, migrations.

A query is a `select()` over the tables, and what it finds are their models or typed columns
(`db/rows.py`). SQL stays in text where PostgreSQL alone can say it, and in what every command runs.
"""
