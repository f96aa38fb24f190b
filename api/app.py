"""Puts the API together from its parts."""

import asyncio
import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from fastapi import APIRouter, FastAPI
from fastapi_offline import FastAPIOffline

from api import check, described, document, heads, health, home, problems
from api.answers import Worded
from api.auth import Doorkeeper
from api.cases import (
    bundle,
    case,
    commands,
    deadlines,
    documents,
    drafts,
    follow,
    lists,
    messages,
    reads,
    search,
    uploads,
    what_if,
)
from api.cases.figures import FigureWalks
from api.cases.lines import Lines
from api.cases.live import Changes
from api.cases.pages import Pages
from api.cases.uploads import Lookers
from api.changes import routes as changes
from api.console.install import install as install_pages
from api.console.install import tell
from api.deps import Parts
from api.door import Door
from api.gate import Figures, Gate
from api.identify import PersonRegister
from api.intake import esobes, receipts
from api.law import catalogue, definitions
from api.limits import Places, Rates
from api.money import day, treasury
from api.operations import records
from api.operations import routes as operations
from api.printing import Press
from api.reading import StrictJson
from api.register import authorities, offers, suppliers, webhooks
from api.watching import CaseWatch
from api.work import cabinet, me, own_data, tasks
from db.following import follow as follow_calendars
from db.pool import ReadPool
from db.processes import OwnProcess, live
from starting import take_place_or_end

# Each request tries one after the other: what is asked most often stands first.
ROUTERS: Final[tuple[APIRouter, ...]] = (
    receipts.router,
    case.plain,
    bundle.router,
    case.router,
    commands.router,
    drafts.router,
    lists.router,
    search.router,
    follow.router,
    esobes.router,
    treasury.router,
    me.router,
    own_data.router,
    deadlines.router,
    documents.router,
    definitions.router,
    uploads.router,
    what_if.router,
    messages.router,
    cabinet.router,
    tasks.router,
    suppliers.router,
    offers.router,
    webhooks.router,
    catalogue.router,
    authorities.router,
    changes.router,
    day.router,
    operations.router,
    records.router,
    reads.router,
    heads.router,
    home.router,
    described.router,
    check.router,
    health.router,
)


def described_app() -> FastAPI:
    """Every route with its document, and nothing that could serve them."""
    # Its pages about the API come from here, for there may be no way to anywhere else.
    app = FastAPIOffline(
        docs_url=None,
        redoc_url=None,
        static_url=described.FILES,
        title="ozhb",
        version="1",
        summary=document.SUMMARY,
        description=document.DESCRIPTION,
        openapi_tags=document.TAGS,
        redirect_slashes=False,
        default_response_class=Worded,
        lifespan=_lifespan,
    )
    for router in ROUTERS:
        app.include_router(router)
    document.install(app)
    return app


def create_app(parts: Parts) -> FastAPI:
    """The application; it starts and serves while Temporal and even PostgreSQL are away."""
    app = described_app()
    app.state.parts = parts
    app.state.doorkeeper = Doorkeeper(
        parts.tokens, PersonRegister(parts.engine, parts.seal).identify
    )
    app.state.step_up = parts.step_up
    app.state.door = Door(parts.engine, parts.seal, parts.signatures, parts.link)
    app.state.pages = Pages(parts.engine, parts.seal, parts.names)
    app.state.lookers = Lookers()
    app.state.lines = Lines()
    app.state.case_figures = FigureWalks()
    app.state.press = Press()
    app.state.changes = Changes()
    app.state.figures = Figures()
    app.state.watch = CaseWatch(parts.engine, app.state.figures.registry)
    app.state.rates = Rates(parts.limits.requests_per_second)
    app.state.checks = Rates(check.CHECKS_PER_SECOND)
    app.state.places = Places(parts.limits)
    problems.install(app)
    install_pages(app)
    app.add_middleware(StrictJson)
    over_tls = parts.public_url.startswith("https:")
    app.add_middleware(Gate, app.state.figures, parts.room.largest, tell=tell, over_tls=over_tls)
    return app


def _me(parts: Parts) -> OwnProcess:
    """This process, named as Temporal names those that work for it."""
    identity = f"{os.getpid()}@{socket.gethostname()}"
    return OwnProcess("api", identity, master_keys=tuple(parts.seal.masters))


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    parts: Parts = app.state.parts
    changes: Changes = app.state.changes
    watch: CaseWatch = app.state.watch
    me = _me(parts)
    await take_place_or_end(parts.engine, me)
    app.state.pool = ReadPool(parts.dsn, parts.most_reads)
    async with app.state.pool:
        background = [
            asyncio.create_task(parts.link.seek(), name="seek Temporal"),
            asyncio.create_task(parts.link.strike(parts.engine), name="strike off who has heard"),
            asyncio.create_task(changes.poll(app.state.pool), name="poll changes"),
            asyncio.create_task(follow_calendars(parts.engine), name="follow calendars"),
            asyncio.create_task(
                health.tell_start(app.state.pool, parts.dsn), name="tell how it starts"
            ),
            asyncio.create_task(live(parts.engine, me), name="say that it lives"),
        ]
        writing = asyncio.create_task(watch.write(), name="write who reads")
        try:
            yield
        finally:
            changes.end()
            await parts.link.close(parts.engine)
            for task in background:
                task.cancel()
            await asyncio.gather(*background, return_exceptions=True)
            watch.end()
            await writing
