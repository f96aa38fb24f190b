"""Every outside system either did what it was asked, or said no, or must be asked again."""

import json
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from email.utils import format_datetime
from itertools import count

import httpx
import pytest

from integrations import errors
from integrations.email import MailGateway
from integrations.errors import MalformedReceipt, OutsideError, OutsideRefusal, Unavailable
from integrations.esobes import Esobes, MeasureResult, ReturnedMessage
from integrations.http import LINES, MAX_ANSWER_BYTES, exchange, open_client
from integrations.receipts import DeliveryState, parse_receipt
from integrations.sms import SmsGateway
from integrations.treasury import Treasury

PHONE = "+77010000001"
TEXT = "Өтініш: 22.01.2027 дейін"
RESULT = MeasureResult("c-1/9", "P-1", "M-1", 2, "paid", date(2026, 11, 23), "c-1")

RETURNED = ReturnedMessage("returned/1", "m-1", datetime(2026, 11, 23, tzinfo=UTC), TEXT)


@dataclass
class System:
    """A system with prepared answers, one a call; it keeps what it was sent."""

    answers: list[httpx.Response | Exception]
    received: list[httpx.Request] = field(default_factory=list)

    def client(self) -> httpx.Client:
        return open_client("http://outside", "secret", httpx.MockTransport(self.answer))

    def answer(self, request: httpx.Request) -> httpx.Response:
        self.received.append(request)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


Call = Callable[[httpx.Client], object]
CALLS: dict[str, Call] = {
    "sms send": lambda client: SmsGateway(client).send("k", PHONE, TEXT),
    "sms state": lambda client: SmsGateway(client).state("17"),
    "mail send": lambda client: MailGateway(client).send("k", "a@example.kz", "Тақырып", TEXT),
    "mail state": lambda client: MailGateway(client).state("17"),
    "esobes report": lambda client: Esobes(client).report(RESULT),
    "esobes return": lambda client: Esobes(client).give_back(RETURNED),
    "treasury send": lambda client: Treasury(client).send(b"<Document/>"),
    "treasury enquire": lambda client: Treasury(client).enquire("k"),
}
every_call = pytest.mark.parametrize("call", CALLS.values(), ids=CALLS.keys())


@every_call
@pytest.mark.parametrize("status", [401, 429, 500, 502, 503, 504, 301, 304])
def test_a_system_that_cannot_now_is_asked_again(call: Call, status: int) -> None:
    system = System([httpx.Response(status, text=f"{PHONE} {TEXT}")])
    with pytest.raises(Unavailable) as unavailable:
        call(system.client())
    assert str(status) in str(unavailable.value)
    assert PHONE not in str(unavailable.value)


@every_call
@pytest.mark.parametrize("status", [400, 403, 404, 409, 413, 422])
def test_a_system_that_says_no_is_not_asked_again(call: Call, status: int) -> None:
    system = System([httpx.Response(status, text=f"{PHONE} {TEXT}")])
    with pytest.raises(OutsideRefusal) as refused:
        call(system.client())
    assert refused.value.code == f"http_{status}"
    assert PHONE not in str(refused.value)


