"""Who looked at a case: whose case it is reads it, and its supplier does not."""

from collections.abc import Callable

from cli.offline.bundle_check import checked
from tests.api.console.conftest import CLERK, RECIPIENT, Browser
from tests.api.console.test_house import reference_of
from tests.api.console.test_parties import SUPPLIER, words
from tests.api.world import World

Browsers = Callable[[], Browser]


async def test_a_recipient_reads_who_looked_at_the_case_and_a_supplier_does_not(
    portal: World, browser: Browsers
) -> None:
    case = await portal.ordered()
    await portal.get(f"/v1/cases/{case}/person", portal.clerk)
    await portal.app.state.watch.write_down()
    one, address = browser(), f"/cases/{reference_of(portal, case)}"
    await one.sign_in(RECIPIENT)
    assert f'href="{address}/reads"' in (await one.open(address)).text
    page = words((await one.open(f"{address}/reads")).text)
    assert "Кто смотрел дело" in page
    assert "Управление занятости и социальной защиты города Астаны" in page
    assert "имя и контакты получателя" in page
    other = browser()
    await other.sign_in(SUPPLIER)
    assert f"{address}/reads" not in (await other.open(address)).text
    assert (await other.open(f"{address}/reads")).status_code == 403


async def test_a_caseworker_and_either_side_take_the_proof_of_a_case(
    portal: World, browser: Browsers
) -> None:
    case = await portal.ordered()
    address = f"/cases/{reference_of(portal, case)}"
    for who in (CLERK, SUPPLIER):
        visitor = browser()
        await visitor.sign_in(who)
        assert f'href="{address}/bundle"' in (await visitor.open(address)).text
        taken = await visitor.open(f"{address}/bundle")
        assert taken.headers["content-type"] == "application/zip"
        assert False not in [holds for _, holds, _ in checked(taken.content)]
