"""The application as uvicorn starts it: `api.main:app`."""

import ssl

import httpx
from fastapi import FastAPI

import logs
from api.app import create_app
from api.console.provider import SignInProvider
from api.deps import Parts
from api.limits import Limits
from api.link import Link
from api.tokens import TokenVerifier
from db.bounds import OF_REQUESTS
from db.engine import make_engine
from db.sealing import Seal
from db.uploads import UploadRoom
from definitions.proofs import require_proven
from integrations.scanner import Clamd
from integrations.signatures import PyhankoVerifier, RevocationLists, TrustStore, read_trust
from settings import Settings
from workflows.client import Cases
from workflows.connection import connect

OUTSIDE_TIMEOUT = httpx.Timeout(3.0, connect=2.0)
THREADS = 16


def make_parts(settings: Settings) -> Parts:
    """What the settings name; nothing is connected yet."""
    engine = make_engine(settings.database_url, pool_size=THREADS // 2, bounds=OF_REQUESTS)
    lists = RevocationLists(httpx.Client(timeout=OUTSIDE_TIMEOUT))

    async def connect_runs() -> Cases:
        return Cases(await connect(settings), engine)

    provider = httpx.AsyncClient(timeout=OUTSIDE_TIMEOUT, trust_env=False)
    trust = read_trust(settings.trust_file)
    tokens = TokenVerifier(
        settings.oidc_issuer, settings.token_audience, provider, settings.token_longest_life
    )
    return Parts(
        engine=engine,
        dsn=settings.database_url,
        seal=Seal(settings.person_key_ring, settings.person_index),
        signatures=PyhankoVerifier(TrustStore(trust, lists)),
        tokens=tokens,
        link=Link(connect_runs),
        scanner=_scanner(settings),
        room=UploadRoom(
            settings.largest_document,
            settings.most_documents,
            settings.most_document_bytes,
            settings.unused_documents_kept,
        ),
        public_url=settings.public_url,
        signer_address=settings.signer_address,
        phone_link=settings.phone_link,
        provider=SignInProvider(
            tokens,
            settings.oidc_client_id,
            secret.get_secret_value() if (secret := settings.oidc_client_secret) else None,
        ),
        gateway=trust,
        temporal_ui_url=settings.temporal_ui_url,
        limits=Limits(
            settings.requests_per_second, settings.streams_per_person, settings.most_streams
        ),
    )


def _scanner(settings: Settings) -> Clamd:
    host, _, port = settings.scanner_address.rpartition(":")
    return Clamd(host, int(port), ssl.create_default_context() if settings.scanner_tls else None)


def make_app() -> FastAPI:
    """The application of this process, from its environment."""
    settings = Settings.load()
    logs.configure(settings.log_level)
    require_proven()
    return create_app(make_parts(settings))


app = make_app()
