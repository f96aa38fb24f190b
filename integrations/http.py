"""The one place that turns the answers and silences of HTTP into `Unavailable` and `Refused`."""

import json
import ssl
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final
from uuid import uuid4

import httpx

from integrations.errors import OutsideRefusal, Unavailable
from integrations.pulse import PULSE

TIMEOUT: Final = httpx.Timeout(connect=3.0, read=10.0, write=10.0, pool=3.0)
# Connections to one system; whoever finds none in `pool` seconds hears that it is unavailable.
LINES: Final = httpx.Limits(max_connections=8)
# httpx bounds each read, not their sum: a system that drips would hold a worker's thread for ever.
TOTAL_SECONDS: Final = 30.0
MAX_ANSWER_BYTES: Final = 16 * 1024 * 1024
MAX_RETRY_AFTER_SECONDS: Final = 3600.0
# These say nothing of what is asked: our key is not taken any more, or we have asked too often.
_OF_NO_REQUEST: Final = frozenset((401, 429))


@dataclass(frozen=True)
class HttpAnswer:
    """What a system answered: the status, and the whole body."""

    system: str
    status: int
    body: bytes

    def json(self) -> object:
        """The body as JSON, else Unavailable: a proxy's page is no answer of the system."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            raise Unavailable(self.system, f"{self.status}, not JSON") from None

    def text_member(self, name: str) -> str:
        """A member of a JSON object, a text of 1 to 200 characters, else Unavailable."""
        content = self.json()
        member = content.get(name) if isinstance(content, dict) else None
        if not isinstance(member, str) or not 0 < len(member) <= 200:
            raise Unavailable(self.system, f"{self.status} without a readable “{name}”")
        return member


def trusting(authorities: str | None) -> ssl.SSLContext:
    """Whom clients believe: the authorities that everybody trusts, and those of an installation
    (PEM). Made once a process: to read the certificates of the world takes long.
    """
    context = httpx.create_ssl_context()
    if authorities is not None:
        context.load_verify_locations(cadata=authorities)
    return context


def open_client(
    base_url: str = "",
    token: str | None = None,
    transport: httpx.BaseTransport | None = None,
    tls: ssl.SSLContext | None = None,
) -> httpx.Client:
    """A client of one system: its own time-outs and bearer token; it follows no redirects.

    Without `base_url`, requests name whole addresses; without `tls`, everybody's authorities count.
    """
    return httpx.Client(
        base_url=base_url,
        headers={"Authorization": f"Bearer {token}"} if token else {},
        timeout=TIMEOUT,
        limits=LINES,
        transport=transport,
        verify=True if tls is None else tls,
        follow_redirects=False,
    )


def exchange(
    client: httpx.Client,
    system: str,
    request: httpx.Request,
    also: Collection[int] = (),
    clock: Callable[[], float] = time.monotonic,
) -> HttpAnswer:
    """Send one request and sort what comes back; statuses named in `also` are answers too.

    Unavailable for silence, 401, 429, 5xx and anything that is neither success nor refusal; Refused
    (`http_<status>`) for the rest of 4xx. How it went is noted (`PULSE`).
    """
    request.headers.setdefault("X-Request-Id", str(uuid4()))
    try:
        answer = _exchange(client, system, request, also, clock)
    except Unavailable as silence:
        PULSE.failed(system, silence.what)
        raise
    except OutsideRefusal:
        PULSE.answered(system)
        raise
    PULSE.answered(system)
    return answer


def _exchange(
    client: httpx.Client,
    system: str,
    request: httpx.Request,
    also: Collection[int],
    clock: Callable[[], float],
) -> HttpAnswer:
    try:
        answer, retry_after = _read(client, system, request, clock)
    except httpx.RequestError as error:
        # The text of the error may quote what the system sent; its class says enough.
        raise Unavailable(system, type(error).__name__) from None
    status = answer.status
    if 200 <= status < 300 or status in also:
        return answer
    if 400 <= status < 500 and status not in _OF_NO_REQUEST:
        raise OutsideRefusal(system, f"http_{status}")
    raise Unavailable(system, str(status), retry_after)


def _read(
    client: httpx.Client, system: str, request: httpx.Request, clock: Callable[[], float]
) -> tuple[HttpAnswer, float | None]:
    last_moment = clock() + TOTAL_SECONDS
    response = client.send(request, stream=True)
    try:
        body = bytearray()
        for chunk in response.iter_bytes():
            body += chunk
            if len(body) > MAX_ANSWER_BYTES:
                raise Unavailable(system, f"{response.status_code}, answer too long")
            if clock() > last_moment:
                raise Unavailable(system, f"{response.status_code}, answer too slow")
    finally:
        response.close()
    return HttpAnswer(system, response.status_code, bytes(body)), _retry_after(response)


def _retry_after(response: httpx.Response) -> float | None:
    text = response.headers.get("Retry-After", "").strip()
    if text.isascii() and text.isdigit():
        return min(float(text), MAX_RETRY_AFTER_SECONDS)
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    if moment.tzinfo is None:
        return None
    seconds = (moment - datetime.now(UTC)).total_seconds()
    return min(max(seconds, 0.0), MAX_RETRY_AFTER_SECONDS)
