"""One party at the portal: its own connection, token and key, and nothing but HTTP."""

import asyncio
import json
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx

from sandbox.party import Party

TIMEOUT = httpx.Timeout(30.0)
# A command that was taken in and not answered at once: how often and how long it is asked about.
ASK_EVERY, PATIENCE = 0.2, 60.0


class Differs(Exception):
    """The portal did something else than the story tells; the text repeats no personal data."""


@dataclass(frozen=True)
class Player:
    """Somebody who plays a part, from outside."""

    http: httpx.AsyncClient = field(repr=False)
    party: Party | None = field(default=None, repr=False)

    def sign(self, document: bytes) -> str:
        """A detached signature over the bytes: DER in base64."""
        if self.party is None:
            raise Differs("a system has no key to sign with")
        return self.party.sign(document)

    async def see(self, path: str, **query: Any) -> Any:
        """What a GET answers."""
        return read(await self._ask("GET", path, params=query))

    async def fetch(self, path: str) -> bytes:
        """The bytes of a document."""
        answer = await self._ask("GET", path)
        return answer.content if answer.is_success else bytes(read(answer))

    async def send(self, path: str, body: Any = None, *, method: str = "POST") -> Any:
        """What a changing call answers; one that is still under way is waited for."""
        headers = {"Idempotency-Key": str(uuid4())}
        answer = await self._ask(method, path, json=body, headers=headers)
        if answer.status_code == httpx.codes.ACCEPTED and "Location" in answer.headers:
            return await self._settled(answer.headers["Location"])
        return read(answer)

    async def upload(self, case: str, kind: str, content: bytes) -> str:
        """Bring a document to a case; the hash by which commands name it."""
        headers = {"Idempotency-Key": str(uuid4())}
        path = f"/v1/cases/{case}/documents"
        sent = {"params": {"kind": kind}, "content": content, "headers": headers}
        return str(read(await self._ask("POST", path, **sent))["sha256"])

    async def act(self, case: str, command: str, **body: Any) -> Any:
        """A command to a case that must be carried out."""
        try:
            return await self.send(f"/v1/cases/{case}/commands", {"command": command, **body})
        except Differs as error:
            raise Differs(f"{command}: {error}") from None

    async def draft(self, case: str, draft: str, **body: Any) -> Any:
        """The bytes to sign: of an `application` or an `account`."""
        return await self.send(f"/v1/cases/{case}/drafts", {"draft": draft, **body})

    async def refused(self, case: str, command: str, **body: Any) -> dict[str, Any]:
        """The facts by reason code of a command that must be refused."""
        headers = {"Idempotency-Key": str(uuid4())}
        path, said = f"/v1/cases/{case}/commands", {"command": command, **body}
        answer = await self._ask("POST", path, json=said, headers=headers)
        if answer.status_code != httpx.codes.CONFLICT:
            raise Differs(f"{command} must be refused, and was answered {answer.status_code}")
        return {reason["code"]: reason["facts"] for reason in answer.json().get("reasons", [])}

    async def _ask(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Once more where the connection broke: under the same key it is the same command."""
        try:
            return await self.http.request(method, path, **options)
        except httpx.TransportError:
            return await self.http.request(method, path, **options)

    async def _settled(self, address: str) -> Any:
        try:
            async with asyncio.timeout(PATIENCE):
                while (answer := await self.http.get(address)).status_code == httpx.codes.ACCEPTED:
                    await asyncio.sleep(ASK_EVERY)
        except TimeoutError:
            raise Differs("taken in, and never answered") from None
        return read(answer)


def read(answer: httpx.Response) -> Any:
    """The JSON of a good answer. Raises Differs with the codes of a problem, never its values."""
    if answer.is_success:
        return answer.json() if answer.content else None
    raise Differs(f"answered {answer.status_code}{problem(answer)}")


def problem(answer: httpx.Response) -> str:
    """What a problem says in codes and places alone."""
    try:
        body = answer.json()
    except json.JSONDecodeError:
        return ""
    if not isinstance(body, dict):
        return ""
    told = [str(body.get("code", ""))]
    told += [reason["code"] for reason in body.get("reasons", [])]
    told += [
        f"{one.get('pointer', one.get('name', ''))} {one['code']}" for one in body.get("errors", [])
    ]
    return ": " + ", ".join(words for words in told if words)
