"""The application as tests serve it: real parts, and the wire to those outside replaced."""

from datetime import UTC, datetime, timedelta

import httpx
from fastapi import FastAPI
from sqlalchemy import Engine

from api.app import create_app
from api.deps import Parts
from api.link import Link
from api.tokens import TokenVerifier
from db.evidence import keeps_lists
from db.uploads import UploadRoom
from tests.api.world import ISSUER, LONGEST_LIFE, NOBODY, provider, token_key
from tests.integrations.ca import authority, verifier
from tests.support.intake import SEAL
from tests.support.play import Host


def make_parts(engine: Engine, dsn: str, host: Host) -> Parts:
    certificates = authority("national")
    now = datetime.now(UTC).replace(microsecond=0)
    revoked = certificates.revocation_list({}, now - timedelta(hours=1))
    wire = httpx.MockTransport(lambda _: httpx.Response(200, content=revoked))
    people = httpx.AsyncClient(transport=provider(token_key()))
    return Parts(
        engine=engine,
        dsn=dsn,
        seal=SEAL,
        signatures=verifier(certificates.trust(), wire, keeps_lists(engine)),
        tokens=TokenVerifier(ISSUER, "ozhb", people, LONGEST_LIFE),
        link=Link(None, host),
        scanner=NOBODY,
        room=UploadRoom(2**20, 5, 2**21, timedelta(days=30)),
        public_url="https://portal.example",
        gateway=certificates.trust(),
    )


_READY: list[FastAPI] = []


def make_app(parts: Parts) -> FastAPI:
    """An application of its own parts, whose routes are those of the first of this process.

    FastAPI makes routes ready when they are first asked, which takes longer than most tests.
    """
    app = create_app(parts)
    app.router.routes = (_READY or [app])[0].router.routes
    _READY[:] = _READY or [app]
    return app
