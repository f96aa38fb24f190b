"""`ozhb roles ensure`: PostgreSQL has the roles that ozhb works by, each with the least."""

from typing import Annotated

import psycopg
import typer

from cli.home import NotReachable, StackFailed
from cli.noun import noun
from cli.rights import WantedRoles, ensure
from settings import RoleMaker

app = noun("Make the roles of PostgreSQL, and see whether they have what they need and no more.")


@app.command(name="ensure")
def ensure_roles(
    database: Annotated[str, typer.Option(help="Its name.")] = "ozhb",
    reader: Annotated[
        bool, typer.Option("--reader", help="Also a role that only reads what is not secret.")
    ] = False,
    sandbox: Annotated[
        bool | None,
        typer.Option(
            "--sandbox/--no-sandbox",
            help="Whether a role moves the legal clock: never where people are served.",
        ),
    ] = None,
    look: Annotated[
        bool, typer.Option("--check", help="Only say what differs: exit code 1.")
    ] = False,
) -> None:
    """Make what is missing, take away what is too much, and say what was otherwise; harmless to
    repeat, before and after a migration.

    OZHB_ADMIN_DATABASE_URL names who may make roles. OZHB_OWNER_PASSWORD, OZHB_APP_PASSWORD,
    OZHB_READER_PASSWORD, OZHB_SANDBOX_PASSWORD, or with _FILE the file of one: a role whose
    password is not given keeps what it has.
    """
    told = RoleMaker.load()
    url = told.admin_database_url
    wanted = WantedRoles(database, told.passwords, reader, sandbox)
    try:
        found, left = ensure(url, wanted, typer.echo, look=look)
    except psycopg.OperationalError:  # its own words name the host and the role
        raise NotReachable("the server of OZHB_ADMIN_DATABASE_URL does not answer") from None
    except psycopg.errors.InsufficientPrivilege as error:
        said = f"OZHB_ADMIN_DATABASE_URL may not do it: {error.diag.message_primary}"
        raise StackFailed(said) from None
    if not left:
        typer.echo("the roles have what they need, and no more")
    raise typer.Exit(1 if look and found else 0)
