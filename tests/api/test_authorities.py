"""Who reviews and pays is told by two administrators, and everybody reads what is public of it."""

import time
from typing import Any
from uuid import UUID

import httpx

from db.papers import Said, write_paper
from db.reference import read_case
from tests.api.world import AUTHORITY_BIN, Person, World, person, reasons
from tests.support.authorities import account_of, sample_authorities, sample_of
from tests.support.intake import iin

SECOND = person("administrator", 908)
PATH = "/v1/authorities"
HEAD_IIN = "680715301005"


async def propose(world: World, content: Any, by: Person | None = None) -> httpx.Response:
    body = {"kind": "authorities", "content": content}
    return await world.post("/v1/changes", by or world.admin, body)


async def bring_in(world: World, content: Any) -> dict[str, Any]:
    proposed = await propose(world, content)
    assert proposed.status_code == 201, proposed.text
    answer = await world.post(f"/v1/changes/{proposed.json()['id']}/approve", SECOND)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def known(world: World, by: Person, bin: str = AUTHORITY_BIN) -> dict[str, Any]:
    found = (await world.get(PATH, by)).json()["authorities"]
    told: dict[str, Any] = next(one for one in found if one["bin"] == bin)
    return told


async def test_authorities_are_proposed_previewed_and_approved_by_another(world: World) -> None:
    other = {**account_of(AUTHORITY_BIN), "iban": account_of("200140900021")["iban"]}
    change = (await propose(world, sample_of(AUTHORITY_BIN, account=other))).json()
    (one,) = change["differences"]
    told = {field["field"]: (field["before"], field["after"]) for field in one["fields"]}
    assert (one["code"], one["what"]) == (AUTHORITY_BIN, "changed")
    assert told["account/iban"] == (account_of(AUTHORITY_BIN)["iban"], other["iban"])
    path = f"/v1/changes/{change['id']}/approve"
    assert reasons(await world.post(path, world.admin)) == ["same_person"]
    assert (await known(world, world.admin))["account"] == account_of(AUTHORITY_BIN)
    assert (await world.post(path, SECOND)).json()["state"] == "done"
    assert (await known(world, world.admin))["account"] == other
    assert [action for _, action in world.audit()] == ["reference_proposed", "reference_approved"]
    listed = (await world.get("/v1/changes", world.admin)).json()["changes"]
    assert [(entry["id"], entry["kind"]) for entry in listed] == [(change["id"], "authorities")]


async def test_no_number_of_a_person_is_kept_or_told(world: World) -> None:
    change = await bring_in(world, sample_authorities())
    assert HEAD_IIN not in str(change)
    assert HEAD_IIN not in (await world.get(PATH, world.admin)).text
    (head,) = (await known(world, world.clerk))["head"]["people"]
    assert str(UUID(head)) == head


def headed_by(*iins: str) -> dict[str, Any]:
    head = {"post": {"kk": "Басшы", "ru": "Глава", "en": "Head"}, "people": [*iins]}
    return sample_of(AUTHORITY_BIN, head=head)


async def test_what_is_only_shown_says_nothing_of_whom_we_know(world: World) -> None:
    world.receive(1)
    told = []
    for number in (1, 777):
        wish = {"kind": "authorities", "content": headed_by(iin(number)), "dry_run": True}
        shown = [(await world.post("/v1/changes", world.admin, wish)).json() for _ in range(2)]
        assert shown[0]["differences"] == shown[1]["differences"]
        told += [{**one, "proposed_at": None} for one in shown]
    assert [one for one in told if one != told[0]] == []
    fields = {one["field"]: one for one in told[0]["differences"][0]["fields"]}
    assert fields["head/people"] == {"field": "head/people", "before": None, "after": "1"}


