"""The invented people of the sample programmes, to try things as."""

import json
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from definitions.toml import parse_toml


@dataclass(frozen=True)
class Person:
    """Somebody to try things as: a name for it, and the claims of the token."""

    title: str
    claims: dict[str, str]


def people() -> list[Person]:
    """One of each role, and a second caseworker and administrator: some acts need two."""
    patient = next(message["person"] for message in sample("programmes") if "person" in message)
    supplier = next(supplier["bin"] for supplier in sample("suppliers") if "bin" in supplier)
    caseworker = {"role": "caseworker", "authority": patient["authority_bin"]}
    return [
        Person("recipient", {"role": "recipient", "iin": patient["iin"]}),
        Person("supplier", {"role": "supplier", "bin": supplier, "iin": "750201300444"}),
        Person("caseworker", {**caseworker, "iin": "790412300111"}),
        Person("second_caseworker", {**caseworker, "iin": "831121400228"}),
        Person(
            "commission",
            {"role": "commission", "iin": "700818300519", "region": patient["kato"][:2]},
        ),
        Person("administrator", {"role": "administrator", "iin": "860507300331"}),
        Person("second_administrator", {"role": "administrator", "iin": "880914401005"}),
        Person("esobes", {"role": "esobes"}),
    ]


def personas() -> list[dict[str, Any]]:
    """The people among them, as the sandbox's sign-in page has them ready."""
    return [
        {"title": one.title, "claims": {**one.claims, "name": one.title.replace("_", " ")}}
        for one in people()
        if "iin" in one.claims
    ]


def sample_authorities() -> dict[str, Any]:
    """The sample authorities and commissions, as two administrators import them."""
    source = files("definitions").joinpath("samples/authorities.toml").read_text("utf-8")
    found: dict[str, Any] = parse_toml(source)
    return found


def sample(name: str) -> list[dict[str, Any]]:
    """The sample suppliers or programmes, as they are handed in."""
    content = files("definitions").joinpath(f"samples/{name}.json").read_text()
    found: list[dict[str, Any]] = json.loads(content)
    return found
