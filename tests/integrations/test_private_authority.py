"""Outside systems whose certificates a private authority signed are believed where it is named."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey

from cli.ports import free_port
from db.engine import make_engine
from db.sealing import Seal
from integrations.errors import Unavailable
from integrations.http import exchange, open_client, trusting
from settings import Settings
from tests.support.certificates import Pair, issue
from tests.support.forks import run_command
from tests.support.polling import eventually
from tests.test_processes import environment, going_on
from tests.test_settings import valid
from worker import make_effects

pytestmark = pytest.mark.long
NAME = "localhost"


@pytest.fixture(scope="module")
def authority() -> Pair:
    return issue("authority.test")


@contextmanager
def served(authority: Pair, folder: Path) -> Iterator[tuple[str, list[str]]]:
    """A system behind TLS: its root, and the paths that it was asked for."""
    asked: list[str] = []

    class System(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *_: object) -> None:
            """Nobody reads it."""

    server = issue(NAME, authority)
    chain = folder / "server.pem"
    chain.write_text(server.certificate + server.key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain)
    with ThreadingHTTPServer(("127.0.0.1", 0), System) as listening:
        # Each connection shakes hands in its own thread.
        listening.socket = context.wrap_socket(
            listening.socket, server_side=True, do_handshake_on_connect=False
        )
        thread = Thread(target=listening.serve_forever)
        thread.start()
        yield f"https://{NAME}:{listening.server_address[1]}", asked
        listening.shutdown()
        thread.join()


def ask(client: httpx.Client) -> int:
    with client:
        return exchange(client, "sms", client.build_request("GET", "/")).status


def test_an_authority_that_is_named_is_believed_and_no_other(
    authority: Pair, tmp_path: Path
) -> None:
    with served(authority, tmp_path) as (url, _):
        assert ask(open_client(url, tls=trusting(authority.certificate))) == 200
        for stranger in (None, issue("authority.test").certificate):
            with pytest.raises(Unavailable, match="ConnectError"):
                ask(open_client(url, tls=trusting(stranger)))


def test_the_authorities_that_everybody_trusts_go_on_counting(authority: Pair) -> None:
    everybody = {one["serialNumber"] for one in trusting(None).get_ca_certs()}
    assert everybody < {
        one["serialNumber"] for one in trusting(authority.certificate).get_ca_certs()
    }


def test_a_worker_believes_the_authority_of_its_settings_in_every_system(
    authority: Pair, tmp_path: Path, app_database_url: str
) -> None:
    trust = environment(tmp_path)["OZHB_TRUST_FILE"]
    with served(authority, tmp_path) as (url, asked):
        told = Settings.load(
            **valid(sandbox_url=url, http_ca=authority.certificate, trust_file=trust)
        )
        seal = Seal(told.person_key_ring, told.person_index)
        effects = make_effects(told, make_engine(app_database_url), seal)
        clients = (
            effects.notices.sms.client,
            effects.notices.email.client,
            effects.payments.treasury.client,
            effects.esobes.esobes.client,
        )
        for client in clients:
            with client:
                assert client.get("/asked").status_code == 200
    assert asked == ["/asked"] * len(clients)


@pytest.mark.parametrize("named", [True, False])
def test_a_command_believes_it_in_the_api(authority: Pair, tmp_path: Path, named: bool) -> None:
    with served(authority, tmp_path) as (url, asked):
        told = {"PATH": "", "OZHB_API_URL": url, "OZHB_TOKEN": "token"}
        if named:
            told["OZHB_HTTP_CA"] = authority.certificate
        ended = run_command(("holds", "list"), told)
    assert (ended.returncode == 3) is not named
    assert (asked == []) is not named


def token() -> str:
    """Of somebody whose key nobody knows: the provider has to be asked for it."""
    key = RSAKey.generate_key(2048, {"kid": "unknown"})
    return jwt.encode({"alg": "RS256", "kid": "unknown"}, {}, key)


@pytest.mark.parametrize("named", [True, False])
def test_the_api_believes_it_in_the_identity_provider(
    authority: Pair, tmp_path: Path, named: bool
) -> None:
    port = free_port()
    with served(authority, tmp_path) as (url, asked):
        told = {"oidc_issuer": url, "port": port}
        if named:
            told["http_ca"] = authority.certificate
        with going_on(tmp_path, "api", **told):
            me = f"http://127.0.0.1:{port}/v1/me"
            bearer = {"Authorization": f"Bearer {token()}"}

            def answer() -> httpx.Response | None:
                try:
                    return httpx.get(me, headers=bearer, trust_env=False, timeout=30)
                except httpx.TransportError:
                    return None

            answered = eventually(answer, lambda one: one is not None)
            assert answered is not None
            assert answered.status_code == 503, "the provider names no keys"
    assert ("/.well-known/openid-configuration" in asked) is named
