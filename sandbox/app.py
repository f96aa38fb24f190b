"""The application: every system of the outside world around one store."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from sandbox import (
    authority,
    controls,
    egov_mobile,
    esobes,
    faults,
    gateway,
    identity,
    ncalayer,
    ncanode,
    ocsp,
    scanner,
    shep,
    signing_in,
    speech,
    treasury,
    tsa,
)
from sandbox.callbacks import Callbacks
from sandbox.clock import Cases, LegalClock
from sandbox.settings import Settings
from sandbox.store import Store
from sandbox.wire import Wire


def create_app(settings: Settings) -> FastAPI:
    """Everything put together, over the data folder of the settings."""
    store = Store(settings.data)
    armed = faults.Faults(store)
    clock = make_clock(store, settings)
    provider = identity.IdentityProvider(store, settings.url)
    callbacks = Callbacks(store, settings.product_url, provider.issue_for_system)
    work: list[asyncio.Task[None]] = []

    @asynccontextmanager
    async def live(_: FastAPI) -> AsyncIterator[None]:
        work.append(asyncio.create_task(callbacks.run()))
        if settings.database_url is not None:
            work.append(asyncio.create_task(clock.catch_up()))
        looks = scanner.Scanner(armed)
        async with scanner.listening(looks, settings.host, settings.scanner_port):
            yield
        for task in work:
            task.cancel()
        await asyncio.gather(*work, return_exceptions=True)
        store.close()

    app = FastAPI(title="ozhb sandbox", lifespan=live)
    delay = settings.delay_seconds
    world = esobes.Esobes(store, armed, provider, settings.product_url)
    issuing = authority.Authority(store, clock, settings.url)
    people = signing_in.SignIn(store, provider, settings.product_url)
    for router in (
        controls.routes(clock, callbacks, work),
        faults.routes(store),
        identity.routes(provider),
        signing_in.routes(people),
        ncalayer.routes(people, settings.url),
        egov_mobile.routes(egov_mobile.Phone(people, settings.url, settings.product_url)),
        authority.routes(issuing),
        ocsp.routes(ocsp.Responder(issuing, clock, armed)),
        tsa.routes(tsa.Stamper(issuing, clock, armed)),
        ncanode.routes(ncanode.Ncanode(issuing, armed)),
        gateway.routes(gateway.Gateway(store, armed, callbacks, clock, delay)),
        speech.routes(store),
        treasury.routes(treasury.Treasury(store, armed, callbacks, clock, 2 * delay)),
        esobes.routes(world),
        shep.routes(shep.AsyncChannel(store, world)),
    ):
        app.include_router(router)
    app.add_middleware(Wire, faults=armed)
    return app


def make_clock(store: Store, settings: Settings) -> LegalClock:
    """The clock with as much of the world around it as the settings name."""
    cases = None
    if settings.temporal_address is not None:
        cases = Cases(
            settings.temporal_address, settings.temporal_namespace, settings.case_timeout_seconds
        )
    url = settings.database_url
    return LegalClock(store, None if url is None else url.get_secret_value(), cases)
