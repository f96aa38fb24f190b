"""Papers over HTTP: whoever may read a document gets it as JSON, as a page or as a PDF."""

import asyncio
import base64
import hashlib
from typing import Any
from uuid import uuid4

import httpx
import pytest

from api.printing import Press
from db.reference import supplier_of
from db.suppliers import SupplierChange, SupplierContacts, change_supplier
from definitions.written import tenge
from domain.messages import Actor, Role
from tests.api.lines import lines_of
from tests.api.world import ADDRESS, BIC, IBAN, ITEM, PRICE, SUPPLIER_BIN, Person, World
from tests.support.papers import read_pdf, squeezed, words_of_page, words_of_pdf
from tests.support.polling import BOUND_SECONDS

PDF, PAGE = "application/pdf", "text/html"
SIGNER = "ТЕСТОВА ӘЙГЕРІМ ҚАЙРАТҚЫЗЫ"
WHY = '#import "x" ] $ҰҚЫҚ$ Акт не подписан получателем 5 000 ₸.'


async def address(world: World, case: str, kind: str, by: Person) -> str:
    """Where the last document of a kind is."""
    page = (await world.get(f"/v1/cases/{case}", by)).json()
    found: str = [one["href"] for one in page["documents"] if one["kind"] == kind][-1]
    return found


def name_supplier(world: World) -> None:
    """The supplier of the case is called by its name."""
    with world.engine.begin() as connection:
        supplier = supplier_of(connection, bin=SUPPLIER_BIN)
        assert supplier is not None
        named = SupplierChange(SupplierContacts(name="ТОО Үлгі"))
        by = Actor(role=Role.ADMINISTRATOR, id=str(uuid4()))
        change_supplier(connection, world.seal, by, supplier, named)


def words(answer: httpx.Response) -> str:
    """What a paper says, in whatever form it came."""
    assert answer.status_code == 200, answer.text
    if answer.headers["content-type"] == PDF:
        return words_of_pdf(answer.content)
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    return words_of_page(answer.text)


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
async def test_an_application_says_the_same_to_programs_and_to_people(
    world: World, language: str
) -> None:
    case = await world.reviewed()
    name_supplier(world)
    place, by = await address(world, case, "application", world.clerk), world.clerk
    signed = (await world.get(place, by)).json()
    for accept in (PAGE, PDF):
        told = await world.get(place, by, Accept=accept, Accept_Language=language)
        assert told.headers["content-language"] == language
        seen = words(told)
        for name in ("case", "programme", "measure", "recipient_iin", "supplier", "authority_bin"):
            assert squeezed(signed[name]) in seen, name
        for name in ("unit_price", "unit_sum", "amount"):
            assert squeezed(tenge(signed[name])) in seen, name
        assert ITEM in seen
        assert "ТООҮлгі" in seen
        assert squeezed(SIGNER) in seen
        assert f"{squeezed(SIGNER)},ЖШС«Өнім»" in seen
        assert place.rpartition("/")[2] in seen


async def test_what_is_to_be_signed_is_shown_as_it_will_be_read(world: World) -> None:
    _, offer = world.offer()
    case, by = await world.choosing(), world.recipient()
    to = {"address": ADDRESS}
    form = {"draft": "application", "offer_id": str(offer), "quantity": 1, "deliver_to": to}
    path = f"/v1/cases/{case}/drafts"
    drafted = (await world.post(path, by, form)).json()
    headers = {"Authorization": f"Bearer {by.token}", "Accept-Language": "kk"}
    pages = {
        accept: await world.http.post(path, json=form, headers={**headers, "Accept": accept})
        for accept in (PAGE, PDF)
    }
    order = world.order(case, offer, by)
    assert order["application_sha256"] == drafted["sha256"]
    await world.act(case, "place_order", by, **order)
    place = await address(world, case, "application", by)
    assert place.endswith(drafted["sha256"])
    for accept, page in pages.items():
        after = await world.get(place, by, Accept=accept, Accept_Language="kk")
        draft = words(page).partition("Бұл–жоба")[0]
        assert squeezed(tenge(drafted["amount"])) in draft
        assert words(after).startswith(draft)
        assert drafted["sha256"] in words(page)
        assert "Бұл–жоба" not in words(after)
        assert page.headers["content-disposition"].endswith(f'draft.{accept[-4:].strip("/n")}"')


async def test_the_annex_names_the_account_and_who_signed_it(world: World) -> None:
    case = await world.reviewed()
    place = await address(world, case, "account", world.supplier)
    for accept in (PAGE, PDF):
        seen = words(await world.get(place, world.supplier, Accept=accept, Accept_Language="ru"))
        assert IBAN in seen
        assert BIC in seen
        assert f"поставщик{squeezed(SIGNER)}" in seen


async def test_a_decision_is_written_in_kazakh_and_russian_with_the_words_of_its_writer(
    world: World,
) -> None:
    case = await world.reviewed()
    reason = {"ground": "not_delivered", "reason": WHY}
    await world.act(case, "intend_refusal", world.clerk, **reason)
    by, kind = world.recipient(), "preliminary_decision"
    told = await world.paper(case, kind, by)
    place = await address(world, case, kind, by)
    for accept in (PAGE, PDF):
        answer = await world.get(place, by, Accept=accept, Accept_Language="kk")
        assert answer.headers["content-language"] == "kk, ru"
        seen = words(answer)
        for language in ("kk", "ru"):
            for one in told["texts"][language].values():
                assert squeezed(one) in seen
        assert seen.count(squeezed(WHY)) == 2
        english = await world.get(place, by, Accept=accept, Accept_Language="en")
        assert squeezed(told["texts"]["en"]["title"]) in words(english)


