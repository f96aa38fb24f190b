"""Tell a system of somebody else something at the address that it has named.

As Standard Webhooks 1.0 has it: `webhook-id`, `webhook-timestamp` (Unix seconds) and
`webhook-signature`, which is `v1,` and the base64 of HMAC-SHA256 over `<id>.<timestamp>.<body>`.
Nobody is asked at an address that is not of the public internet, whatever a name says just now:
names are looked up here, and the address that was found good is the one that is asked.
"""

import base64
import hashlib
import hmac
import re
import socket
import ssl
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Any, Final
from urllib.parse import urlsplit

import httpcore

TOTAL_SECONDS: Final = 15.0
CONNECT_SECONDS: Final = 3.0
LONGEST_URL: Final = 500
SECRET_PREFIX: Final = "whsec_"
# In these an address of IPv4 stands within one of IPv6.
_NAT64: Final = IPv6Network("64:ff9b::/96")
# Nothing else of IPv6 is given out for the public internet.
_GLOBAL: Final = IPv6Network("2000::/3")
# What the registries of IANA keep for documents and protocols, and this Python takes for global.
_SPECIAL: Final = (
    IPv4Network("192.0.0.0/24"),
    IPv4Network("192.88.99.0/24"),
    IPv6Network("2001:db8::/32"),
    IPv6Network("3fff::/20"),
)
FAULTS: Final = ("private_address", "unknown_host", "timed_out", "no_tls", "unreachable")
_LABEL: Final = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
# The last part of a name begins with a letter: what does not is a number in some spelling.
_NAME: Final = re.compile(rf"(?=.{{1,254}}$)(?:{_LABEL}\.)*(?=[a-z]){_LABEL}\.?")
_NEAR: Final = frozenset(("localhost", "local", "internal", "invalid", "test", "onion"))
Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network


class Unreached(Exception):
    """Nobody was asked, or nobody answered; the text is one of `FAULTS`."""


def shown_secret(secret: bytes) -> str:
    """A secret as libraries for receivers take it."""
    return SECRET_PREFIX + base64.b64encode(secret).decode()


def signature(secret: bytes, id_: str, at: int, body: bytes) -> str:
    """What proves that we said it, then, and in these words."""
    said = f"{id_}.{at}.".encode() + body
    return "v1," + base64.b64encode(hmac.digest(secret, said, hashlib.sha256)).decode()


def mistake_of(url: str, networks: Sequence[Network]) -> str | None:
    """Why nothing would ever be told at an address; None for one that may be told."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return "not_an_address"
    if not host or parts.username is not None or parts.password is not None or parts.fragment:
        return "not_an_address"
    if not (url.isascii() and url.isprintable()) or " " in url or "\\" in url:
        return "not_an_address"
    literal = _literal(host)
    if literal is None and not _NAME.fullmatch(host):
        return "not_an_address"
    near_name = literal is None and not networks and _is_near(host)
    if near_name or (literal is not None and not _allowed(literal, networks)):
        return "private_address"
    enciphered = parts.scheme == "https"
    near = parts.scheme == "http" and literal is not None and not _public(literal)
    return None if enciphered or near else "not_https"


def _is_near(name: str) -> bool:
    """Whether nobody on the internet can have this name: it has no dot, or an end kept for others
    (RFC 6761, 6762, 7686, 8375).
    """
    labels = name.removesuffix(".").split(".")
    return len(labels) == 1 or labels[-1] in _NEAR or labels[-2:] == ["home", "arpa"]


def _literal(host: str) -> Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None


def _public(address: Address) -> bool:
    """Whether it lies in the public internet, also where it stands within another one."""
    if isinstance(address, IPv6Address):
        within = address.ipv4_mapped or address.sixtofour
        if address.teredo is not None:
            within = address.teredo[1]
        if address in _NAT64:
            within = IPv4Address(int(address) & 0xFFFFFFFF)
        if within is not None:
            return _public(within)
        if address not in _GLOBAL:
            return False
    special = any(address in one for one in _SPECIAL)
    return address.is_global and not address.is_multicast and not special


def _allowed(address: Address, networks: Iterable[Network]) -> bool:
    return _public(address) or any(address in one for one in networks)


class _Timed(httpcore.NetworkStream):
    """A connection that is over at a moment, however slowly the other side drips."""

    def __init__(self, stream: httpcore.NetworkStream, left: Callable[[], float]) -> None:
        self._stream, self._left = stream, left

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._left())

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._left())

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        return _Timed(
            self._stream.start_tls(ssl_context, server_hostname, self._left()), self._left
        )

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class _Bounded(httpcore.NetworkBackend):
    """Connects where it may, for as long as it may."""

    def __init__(self, networks: Sequence[Network], seconds: float) -> None:
        self._networks, self._end = networks, time.monotonic() + seconds
        self._backend = httpcore.SyncBackend()

    def _left(self) -> float:
        left = self._end - time.monotonic()
        if left <= 0:
            raise Unreached("timed_out")
        return left

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            raise Unreached("unknown_host") from None
        places = list(dict.fromkeys(str(one[4][0]) for one in found))
        if not all(_allowed(ip_address(one), self._networks) for one in places):
            raise Unreached("private_address")
        last: Exception = Unreached("unreachable")
        for place in places:
            try:
                seconds = min(CONNECT_SECONDS, self._left())
                return _Timed(self._backend.connect_tcp(place, port, seconds), self._left)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                last = error
        raise last


@dataclass(frozen=True)
class WebhookSender:
    """Tells addresses; `networks` are those that count beside the public internet."""

    tls: ssl.SSLContext
    networks: Sequence[Network] = ()
    seconds: float = TOTAL_SECONDS

    def send(self, url: str, secret: bytes, id_: str, body: bytes) -> int:
        """The status that it was answered with. No redirect is followed, and no body is read.

        Unreached.
        """
        if (mistake := mistake_of(url, self.networks)) is not None:
            raise Unreached("private_address" if mistake == "private_address" else "unreachable")
        at = int(time.time())
        headers = {
            "host": urlsplit(url).netloc,
            "content-type": "application/json",
            "content-length": str(len(body)),
            "user-agent": "ozhb",
            "webhook-id": id_,
            "webhook-timestamp": str(at),
            "webhook-signature": signature(secret, id_, at, body),
        }
        near = _Bounded(self.networks, self.seconds)
        try:
            with (
                httpcore.ConnectionPool(self.tls, network_backend=near) as pool,
                pool.stream("POST", url, headers=list(headers.items()), content=body) as answer,
            ):
                return int(answer.status)
        except (httpcore.TimeoutException, TimeoutError):
            raise Unreached("timed_out") from None
        except ssl.SSLError:
            raise Unreached("no_tls") from None
        except (httpcore.NetworkError, httpcore.ProtocolError, OSError) as error:
            inside = isinstance(error.__cause__ or error.__context__, ssl.SSLError)
            raise Unreached("no_tls" if inside else "unreachable") from None
