"""Whoever holds a paper can find out whether it is ours, and nobody learns a name by it."""

from ipaddress import ip_network
from typing import Any

import httpx
import pytest

from api.connections import behind
from db.check_codes import check_code, document_subject
from tests.api.test_printed import PDF, SIGNER, WHY, address
from tests.api.world import IBAN, SUPPLIER_BIN, Person, World, today
from tests.support.intake import iin
from tests.support.papers import address_in, squeezed, words_of_page

STANDS, OVERTAKEN = "Действует:", "Недействует:"


async def check_of(world: World, place: str, by: Person) -> str:
    """The address on the PDF of a paper, on this portal."""
    found = address_in((await world.get(place, by, Accept=PDF)).content)
    assert found.startswith("https://portal.example/check/OZ")
    return found.removeprefix("https://portal.example")


async def checked(world: World, place: str, language: str = "ru") -> str:
    """What a third person reads there."""
    answer = await world.get(place, Accept_Language=language)
    assert answer.status_code == 200
    assert answer.headers["content-language"] == language
    return words_of_page(answer.text)


def is_unknown(answer: httpx.Response) -> bool:
    return answer.status_code == 404 and "Документа с таким кодом на портале нет" in answer.text


async def test_the_code_of_an_application_says_what_it_asks_and_that_its_signatures_are_good(
    world: World,
) -> None:
    case = await world.reviewed()
    place = await address(world, case, "application", world.clerk)
    signed = (await world.get(place, world.clerk)).json()
    seen = await checked(world, await check_of(world, place, world.clerk))
    for told in (
        f"Дело{signed['case']}",
        "ДокументЗаявлениеовозмещениигарантированнойсуммы",
        "Суммаквозмещению270000₸",
        place.rpartition("/")[2],
        STANDS,
    ):
        assert told in seen
    assert seen.count("Подписьверна") == 2


@pytest.mark.parametrize("kind", ["application", "account", "preliminary_decision"])
async def test_no_person_and_no_account_is_named_to_who_checks(world: World, kind: str) -> None:
    case = await world.reviewed()
    reason = {"ground": "not_delivered", "reason": WHY}
    await world.act(case, "intend_refusal", world.clerk, **reason)
    place = await check_of(world, await address(world, case, kind, world.clerk), world.clerk)
    answer = await world.get(place)
    for secret in (iin(1), iin(901), SUPPLIER_BIN, IBAN, WHY, "Үлгі", "Өнім", *SIGNER.split()):
        assert squeezed(secret) not in squeezed(answer.text)
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["x-robots-tag"] == "noindex"
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")


async def test_an_intention_stands_while_the_parties_are_heard(world: World) -> None:
    case = await world.reviewed()
    reason = {"ground": "not_delivered", "reason": WHY}
    await world.act(case, "intend_refusal", world.clerk, **reason)
    place = await address(world, case, "preliminary_decision", world.clerk)
    code = await check_of(world, place, world.clerk)
    assert STANDS in await checked(world, code)
    await world.act(case, "withdraw_intention", world.clerk, reason="Акт найден")
    assert OVERTAKEN in await checked(world, code)
    later = await address(world, case, "answer", world.clerk)
    assert STANDS in await checked(world, await check_of(world, later, world.clerk))


async def test_a_decision_that_closed_a_case_stands_while_that_is_closed(world: World) -> None:
    case, reason = await world.choosing(), {"reason": "Поставщика нет"}
    await world.act(case, "report_no_supplier", world.recipient(), **reason)
    await world.act(case, "confirm_no_supplier", world.commission, **reason)
    place = await address(world, case, "conclusion", world.clerk)
    code = await check_of(world, place, world.clerk)
    assert STANDS in await checked(world, code)
    again = {"ground": "procurement_failed", "reason": "Торги", "evidence": "протокол 5"}
    for by in (world.clerk, world.second_clerk):
        await world.act(case, "reopen_case", by, **again)
    assert OVERTAKEN in await checked(world, code)


async def test_a_later_version_of_an_application_takes_the_place_of_the_one_before(
    world: World,
) -> None:
    case = await world.reviewed()
    place = await address(world, case, "application", world.clerk)
    annex = await address(world, case, "account", world.clerk)
    codes = [await check_of(world, one, world.clerk) for one in (place, annex)]
    wrong = {"what": "content", "until": today(14), "reason": "Саны қате."}
    await world.act(case, "return_application", world.clerk, **wrong)
    assert (await address(world, case, "application", world.clerk)) != place
    for code in codes:
        assert OVERTAKEN in await checked(world, code)


