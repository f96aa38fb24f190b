"""The sample programmes of a local stack and the people who play in them; all are invented."""

import hashlib
import json
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import httpx

from cli.home import StackFailed
from cli.stack import Stack
from cli.token import issue_token

INTAKE_TIMEOUT = 60.0


@dataclass(frozen=True)
class Person:
    """Somebody to try things as: a name for it, and the claims of the token."""

    title: str
    claims: dict[str, str]


def load_samples(stack: Stack) -> int:
    """Hand the sample programmes in as E-Собес would; the number of messages, 0 if done before.

    Raises StackFailed when one is not taken.
    """
    content = files("definitions").joinpath("samples/programmes.json").read_bytes()
    done, digest = stack.home / "samples.loaded", hashlib.sha256(content).hexdigest()
    if done.exists() and done.read_text() == digest:
        return 0
    token = issue_token(stack.urls["sandbox"], {"role": "esobes"})["access_token"]
    answer = httpx.post(
        f"{stack.urls['api']}/v1/esobes/messages",
        content=content,
        headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
        timeout=INTAKE_TIMEOUT,
        trust_env=False,
    )
    if answer.is_error:
        raise StackFailed(
            f"the sample programmes were not taken ({answer.status_code}): {answer.text}"
        )
    done.write_text(digest)
    return len(json.loads(content))


def people() -> list[Person]:
    """One of each role, and a second caseworker: approval needs two."""
    patient = next(message["person"] for message in _sample("programmes") if "person" in message)
    supplier = next(supplier["bin"] for supplier in _sample("suppliers") if "bin" in supplier)
    caseworker = {"role": "caseworker", "authority": patient["authority_bin"]}
    return [
        Person("recipient", {"role": "recipient", "iin": patient["iin"]}),
        Person("supplier", {"role": "supplier", "bin": supplier, "iin": "750201300444"}),
        Person("caseworker", {**caseworker, "iin": "790412300111"}),
        Person("second_caseworker", {**caseworker, "iin": "831121400228"}),
        Person("administrator", {"role": "administrator", "iin": "860507300331"}),
        Person("esobes", {"role": "esobes"}),
    ]


def _sample(name: str) -> list[dict[str, Any]]:
    content = files("definitions").joinpath(f"samples/{name}.json").read_text()
    found: list[dict[str, Any]] = json.loads(content)
    return found
