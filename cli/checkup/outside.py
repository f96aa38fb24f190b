"""Whether the systems outside are reached from here, and go by the same time."""

import ssl
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

import httpx

from cli.checkup.finding import MOST_SKEW, Finding, fault, ok, skew
from integrations.errors import Unavailable
from integrations.http import open_client, trusting
from integrations.scanner import Clamd
from integrations.signatures.anchors import TrustInvalid, read_trust
from settings import PREFIX, SYSTEM_URLS, Settings

_DISCOVERY: Final = "/.well-known/openid-configuration"
# What signing in takes (docs/outside-world.md).
_DOORS: Final = ("jwks_uri", "authorization_endpoint", "token_endpoint")
_PATIENCE: Final = httpx.Timeout(5.0)


def outside(settings: Settings) -> Iterator[Finding]:
    """Each system by its root; the identity provider, the lists of authorities and the scanner by
    what they are asked in earnest. No token is sent.
    """
    tls = trusting(settings.http_ca)
    with open_client(tls=tls) as client:
        for field in SYSTEM_URLS:
            name, url = field.partition("_")[0], getattr(settings, field)
            if field == "oidc_issuer":
                yield from _provider(client, url)
            else:
                yield from _reached(client, name, url, f"{PREFIX}{field.upper()}")
        if settings.gateway_url is not None:
            yield from _reached(client, "gateway", settings.gateway_url, f"{PREFIX}GATEWAY_URL")
        yield from _authorities(client, settings)
        if settings.ncanode_address is not None:
            yield _ncanode(client, settings.ncanode_address)
    yield _scanner(settings, tls)


def _reached(client: httpx.Client, name: str, url: str, variable: str) -> Iterator[Finding]:
    """Whatever it answers, it is there."""
    try:
        answer = client.get(f"{url}/", timeout=_PATIENCE)
    except httpx.HTTPError as error:
        yield fault(name, f"{url}: {type(error).__name__}: {error}", variable)
        return
    yield ok(name, f"{url} answers")
    yield from _clock(name, answer)


def _provider(client: httpx.Client, issuer: str) -> Iterator[Finding]:
    name, variable = "identity", f"{PREFIX}OIDC_ISSUER"
    try:
        answer = client.get(f"{issuer.rstrip('/')}{_DISCOVERY}", timeout=_PATIENCE)
        told = answer.raise_for_status().json()
        named, lacking = told.get("issuer"), [door for door in _DOORS if not told.get(door)]
    except (httpx.HTTPError, ValueError, AttributeError) as error:
        yield fault(name, f"{issuer}: {type(error).__name__}: {error}", variable)
        return
    if named != issuer:
        yield fault(name, f"it calls itself {named}", f"{variable}, letter by letter as it is told")
    elif lacking:
        yield fault(name, f"it does not say where it has {', '.join(lacking)}", variable)
    else:
        yield ok(name, f"{issuer} describes itself")
    yield from _clock(name, answer)


def _ncanode(client: httpx.Client, address: str) -> Finding:
    """It says of what is no signature that it cannot read it: a NCANode answers so."""
    name, variable = "ncanode", f"{PREFIX}NCANODE_ADDRESS"
    try:
        answer = client.post(f"{address}/cms/verify", json={"cms": "MAA="}, timeout=_PATIENCE)
        told = answer.json()
    except (httpx.HTTPError, ValueError) as error:
        return fault(name, f"{address}: {type(error).__name__}: {error}", variable)
    if answer.status_code == httpx.codes.BAD_REQUEST and "message" in told:
        return ok(name, f"{address} reads signatures")
    return fault(name, f"{address}: {answer.status_code}, which is no NCANode", variable)


def _authorities(client: httpx.Client, settings: Settings) -> Iterator[Finding]:
    name = "trust"
    try:
        trust = read_trust(settings.trust_file)
    except TrustInvalid as error:
        yield fault(name, str(error), f"{PREFIX}TRUST_FILE")
        return
    now = datetime.now(UTC)
    counting = [one for one in trust.anchors if one.counts(now)]
    if counting:
        yield ok(name, f"{len(counting)} of {len(trust.anchors)} anchors count today")
    else:
        yield fault(name, "no anchor counts today", f"use_from and use_until in {PREFIX}TRUST_FILE")
    if settings.ncanode_address is not None and not any(one.counts(now) for one in trust.gost):
        yield fault(name, "no authority of GOST counts today", f"[[gost]] in {PREFIX}TRUST_FILE")
    for address in sorted({one.crl for one in trust.issuers()}):
        try:
            client.get(address, timeout=_PATIENCE).raise_for_status()
        except httpx.HTTPError as error:
            yield fault("revoked certificates", f"{address}: {type(error).__name__}", "the network")
        else:
            yield ok("revoked certificates", f"{address} answers")


def _scanner(settings: Settings, tls: ssl.SSLContext) -> Finding:
    address = settings.scanner_address
    host, _, port = address.rpartition(":")
    clamd = Clamd(host, int(port), tls if settings.scanner_tls else None)
    try:
        clamd.finds(b"ozhb doctor")
    except Unavailable as silence:
        return fault("scanner", f"{address}: {silence.what}", f"{PREFIX}SCANNER_ADDRESS")
    return ok("scanner", f"{address} looks at what it is shown")


def _clock(name: str, answer: httpx.Response) -> Iterator[Finding]:
    """By the `Date` of an answer, which has whole seconds; told where it is off."""
    now = datetime.now(UTC)
    try:
        told = parsedate_to_datetime(answer.headers.get("Date", ""))
    except ValueError:
        return
    if told.tzinfo is not None and abs(told - now) > MOST_SKEW:
        yield skew(f"clock of {name}", name, told - now)
