"""One list of what waits for somebody: in cases and on desks, what to do, by when, who has it."""

from datetime import timedelta
from typing import Any

import pytest

from db.rebuild import rewrite
from tests.api.paying import report
from tests.api.test_calendar_changes import proposed
from tests.api.test_escalations import CHAIR, HEAD, bring_in
from tests.api.test_parties import ended
from tests.api.test_registration import applied
from tests.api.world import Person, World, reasons, today
from tests.support.casework import move_clock
from tests.support.intake import take_in
from tests.support.intake_desk import five_mistakes
from tests.support.servers import Database

REASON = {"reason": "Себебі жазылған"}


async def work(world: World, by: Person, query: str = "") -> list[dict[str, Any]]:
    answer = await world.get(f"/v1/tasks?limit=200{query}", by)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["tasks"]
    assert all(" " in one["text"] for one in found), "a sentence, not a code"
    return found


async def codes(world: World, by: Person, query: str = "") -> list[tuple[str, str]]:
    return [(one["kind"], one["code"]) for one in await work(world, by, query)]


async def person_of(world: World, by: Person) -> str:
    found: str = (await world.get("/v1/me", by)).json()["person"]
    return found


async def test_a_case_is_in_the_list_of_whoever_it_waits_for_with_all_they_need(
    world: World,
) -> None:
    case = await world.choosing()
    (line,) = await work(world, world.recipient())
    page = (await world.get(f"/v1/cases/{case}", world.recipient())).json()
    assert (line["kind"], line["code"], line["role"]) == ("term", "choice", "recipient")
    assert (line["case"], line["href"]) == (case, f"/v1/cases/{case}")
    assert (line["reference"], line["item"]) == (page["reference"], page["measure"]["item"])
    assert (line["due_at"], line["last_day"]) == (page["next"]["by"], page["next"]["last_day"])
    assert line["text"] == page["next"]["text"] == page["you"]["text"]
    assert (line["lateness"], line["assignee"], line["person"]) == ("later", None, None)
    assert await work(world, world.clerk) == await work(world, world.supplier) == []
    assert (await world.get(f"/v1/tasks/{line['id']}", world.recipient())).json() == line
    assert (await world.get(f"/v1/tasks/{line['id']}", world.clerk)).status_code == 404


async def test_work_goes_from_one_to_the_next_with_the_case(world: World) -> None:
    case = await world.ordered()
    assert await codes(world, world.supplier) == [("term", "supplier_answer")]
    assert await work(world, world.recipient()) == []
    await world.act(case, "confirm", world.supplier)
    assert await codes(world, world.supplier) == [("term", "delivery")]
    assert await work(world, world.other_supplier) == []


async def test_where_another_must_act_for_who_cannot_it_is_their_work(world: World) -> None:
    case = world.receive(1, representative=world.representing(2))
    assert await codes(world, world.recipient(2)) == [("term", "notice")]
    await ended(world, case, today())
    assert await work(world, world.recipient(2)) == []
    assert ("task", "nobody_to_act") in await codes(world, world.clerk)


async def test_the_second_pair_of_eyes_sees_who_was_first(world: World) -> None:
    case = await world.reviewed()
    assert await codes(world, world.clerk) == [("term", "review")]
    await world.act(case, "approve", world.clerk)
    (line,) = await work(world, world.second_clerk)
    assert (line["kind"], line["code"]) == ("approval", "second_approval")
    assert line["first"] == await person_of(world, world.clerk)
    assert line["person"] == f"/v1/cases/{case}/person"
    await world.act(case, "approve", world.second_clerk)
    assert await work(world, world.clerk) == []


