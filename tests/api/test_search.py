"""Cases are found by what people know of them, by those who see them, and by nobody else."""

import logging
from typing import Any
from uuid import UUID

import pytest
from fastapi.concurrency import run_in_threadpool
from sqlalchemy import text

import db.search
import logs
from db.envelopes import open_envelope
from db.missing_words import write_missing_words
from db.persons import Contacts, person_of, save_contacts
from tests.api.world import AUTHORITY_BIN, SUPPLIER_BIN, Person, World
from tests.support.erasing import erased
from tests.support.intake import SEAL, iin, measure, take_in

WHY = "Звонит мать, номера дела не знает"
PHONE = "+77011234567"


async def asked(world: World, who: Person, query: str, **more: Any) -> Any:
    return await world.post("/v1/search", who, {"query": query, **more})


async def found(world: World, who: Person, query: str, **more: Any) -> list[dict[str, Any]]:
    answer = await asked(world, who, query, **more)
    assert answer.status_code == 200, answer.text
    cases: list[dict[str, Any]] = answer.json()["cases"]
    return cases


async def ids(world: World, who: Person, query: str, **more: Any) -> list[str]:
    return [one["id"] for one in await found(world, who, query, **more)]


async def mistakes(world: World, who: Person, query: str, **more: Any) -> list[tuple[str, str]]:
    answer = await asked(world, who, query, **more)
    assert answer.status_code == 422, answer.text
    return [(one["pointer"], one["code"]) for one in answer.json()["errors"]]


def named(number: int, surname: str, name: str, patronymic: str | None = None) -> dict[str, Any]:
    """Changes of the message about the number-th person."""
    called = {"surname": surname, "name": name, "patronymic": patronymic}
    return {f"person__{one}": value for one, value in called.items()}


def searches(world: World) -> list[Any]:
    with world.engine.connect() as connection:
        return list(connection.execute(text("SELECT * FROM person_search ORDER BY id")))


async def test_a_case_is_found_by_its_reference_and_by_a_part_of_it(world: World) -> None:
    first, second = world.receive(1), world.receive(2)
    reference = (await world.get(f"/v1/cases/{first}", world.clerk)).json()["reference"]
    (line,) = await found(world, world.clerk, reference)
    assert (line["id"], line["found_by"]) == (first, ["reference"])
    assert await ids(world, world.clerk, reference[-4:]) == [first]
    assert await ids(world, world.clerk, reference[2:]) == [first]
    assert await ids(world, world.clerk, f" {reference[:6].lower()} ") == [first, second]
    assert await ids(world, world.clerk, "OZ999999999") == []


async def test_a_line_is_that_of_a_list(world: World) -> None:
    case = await world.choosing()
    (line,) = (await world.get("/v1/cases", world.clerk)).json()["cases"]
    (told,) = await found(world, world.clerk, line["reference"])
    extra = {"found_by": ["reference"], "found_by_labels": ["номер дела"]}
    assert told == {**line, **extra}
    assert told["id"] == case


async def test_all_cases_of_a_programme_are_found_by_its_number(world: World) -> None:
    number = measure(1)["programme"]["number"]
    first = world.receive(1)
    second = world.receive(1, message_id="message-1b", measure_id="M-1b")
    world.receive(2)
    assert await ids(world, world.clerk, f" {number} ") == [first, second]
    assert await ids(world, world.clerk, number[:-1]) == []


@pytest.mark.parametrize("query", [iin(1), f"{iin(1)[:6]} {iin(1)[6:]}"])
async def test_a_person_is_found_by_iin(world: World, query: str) -> None:
    case, _ = world.receive(1), world.receive(2)
    (line,) = await found(world, world.clerk, query, reason=WHY)
    assert (line["id"], line["found_by"]) == (case, ["iin"])


@pytest.mark.parametrize("query", [PHONE, "8 (701) 123-45-67", "7011234567"])
async def test_a_person_is_found_by_phone_as_it_is_now(world: World, query: str) -> None:
    case, _ = world.receive(1, person__phone=PHONE), world.receive(2)
    assert await ids(world, world.clerk, query, reason=WHY) == [case]
    with world.engine.begin() as connection:
        person = person_of(connection, SEAL, iin(1))
        save_contacts(connection, SEAL, person, Contacts(phone="+77017654321"))
    assert await ids(world, world.clerk, query, reason=WHY) == []
    (line,) = await found(world, world.clerk, "+77017654321", reason=WHY)
    assert (line["id"], line["found_by"]) == (case, ["phone"])


