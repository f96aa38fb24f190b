"""The sample programmes of a local stack and the people who play in them; all are invented."""

import hashlib
import json
from typing import Any
from uuid import uuid4

import httpx

from cli.home import StackFailed
from cli.people import people, personas, sample, sample_authorities
from cli.stack import Stack
from cli.token import issue_token

INTAKE_TIMEOUT = 60.0


def load_samples(stack: Stack) -> int:
    """Import the sample authorities, register suppliers, hand programmes in as E-Собес would.

    The number of messages, 0 if done before. Raises StackFailed when one is not taken.
    """
    suppliers, programmes = sample("suppliers"), sample("programmes")
    authorities = sample_authorities()
    content = json.dumps([authorities, suppliers, programmes], ensure_ascii=False).encode()
    ready = httpx.put(
        f"{stack.urls['sandbox']}/identity/personas", json=personas(), trust_env=False
    )
    ready.raise_for_status()
    done, digest = stack.home / "samples.loaded", hashlib.sha256(content).hexdigest()
    if done.exists() and done.read_text() == digest:
        return 0
    with httpx.Client(
        base_url=stack.urls["api"], timeout=INTAKE_TIMEOUT, trust_env=False
    ) as client:
        load_authorities(stack, client, authorities)
        _load_suppliers(client, _bearer(stack, _claims("administrator")), suppliers)
        _load_programmes(client, _bearer(stack, _claims("esobes")), programmes)
    done.write_text(digest)
    return len(programmes)


def load_authorities(stack: Stack, client: httpx.Client, content: dict[str, Any]) -> None:
    """Two administrators of the sandbox import authorities: one proposes, the other approves."""
    body = {"kind": "authorities", "content": content}
    first, second = (_bearer(stack, _claims(f"{one}administrator")) for one in ("", "second_"))
    change = _taken(client.post("/v1/changes", json=body, headers=_named(first)))
    _taken(client.post(f"/v1/changes/{change['id']}/approve", json={}, headers=_named(second)))


def _load_suppliers(
    client: httpx.Client, headers: dict[str, str], suppliers: list[dict[str, Any]]
) -> None:
    for supplier in suppliers:
        names = ("bin", "iin", "name", "phone", "email", "regions", "active")
        form = {name: supplier[name] for name in names if name in supplier}
        known = _taken(client.post("/v1/suppliers", json=form, headers=_named(headers)))
        for offer in supplier["offers"]:
            address = f"/v1/suppliers/{known['id']}/offers/{offer['classifier_code']}"
            price = {"price": offer["price_tiyn"]}
            _taken(client.put(address, json=price, headers=headers))


def _load_programmes(
    client: httpx.Client, headers: dict[str, str], programmes: list[dict[str, Any]]
) -> None:
    answers = _taken(client.post("/v1/esobes/messages", json=programmes, headers=headers))
    refused = [one["message_id"] for one in answers if one["status"] != "accepted"]
    if refused:
        raise StackFailed(f"sample messages were not taken: {', '.join(refused)}")


def _taken(answer: httpx.Response) -> Any:
    if answer.is_error:
        raise StackFailed(f"the samples were not taken ({answer.status_code}): {answer.text}")
    return answer.json()


def _named(headers: dict[str, str]) -> dict[str, str]:
    return {**headers, "Idempotency-Key": str(uuid4())}


def _bearer(stack: Stack, claims: dict[str, str]) -> dict[str, str]:
    token = issue_token(stack.urls["sandbox"], claims)["access_token"]
    return {"Authorization": f"Bearer {token}"}


def _claims(title: str) -> dict[str, str]:
    return next(person.claims for person in people() if person.title == title)