async def test_of_two_who_decide_each_reader_is_told_which_one_is_waited_for(world: World) -> None:
    case = await world.reviewed()

    async def told(by: Person) -> tuple[bool, str]:
        page = await world.get(f"/v1/cases/{case}", by, Accept_Language="en")
        return page.json()["next"]["yours"], page.json()["next"]["text"]

    first = "Waiting for the first of two caseworkers of the local authority to decide"
    for by in (world.recipient(), world.supplier, world.commission, world.admin):
        assert await told(by) == (False, first)
    assert await told(world.clerk) == (True, "Review the application in time. Two caseworkers"
                                             " decide.")  # fmt: skip
    await world.act(case, "approve", world.clerk)
    second = "The first caseworker of the local authority has decided; waiting for the second"
    for by in (world.recipient(), world.supplier, world.commission, world.admin):
        assert await told(by) == (False, second)
    assert await told(world.clerk) == (
        False,
        "The first caseworker has decided; waiting for the second. One caseworker does not decide"
        " twice",
    )
    assert (await told(world.second_clerk))[0]


async def test_objections_disputes_about_terms_and_questions_are_work(world: World) -> None:
    bring_in(world)
    case = await world.reviewed()
    await world.act(case, "intend_refusal", world.clerk, ground="not_delivered", **REASON)
    assert await codes(world, world.recipient()) == [("term", "hearing_notice")]
    await world.act(case, "open_case", world.recipient())
    assert await codes(world, world.supplier) == [("term", "objections")]
    await world.act(case, "raise_objection", world.recipient(), **REASON)
    assert ("task", "objection_raised") in await codes(world, world.clerk)
    disputed = {"term": "objections", "start": today(-1), **REASON}
    await world.act(case, "contest_deadline", world.recipient(), **disputed)
    assert await codes(world, world.clerk, "&kind=contest") == [("contest", "deadline_contested")]
    await world.act(case, "escalate", world.clerk, to="authority_lead", **REASON)
    (asked,) = await work(world, HEAD, "&kind=question")
    assert (asked["case"], asked["role"]) == (case, "official")
    assert await work(world, CHAIR) == []
    assert await work(world, world.clerk, "&kind=question") == []
    every = await codes(world, world.admin, "&kind=question&of=everybody")
    assert every == [("question", "asked")]
    assert await codes(world, world.admin, "&kind=question") == [], "not put to administrators"


async def test_what_lies_on_desks_beside_cases_is_in_the_same_list_until_it_is_done(
    world: World,
) -> None:
    take_in(world.engine, five_mistakes())
    (rejected,) = await work(world, world.clerk)
    assert (rejected["kind"], rejected["case"]) == ("intake", None)
    assert (rejected["href"], rejected["due_at"] > rejected["since"]) == (
        f"/v1/tasks/{rejected['id']}",
        True,
    )
    await world.do(rejected["href"], world.clerk, "return_message", REASON)
    assert await work(world, world.clerk) == []

    await report(world, b"<unreadable")
    change = await proposed(world)
    told = {one["kind"]: one for one in await work(world, world.admin)}
    assert told.keys() == {"treasury_report", "change"}
    assert told["change"]["href"] == f"/v1/changes/{change['id']}"
    assert told["change"]["first"] == await person_of(world, world.admin)
    await world.do(told["treasury_report"]["href"], world.admin, "close_report", {"done": "Дұрыс"})
    assert await codes(world, world.admin) == [("change", "calendar")]

    held = await applied(world, world.supplier)
    (asks,) = await work(world, world.commission)
    assert (asks["id"], asks["due_at"]) == (held["id"], held["due_at"])
    await world.do(asks["href"], world.commission, "register")
    assert await work(world, world.commission) == []


