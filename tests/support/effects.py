"""The real effects over a sandbox; `watch` hears of every request and every answer."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import httpx
from sqlalchemy import Engine

from activities.esobes import EsobesActivities
from activities.notices import NoticeActivities
from activities.payments import PaymentActivities
from activities.returns import ReturnActivities
from activities.signatures import SignatureActivities
from db.evidence import keeps_lists
from integrations.email import MailGateway
from integrations.esobes import Esobes
from integrations.http import open_client
from integrations.signatures import make_verifier
from integrations.sms import SmsGateway
from integrations.treasury import Treasury
from tests.support.intake import SEAL
from tests.support.signing import trust_in
from worker import Effects


@contextmanager
def effects_over(
    engine: Engine,
    url: str,
    watch: Callable[[str], None] | None = None,
    on_its_way: timedelta = timedelta(seconds=5),
) -> Iterator[Effects]:
    """As the worker makes them; `watch` is called with `request` and `answer`.

    `on_its_way` is longer than a payment order is under way here, and short enough to wait for.
    """
    hooks: dict[str, list[Callable[..., None]]] = {}
    if watch is not None:
        hooks = {
            "request": [lambda _: watch("request")],
            "response": [lambda _: watch("answer")],
        }
    # Over plain HTTP no certificates are shown, and a thousand roots need not be read each time.
    with open_client(url, transport=httpx.HTTPTransport(verify=False)) as client:
        trust = trust_in(client, url)
        verifier = make_verifier(trust, client, client, keeps_lists(engine))
        client.event_hooks = hooks
        yield Effects(
            notices=NoticeActivities(engine, SEAL, SmsGateway(client), MailGateway(client)),
            payments=PaymentActivities(engine, SEAL, Treasury(client), on_its_way),
            esobes=EsobesActivities(engine, Esobes(client)),
            signatures=SignatureActivities(engine, SEAL, verifier),
            returns=ReturnActivities(engine, SEAL, Esobes(client)),
        )
