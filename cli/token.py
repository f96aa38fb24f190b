"""`ozhb token`: who somebody is, said by the sandbox of the running stack."""

import json
from typing import Annotated

import httpx
import typer

from cli.home import NotReachable, StackFailed, chosen_home, running_stack
from cli.people import people


def token(
    role: Annotated[
        str,
        typer.Option(
            help="recipient, supplier, caseworker, commission, administrator, esobes, gateway or"
            " treasury."
        ),
    ],
    iin: Annotated[str | None, typer.Option(help="IIN of the person.")] = None,
    bin_: Annotated[
        str | None,
        typer.Option("--bin", help="BIN of the supplier, or of the caseworker's authority."),
    ] = None,
    authority: Annotated[
        str | None, typer.Option(help="BIN of the caseworker's authority.")
    ] = None,
    provider: Annotated[str, typer.Option(help="Of a gateway: who runs it.")] = "sms",
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the whole answer, with its lifetime.")
    ] = False,
) -> None:
    """Print a bearer token of the running stack; who is not named is the person of the samples."""
    sandbox = running_stack(chosen_home()).ports.urls["sandbox"]
    claims = claims_of(role, iin, bin_ or authority)
    if role == "gateway":
        claims["provider"] = provider
    answer = issue_token(sandbox, claims)
    typer.echo(json.dumps(answer) if as_json else answer["access_token"])


def claims_of(role: str, iin: str | None, bin: str | None) -> dict[str, str]:
    """The claims of a token; a supplier named by an IIN alone is that person."""
    usual = next((one.claims for one in people() if one.claims["role"] == role), {"role": role})
    if role == "supplier" and iin and not bin:
        return {"role": role, "iin": iin}
    organisation = "authority" if role == "caseworker" else "bin"
    named = {"iin": iin, organisation: bin}
    return {**usual, **{name: value for name, value in named.items() if value}}


def issue_token(sandbox: str, claims: dict[str, str]) -> dict[str, str]:
    """`{access_token, token_type, expires_in}` for a role and its identity.

    Raises typer.BadParameter when the sandbox refuses the claims, StackFailed when it is silent.
    """
    try:
        answer = httpx.post(f"{sandbox}/identity/token", json=claims, timeout=10, trust_env=False)
    except httpx.TransportError as error:
        raise NotReachable(f"the sandbox does not answer ({type(error).__name__})") from None
    if answer.status_code == httpx.codes.UNPROCESSABLE_ENTITY:
        faults = (fault["msg"].removeprefix("Value error, ") for fault in answer.json()["detail"])
        raise typer.BadParameter("; ".join(faults))
    if answer.is_error:
        raise StackFailed(f"the sandbox answered {answer.status_code}")
    issued: dict[str, str] = answer.json()
    return issued