async def test_work_is_taken_given_handed_over_and_given_back(world: World) -> None:
    case = await world.reviewed()
    (line,) = await work(world, world.clerk, "&assignee=unassigned")
    path = f"/v1/tasks/{line['id']}"
    taken = (await world.do(path, world.clerk, "claim", key="k-1")).json()["assignee"]
    assert taken["yours"]
    assert (await world.do(path, world.clerk, "claim", key="k-1")).json()["assignee"] == taken
    assert reasons(await world.do(path, world.second_clerk, "claim")) == ["already_assigned"]
    second = await person_of(world, world.second_clerk)
    for act in ("assign", "release", "cover"):
        said = {} if act == "release" else {"person": second}
        refused = await world.do(path, world.second_clerk, act, said)
        assert reasons(refused) == ["not_yours_to_assign"], act
    given = (await world.do(path, world.clerk, "assign", {"person": second})).json()["assignee"]
    assert (given["person"], given["yours"]) == (second, False)
    assert given["by"] == await person_of(world, world.clerk)
    assert await work(world, world.clerk, "&assignee=mine") == []
    (mine,) = await work(world, world.second_clerk, "&assignee=mine")
    assert mine["case"] == case
    assert [one["id"] for one in await work(world, world.clerk, f"&assignee={second}")] == [
        line["id"]
    ]
    nobody = {"person": "019f0000-0000-7000-8000-000000000000"}
    unknown = await world.do(path, world.second_clerk, "assign", nobody)
    assert reasons(unknown) == ["assignee_unknown"]
    assert (await world.do(path, world.second_clerk, "release")).json()["assignee"] is None
    assert world.audit().count(("caseworker", "work_claim")) == 1


async def test_whoever_has_work_keeps_it_as_long_as_it_is_the_same_work(world: World) -> None:
    case = await world.reviewed()
    (line,) = await work(world, world.clerk)
    await world.do(f"/v1/tasks/{line['id']}", world.clerk, "claim")
    await world.act(case, "open_case", world.recipient())
    await world.act(case, "propose_correction", world.clerk, field="delivered_on",
                    value=today(-1), **REASON)  # fmt: skip
    (held,) = await work(world, world.clerk, "&assignee=mine")
    assert held["id"] == line["id"]
    with world.engine.begin() as connection:
        rewrite(connection, case)
    assert [one["id"] for one in await work(world, world.clerk, "&assignee=mine")] == [line["id"]]
    await world.act(case, "approve", world.clerk)
    await world.act(case, "approve", world.second_clerk)
    assert await work(world, world.clerk, "&assignee=mine") == []
    assert (await world.get("/v1/me", world.clerk)).json()["work"]["yours"] == 0


async def test_while_one_is_away_a_colleague_has_all_of_their_work(world: World) -> None:
    bring_in(world)
    for number in (1, 2):
        take_in(world.engine, five_mistakes(number))
    for one in await work(world, world.clerk):
        await world.do(f"/v1/tasks/{one['id']}", world.clerk, "claim")
    (first, _) = await work(world, world.clerk, "&assignee=mine")
    second = {"person": await person_of(world, world.second_clerk)}
    covered = await world.do(f"/v1/tasks/{first['id']}", HEAD, "cover", second)
    assert covered.status_code == 200, covered.text
    assert len(await work(world, world.second_clerk, "&assignee=mine")) == 2
    assert await work(world, world.clerk, "&assignee=mine") == []


async def test_the_list_is_sorted_by_terms_paged_filtered_and_counted_exactly(
    world: World, database: Database
) -> None:
    for number in range(1, 6):
        await world.choosing(number)
    for number in (1, 2):
        take_in(world.engine, five_mistakes(number))
    every = await work(world, world.admin, "&of=everybody")
    due = [one["due_at"] for one in every]
    assert (due, len(every)) == (sorted(due), 7)
    found: list[dict[str, Any]] = []
    after: str | None = ""
    while after is not None:
        part = (
            await world.get(
                f"/v1/tasks?limit=2&count=true&of=everybody&sort=since{after}", world.admin
            )
        ).json()
        found += part["tasks"]
        assert part["count"] == 7
        after = part["after"] and f"&after={part['after']}"
    assert sorted(one["id"] for one in found) == sorted(one["id"] for one in every)
    since = [one["since"] for one in found]
    assert since == sorted(since)
    everybody = "&of=everybody"
    assert len(await work(world, world.admin, f"{everybody}&kind=intake")) == 2
    assert (
        len(await work(world, world.admin, f"{everybody}&lateness=later"))
        + len(await work(world, world.admin, f"{everybody}&lateness=due_soon"))
        == 7
    )
    move_clock(database.sandbox_url, timedelta(days=8))
    late = await work(world, world.admin, f"{everybody}&lateness=late")
    assert {one["kind"] for one in late} == {"intake"}
    wrong = await world.get("/v1/tasks?after=019f0000-0000-7000-8000-000000000000", world.admin)
    assert wrong.status_code == 422


