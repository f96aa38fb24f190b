"""Who reads a case is on record, and whose case it is reads who looked."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from fastapi.routing import APIRoute
from prometheus_client import CollectorRegistry
from sqlalchemy import Engine, text

from api.app import ROUTERS
from api.noting import ACTS, PARTS
from api.problems import Problem
from api.watching import CaseWatch
from db.case_reads import CaseRead, Repeated, write_reads
from db.engine import make_engine
from definitions.wording import codes
from tests.api.test_problems import NOBODY
from tests.api.world import AUTHORITY_BIN, Person, World, person

NAME = "Қалиева Әсел"


async def recorded(world: World) -> list[Any]:
    """What is on record once all is written that was noted."""
    await world.app.state.watch.write_down(repeated=True)
    with world.engine.connect() as connection:
        return list(connection.execute(text("SELECT * FROM case_read ORDER BY id")))


async def looked(world: World, case: str, who: Person) -> list[dict[str, Any]]:
    await world.app.state.watch.write_down(repeated=True)
    answer = await world.get(f"/v1/cases/{case}/reads", who)
    assert answer.status_code == 200, answer.text
    told: list[dict[str, Any]] = answer.json()["reads"]
    return told


async def me(world: World, who: Person) -> str:
    found: str = (await world.get("/v1/me", who)).json()["person"]
    return found


def routes_of_cases() -> Iterator[tuple[str, str]]:
    for router in ROUTERS:
        for route in router.routes:
            assert isinstance(route, APIRoute)
            if "{case_id}" in route.path:
                yield from ((method, route.path) for method in route.methods or ())


def test_whatever_tells_of_a_case_is_noted_under_a_part_that_has_a_name() -> None:
    assert set(routes_of_cases()) == PARTS.keys() | ACTS
    assert {f"label.part.{one}" for one in PARTS.values()} == set(codes("label.part"))


async def test_every_part_that_somebody_reads_is_recorded_with_who_in_which_role_and_what_for(
    world: World,
) -> None:
    case = await world.ordered()
    await world.act(case, "confirm", world.supplier)
    for path in ("", "/events", "/deadlines", "/person", "/inspection", "/reads"):
        assert (await world.get(f"/v1/cases/{case}{path}", world.clerk)).status_code == 200, path
    page = (await world.get(f"/v1/cases/{case}", world.recipient())).json()
    for one in (page["documents"][0]["href"], page["deadlines"][0]["href"]):
        assert (await world.get(one, world.recipient())).status_code == 200
    assert (await world.get(f"/v1/cases/{case}/person", world.supplier)).status_code == 200
    rows = await recorded(world)
    assert {(one.role, one.part, one.purpose, one.standing) for one in rows} == {
        *(("caseworker", one, "", "house") for one in ("case", "events", "deadlines", "person")),
        *(("caseworker", one, "", "house") for one in ("inspection", "reads")),
        *(("recipient", one, "", "party") for one in ("case", "document", "deadlines")),
        ("supplier", "person", "delivery", "party"),
    }
    assert {str(one.case_id) for one in rows} == {case}
    clerks = {str(one.actor_id) for one in rows if one.role == "caseworker"}
    assert clerks == {await me(world, world.clerk)}


async def test_what_is_not_shown_is_not_recorded_as_read(world: World) -> None:
    case = world.receive()
    for who in (world.foreign_clerk, world.recipient(2), world.other_supplier):
        assert (await world.get(f"/v1/cases/{case}", who)).status_code == 404
    assert (await world.get(f"/v1/cases/{uuid4()}", world.clerk)).status_code == 404
    assert (await world.get(f"/v1/cases/{case}?nothing=1", world.clerk)).status_code == 422
    assert await recorded(world) == []


async def test_a_page_that_is_followed_is_one_row_that_says_how_often(world: World) -> None:
    case = world.receive()
    first = await world.get(f"/v1/cases/{case}", world.clerk)
    await world.app.state.watch.write_down()
    for _ in range(3):
        again = await world.get(
            f"/v1/cases/{case}", world.clerk, If_None_Match=first.headers["etag"]
        )
        assert again.status_code == 304
    await world.app.state.watch.write_down()
    with world.engine.connect() as connection:
        asked = text("SELECT times FROM case_read")
        assert connection.execute(asked).scalar_one() == 1, "what repeats waits a minute"
    (row,) = await recorded(world)
    assert (row.times, row.last_at > row.first_at) == (4, True)


async def test_the_recipient_reads_in_words_which_office_looked_and_no_name(world: World) -> None:
    clerk = person("caseworker", 911, authority=AUTHORITY_BIN, name=NAME)
    case = world.receive()
    await world.get(f"/v1/cases/{case}", world.recipient())
    await world.get(f"/v1/cases/{case}/person", clerk)
    (last, first) = await looked(world, case, world.recipient())
    assert (first["recipients_side"], first["part_label"]) == (True, "страница дела")
    assert first["authority"] is None
    assert last["role_label"] == "сотрудник местного исполнительного органа"
    assert "Астаны" in last["authority_label"]
    assert last["part_label"] == "имя и контакты получателя"
    assert (last["person"], last["person_label"]) == (None, None)
    assert NAME not in str(await looked(world, case, world.clerk))
    told = [one for one in await looked(world, case, world.admin) if one["part"] == "person"]
    assert [(one["person"], one["person_label"]) for one in told] == [
        (await me(world, clerk), NAME)
    ]


async def test_who_looked_is_told_to_the_sides_of_the_case_and_to_nobody_else(
    world: World,
) -> None:
    case = await world.ordered()
    for who in (world.recipient(), world.clerk, world.admin):
        assert (await world.get(f"/v1/cases/{case}/reads", who)).status_code == 200
    for who in (world.supplier, world.commission):
        assert (await world.get(f"/v1/cases/{case}/reads", who)).status_code == 403
    for who in (world.foreign_clerk, world.recipient(2)):
        assert (await world.get(f"/v1/cases/{case}/reads", who)).status_code == 404


async def test_a_long_list_of_reads_goes_on_where_it_ended(world: World) -> None:
    case = world.receive()
    for path in ("", "/events", "/deadlines"):
        await world.get(f"/v1/cases/{case}{path}", world.clerk)
    every = await looked(world, case, world.recipient())
    first = (await world.get(f"/v1/cases/{case}/reads?limit=2", world.recipient())).json()
    assert first["reads"] == every[:2]
    rest = await world.get(
        f"/v1/cases/{case}/reads?limit=2&after={first['after']}", world.recipient()
    )
    assert rest.json() == {"reads": every[2:], "after": None}


async def test_administrators_read_who_looked_at_a_person_and_what_somebody_looked_at(
    world: World,
) -> None:
    case, other = world.receive(1), world.receive(2)
    await world.get(f"/v1/cases/{case}", world.clerk)
    await world.get(f"/v1/cases/{other}", world.second_clerk)
    await recorded(world)
    whose, clerk = await me(world, world.recipient(1)), await me(world, world.second_clerk)
    found = (await world.get(f"/v1/operations/reads?of={whose}", world.admin)).json()
    assert [one["case"] for one in found["reads"]] == [case]
    found = (await world.get(f"/v1/operations/reads?by={clerk}", world.admin)).json()
    assert [(one["case"], one["standing"]) for one in found["reads"]] == [(other, "house")]
    assert (found["officials"], found["after"]) == ([], None)
    both = await world.get(f"/v1/operations/reads?by={clerk}&of={whose}", world.admin)
    assert [one["name"] for one in both.json()["errors"]] == ["by"]
    for who in (world.clerk, world.commission, world.recipient(), world.supplier):
        assert (await world.get("/v1/operations/reads", who)).status_code == 403


async def test_who_looks_at_what_is_nothing_of_theirs_is_told_with_the_share_of_it(
    world: World,
) -> None:
    cases = [world.receive(number) for number in (1, 2, 3)]
    for case in cases:
        await world.get(f"/v1/cases/{case}", world.clerk)
        await world.get(f"/v1/cases/{case}", world.admin)
    await recorded(world)
    (told,) = (await world.get("/v1/operations/reads?days=7", world.admin)).json()["officials"]
    assert (told["person"], told["role"]) == (await me(world, world.admin), "administrator")
    assert (told["cases"], told["outside"], told["share"]) == (3, 3, 1.0)


async def test_what_stands_in_the_own_list_of_work_or_was_taken_is_nothing_unusual(
    world: World,
) -> None:
    mine, other = await world.reviewed(1), world.receive(2)
    (work,) = (await world.get("/v1/tasks", world.clerk)).json()["tasks"]
    assert (await world.do(f"/v1/tasks/{work['id']}", world.clerk, "claim")).status_code == 200
    for who in (world.clerk, world.second_clerk):
        await world.get(f"/v1/cases/{mine}/deadlines", who)
    await world.get(f"/v1/cases/{other}/deadlines", world.clerk)
    found = [one.standing for one in await recorded(world)]
    assert sorted(found) == ["held", "house", "listed"]
    told = (await world.get("/v1/operations/reads", world.admin)).json()
    assert told["officials"] == []


async def test_what_is_kept_beside_the_cases_of_who_read_names_nobody(world: World) -> None:
    case = world.receive()
    for who in (world.clerk, world.recipient(), world.admin):
        await world.get(f"/v1/cases/{case}", who)
    rows = await recorded(world)
    assert {type(one) for row in rows for one in row} <= {UUID, str, int, datetime}
    texts = {one for row in rows for one in row if isinstance(one, str)}
    with world.engine.connect() as connection:
        known = set(connection.execute(text("SELECT id::text FROM authority")).scalars())
    assert texts <= {"caseworker", "recipient", "administrator", "case", "", *known} | {
        "house",
        "party",
        "outside",
        "listed",
    }
    metrics = (await world.get("/metrics")).text
    assert 'ozhb_case_reads_total{part="case"} 3.0' in metrics
    assert case not in metrics


def read_number(number: int) -> CaseRead:
    return CaseRead(str(UUID(int=number)), UUID(int=1), "caseworker", "", "case", "")


async def test_while_reads_cannot_be_written_they_are_kept_and_then_nobody_reads() -> None:
    watch = CaseWatch(make_engine(NOBODY), CollectorRegistry(), most=2)
    watch.note(read_number(1))
    watch.note(read_number(1))
    await watch.write_down()
    watch.require_room()
    watch.note(read_number(2))
    with pytest.raises(Problem) as refused:
        watch.require_room()
    assert refused.value.code == "unavailable"


async def test_what_could_not_be_written_is_written_later_with_all_its_times(
    world: World,
) -> None:
    case = world.receive()
    watch = world.app.state.watch
    engine, watch._engine = watch._engine, make_engine(NOBODY)
    await world.get(f"/v1/cases/{case}", world.clerk)
    await watch.write_down()
    await world.get(f"/v1/cases/{case}", world.clerk)
    watch._engine = engine
    (row,) = await recorded(world)
    assert row.times == 2


async def test_nobody_reads_a_case_that_could_not_be_recorded(world: World) -> None:
    case = world.receive()
    world.app.state.watch._most = 0
    for path in ("", "/events", "/person"):
        assert (await world.get(f"/v1/cases/{case}{path}", world.clerk)).status_code == 503
    assert (await world.get("/v1/cases", world.clerk)).status_code == 200


def test_reads_of_several_processes_in_one_hour_are_one_row(engine: Engine) -> None:
    read, now = read_number(1), datetime.now(UTC)
    start = threading.Barrier(4)

    def work(_: int) -> None:
        start.wait()
        # The first of a month finds no place for it yet.
        write_reads(engine, [(read, Repeated(now, now))])

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    with engine.connect() as connection:
        assert connection.execute(text("SELECT sum(times), count(*) FROM case_read")).one() == (
            4,
            1,
        )


async def test_months_lie_apart_and_are_made_when_they_begin(world: World) -> None:
    case = world.receive()
    await world.get(f"/v1/cases/{case}", world.clerk)
    await recorded(world)
    with world.engine.connect() as connection:
        later = text("SELECT months_of_reads(legal_now(), legal_now() + interval '62 days')")
        connection.execute(later)
        parts = connection.execute(
            text("SELECT count(*) FROM pg_inherits WHERE inhparent = 'case_read'::regclass")
        ).scalar_one()
    assert parts in (3, 4)
