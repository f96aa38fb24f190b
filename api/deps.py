"""What routes are handed: the parts of one application, nothing global."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Annotated, Any

from fastapi import Depends, Header, Request
from sqlalchemy import Engine

from api.cases.lines import Lines
from api.cases.live import Changes
from api.console.provider import SignInProvider
from api.limits import Limits, Places
from api.link import Link
from api.names import Names
from api.stepping_up import StepUp
from api.tokens import TokenVerifier
from db.inbox import fingerprint
from db.pool import ReadPool
from db.sealing import Seal
from db.uploads import UploadRoom
from integrations.scanner import Scanner
from integrations.shep import Trusting
from integrations.signatures import SignatureVerifier
from integrations.webhook import Network


@dataclass(frozen=True)
class Parts:
    """What an application is made of. `dsn` is a plain postgresql:// address;
    hot reads hold at most `most_reads` connections to it.

    `room` bounds what people upload. `public_url` is where people reach it. `gateway` says whose
    signatures count on envelopes.
    `temporal_ui_url` is where Temporal's own pages are, if anywhere. `provider` is where people
    sign in who use the pages; without it nobody does. `signer_address` is where the signer on
    their own machine listens, `phone_link` what opens the one on a phone, with its `{address}`.
    `step_up` is what grave acts ask of a sign-in; after `session_idle` unused a session is over.
    Webhooks may lie in `webhook_networks` beside the public internet. `tells_gateway`: it is told
    that the messages of its envelopes have come.
    """

    engine: Engine
    dsn: str
    seal: Seal
    signatures: SignatureVerifier
    tokens: TokenVerifier
    link: Link
    scanner: Scanner
    room: UploadRoom
    public_url: str
    provider: SignInProvider | None = None
    signer_address: str = ""
    phone_link: str = "{address}"
    gateway: Trusting | None = None
    temporal_ui_url: str | None = None
    limits: Limits = field(default_factory=Limits)
    most_reads: int = 8
    names: Names = field(default_factory=Names)
    step_up: StepUp = field(default_factory=StepUp)
    session_idle: timedelta = timedelta(minutes=30)
    webhook_networks: Sequence[Network] = ()
    tells_gateway: bool = False


def _parts(request: Request) -> Parts:
    found: Any = request.app.state.parts
    assert isinstance(found, Parts)
    return found


async def parts(request: Request) -> Parts:
    return _parts(request)


async def engine(request: Request) -> Engine:
    return _parts(request).engine


async def sealer(request: Request) -> Seal:
    return _parts(request).seal


async def lines(request: Request) -> Lines:
    found: Any = request.app.state.lines
    assert isinstance(found, Lines)
    return found


async def changes(request: Request) -> Changes:
    found: Any = request.app.state.changes
    assert isinstance(found, Changes)
    return found


async def stream_place(request: Request) -> AsyncIterator[None]:
    """One of the streams that a person may hold open, until its end."""
    places: Any = request.app.state.places
    assert isinstance(places, Places)
    with places.hold(request.state.caller.person):
        yield


async def pool(request: Request) -> ReadPool:
    """Connections for the hot reads; there from start to end of the application."""
    found: Any = request.app.state.pool
    assert isinstance(found, ReadPool)
    return found


PartsDep = Annotated[Parts, Depends(parts)]
EngineDep = Annotated[Engine, Depends(engine)]
SealDep = Annotated[Seal, Depends(sealer)]
LinesDep = Annotated[Lines, Depends(lines)]
ChangesDep = Annotated[Changes, Depends(changes)]
StreamPlace = Annotated[None, Depends(stream_place)]
PoolDep = Annotated[ReadPool, Depends(pool)]


async def _kept_key(
    request: Request,
    key: Annotated[
        str,
        Header(
            alias="Idempotency-Key",
            min_length=1,
            max_length=200,
            pattern=r"^[!-~]+$",
            description=(
                "Your own name of this request: repeated under it, it changes nothing more. A"
                " command to a case that was refused (409) has spent it too: repeated, the answer"
                " is the one of then, and `recorded_at` says so. To try again, use another key."
            ),
        ),
    ],
) -> str:
    """The key as it is kept: what people call their requests may say something of persons."""
    return fingerprint(_parts(request).seal, key.encode()).hex()


IdempotencyKey = Annotated[str, Depends(_kept_key)]
