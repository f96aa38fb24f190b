"""The signed heads of the record, for everybody: nobody's data is in them, and whoever keeps them
can later prove that nothing was changed.
"""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.concurrency import run_in_threadpool
from pydantic import Field

from api.deps import PartsDep
from api.limits import Rates
from api.queries import check_query
from api.schemas import Answer
from db.engine import reads
from db.heads import list_heads
from db.record_tables import RecordHead

router = APIRouter(prefix="/v1", tags=["record"])
MOST = 200


class PublishedHead(Answer):
    """One head, as it was signed."""

    number: int = Field(description="Its number: from 1, without a gap")
    made_at: datetime = Field(description="When it was made, by the wall clock")
    jws: str = Field(
        description="The compact JWS (RS256): its payload is JSON, and names by `previous` the"
        " SHA-256 of the one before"
    )


class PublicKey(Answer):
    """A key that has signed heads, as a JWK (RFC 7517)."""

    kty: str = Field(description="The kind of key")
    n: str = Field(description="The modulus, in base64url")
    e: str = Field(description="The exponent, in base64url")
    kid: str = Field(description="Its name: its thumbprint (RFC 7638)")
    alg: str = Field(description="How it signs")
    use: str = Field(description="What for")


class PublishedHeads(Answer):
    """Heads in their order, with the keys that signed them."""

    heads: list[PublishedHead] = Field(description="The heads after the number that was asked for")
    keys: list[PublicKey] = Field(description="The keys that signed these, former ones too")
    after: int | None = Field(description="Ask on after this number; null: these are all there are")


@router.get("/heads", operation_id="list_heads")
async def heads(
    request: Request,
    parts: PartsDep,
    after: Annotated[int, Query(ge=0, le=2**31 - 1, description="After this number")] = 0,
    limit: Annotated[int, Query(ge=1, le=MOST, description="So many at most")] = MOST,
) -> PublishedHeads:
    """The signed heads of the record, the oldest first. Anybody may call it."""
    check_query(request)
    rates: Rates = request.app.state.checks
    rates.take_for(request.client and request.client.host)

    def found() -> list[RecordHead]:
        with reads(parts.engine) as connection:
            return list_heads(connection, after, limit)

    return published(await run_in_threadpool(found), limit)


def published(held: list[RecordHead], limit: int) -> PublishedHeads:
    """Heads as they are given to others."""
    keys: dict[str, dict[str, Any]] = {one.public_key["kid"]: one.public_key for one in held}
    return PublishedHeads(
        heads=[PublishedHead(number=one.number, made_at=one.at, jws=one.jws) for one in held],
        keys=[PublicKey.model_validate(one) for one in keys.values()],
        after=held[-1].number if len(held) == limit else None,
    )
