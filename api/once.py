"""Requests that change something beside cases: each is carried out once under its key."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Request
from sqlalchemy import Connection

from api.deps import IdempotencyKey, PartsDep
from api.problems import Problem
from api.reading import read_json
from db.inbox import fingerprint
from db.once import BesideCases, KeyTaken, enter, keep
from db.sealing import Seal


@dataclass(frozen=True, slots=True)
class Once:
    """One request. A refusal changes nothing, and does not spend the key."""

    asking: BesideCases

    def known(self, connection: Connection) -> dict[str, Any] | None:
        """What was made under the key before. Problem `idempotency_conflict` for another body."""
        try:
            return enter(connection, self.asking)
        except KeyTaken:
            raise Problem("idempotency_conflict") from None

    def keep(self, connection: Connection, made: dict[str, Any]) -> None:
        """What it has made: ids and figures, never personal data."""
        keep(connection, self.asking, made)

    def make(
        self, connection: Connection, act: Callable[[Connection], dict[str, Any]]
    ) -> dict[str, Any]:
        """What it makes in this transaction, or has made in an earlier one."""
        made = self.known(connection)
        if made is None:
            made = act(connection)
            self.keep(connection, made)
        return made


async def _once(request: Request, parts: PartsDep, key: IdempotencyKey) -> Once:
    said = json.dumps(await read_json(request), sort_keys=True)
    return once_for(request, parts.seal, key, said.encode("utf-8", "surrogatepass"))


def once_for(request: Request, sealer: Seal, key: str, said: bytes) -> Once:
    """What is said in a request of the caller, whom the guard before it has let in."""
    content = f"{request.method} {request.url.path} ".encode() + said
    caller = request.state.caller
    # A supplier's organisation is told by the token also before the register knows it.
    actor = f"{caller.role.value}:{caller.person}:{caller.bin or '-'}"
    return Once(BesideCases(actor, key, fingerprint(sealer, content)))


OnceDep = Annotated[Once, Depends(_once)]
