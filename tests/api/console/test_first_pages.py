"""The first page of recipients and suppliers: what is theirs to do, and what waits for others."""

from collections.abc import Callable

from tests.api.console.conftest import RECIPIENT, Browser
from tests.api.console.test_house import reference_of
from tests.api.console.test_parties import SUPPLIER, words
from tests.api.paying import paying, report
from tests.api.test_hearing import REFUSED
from tests.api.world import IBAN, SUPPLIER_BIN, World
from tests.support.intake import measure, take_in
from tests.support.reports import report_xml

Browsers = Callable[[], Browser]


async def test_what_is_closed_stands_below_what_is_open(browser: Browsers, world: World) -> None:
    closed = await world.choosing()
    await world.act(closed, "decline", world.recipient(), reason="Керек емес")
    told = measure(1) | {"message_id": "message-1b", "measure_id": "M-1b"}
    (verdict,) = take_in(world.engine, told)
    assert verdict.case_id is not None
    world.host.record(verdict.case_id)
    opened, ended = reference_of(world, verdict.case_id), reference_of(world, closed)
    page = (await browser().sign_in(RECIPIENT)).text
    assert 0 < page.index(f"/cases/{opened}") < page.index(f"/cases/{ended}")
    assert "Вас ожидает" not in words(page), "what has ended waits for nobody"


async def test_a_supplier_is_offered_no_act_that_the_case_does_not_name(
    browser: Browsers, world: World
) -> None:
    case, key, amount = await paying(world)
    wrong = report_xml(key, "RJCT", amount, iban=IBAN, payee=SUPPLIER_BIN, reason="AC04")
    await report(world, wrong)
    # Whoever is the recipient does not sign for the supplier as well.
    home = await browser().sign_in({**SUPPLIER, "iin": RECIPIENT["iin"]})
    assert reference_of(world, case) in home.text
    assert "change_account" not in home.text
    assert "укажите новый и подпишите" not in words(home.text)


async def test_a_term_of_somebody_else_says_whose_it_is(browser: Browsers, world: World) -> None:
    await world.reviewed()
    page = words((await browser().sign_in(SUPPLIER)).text)
    assert "Ждет: сотрудник местного исполнительного органа. Последний день:" in page


async def test_a_day_is_nobody_for_whom_a_case_waits(browser: Browsers, world: World) -> None:
    case = await world.reviewed()
    await world.act(case, "intend_refusal", world.clerk, **REFUSED)
    await world.act(case, "open_case", world.recipient())
    await world.act(case, "raise_objection", world.recipient(), reason="Подписал сам.")
    await world.act(case, "raise_objection", world.supplier, reason="Подписал при мне.")
    found = await world.get(f"/v1/cases?reference={reference_of(world, case)}", world.clerk)
    assert "deadline" in found.json()["cases"][0]["waits_for"]
    page = words((await browser().sign_in(SUPPLIER)).text)
    assert "Ждет: срок" not in page
