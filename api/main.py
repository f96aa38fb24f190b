"""The application as uvicorn starts it: `api.main:app`."""

import ssl

import httpx
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from api.app import create_app
from api.claims import ClaimNames
from api.connections import behind
from api.console.provider import SignInProvider
from api.deps import Parts
from api.issuer import ClientProof
from api.limits import Limits
from api.link import Link
from api.stepping_up import StepUp
from api.tokens import TokenVerifier
from db.bounds import OF_REQUESTS
from db.engine import make_engine
from db.evidence import keeps_lists
from db.sealing import Seal
from db.uploads import UploadRoom
from definitions.proofs import require_proven
from integrations.http import open_client, trusting
from integrations.scanner import Clamd
from integrations.signatures import TrustInvalid, make_verifier, read_trust
from settings import Settings
from settings.kinds import LOOPBACK
from starting import begin, keep_what_is_loaded, refuse
from workflows.client import Cases
from workflows.connection import connect, make_runtime

OUTSIDE_TIMEOUT = httpx.Timeout(3.0, connect=2.0)


def make_parts(settings: Settings) -> Parts:
    """What the settings name; nothing is connected yet."""
    engine = make_engine(settings.database_url, most=settings.api_connections, bounds=OF_REQUESTS)
    tls = trusting(settings.http_ca)
    runtime = make_runtime()

    async def connect_runs() -> Cases:
        return Cases(await connect(settings, runtime), engine)

    provider = httpx.AsyncClient(timeout=OUTSIDE_TIMEOUT, trust_env=False, verify=tls)
    trust = read_trust(settings.trust_file)
    tokens = TokenVerifier(
        settings.oidc_issuer,
        settings.token_audience,
        provider,
        settings.token_longest_life,
        names=ClaimNames(settings.claim_paths, settings.role_names),
    )
    step_up = StepUp(tuple((settings.step_up_acr or "").split()))
    return Parts(
        engine=engine,
        dsn=settings.database_url,
        seal=Seal(settings.person_key_ring, settings.person_index),
        signatures=make_verifier(
            trust,
            httpx.Client(timeout=OUTSIDE_TIMEOUT, verify=tls),
            open_client(settings.ncanode_address, tls=tls) if settings.ncanode_address else None,
            keeps_lists(engine),
        ),
        tokens=tokens,
        link=Link(connect_runs),
        scanner=_scanner(settings, tls),
        room=UploadRoom(
            settings.largest_document,
            settings.most_documents,
            settings.most_document_bytes,
            settings.unused_documents_kept,
        ),
        public_url=settings.public_url,
        signer_address=settings.signer_address,
        phone_link=settings.phone_link,
        provider=_sign_in_provider(settings, tokens, step_up),
        step_up=step_up,
        session_idle=settings.session_idle,
        webhook_networks=settings.reached_by_webhooks,
        tells_gateway=settings.gateway_url is not None,
        gateway=trust,
        temporal_ui_url=settings.temporal_ui_url,
        most_reads=settings.api_read_connections,
        limits=Limits(
            settings.requests_per_second, settings.streams_per_person, settings.most_streams
        ),
    )


def _sign_in_provider(settings: Settings, tokens: TokenVerifier, step_up: StepUp) -> SignInProvider:
    secret = settings.oidc_client_secret
    return SignInProvider(
        tokens,
        ClientProof(settings.oidc_client_id, secret.get_secret_value() if secret else None),
        scope=settings.oidc_scope,
        resource=settings.oidc_resource,
        step_up=step_up,
    )


def _scanner(settings: Settings, tls: ssl.SSLContext) -> Clamd:
    host, _, port = settings.scanner_address.rpartition(":")
    return Clamd(host, int(port), tls if settings.scanner_tls else None)


def make_app() -> ProxyHeadersMiddleware:
    """The application of this process, from its environment."""
    settings = begin("api", Settings)
    require_proven()
    try:
        parts = make_parts(settings)
    except TrustInvalid as error:
        refuse("api", [f"OZHB_TRUST_FILE: {error}"])
    made = create_app(parts)
    keep_what_is_loaded()
    return behind((*LOOPBACK, *settings.proxies), made)


app = make_app()