async def test_of_whom_a_post_is_taken_and_given_is_told_how_many_they_are(world: World) -> None:
    await bring_in(world, headed_by(iin(1)))
    with world.engine.connect() as connection:
        ids = {str(one) for one in connection.exec_driver_sql("SELECT id FROM person").scalars()}
    for people, became in (([iin(2)], "1"), ([iin(1), iin(2)], "2")):
        change = (await propose(world, headed_by(*people))).json()
        assert not any(one in str(change["differences"]) for one in ids)
        (one,) = change["differences"]
        assert one["fields"] == [{"field": "head/people", "before": "1", "after": became}]
    same = (await propose(world, headed_by(iin(1)))).json()
    assert same["differences"] == []


async def test_people_read_what_is_public_and_officials_the_account_too(world: World) -> None:
    await bring_in(world, sample_authorities())
    seen = await known(world, world.recipient())
    assert (seen["account"], seen["head"]["people"]) == (None, [])
    assert seen["can_pay"] is True
    assert seen["head"]["post"] == "Руководитель управления"
    assert seen["name"] == "Управление занятости и социальной защиты города Астаны"
    assert (await known(world, world.clerk))["account"] == account_of(AUTHORITY_BIN)
    assert (await world.get(PATH)).status_code == 401


async def test_an_account_in_a_file_is_read_as_people_write_it(world: World) -> None:
    account = account_of(AUTHORITY_BIN)
    copied = f"IBAN {account['iban'].lower()[:4]}\N{NO-BREAK SPACE}{account['iban'][4:]}"
    await bring_in(
        world,
        sample_of(
            AUTHORITY_BIN, account={**account, "iban": copied, "bic": account["bic"].lower()}
        ),
    )
    assert (await known(world, world.clerk))["account"] == account


async def test_contacts_in_a_file_are_read_as_people_write_them(world: World) -> None:
    content = sample_of(AUTHORITY_BIN, phone="8 (7172) 00-00-99")
    content["authorities"][0]["head"]["email"] = "mailto:Head@Example.COM"
    change = await propose(world, content)
    told = {one["field"]: one["after"] for one in change.json()["differences"][0]["fields"]}
    assert (told["phone"], told["head/email"]) == ("+77172000099", "Head@example.com")


async def test_every_contact_of_a_file_that_is_none_is_told_by_its_place(world: World) -> None:
    content = sample_of(AUTHORITY_BIN, phone="+1 202 555 0100")
    content["authorities"][0]["head"]["email"] = "head at example"
    chair = {**sample_authorities()["commissions"][0]["chair"], "email": "нет"}
    content["commissions"] = [{"region": "71", "chair": chair}]
    answer = await propose(world, content)
    assert answer.status_code == 422
    assert {(one["pointer"], one["code"]) for one in answer.json()["errors"]} == {
        ("/content/authorities/0/phone", "format_kz_phone"),
        ("/content/authorities/0/head/email", "format_email"),
        ("/content/commissions/0/chair/email", "format_email"),
    }


async def test_every_mistake_of_a_file_is_told_at_once(world: World) -> None:
    wrong = sample_of(
        AUTHORITY_BIN,
        bin="200140900012",
        account={**account_of(AUTHORITY_BIN), "iban": "KZ00070103KSN0000011"},
        name={"kk": {"nominative": "Басқарма"}, "ru": "Управление"},
        head={"post": {"kk": "Басшы", "ru": "Глава", "en": "Head"}, "people": ["123"]},
        surplus=1,
    )
    answer = await propose(world, wrong)
    assert answer.status_code == 422
    place = "/content/authorities/0"
    assert {(one["pointer"], one["code"]) for one in answer.json()["errors"]} == {
        (f"{place}/bin", "format_bin"),
        (f"{place}/account/iban", "format_iban"),
        (f"{place}/name/kk/genitive", "required"),
        (f"{place}/name/kk/dative", "required"),
        (f"{place}/name/kk/accusative", "required"),
        (f"{place}/name/ru", "wrong_type"),
        (f"{place}/head/people/0", "format_iin"),
        (f"{place}/surplus", "unknown_field"),
    }


async def test_a_superior_is_known_and_nobody_stands_above_itself(world: World) -> None:
    stranger = await propose(world, sample_of(AUTHORITY_BIN, superior="200140900091"))
    assert [one["code"] for one in stranger.json()["errors"]] == ["unknown_authority"]
    circle = sample_of(AUTHORITY_BIN, superior="200140900041")["authorities"]
    circle += sample_of("200140900041", superior=AUTHORITY_BIN)["authorities"]
    answer = await propose(world, {"authorities": circle})
    assert {one["code"] for one in answer.json()["errors"]} == {"superior_of_itself"}