async def test_a_certificate_says_why_a_term_ends_as_a_file_too(world: World) -> None:
    case, by = await world.choosing(), world.recipient()
    place = f"/v1/cases/{case}/deadlines/1/choice"
    page = words(await world.get(f"{place}?format=html&lang=kk", by))
    pdf = await world.get(f"{place}?format=pdf&lang=kk", by)
    reference = (await world.get(f"/v1/cases/{case}", by)).json()["reference"]
    assert pdf.headers["content-disposition"] == f'inline; filename="{reference}-choice-1-1.pdf"'
    body = page.partition("Құжаттыңтүпнұсқаекенінтексеру")[0]
    assert body in words(pdf)
    assert "Социальныйкодекс" not in body
    assert "Әлеуметтіккодекс" in body


@pytest.mark.parametrize(
    ("accept", "query", "form"),
    [
        (None, "", "application/json"),
        ("*/*", "", "application/json"),
        ("text/html,application/xhtml+xml,*/*;q=0.8", "", PAGE),
        ("application/json, text/html;q=0.5", "", "application/json"),
        ("text/html;q=0.4, application/pdf", "", PDF),
        ("application/pdf;q=0, text/html;q=rubbish", "", "application/json"),
        ("text/html", "?format=pdf", PDF),
        ("text/html", "?format=json", "application/json"),
        (None, "?format=html", PAGE),
    ],
)
async def test_a_reader_gets_what_they_like_best(
    world: World, accept: str | None, query: str, form: str
) -> None:
    case = await world.ordered()
    place = await address(world, case, "application", world.recipient())
    headers = {} if accept is None else {"Accept": accept}
    answer = await world.get(place + query, world.recipient(), **headers)
    assert answer.headers["content-type"].partition(";")[0] == form
    assert answer.headers["vary"] == "Accept, Accept-Language"
    assert answer.headers["cache-control"] == "private, no-cache"


async def test_a_page_may_do_nothing_and_a_file_is_called_by_its_case(world: World) -> None:
    case = await world.ordered()
    place = await address(world, case, "application", world.recipient())
    page = await world.get(place, world.recipient(), Accept=PAGE)
    policy = page.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    style = page.text.partition("<style>")[2].partition("</style>")[0]
    digest = hashlib.sha256(style.encode()).digest()
    told = base64.b64encode(digest).decode()
    assert f"'sha256-{told}'" in policy
    assert page.headers["referrer-policy"] == "no-referrer"
    assert page.headers["x-content-type-options"] == "nosniff"
    assert "<script" not in page.text
    reference = (await world.get(place, world.recipient())).json()["case"]
    file = await world.get(place, world.recipient(), Accept=PDF)
    named = file.headers["content-disposition"]
    assert named.startswith(f'inline; filename="{reference}-application-2')
    assert named.endswith('.pdf"')


async def test_the_same_document_is_the_same_file_whose_hash_is_told(world: World) -> None:
    case, by = await world.ordered(), world.recipient()
    place = await address(world, case, "application", by)
    first = await world.get(place, by, Accept=PDF)
    world.app.state.press = Press()
    again = await world.get(place, by, Accept=PDF)
    assert first.content == again.content
    digest = base64.b64encode(hashlib.sha256(first.content).digest()).decode()
    assert again.headers["repr-digest"] == f"sha-256=:{digest}:"
    known = await world.get(place, by, Accept=PDF, If_None_Match=again.headers["etag"])
    assert (known.status_code, known.content) == (304, b"")
    tags: Any = read_pdf(first.content).trailer["/Root"]
    assert tags["/MarkInfo"]["/Marked"]
    assert tags["/Lang"] == "ru"


@pytest.mark.parametrize("form", ["json", "html", "pdf"])
async def test_to_others_a_paper_does_not_exist_in_any_form(world: World, form: str) -> None:
    case = await world.reviewed()
    places = [
        *[await address(world, case, kind, world.clerk) for kind in ("application", "account")],
        f"/v1/cases/{case}/deadlines/1/choice",
    ]
    for place in places:
        for by in (world.recipient(2), world.foreign_clerk, world.other_supplier):
            answer = await world.get(f"{place}?format={form}", by)
            assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    # Who draws it is on record like who reads it.
    before = world.audit().count(("caseworker", "document_read"))
    assert (await world.get(f"{places[0]}?format={form}", world.clerk)).status_code == 200
    assert world.audit().count(("caseworker", "document_read")) == before + 1


async def test_a_signature_is_for_programs_alone(world: World) -> None:
    case, by = await world.ordered(), world.recipient()
    lines = await lines_of(world, case, by)
    brought = [one for line in lines for one in line["documents"]]
    place = next(one["href"] for one in brought if one["kind"] == "signature")
    liked = await world.get(place, by, Accept=PAGE)
    assert liked.headers["content-type"] == "application/pkcs7-signature"
    told = await world.get(f"{place}?format=pdf", by)
    assert told.status_code == 422
    assert [one["name"] for one in told.json()["errors"]] == ["format"]


async def test_while_papers_are_drawn_nobody_else_waits(world: World) -> None:
    case, by = await world.ordered(), world.recipient()
    place = await address(world, case, "application", by)
    press: Press = world.app.state.press
    workers = [object() for _ in range(int(press.limiter.total_tokens))]
    for one in workers:
        await press.limiter.acquire_on_behalf_of(one)
    asked = asyncio.create_task(world.get(place, by, Accept=PDF))
    async with asyncio.timeout(BOUND_SECONDS):
        while press.limiter.statistics().tasks_waiting == 0:
            await asyncio.sleep(0.01)
    assert (await world.get(place, by)).json()["unit_price"] == PRICE
    assert not asked.done()
    for one in workers:
        press.limiter.release_on_behalf_of(one)
    assert (await asked).status_code == 200