async def test_who_is_calling_is_told_the_same_counts(world: World, database: Database) -> None:
    case = await world.reviewed()
    take_in(world.engine, five_mistakes())
    (line, *_) = await work(world, world.clerk, f"&case={case}")
    await world.do(f"/v1/tasks/{line['id']}", world.clerk, "claim")
    for days in (0, 40):
        move_clock(database.sandbox_url, timedelta(days=days))
        told = (await world.get("/v1/me", world.clerk)).json()["work"]
        for lateness in ("late", "due_soon", "later"):
            assert told[lateness] == len(await work(world, world.clerk, f"&lateness={lateness}"))
        assert (told["open"], told["yours"], told["at_least"]) == (2, 1, [])
    assert told["late"] == 2
    assert (await world.get("/v1/me", world.recipient())).json()["work"]["open"] == 0


async def test_every_piece_of_work_is_in_one_owners_list_and_counted_the_same_everywhere(
    world: World,
) -> None:
    bring_in(world)
    heard = await world.reviewed(1)
    await world.act(heard, "intend_refusal", world.clerk, ground="not_delivered", **REASON)
    await world.act(heard, "open_case", world.recipient(1))
    await world.act(heard, "raise_objection", world.recipient(1), **REASON)
    await world.choosing(2)
    none = await world.choosing(3)
    await world.act(none, "report_no_supplier", world.recipient(3), **REASON)
    await world.act(await world.choosing(4), "escalate", world.clerk, to="authority_lead", **REASON)
    take_in(world.engine, five_mistakes())
    await report(world, b"<unreadable")
    await proposed(world)
    owners = {
        **{f"recipient {n}": world.recipient(n) for n in range(1, 5)},
        "supplier": world.supplier,
        "other supplier": world.other_supplier,
        "caseworker": world.clerk,
        "commission": world.commission,
        "administrator": world.admin,
        "head": HEAD,
    }
    lists: dict[str, list[str]] = {}
    for name, by in owners.items():
        lists[name] = [one["id"] for one in await work(world, by)]
        counted = (await world.get("/v1/tasks?limit=1&count=true", by)).json()["count"]
        told = (await world.get("/v1/me", by)).json()["work"]
        assert counted == told["open"] == len(set(lists[name])) == len(lists[name]), name
        assert told["late"] + told["due_soon"] + told["later"] == told["open"], name
    # The head is a caseworker of the same authority: the list is the same, and the question beside.
    assert set(lists["caseworker"]) < set(lists["head"])
    every = {one["id"]: one["kind"] for one in await work(world, world.admin, "&of=everybody")}
    asked = set(lists.pop("head")) - set(lists["caseworker"])
    owned = [one for found in (*lists.values(), asked) for one in found]
    assert len(owned) == len(set(owned)), "in one list alone"
    assert set(owned) == every.keys(), "administrators may see all of it"
    theirs = sorted(every[one] for one in lists["administrator"])
    assert theirs == ["change", "treasury_report"]
    assert all(lists[one] for one in ("recipient 1", "supplier", "caseworker", "commission"))
    await nothing_is_lost_where_it_is_assigned(world, every)


