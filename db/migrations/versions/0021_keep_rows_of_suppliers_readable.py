"""Let no supplier, offer or application be written that nobody can read; older rows stay."""

from alembic import op

revision = "0021"
down_revision = "0020"
_SERVED = (
    "cardinality(regions) between 1 and 500"
    " and array_to_string(regions, ',', '-') ~ '^[0-9]{1,9}(,[0-9]{1,9})*$'"
)
_CHECKS = (
    ("supplier", "supplier_bin_has_its_form", "bin ~ '^[0-9]{12}$'"),
    (
        "supplier",
        "supplier_has_a_name",
        "(name is null) = (person_id is not null) and btrim(name) <> ''",
    ),
    ("supplier", "supplier_serves_regions", _SERVED),
    ("offer", "offer_price_is_no_mistake", "price <= 10000000000000"),
    ("offer", "offer_has_an_item", "item ~ '^[A-Za-z0-9][A-Za-z0-9._~-]{0,63}$'"),
    ("supplier_application", "application_bin_has_its_form", "bin ~ '^[0-9]{12}$'"),
    ("supplier_application", "application_serves_regions", _SERVED),
    (
        "supplier_application",
        "application_has_a_state",
        "state in ('open', 'registered', 'refused')",
    ),
)


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for table, name, rule in _CHECKS:
        op.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} CHECK ({rule}) NOT VALID")


def downgrade() -> None:
    for table, name, _ in reversed(_CHECKS):
        op.drop_constraint(name, table)
