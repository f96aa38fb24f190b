"""What people send from pages that answer with a page of their own, each looked at as it comes."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Final

import httpx

from api.console.provider import SignInProvider
from api.console.visits import SESSION
from api.issuer import ClientProof
from api.tokens import TokenVerifier
from db.engine import make_engine
from tests.api.test_problems import NOBODY
from tests.api.world import ADDRESS, BIC, IBAN, ITEM, World
from tests.pages.desk import SEND, Desk
from tests.support.later import later_edition
from tests.support.standing import REFUSED, WHY, Standing

# What only leads on to another page, or answers with a file.
FILES_AND_WAYS: Final = frozenset(
    (
        *("/language", "/easy", "/lists/keep", "/lists/forget", "/lists/export"),
        *("/work/{task}", "/changes", "/changes/{change}"),
        *("/sessions/end", "/sign-out/by-provider"),
    )
)
PRICES: Final = f"{ITEM};250000;да\nMOBILITY-NOTHING;дорого;да\n"


async def of_nobody(desk: Desk, made: Standing, folder: Path) -> None:
    """Who is not known, and what comes while something is away."""
    await desk.open("/sign-in/done")
    await desk.open("/nothing")
    await desk.open("/session/over?back=/work")
    await desk.open("/signed-out")
    with without_provider(made.world):
        await desk.open("/sign-in")
    desk.faults.clear()


async def of_recipient(desk: Desk, made: Standing, folder: Path) -> None:
    place = f"/cases/{made.references['choosing']}"
    await desk.open(f"/cases/{made.references['declined']}/do/decline?period=1")
    await desk.open(f"{place}/sign/place_order?period=1")
    await desk.choose_first("offer_id")
    await desk.fill(quantity="1", deliver_to__address=ADDRESS)
    await desk.follow(SEND)
    await desk.follow("button[name=with_phone]")
    await desk.follow("#with-phone button")
    await desk.open(f"{place}/consent?period=1")
    await desk.choose_first("offer_id")
    await desk.fill(quantity="1")
    await desk.follow(SEND)
    await desk.open(f"{place}/do/decline?period=1")
    with without_database(made.world):
        await desk.leave()
    desk.faults.clear()
    await desk.open(f"{place}/do/decline?period=1")
    await desk.fill(**WHY)
    await desk.page.context.clear_cookies(name=SESSION)
    await desk.follow(SEND)


async def of_supplier(desk: Desk, made: Standing, folder: Path) -> None:
    await desk.open("/offers")
    await desk.page.fill("table [name=price]", "дорого")
    await desk.follow("table button[value=put]")
    for name, content in (("wrong.xlsx", b"%PDF-1.7"), ("prices.csv", PRICES.encode())):
        file = folder / name
        file.write_bytes(content)
        await desk.page.set_input_files("[name=rows]", file)
        await desk.follow("button[value=check]")
    await desk.follow("form[action='/offers/sheet/put'] button")
    await desk.open(f"/cases/{made.references['accepted']}/sign/sign?period=1")
    await desk.fill(account__iban=IBAN, account__bic=BIC)
    await desk.follow(SEND)
    await desk.open("/registration")
    await desk.send_empty()
    await desk.open("/webhooks")
    for url in ("https://10.0.0.1/", "https://erp.example/ozhb"):
        await desk.page.fill("[name=url]", url)
        await desk.follow("form[action='/webhooks'] button")
    await desk.follow("button[value=end]")
    await desk.sign_out()


async def of_caseworker(desk: Desk, made: Standing, folder: Path) -> None:
    await desk.open("/search")
    await desk.fill(query=made.references["ordered"])
    await desk.follow(SEND)
    await desk.open("/work")
    await desk.follow("#many button:not(.plain)")
    await desk.open("/cases")
    for tick in (await desk.page.locator("[name=row]").all())[:2]:
        await tick.check()
    await desk.follow("#many button:not(.plain)")
    await desk.fill(act="escalate")
    await desk.follow(SEND)
    await desk.choose_first("to")
    await desk.fill(**WHY)
    await desk.follow(SEND)
    await desk.follow("form[action='/many/do'] button")
    await desk.open(f"/cases/{made.references['reviewed']}/refuse")
    await desk.fill(**REFUSED)
    await desk.follow(SEND)
    await desk.follow("button[name=send]")
    await desk.open(f"/cases/{made.references['approved_once']}/do/intend_refusal?period=1")
    await desk.fill(**REFUSED)
    await desk.follow("button[name=see]")
    await desk.open("/desks/intake")
    await desk.follow("main a[href^='/desks/tasks/']")
    await desk.fill(phone="сорок два")
    await desk.follow("button[value=correct_contacts]")


async def of_administrator(desk: Desk, made: Standing, folder: Path) -> None:
    for act in ("replay", "rebuild"):
        await desk.open("/stuck")
        await desk.fill(reference=made.references["choosing"])
        await desk.follow(f"[aria-labelledby=any-case] button[value={act}]")
    await desk.open("/systems")
    await desk.fill(switch="sms", reason="Шлюз SMS не отвечает")
    await desk.follow("button[value=hold]")
    await desk.follow("button[value=release]")
    await desk.open("/changes")
    await desk.fill(day="2027-05-19", reason="kurban_ait", source="ҚМДБ хабарламасы")
    await desk.follow("form[action='/changes/day'] button")
    await desk.follow("form[action='/changes'] button")
    for content in ("[[item]\n", "[[item]]\ncode = 1\n"):
        file = folder / "catalogue.toml"
        file.write_text(content)
        await desk.open("/changes")
        await desk.page.set_input_files("[name=file]", file)
        await desk.follow("form[action='/changes/file'] button")
    await desk.open("/suppliers")
    await desk.follow("main a[href^='/suppliers/']")
    await desk.send_empty()
    await desk.fill(ground="own_application", reason="Өтініші", evidence="№ 1")
    await desk.follow("main form button")
    await desk.open(f"/cases/{made.references['declined']}/erasure")
    await desk.page.locator("[name=ground]").first.check()
    await desk.follow("button[value=look]")
    with later_edition():
        await desk.open("/changes")
        await desk.follow("form[action='/changes/edition'] button")


@dataclass(frozen=True)
class Answered:
    """What one of the people sends, and the routes that answer it with a page."""

    play: Callable[[Desk, Standing, Path], Awaitable[None]]
    routes: frozenset[str]


CASE: Final = "/cases/{reference}"
ANSWERS: Final = {
    "nobody": Answered(of_nobody, frozenset()),
    "recipient": Answered(
        of_recipient,
        frozenset((f"{CASE}/sign/{{command}}", f"{CASE}/do/{{command}}", f"{CASE}/consent")),
    ),
    "supplier": Answered(
        of_supplier,
        frozenset(
            (
                *("/offers", "/offers/sheet", "/offers/sheet/put", "/registration", "/sign-out"),
                *("/webhooks", "/webhooks/{webhook}"),
                f"{CASE}/sign/{{command}}",
            )
        ),
    ),
    "caseworker": Answered(
        of_caseworker,
        frozenset(
            (
                *("/search", "/many", "/many/try", "/many/do", "/desks/tasks/{task}"),
                *(f"{CASE}/refuse", f"{CASE}/do/{{command}}"),
            )
        ),
    ),
    "administrator": Answered(
        of_administrator,
        frozenset(
            (
                *("/stuck", "/systems", f"{CASE}/erasure"),
                *("/changes/day", "/changes/file", "/changes/edition", "/suppliers/{supplier}"),
            )
        ),
    ),
}


@contextmanager
def without_provider(world: World) -> Iterator[None]:
    """Meanwhile nobody answers where people sign in."""
    state = world.app.state
    held, away = state.parts, "http://127.0.0.1:9"
    tokens = TokenVerifier(away, "ozhb", httpx.AsyncClient(trust_env=False), timedelta(hours=12))
    state.parts = replace(held, provider=SignInProvider(tokens, ClientProof("ozhb-pages")))
    yield
    state.parts = held


@contextmanager
def without_database(world: World) -> Iterator[None]:
    """Meanwhile pages do not reach the database."""
    state = world.app.state
    held, engine = state.parts, make_engine(NOBODY)
    state.parts = replace(held, engine=engine)
    yield
    state.parts = held
    engine.dispose()