@every_call
@pytest.mark.parametrize(
    "silence",
    [
        httpx.ConnectError(f"no route to {PHONE}"),
        httpx.ConnectTimeout("slow"),
        httpx.ReadTimeout("slow"),
        httpx.PoolTimeout("busy"),
        httpx.RemoteProtocolError("Server disconnected without sending a response."),
        httpx.ReadError("reset"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_silence_is_a_reason_to_ask_again(call: Call, silence: Exception) -> None:
    with pytest.raises(Unavailable) as unavailable:
        call(System([silence]).client())
    assert str(unavailable.value).endswith(type(silence).__name__)


@every_call
def test_an_answer_that_packs_its_body_wrongly_is_a_silence(call: Call) -> None:
    broken = httpx.Response(200, headers={"Content-Encoding": "gzip"}, stream=Chunks([b"no gzip"]))
    with pytest.raises(Unavailable):
        call(System([broken]).client())


@pytest.mark.parametrize("name", [name for name in CALLS if name != "treasury send"])
@pytest.mark.parametrize(
    "body",
    [b"", b"<html>Welcome</html>", b"[]", b"null", b"{}", b'{"id": 17}', b"[" * 100_000, b"\xff"],
)
def test_success_without_a_readable_answer_is_asked_again(name: str, body: bytes) -> None:
    with pytest.raises(Unavailable):
        CALLS[name](System([httpx.Response(200, content=body)]).client())


@dataclass
class Chunks(httpx.SyncByteStream):
    """A body that comes in pieces."""

    pieces: list[bytes]

    def __iter__(self) -> Iterator[bytes]:
        yield from self.pieces


def test_an_endless_answer_is_cut_off() -> None:
    piece = b" " * (1024 * 1024)
    endless = Chunks([piece] * (MAX_ANSWER_BYTES // len(piece) + 1))
    with pytest.raises(Unavailable, match="too long"):
        SmsGateway(System([httpx.Response(200, stream=endless)]).client()).state("17")


def test_an_answer_that_drips_is_cut_off() -> None:
    client = System([httpx.Response(200, stream=Chunks([b" "] * 100))]).client()
    request = client.build_request("GET", "/sms/messages/17")
    ten_seconds_a_look = count(0.0, 10.0)
    with pytest.raises(Unavailable, match="too slow"):
        exchange(client, "sms", request, clock=lambda: next(ten_seconds_a_look))


@pytest.mark.parametrize(
    ("header", "least", "most"),
    [
        ("7", 7.0, 7.0),
        ("0", 0.0, 0.0),
        ("999999", 3600.0, 3600.0),
        (timedelta(minutes=10), 540.0, 600.0),
        (timedelta(minutes=-10), 0.0, 0.0),
    ],
)
@pytest.mark.parametrize("status", [429, 503])
def test_the_pause_that_a_system_asks_for_is_kept(
    status: int, header: str | timedelta, least: float, most: float
) -> None:
    if isinstance(header, timedelta):
        header = format_datetime(datetime.now(UTC) + header, usegmt=True)
    system = System([httpx.Response(status, headers={"Retry-After": header})])
    with pytest.raises(Unavailable) as unavailable:
        SmsGateway(system.client()).state("17")
    assert unavailable.value.retry_after is not None
    assert least <= unavailable.value.retry_after <= most


@pytest.mark.parametrize("header", [None, "", "soon", "-5", "٣", "1.5", "Mon, 99 Foo 2026"])
def test_a_pause_that_cannot_be_read_is_none(header: str | None) -> None:
    headers = {} if header is None else {"Retry-After": header.encode()}
    system = System([httpx.Response(503, headers=headers)])  # type: ignore[arg-type]  # bytes too
    with pytest.raises(Unavailable) as unavailable:
        SmsGateway(system.client()).state("17")
    assert unavailable.value.retry_after is None


@every_call
def test_every_call_carries_the_token_and_a_number_of_its_own(call: Call) -> None:
    system = System([httpx.Response(503), httpx.Response(503)])
    for _ in range(2):
        with pytest.raises(Unavailable):
            call(system.client())
    first, second = system.received
    assert first.headers["Authorization"] == "Bearer secret"
    assert first.headers["X-Request-Id"] != second.headers["X-Request-Id"]
    assert PHONE not in str(first.url)


def test_a_client_without_a_token_sends_none() -> None:
    system = System([httpx.Response(503)])
    client = open_client("http://outside", None, httpx.MockTransport(system.answer))
    with pytest.raises(Unavailable):
        SmsGateway(client).state("17")
    assert "Authorization" not in system.received[0].headers


def test_a_client_waits_for_no_system_without_end() -> None:
    timeout = open_client("http://outside").timeout
    assert None not in (timeout.connect, timeout.read, timeout.write, timeout.pool)


def test_of_a_system_that_hangs_so_many_wait_and_whoever_comes_then_is_told_in_seconds() -> None:
    lines = LINES.max_connections
    assert lines is not None
    # Connections are taken by the machine, and nobody ever answers.
    with socket.create_server(("127.0.0.1", 0), backlog=50) as silent:
        gateway = SmsGateway(open_client(f"http://127.0.0.1:{silent.getsockname()[1]}"))
        with ThreadPoolExecutor(lines + 1) as threads:
            asked = [threads.submit(gateway.state, str(n)) for n in range(lines + 1)]
            first = next(as_completed(asked))
            assert not [one for one in asked if one is not first and one.done()]
            with pytest.raises(Unavailable, match="PoolTimeout"):
                first.result()
            for _ in range(lines):
                silent.accept()[0].close()


def test_a_short_message_is_sent_under_its_key() -> None:
    system = System([httpx.Response(200, json={"id": "17"})])
    assert SmsGateway(system.client()).send("c-1/4", PHONE, TEXT) == "17"
    assert system.received[0].url.path == "/sms/messages"
    assert json.loads(system.received[0].content) == {"key": "c-1/4", "phone": PHONE, "text": TEXT}


def test_a_letter_is_sent_under_its_key() -> None:
    system = System([httpx.Response(200, json={"id": "17"})])
    assert MailGateway(system.client()).send("c-1/4", "a@example.kz", "Тақырып", TEXT) == "17"
    assert system.received[0].url.path == "/email/messages"
    sent = json.loads(system.received[0].content)
    assert sent == {"key": "c-1/4", "to": "a@example.kz", "subject": "Тақырып", "text": TEXT}


@pytest.mark.parametrize("state", list(DeliveryState))
def test_the_gateway_tells_where_a_message_is(state: DeliveryState) -> None:
    answers: list[httpx.Response | Exception] = [
        httpx.Response(200, json={"id": "a/b", "state": state.value}) for _ in range(2)
    ]
    system = System(answers)
    assert SmsGateway(system.client()).state("a/b") is state
    assert MailGateway(system.client()).state("a/b") is state
    paths = [request.url.raw_path for request in system.received]
    assert paths == [b"/sms/messages/a%2Fb", b"/email/messages/a%2Fb"]


def test_a_state_that_we_do_not_know_proves_nothing() -> None:
    system = System([httpx.Response(200, json={"id": "17", "state": "READ"})])
    with pytest.raises(Unavailable):
        SmsGateway(system.client()).state("17")


def test_a_result_counts_as_reported_once_it_is_acknowledged() -> None:
    system = System([httpx.Response(200, json={"acknowledged": True})])
    Esobes(system.client()).report(RESULT)
    assert json.loads(system.received[0].content) == {
        "key": "c-1/9",
        "programme_number": "P-1",
        "measure_id": "M-1",
        "period": 2,
        "status": "paid",
        "on": "2026-11-23",
        "case_id": "c-1",
    }


@pytest.mark.parametrize("body", [{"acknowledged": False}, {"acknowledged": "true"}, {}, []])
def test_a_result_without_acknowledgement_is_reported_again(body: object) -> None:
    with pytest.raises(Unavailable, match="acknowledgement"):
        Esobes(System([httpx.Response(200, json=body)]).client()).report(RESULT)


def test_a_receipt_is_read_in_utc() -> None:
    content = {"id": "17", "state": "DELIVERED", "at": "2026-11-23T11:00:00+05:00"}
    receipt = parse_receipt("sms", content)
    assert (receipt.provider_id, receipt.state) == ("17", DeliveryState.DELIVERED)
    assert receipt.at == datetime(2026, 11, 23, 6, tzinfo=UTC)
    assert receipt.at.tzinfo is UTC


@pytest.mark.parametrize(
    ("content", "places"),
    [
        (None, ["/id", "/state", "/at"]),
        ([], ["/id", "/state", "/at"]),
        ({}, ["/id", "/state", "/at"]),
        ({"id": "", "state": "delivered", "at": "2026-11-23"}, ["/id", "/state", "/at"]),
        ({"id": 17, "state": None, "at": 0}, ["/id", "/state", "/at"]),
        ({"id": "17", "state": "SENT", "at": "2026-11-23T11:00:00"}, ["/at"]),
        ({"id": "17", "state": "SENT", "at": "2026-11-31T11:00:00+05:00"}, ["/at"]),
        ({"id": "1" * 201, "state": "SENT", "at": "2026-11-23T11:00:00Z"}, ["/id"]),
        ({"id": "17", "state": ["SENT"], "at": "2026-11-23T11:00:00Z"}, ["/state"]),
    ],
)
def test_a_receipt_names_all_its_mistakes_at_once(content: object, places: list[str]) -> None:
    with pytest.raises(MalformedReceipt) as malformed:
        parse_receipt("sms", content)
    assert [mistake.split(":")[0] for mistake in malformed.value.mistakes] == places


def test_only_the_ends_of_a_message_are_final() -> None:
    open_states = [state for state in DeliveryState if not state.final]
    assert open_states == [DeliveryState.QUEUED, DeliveryState.SENT]


def test_retry_policies_know_the_name_of_every_refusal() -> None:
    def names(kind: type[Exception]) -> list[str]:
        return [kind.__name__, *(name for sub in kind.__subclasses__() for name in names(sub))]

    assert sorted(errors.FINAL) == sorted(names(OutsideRefusal))
    again = ["OutsideError", "Unavailable", "CertificateUnknown"]
    assert sorted(names(OutsideError)) == sorted([*again, *errors.FINAL])
