#!/bin/sh
# The databases of Temporal, made once and brought to this server's revision at each start.
set -eu
SQL_PASSWORD="$(cat /run/secrets/postgres_password)"
export SQL_PASSWORD
for database in temporal visibility; do
	name=temporal
	test "$database" = temporal || name=temporal_visibility
	tool() {
		temporal-sql-tool --plugin postgres12 --ep postgres -p 5432 -u postgres --db "$name" "$@"
	}
	tool create
	# Says that the tables stand there already where they do; the update after it must hold.
	tool setup-schema -v 0.0 || echo "$name was set up before"
	tool update-schema -d "/etc/temporal/schema/postgresql/v12/$database/versioned"
done
