"""The command `ozhb`: which noun is in which file; a file is read only when its noun is used."""

import sys
from importlib import import_module, metadata
from typing import Annotated

import typer

# Noun → the module, and what it is for. A module offers `app`, or a function of the noun's name.
NOUNS = {
    "up": ("cli.up", "Bring up a complete local system and keep it running."),
    "demo": ("cli.demo", "Play several programmes from receipt to payment on a stack of its own."),
    "token": ("cli.token", "Print a bearer token of the running stack."),
    "deadline": ("cli.deadline", "Certify when a term ends, for each given day."),
    "verify": ("cli.verify", "Prove certificates and the whole record, and say what holds."),
    "bundle": ("cli.bundle", "Write the proof bundle of a case, which others check offline."),
    "heads": ("cli.heads", "Make the signed heads of the record, and give them to others."),
    "calendar": ("cli.calendar", "Announce days off, and see which deadlines they move."),
    "cases": ("cli.cases", "Look at cases and help those that are stuck."),
    "reads": ("cli.reads", "See who looked at cases, and who looks at what is not theirs."),
    "person": (
        "cli.person",
        "Give people all that is held about them, and erase them when that is right.",
    ),
    "holds": ("cli.holds", "Have payments, notices or one outside system wait."),
    "authorities": (
        "cli.authorities",
        "Import and read the authorities that review and pay, with their heads and accounts.",
    ),
    "catalogue": ("cli.catalogue", "Import and read the catalogue of aids and services."),
    "money": ("cli.money", "Prove that no public money is lost or paid twice."),
    "intake": ("cli.intake", "Look at rejected messages of E-Собес, and hand them back."),
    "edition": ("cli.edition", "Have open cases go on under a later edition of the law."),
    "definitions": ("cli.definitions", "Prove the law as data, and publish editions of it."),
    "law": ("cli.law", "Write the documentation of the law, and see whether it is in step."),
    "settings": (
        "cli.settings",
        "Print every setting, and how many connections a process may hold.",
    ),
    "doctor": ("cli.doctor", "Look at an installation: what is wrong, and what helps."),
    "namespace": ("cli.namespace", "Make the namespace of Temporal, or see what differs."),
    "roles": ("cli.roles", "Make the roles of PostgreSQL, each with the least it needs."),
    "backup": ("cli.backup", "Write all that the database keeps into a folder."),
    "restore": ("cli.backup", "Bring a backup into an empty database, and prove it."),
    "keys": ("cli.rotation", "See which keys are in use, and change the master keys of persons."),
    "release": ("cli.release", "Have a build take over open cases, or the former one again."),
    "api": ("cli.processes", "Serve the API, in the foreground."),
    "worker": ("cli.processes", "Run the worker, in the foreground."),
    "sandbox": ("cli.processes", "Play the outside world, in the foreground (development only)."),
    "migrate": ("cli.processes", "Bring the database to the newest revision."),
}

app = typer.Typer(
    name="ozhb",
    help="Measures of individual rehabilitation programmes, from receipt to payment.",
    epilog="Exit codes: 0 fine, 1 a fault was found, 2 wrong usage or settings, 3 not reachable.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,  # its frames may show what must not be shown
)


def _tell_version(asked: bool) -> None:
    if asked:
        typer.echo(f"ozhb {metadata.version('ozhb')}")
        raise typer.Exit


@app.callback()
def main(
    version: Annotated[
        bool,
        typer.Option("--version", help="Print the version.", callback=_tell_version, is_eager=True),
    ] = False,
) -> None:
    """Measures of individual rehabilitation programmes, from receipt to payment."""


def _register(noun: str, purpose: str) -> None:
    # The noun's own file knows its options and its help.
    @app.command(
        noun,
        help=purpose,
        add_help_option=False,
        context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
    )
    def command(context: typer.Context) -> None:
        _run(noun, context.args)


def _run(noun: str, arguments: list[str]) -> None:
    from cli.home import NotReachable, StackFailed
    from settings import SettingsInvalid

    module = import_module(NOUNS[noun][0])
    own = getattr(module, "app", None)
    if own is None:
        own = typer.Typer(add_completion=False)
        own.command()(getattr(module, noun))
    try:
        typer.main.get_command(own).main(arguments, prog_name=f"ozhb {noun}")
    except SettingsInvalid as error:
        typer.echo(f"ozhb {noun}: {error}", err=True)
        sys.exit(2)
    except StackFailed as error:
        typer.echo(f"ozhb {noun}: {error}", err=True)
        sys.exit(3 if isinstance(error, NotReachable) else 1)


for _noun, (_, _purpose) in NOUNS.items():
    _register(_noun, _purpose)


if __name__ == "__main__":
    app()