async def test_a_certificate_stands_until_its_term_has_a_later_day(world: World) -> None:
    case = world.receive()
    place = f"/v1/cases/{case}/deadlines/1/notice"
    code = await check_of(world, place, world.admin)
    last_day = (await world.get(place, world.admin)).json()["last_day"]
    seen = await checked(world, code)
    assert f"Последнийдень{int(last_day[-2:])}" in seen
    assert STANDS in seen
    world.fail_notice(case)
    await world.act(case, "change_contacts", world.clerk, phone="+77010000001")
    assert await check_of(world, f"{place}?revision=1", world.admin) == code
    assert OVERTAKEN in await checked(world, code)
    assert STANDS in await checked(world, await check_of(world, place, world.admin))


async def test_a_code_that_is_not_ours_leads_nowhere_whatever_is_wrong_with_it(
    world: World,
) -> None:
    cases = [await world.ordered(number) for number in (1,)] + [await world.choosing(2)]
    place = await address(world, cases[0], "application", world.clerk)
    code = await check_of(world, place, world.clerk)
    assert not is_unknown(await world.get(code))
    other = (await world.get(f"/v1/cases/{cases[1]}", world.clerk)).json()["reference"]
    mark = code.removeprefix("/check/")[11:]
    last = "0" if code[-1] != "0" else "1"
    wrong = [
        code[:-1] + last,
        f"/check/{other}{mark}",
        f"/check/OZ999999999{mark}",
        code[:-5],
        f"{code}-0000",
        "/check/rubbish",
        "/check/%00",
        f"/check/{place.rpartition('/')[2]}",
    ]
    for one in wrong:
        answer = await world.get(one)
        assert is_unknown(answer) or answer.json()["code"] == "not_found", one


async def test_a_code_may_be_typed_as_people_type(world: World) -> None:
    case = await world.ordered()
    code = await check_of(
        world, await address(world, case, "application", world.clerk), world.clerk
    )
    typed = code.removeprefix("/check/").lower()
    reference, _, mark = typed.partition("-")
    typed = f"{reference}-{mark.replace('0', 'o').replace('1', 'l')}"
    assert (await world.get(f"/check/{typed}")).status_code == 200


@pytest.mark.parametrize(
    ("language", "words"), [("kk", "Құжаттытексеру"), ("en", "Checkofadocument")]
)
async def test_who_checks_reads_it_in_their_language(
    world: World, language: str, words: str
) -> None:
    case = await world.ordered()
    code = await check_of(
        world, await address(world, case, "application", world.clerk), world.clerk
    )
    assert words in await checked(world, code, language)


async def test_whoever_guesses_codes_is_told_to_wait_and_nothing_of_them_is_kept(
    world: World,
) -> None:
    answers = [await world.get(f"/check/OZ000000018-{n:04}-1111-2222-3333") for n in range(60)]
    assert is_unknown(answers[0])
    refused = [answer for answer in answers if answer.status_code == 429]
    assert int(refused[0].headers["retry-after"]) >= 1
    assert world.audit() == []


async def test_behind_a_proxy_each_stranger_has_a_bound_of_their_own(world: World) -> None:
    """Whoever is no proxy of ours is not believed from where they call."""
    app: Any = behind((ip_network("10.1.0.5/32"),), world.app)
    for proxy, bounded in (("10.1.0.5", 0), ("10.1.0.6", 20)):
        transport = httpx.ASGITransport(app, client=(proxy, 40_000))
        async with httpx.AsyncClient(transport=transport, base_url="http://api") as client:
            answers = [
                await client.get(
                    f"/check/OZ000000018-{n:04}-1111-2222-3333",
                    headers={"X-Forwarded-For": f"203.0.113.{n}"},
                )
                for n in range(60)
            ]
        assert sum(answer.status_code == 429 for answer in answers) >= bounded
        assert bounded or {answer.status_code for answer in answers} == {404}


def test_codes_are_of_one_paper_of_one_case_and_of_our_key(world: World) -> None:
    subject = document_subject("ab" * 32)
    code = check_code(world.seal, "OZ000000018", subject)
    assert code != check_code(world.seal, "OZ000000026", subject)
    assert code[11:] != check_code(world.seal, "OZ000000026", subject)[11:]
    assert code != check_code(world.seal, "OZ000000018", document_subject("ac" * 32))
    assert "ab" * 4 not in code
