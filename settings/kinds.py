"""What the value of a setting may be: each kind says what it refuses, and repeats no secret."""

import base64
import binascii
import socket
import ssl
from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Annotated, Any, Final
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    SecretStr,
    StringConstraints,
    ValidationInfo,
)
from pydantic_settings import NoDecode

from integrations.head_keys import HeadKey

KEY_BYTES: Final = 32
Network = IPv4Network | IPv6Network

# Addresses that are nobody's on the Internet: RFC 1918, RFC 6598, RFC 4193.
PRIVATE: Final = tuple(
    map(
        ip_network,
        ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7"),
    )
)
LOOPBACK: Final = (ip_network("127.0.0.0/8"), ip_network("::1/128"))
_ENCIPHERED: Final = ("require", "verify-ca", "verify-full")


def key(text: str) -> bytes:
    """The bytes of a key in base64. ValueError."""
    try:
        found = base64.b64decode(text, validate=True)
    except binascii.Error:
        raise ValueError("a key is not base64") from None
    if len(found) != KEY_BYTES:
        raise ValueError(f"a key must be {KEY_BYTES} bytes, base64")
    if len(set(found)) == 1:
        raise ValueError("a key of one repeated byte is no key")
    return found


def key_ring(text: str) -> dict[str, bytes]:
    """`k2:<base64>,k1:<base64>` → keys by id, in the order given; the first is the current one."""
    keys: dict[str, bytes] = {}
    for part in text.split(","):
        key_id, colon, encoded = part.strip().partition(":")
        if not (colon and key_id.isalnum() and key_id.isascii()):
            raise ValueError("expected <key id>:<base64 key>, separated by commas")
        if key_id in keys:
            raise ValueError(f"key id {key_id} stands twice")
        keys[key_id] = key(encoded)
    return keys


def postgresql_hosts(url: str) -> list[str]:
    """The hosts of an address of PostgreSQL, as libpq reads it. ValueError where it cannot."""
    said = _postgresql(url)
    # An address that is given beside a name is the one that is dialled.
    return str(said.get("hostaddr") or said.get("host") or "").split(",")


def postgresql_enciphered(url: str) -> bool:
    """Whether libpq speaks to no server of it without TLS."""
    return _postgresql(url).get("sslmode") in _ENCIPHERED


def stays_here(host: str | None) -> bool:
    """Whether a host is this machine itself."""
    if not host or host == "localhost":
        return host == "localhost"
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def lies_within(host: str, allowed: Sequence[Network]) -> bool:
    """Whether a literal address, or every address that a name has now, lies in one of them."""
    if not allowed:
        return False
    try:
        found = {str(one[4][0]) for one in socket.getaddrinfo(host, None)}
    except OSError:
        return False
    return all(
        any(ip_address(one.partition("%")[0]) in network for network in allowed) for one in found
    )


def may_be_plain(host: str | None, info: ValidationInfo) -> bool:
    """Whether what is said to a host needs no TLS, by `allow_plaintext_on` of the same settings."""
    return stays_here(host) or lies_within(host or "", info.data.get("allow_plaintext_on") or ())


def _networks(text: Any) -> Any:
    """`10.0.0.0/8,fd00::/8` → the networks. ValueError for one that is not private."""
    if not isinstance(text, str):
        return text
    found: list[Network] = []
    for part in filter(None, (one.strip() for one in text.split(","))):
        try:
            network = ip_network(part)
        except ValueError:
            raise ValueError(f"{part} is no network: expected 10.0.0.0/8,192.168.0.0/16") from None
        if not any(_within(network, private) for private in PRIVATE):
            raise ValueError(f"{part} is no private network")
        found.append(network)
    return tuple(found)


def _within(network: Network, wider: Network) -> bool:
    if isinstance(network, IPv4Network) and isinstance(wider, IPv4Network):
        return network.subnet_of(wider)
    if isinstance(network, IPv6Network) and isinstance(wider, IPv6Network):
        return network.subnet_of(wider)
    return False


def _postgresql(url: str) -> dict[str, Any]:
    # Most commands know no database, and need not load the driver.
    from psycopg import ProgrammingError
    from psycopg.conninfo import conninfo_to_dict

    try:
        return dict(conninfo_to_dict(url))
    except ProgrammingError:  # its words repeat the password
        raise ValueError("expected postgresql://role:password@host:port/database") from None


def _is_key(secret: SecretStr) -> SecretStr:
    key(secret.get_secret_value())
    return secret


def _is_key_ring(secret: SecretStr) -> SecretStr:
    key_ring(secret.get_secret_value())
    return secret


def _is_certificate(pem: str) -> str:
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=pem)
    except (ssl.SSLError, ValueError):
        raise ValueError("no certificate in PEM stands in it") from None
    return pem


def _signs_heads(secret: SecretStr) -> SecretStr:
    HeadKey.read(secret.get_secret_value())
    return secret


def _is_safe_url(url: str, info: ValidationInfo) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("expected http(s)://host[:port]")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ValueError("no credentials, query or fragment may stand in an address")
    if parts.scheme == "http" and not may_be_plain(parts.hostname, info):
        raise ValueError("http is unsafe beyond this machine: use https")
    return url


def _without_slash(url: str) -> str:
    return url.rstrip("/")


def _is_postgresql(url: str, info: ValidationInfo) -> str:
    if not url.startswith("postgresql://"):
        raise ValueError("expected postgresql://role:password@host:port/database")
    said = _postgresql(url)
    if not said.get("dbname"):
        raise ValueError("expected postgresql://role:password@host:port/database")
    if not said.get("user"):
        raise ValueError("no role is named")
    for host in postgresql_hosts(url):
        if not (postgresql_enciphered(url) or may_be_plain(host, info)):
            raise ValueError("unsafe beyond this machine: add ?sslmode=verify-full")
    return url


SystemUrl = Annotated[str, AfterValidator(_is_safe_url), AfterValidator(_without_slash)]
# Compared with the `iss` of a token letter by letter, so nothing is taken off.
Issuer = Annotated[str, AfterValidator(_is_safe_url)]
Key = Annotated[SecretStr, AfterValidator(_is_key)]
KeyRing = Annotated[SecretStr, AfterValidator(_is_key_ring)]
HeadSigningKey = Annotated[SecretStr, AfterValidator(_signs_heads)]
Certificates = Annotated[str, AfterValidator(_is_certificate)]
DatabaseUrl = Annotated[str, Field(repr=False), AfterValidator(_is_postgresql)]
Port = Annotated[int, Field(ge=1, le=65535)]
Networks = Annotated[tuple[Network, ...], NoDecode, BeforeValidator(_networks)]
HostPort = Annotated[str, StringConstraints(pattern=r"^[^:/\s]+:[0-9]+$")]
Provider = Annotated[str, Field(pattern=r"^[a-z0-9-]{1,40}$")]
