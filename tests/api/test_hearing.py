"""A decision against a person over HTTP: what is intended, said against it, and decided."""

from datetime import timedelta

from sqlalchemy import text

from db.reference import read_case
from domain.terms.agenda import agenda
from tests.api.world import AUTHORITY_BIN, World, person, today
from tests.domain.play import CURRENT
from tests.support.casework import move_clock
from tests.support.papers import squeezed, words_of_page
from tests.support.servers import Database

WHY = "Акт приема-передачи подписан не получателем."
CLERKS = [
    person("caseworker", number, authority=AUTHORITY_BIN, name=name)
    for number, name in ((931, "А. Омаров"), (932, "Г. Сейітова"))
]
REFUSED = {"ground": "not_delivered", "reason": WHY}


def pass_time(world: World, database: Database, case: str, term: str) -> None:
    """The clock goes to the end of a term, and the case comes along."""
    while True:
        with world.engine.connect() as connection:
            state = read_case(connection, case)
            now = connection.execute(text("SELECT legal_now()")).scalar_one()
        due = agenda(state, CURRENT.process)[0]
        move_clock(database.sandbox_url, due.wake_at - now + timedelta(seconds=1))
        world.host.say(case, due.message)
        if due.message.data["fires"] == {"term": term, "code": "over"}:
            return


async def test_v5_v6_a_refusal_is_explained_heard_answered_and_says_how_to_appeal(
    world: World, database: Database
) -> None:
    case = await world.reviewed()
    recipient, (clerk, second) = world.recipient(), CLERKS
    await world.act(case, "intend_refusal", clerk, **REFUSED)

    paper = await world.paper(case, "preliminary_decision", recipient)
    assert set(paper["texts"]) == {"kk", "ru", "en"}
    assert all(WHY in one["text"] for one in paper["texts"].values())
    assert "The aid or service was not delivered" in paper["texts"]["en"]["text"]

    early = await world.ask(case, "refuse", clerk, REFUSED)
    assert [one["code"] for one in early.json()["reasons"]] == ["not_heard"]

    await world.act(case, "open_case", recipient)
    told = await world.act(case, "raise_objection", recipient, reason="Мен өзім қол қойдым.")
    [objection] = told["periods"][0]["hearing"]["objections"]
    assert (objection["by"], objection["answered"]) == ("recipient", False)
    words = (await world.get(f"/v1/messages/{objection['id']}", clerk)).json()["words"]
    assert words == {"reason": "Мен өзім қол қойдым."}

    answer = {"objection": objection["id"], "reason": "Экспертиза: подпись не ваша."}
    await world.act(case, "answer_objection", clerk, **answer)
    paper = await world.paper(case, "answer", recipient)
    assert answer["reason"] in paper["texts"]["kk"]["text"]

    pass_time(world, database, case, "hearing")
    await world.act(case, "refuse", clerk, **REFUSED)
    told = await world.act(case, "refuse", second, **{**REFUSED, "reason": "Согласен"})
    assert told["status"] == "refused"
    paper = await world.paper(case, "decision", recipient)
    assert all(WHY in one["text"] for one in paper["texts"].values()), "the first one's reason"
    assert "Согласен" not in str(paper["texts"])
    decided = (await world.get(f"/v1/cases/{case}/events?limit=200", clerk)).json()["events"]
    (final,) = (one for one in decided if one.get("confirms"))
    reason = (await world.get(final["confirms"], clerk)).json()["words"]["reason"]
    assert (final["to"], reason) == ("refused", WHY)
    assert paper["ground"] == "not_delivered"
    assert "appeal" in paper["texts"]["en"]["text"]
    assert "time: 3 calendar months;" in paper["texts"]["en"]["text"]
    assert "шағым" in paper["texts"]["kk"]["text"]
    await both_are_named(world, case)
    # The supplier reads it too: it is not paid.
    assert await world.paper(case, "decision", world.supplier) == paper