async def nothing_is_lost_where_it_is_assigned(world: World, every: dict[str, str]) -> None:
    """Whoever is given what, each piece is with one who may do it, or with nobody; whoever has it
    finds it in their list and count. What is refused stays where it was.
    """
    officials = [world.clerk, world.second_clerk, HEAD, world.foreign_clerk, world.commission]
    officials += [world.admin]
    people = {await person_of(world, one): one for one in officials}
    recipient = await person_of(world, world.recipient(1))
    given: dict[str, str] = {}
    for place, id_ in enumerate(every):
        for person in (recipient, *[*people][place % 6 :], *[*people][: place % 6]):
            if id_ in given:
                break
            told = await world.do(f"/v1/tasks/{id_}", world.admin, "assign", {"person": person})
            if told.status_code == 200:
                given[id_] = person
            else:
                assert all(
                    one.startswith("work_of_") or one == "same_person" for one in reasons(told)
                ), told.text
                assert all(" " in one["text"] for one in told.json()["reasons"])
    assert recipient not in given.values()
    assert {every[one] for one in every.keys() - given.keys()} <= {"term", "change"}
    held: dict[str, str] = {}
    for person, by in people.items():
        mine = [one["id"] for one in await work(world, by, "&assignee=mine")]
        assert (await world.get("/v1/me", by)).json()["work"]["yours"] == len(mine)
        assert held.keys().isdisjoint(mine), "with one alone"
        held |= dict.fromkeys(mine, person)
    assert held == given
    nobody = await work(world, world.admin, "&of=everybody&assignee=unassigned")
    assert {one["id"] for one in nobody} == every.keys() - given.keys()


async def test_work_is_given_to_those_alone_who_may_do_it(world: World) -> None:
    bring_in(world)
    case = await world.reviewed()
    people = {name: await person_of(world, by) for name, by in (
        ("first", world.clerk), ("second", world.second_clerk), ("foreign", world.foreign_clerk),
        ("commission", world.commission), ("recipient", world.recipient()), ("admin", world.admin),
    )}  # fmt: skip
    (line,) = await work(world, world.clerk)
    path = f"/v1/tasks/{line['id']}"
    for name in ("foreign", "commission", "recipient", "admin"):
        for act in ("assign", "cover"):
            if act == "cover":
                await world.do(path, world.clerk, "claim")
            told = await world.do(path, world.clerk, act, {"person": people[name]})
            assert reasons(told) == ["work_of_caseworker"], (name, act)
            await world.do(path, world.clerk, "release")
    assert reasons(await world.do(path, world.admin, "claim")) == ["work_of_caseworker"]
    await world.act(case, "approve", world.clerk)
    (line,) = await work(world, world.second_clerk)
    path = f"/v1/tasks/{line['id']}"
    first = {"person": people["first"]}
    assert reasons(await world.do(path, world.second_clerk, "assign", first)) == ["same_person"]
    assert reasons(await world.do(path, world.clerk, "claim")) == ["same_person"]
    await world.do(path, world.second_clerk, "claim")
    covered = await world.do(path, HEAD, "cover", first)
    assert covered.json()["assignee"] is None, "who was first must not do it"
    second = {"person": people["second"]}
    assert (await world.do(path, HEAD, "assign", second)).status_code == 200
    refused = await world.do(path, world.second_clerk, "assign", {"person": people["foreign"]})
    assert "сотрудник этого местного исполнительного органа" in refused.text


@pytest.mark.parametrize("act", ["claim", "release"])
async def test_work_of_others_does_not_exist_and_parties_take_none(world: World, act: str) -> None:
    await world.reviewed()
    (line,) = await work(world, world.clerk)
    path = f"/v1/tasks/{line['id']}"
    assert await work(world, world.foreign_clerk) == []
    assert (await world.do(path, world.foreign_clerk, act)).status_code == 404
    assert (await world.do(path, world.recipient(), act)).status_code == 403
    assert (await world.do(path, world.supplier, act)).status_code == 403
    assert await work(world, world.admin, "&authority=019f0000-0000-7000-8000-000000000000") == []
