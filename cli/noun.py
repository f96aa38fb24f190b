"""A noun of `ozhb` with its commands."""

import typer


def noun(purpose: str) -> typer.Typer:
    """The commands of a noun; one that has a single command still asks for its name."""
    made = typer.Typer(
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,  # its frames may show what must not be shown
    )

    @made.callback(help=purpose)
    def commands() -> None:
        """Without it a single command would be the noun itself."""

    return made