async def both_are_named(world: World, case: str) -> None:
    """Who decided first and second is told to officials, that two of them did, to parties."""
    two = [(await world.get("/v1/me", one)).json() for one in CLERKS]
    official, party = [
        (await world.get(f"/v1/cases/{case}", by)).json() for by in (world.clerk, world.recipient())
    ]
    named = [one["decided_by"] for one in official["timeline"] if "decided_by" in one][-1]
    assert [(one["person"], one["person_label"]) for one in named] == [
        (one["person"], one["name"]) for one in two
    ]
    roles = [one["decided_by"] for one in party["timeline"] if "decided_by" in one][-1]
    assert [one.keys() for one in roles] == [{"role", "role_label"}] * 2
    assert [one["person"] for one in official["periods"][0]["decisions"]] == [
        one["person"] for one in two
    ]
    assert "decisions" not in party["periods"][0]
    place = [one["href"] for one in party["documents"] if one["kind"] == "decision"][-1]
    pages = [
        words_of_page((await world.get(f"{place}?format=html", by)).text)
        for by in (world.clerk, world.recipient())
    ]
    for one in two:
        assert squeezed(one["name"]) in pages[0]
        assert squeezed(one["name"]) not in pages[1]
    assert all("Ктопринялрешениепервым" in page for page in pages)
    assert all("Шешімдірастаған" in page for page in pages)


async def test_v5_an_intention_that_is_withdrawn_leaves_the_application_to_be_approved(
    world: World,
) -> None:
    case = await world.reviewed()
    await world.act(case, "intend_refusal", world.clerk, **REFUSED)
    refused = await world.ask(case, "approve", world.second_clerk, {})
    assert [one["code"] for one in refused.json()["reasons"]] == ["hearing_pending"]
    told = await world.act(case, "withdraw_intention", world.clerk, reason="Қате болды.")
    assert told["periods"][0]["hearing"] is None
    await world.act(case, "approve", world.clerk)
    told = await world.act(case, "approve", world.second_clerk)
    assert told["status"] == "payment_pending"
    (decided,) = (one["decided_by"] for one in told["timeline"] if one["type"] == "approved")
    assert [one["person"] for one in decided] == [
        one["person"] for one in told["periods"][0]["decisions"]
    ]
    assert len({one["person"] for one in decided}) == 2


async def test_v5_a_ground_that_is_no_ground_writes_no_paper(world: World) -> None:
    case = await world.reviewed()
    asked = {**REFUSED, "ground": "whim"}
    answer = await world.ask(case, "intend_refusal", world.clerk, asked)
    assert [one["code"] for one in answer.json()["reasons"]] == ["ground_not_listed"]
    stranger = await world.ask(case, "raise_objection", world.recipient(2), REFUSED)
    assert stranger.status_code in (404, 422)


async def test_c7_an_expired_choice_is_closed_after_a_hearing_with_a_decision_to_read(
    world: World, database: Database
) -> None:
    case = await world.choosing()
    pass_time(world, database, case, "choice")
    await world.act(case, "intend_closing", world.clerk, reason=WHY)
    paper = await world.paper(case, "preliminary_decision", world.recipient())
    assert paper["about"] == "preliminary_closing"
    await world.act(case, "open_case", world.recipient())
    pass_time(world, database, case, "hearing")
    move_clock(database.sandbox_url, timedelta(days=20))
    told = await world.act(case, "close", world.clerk, reason=WHY)
    assert told["status"] == "closed_unclaimed"
    paper = await world.paper(case, "decision", world.recipient())
    assert paper["about"] == "closing"


async def test_v1_a_returned_application_is_read_corrected_and_signed_anew(world: World) -> None:
    case = await world.reviewed()
    until = today(14)
    wrong = {"what": "attachment", "until": until, "reason": "Акт жоқ."}
    told = await world.act(case, "return_application", world.clerk, **wrong)
    assert told["status"] == "under_review"
    paper = await world.paper(case, "decision", world.supplier)
    assert "Акт жоқ." in paper["texts"]["ru"]["text"]
    await world.act(case, "provide_attachment", world.supplier, evidence="Акт № 2")

    wrong = {"what": "content", "until": until, "reason": "Саны қате."}
    told = await world.act(case, "return_application", world.clerk, **wrong)
    assert told["status"] == "under_review"
    told = await world.act(case, "return_application", world.second_clerk, **wrong)
    assert told["status"] == "awaiting_signatures"
    application = told["periods"][0]["application"]
    assert (application["version"], application["signed_by"]) == (2, [])
    recipient = world.recipient()
    mine = world.annex(case, recipient)
    signed = {name: mine[name] for name in ("application_sha256", "signature")}
    await world.act(case, "sign", recipient, **signed)
    told = await world.act(case, "sign", world.supplier, **world.annex(case, world.supplier))
    assert told["status"] == "under_review"