@pytest.mark.parametrize(
    ("told", "query"),
    [
        (("Әбілқасымов", "Ғани", "Өмірұлы"), "абилкасымов гани"),
        (("Әбілқасымов", "Ғани", "Өмірұлы"), "Ғани омир"),
        (("Абилкасымов", "Гани", "Омирулы"), "ӘБІЛҚАСЫМОВ ҒАНИ"),
        (("Королёва", "Алёна", None), "королева ален"),
        (("Королева", "Алена", None), "АЛЁНА К"),
        (("Нұр-Мұхаммед", "Ли", None), "ли мухаммед"),
    ],
)
async def test_a_person_is_found_by_beginnings_of_names_whichever_letters_were_typed(
    world: World, told: tuple[str, str, str | None], query: str
) -> None:
    case, _ = world.receive(1, **named(1, *told)), world.receive(2)
    (line,) = await found(world, world.clerk, query, reason=WHY)
    assert (line["id"], line["found_by"]) == (case, ["name"])
    assert await ids(world, world.clerk, f"{query} жоқ", reason=WHY) == [], "all words must match"


async def test_a_name_that_was_corrected_is_found_as_it_is_now(world: World) -> None:
    case = world.receive(1, **named(1, "Ыбыраев", "Асан"))
    told = measure(1, message_id="message-1b", **named(1, "Ибрагимов", "Асан"))
    told["programme"]["revision"] = 2
    take_in(world.engine, told)
    assert await ids(world, world.clerk, "Ыбыраев", reason=WHY) == []
    assert await ids(world, world.clerk, "Ибрагимов", reason=WHY) == [case]


async def test_officials_find_the_cases_in_which_a_person_represents(world: World) -> None:
    guardian = {**world.representing(2), "phone": PHONE}
    case = world.receive(1, representative=guardian)
    assert await ids(world, world.clerk, iin(2), reason=WHY) == [case]
    assert await ids(world, world.clerk, PHONE, reason=WHY) == [case]
    assert await ids(world, world.recipient(1), PHONE) == [], "parties are not told of others"


async def test_cases_are_found_by_the_supplier_of_an_order(world: World) -> None:
    case, _ = await world.ordered(1), world.receive(2)
    list(write_missing_words(world.engine, SEAL))
    for query in (SUPPLIER_BIN, "үлгі", "улги тоо"):
        (line,) = await found(world, world.clerk, query, by="supplier")
        assert (line["id"], line["found_by"]) == (case, ["supplier"]), query
    assert await ids(world, world.clerk, AUTHORITY_BIN, by="supplier") == []


@pytest.mark.parametrize(
    "query", ["MOBILITY-WHEELCHAIR-OUTDOOR", "wheelchair outd", "КРЕСЛО прогул", "серуен"]
)
async def test_cases_are_found_by_the_item_in_any_language(world: World, query: str) -> None:
    case = world.receive(1)
    (line,) = await found(world, world.clerk, query, by="item")
    assert (line["id"], line["found_by"]) == (case, ["item"])
    assert await ids(world, world.clerk, f"{query} indoor", by="item") == []


async def test_what_a_query_may_name_in_several_ways_is_found_once_and_says_all(
    world: World,
) -> None:
    case = world.receive(1, **named(1, "Креслов", "Иван"))
    other = world.receive(2)
    lines = await found(world, world.clerk, "кресло", reason=WHY)
    assert [(one["id"], one["found_by"]) for one in lines] == [
        (case, ["name", "item"]),
        (other, ["item"]),
    ]


async def test_what_was_found_comes_in_parts_without_gap_and_repeat(world: World) -> None:
    cases = [world.receive(n, **named(n, "Креслов", "Иван")) for n in range(1, 4)]
    cases += [world.receive(4)]
    seen: list[str] = []
    cursor = None
    while True:
        answer = await asked(
            world,
            world.clerk,
            "кресло",
            reason=WHY,
            limit=2,
            **({"cursor": cursor} if cursor else {}),
        )
        told = answer.json()
        seen += [one["id"] for one in told["cases"]]
        cursor = told["cursor"]
        if cursor is None:
            break
        assert ("/cursor", "other_search") in await mistakes(
            world, world.clerk, "коляска", reason=WHY, cursor=cursor
        )
    assert seen == cases