async def test_an_order_is_approved_under_the_account_that_it_was_placed_under(
    world: World,
) -> None:
    case = await world.reviewed()
    await bring_in(world, sample_of(AUTHORITY_BIN, account=None))
    await world.act(case, "approve", world.clerk)
    told = await world.act(case, "approve", world.second_clerk)
    assert told["status"] == "payment_pending"


async def test_without_an_account_nothing_is_approved_and_everybody_is_told_so(
    world: World,
) -> None:
    await bring_in(world, sample_of(AUTHORITY_BIN, account=None))
    late = await world.reviewed()
    told = (await world.get(f"/v1/cases/{late}?may=all", world.clerk)).json()["you"]["may"]
    may = next(one for one in told if one["name"] == "approve")
    assert (may["allowed"], [one["code"] for one in may["reasons"]]) == (False, ["no_account"])
    assert "счета" in may["reasons"][0]["text"]
    assert await world.refused(late, "approve", world.clerk) == ["no_account"]
    me = (await world.get("/v1/me", world.clerk)).json()["authority"]
    assert (me["can_pay"], me["names"]) == (False, (await known(world, world.clerk))["name"])

    await bring_in(world, sample_of(AUTHORITY_BIN))
    told = (await world.get(f"/v1/cases/{late}?may=all", world.clerk)).json()["you"]["may"]
    assert next(one["allowed"] for one in told if one["name"] == "approve") is True
    await world.act(late, "approve", world.clerk)
    await bring_in(world, sample_of(AUTHORITY_BIN, account=None))
    assert await world.refused(late, "approve", world.second_clerk) == ["no_account"]


async def test_the_order_says_who_pays_and_shows_no_account(world: World) -> None:
    case = await world.reviewed()
    with world.engine.connect() as connection:
        order = read_case(connection, case).periods[1].order
    assert order is not None
    assert order.paid_from is not None
    assert (order.paid_from.bin, order.paid_from.iban) == (
        AUTHORITY_BIN,
        account_of(AUTHORITY_BIN)["iban"],
    )
    for reader in (world.recipient(), world.supplier, world.clerk):
        assert order.paid_from.iban not in (await world.get(f"/v1/cases/{case}", reader)).text


async def test_papers_name_the_authority_in_its_right_case(world: World) -> None:
    case = await world.reviewed()
    with world.engine.connect() as connection:
        held = read_case(connection, case)
        now = held.periods[1].since
        said = Said("refusal", "нет оснований", {"ground": "documents_false"})
        paper = write_paper(connection, held, 1, now, said).content.decode()
    assert "решением Управления занятости и социальной защиты города Астаны" in paper
    assert "через Управление занятости" in paper
    assert "Астана қаласының жұмыспен қамту және әлеуметтік қорғау басқармасы" in paper


async def test_of_a_file_that_is_wrong_all_over_the_first_mistakes_are_told(world: World) -> None:
    for group in ("authorities", "commissions"):
        answer = await propose(world, {group: [{}] * 20_000})
        assert (answer.status_code, len(answer.json()["errors"])) == (422, 100)


async def test_a_long_list_of_people_who_are_none_is_told_at_once(world: World) -> None:
    content = sample_of(AUTHORITY_BIN)
    content["authorities"][0]["head"]["people"] = [{"a": number} for number in range(20_000)]
    before = time.monotonic()
    answer = await propose(world, content)
    assert (answer.status_code, len(answer.json()["errors"])) == (422, 100)
    assert time.monotonic() - before < 5
    content["authorities"][0]["head"]["people"] = [HEAD_IIN, HEAD_IIN]
    (twice,) = (await propose(world, content)).json()["errors"]
    assert (twice["pointer"], twice["code"]) == (
        "/content/authorities/0/head/people",
        "stands_twice",
    )