async def test_what_is_common_is_found_like_what_is_rare(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = await world.ordered(1)
    world.receive(2, **named(2, "Басқа", "Адам"))
    list(write_missing_words(world.engine, SEAL))
    reference = (await world.get(f"/v1/cases/{case}", world.clerk)).json()["reference"]
    monkeypatch.setattr(db.search, "FEW", 0)
    for by, query in (("name", "Үлгібаев"), ("supplier", "үлгі"), ("reference", reference)):
        for who in (world.clerk, world.admin, world.recipient(1)):
            assert await ids(world, who, query, by=by, reason=WHY) == [case], by
        assert await ids(world, world.foreign_clerk, query, by=by, reason=WHY) == [], by
    assert await ids(world, world.supplier, reference) == [case]
    assert await ids(world, world.other_supplier, reference) == []


async def test_nobody_finds_a_case_that_they_do_not_see(world: World) -> None:
    case = await world.ordered(1)
    list(write_missing_words(world.engine, SEAL))
    reference = (await world.get(f"/v1/cases/{case}", world.clerk)).json()["reference"]
    strangers = (world.foreign_clerk, world.recipient(2), world.other_supplier)
    queries = {
        "reference": reference,
        "programme": measure(1)["programme"]["number"],
        "iin": iin(1),
        "phone": "+77000000001",
        "name": "Үлгібаев",
        "supplier": SUPPLIER_BIN,
        "item": "кресло",
    }
    for by, query in queries.items():
        for who in (world.clerk, world.commission, world.admin, world.recipient(1)):
            assert await ids(world, who, query, by=by, reason=WHY) == [case], by
        for who in strangers:
            if who is world.other_supplier and by not in ("reference", "item"):
                continue
            answer = await asked(world, who, query, by=by, reason=WHY)
            assert answer.json() == {"cases": [], "cursor": None}, by
    for by in ("reference", "item"):
        assert await ids(world, world.supplier, queries[by], by=by) == [case]


async def test_a_supplier_learns_of_nobody_by_searching(world: World) -> None:
    await world.ordered(1)
    for by in ("iin", "phone", "name", "supplier", "programme"):
        assert await mistakes(world, world.supplier, iin(1), by=by) == [
            ("/by", "not_allowed_value")
        ]
    assert await mistakes(world, world.supplier, iin(1)) == [("/by", "not_allowed_value")]
    assert await found(world, world.supplier, "Үлгібаев") == []


async def test_who_was_erased_is_found_by_nothing(world: World) -> None:
    case = await world.choosing(1, person__phone=PHONE)
    await world.act(case, "decline", world.recipient(1), reason="Не нужно")
    for query in (iin(1), PHONE, "Үлгібаев"):
        assert await ids(world, world.clerk, query, reason=WHY) == [case]
    with world.engine.begin() as connection:
        person = person_of(connection, SEAL, iin(1))
        erased(connection, person)
        row = connection.execute(text("SELECT words FROM person WHERE id = :id"), {"id": person})
        assert row.scalar_one() == []
    for query in (iin(1), PHONE, "Үлгібаев"):
        assert await ids(world, world.clerk, query, reason=WHY) == []


async def test_officials_say_why_they_search_for_a_person(world: World) -> None:
    world.receive(1)
    for who in (world.clerk, world.commission, world.admin):
        for query in (iin(1), PHONE, "Үлгібаев", "кресло"):
            assert await mistakes(world, who, query) == [("/reason", "reason_for_person")]
        assert len(await found(world, who, "кресло", by="item")) == 1
        assert await found(world, who, "OZ0000") != []
    assert searches(world) == []
    assert len(await found(world, world.recipient(1), "Үлгібаев")) == 1


async def test_a_search_for_a_person_is_recorded_with_its_reason(world: World) -> None:
    world.receive(1)
    await found(world, world.clerk, "Үлгібаев мысал", reason=WHY)
    await found(world, world.clerk, "УЛГИБАЕВ  МЫСАЛ", by="name", reason=WHY)
    await found(world, world.recipient(2), iin(1))
    await found(world, world.clerk, "кресло", by="item", reason=WHY)
    first, second, third = searches(world)
    with world.engine.connect() as connection:
        clerk = connection.execute(
            text("SELECT id FROM person WHERE iin_index = :index"), {"index": SEAL.index(iin(901))}
        ).scalar_one()
    assert (first.actor_id, first.actor_role) == (clerk, "caseworker")
    assert isinstance(first.on_behalf_of, UUID)
    assert (first.kinds, first.hits) == (["name", "supplier", "item"], 1)
    assert open_envelope(SEAL, bytes(first.reason)).decode() == WHY
    assert bytes(first.query) == bytes(second.query), "the same question is known as the same"
    assert (second.kinds, third.kinds) == (["name"], ["iin"])
    assert (third.actor_role, third.reason, third.hits) == ("recipient", None, 0)


async def test_what_is_searched_for_stands_nowhere_in_the_clear(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    root = logging.getLogger()
    before = root.level, list(root.handlers)
    logs.configure("debug")
    try:
        world.receive(1, person__phone=PHONE)
        for query in ("Үлгібаев", iin(1), PHONE):
            assert len(await found(world, world.clerk, query, reason=WHY)) == 1
            await mistakes(world, world.clerk, query)
        metrics = (await world.get("/metrics")).text
    finally:
        root.setLevel(before[0])
        root.handlers[:] = before[1]
    with world.engine.connect() as connection:
        tables = connection.execute(
            text(
                "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND NOT relispartition"
                " AND relnamespace = 'public'::regnamespace AND relname <> 'put_away'"
            )
        ).scalars()
        kept = "\n".join(
            str(row)
            for table in tables
            for row in connection.execute(text(f'SELECT t::text FROM "{table}" t')).scalars()
        )
    out = "".join(capsys.readouterr())
    for secret in ("Үлгібаев", "улгибаев", iin(1), PHONE, PHONE[1:], "Звонит"):
        for place in (metrics, kept, out):
            assert secret.casefold() not in place.casefold(), secret
            assert secret.encode().hex() not in place


@pytest.mark.parametrize(
    ("query", "more", "wrong"),
    [
        ("Ли", {"reason": WHY}, [("/query", "query_too_short")]),
        ("123", {}, [("/query", "query_too_short")]),
        ("12", {"by": "reference"}, [("/query", "query_too_short")]),
        ("900101000009", {"reason": WHY}, [("/query", "format_iin")]),
        ("Үлгібаев", {"by": "iin", "reason": WHY}, [("/query", "format_iin")]),
        ("200140000015", {}, [("/query", "format_bin")]),
        (
            "12345",
            {"by": "phone"},
            [("/query", "phone_unreadable"), ("/reason", "reason_for_person")],
        ),
        ("", {}, [("/query", "too_short")]),
        ("Ж" * 201, {}, [("/query", "too_long")]),
        ("a\x01b", {}, [("/query", "wrong_format")]),
        ("кресло", {"by": "colour"}, [("/by", "not_allowed_value")]),
        ("кресло", {"by": "item", "fuzzy": True}, [("/fuzzy", "unknown_field")]),
        ("кресло", {"by": "item", "limit": 0}, [("/limit", "below_minimum")]),
        ("кресло", {"by": "item", "cursor": "OZ000000018_"}, [("/cursor", "other_search")]),
        (
            "7",
            {"by": "iin", "cursor": "zz", "reason": "x"},
            [("/query", "format_iin"), ("/cursor", "other_search")],
        ),
    ],
)
async def test_a_strange_search_is_answered_with_its_mistakes(
    world: World, query: str, more: dict[str, Any], wrong: list[tuple[str, str]]
) -> None:
    assert await mistakes(world, world.clerk, query, **more) == wrong


async def test_who_was_there_before_the_index_is_found_once_it_is_written(world: World) -> None:
    case = await world.ordered(1)
    with world.engine.begin() as connection:
        connection.execute(text("UPDATE person SET words = NULL"))
        connection.execute(text("UPDATE supplier SET words = NULL"))
    assert await ids(world, world.clerk, "Үлгі", reason=WHY) == []
    await run_in_threadpool(list, write_missing_words(world.engine, SEAL))
    (line,) = await found(world, world.clerk, "Үлгі", reason=WHY)
    assert (line["id"], line["found_by"]) == (case, ["name", "supplier"])
