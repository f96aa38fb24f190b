"""The form of a command: what it may say, in the reader's language, with the choices of a case."""

from typing import Any

import pytest
from jsonschema import Draft202012Validator

from definitions.command_forms import FormInvalid, command_forms, drawn
from definitions.editions import editions
from tests.api.paying import paying
from tests.api.test_parties import power
from tests.api.test_periods import BAGS
from tests.api.world import World, today


async def form(world: World, href: str, **headers: str) -> dict[str, Any]:
    answer = await world.get(href, world.clerk, **headers)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def test_whatever_may_be_asked_has_a_form_that_takes_what_the_command_takes(
    world: World,
) -> None:
    case = await world.reviewed()
    page = (await world.get(f"/v1/cases/{case}", world.clerk)).json()
    for one in page["you"]["may"]:
        drawn = await form(world, one.get("form", page["you"]["forms"] + one["name"]))
        Draft202012Validator.check_schema(drawn)
        assert drawn["properties"]["command"] == {"const": one["name"]}
        assert drawn["title"] == one["label"]


async def test_a_form_offers_the_choices_of_the_case_as_it_stands(world: World) -> None:
    case = await world.choosing()
    to = {"to": "authority_lead", "reason": "Вопрос"}
    await world.act(case, "escalate", world.clerk, **to)
    page = (await world.get(f"/v1/cases/{case}", world.clerk)).json()
    (question,) = page["escalations"]
    href = f"/v1/definitions/{page['edition']}/commands/answer_escalation?case={case}"
    drawn = await form(world, href)
    (offered,) = drawn["properties"]["escalation"]["oneOf"]
    assert offered["const"] == question["id"]
    assert offered["title"].startswith("Руководитель органа, вопрос от ")


async def test_whatever_is_chosen_of_a_case_is_offered_by_its_name_and_never_by_its_code_alone(
    world: World,
) -> None:
    case = await world.choosing(3)
    await world.act(case, "begin_representation", world.clerk, **power(2))
    proposal = await options(world, case, "confirm_representation", "proposal")
    assert list(proposal.values()) == ["Опекун"]
    case, _, _ = await paying(world)
    keys = await options(world, case, "enter_statement", "key")
    assert [f"{key}: 270\N{NO-BREAK SPACE}000,00\N{NO-BREAK SPACE}тенге" for key in keys] == list(
        keys.values()
    )


async def test_who_moves_is_told_by_name_to_whom_and_whereto(world: World) -> None:
    case = await world.choosing()
    edition = (await world.get(f"/v1/cases/{case}", world.clerk)).json()["edition"]
    drawn = await form(world, f"/v1/definitions/{edition}/commands/move?case={case}")
    named = {
        field: {one["title"]: one["const"] for one in drawn["properties"][field]["x-offered"]}
        for field in ("authority_bin", "kato")
    }
    assert all(not name.isdecimal() for names in named.values() for name in names)
    kato = named["kato"]["область Абай, Аягозский район"]
    said = {"authority_bin": next(iter(named["authority_bin"].values())), "kato": kato}
    moved = await world.ask(case, "move", world.clerk, {**said, "evidence": "Анықтама"})
    assert moved.status_code == 204, "it is of another authority now"


async def options(world: World, case: str, command: str, field: str) -> dict[str, str]:
    """What a caseworker may choose in a field now, with the names."""
    edition = (await world.get(f"/v1/cases/{case}", world.clerk)).json()["edition"]
    href = f"/v1/definitions/{edition}/commands/{command}?case={case}"
    answer = await world.get(href, world.second_clerk)
    offered = answer.json()["properties"][field]["oneOf"]
    return {one["const"]: one["title"] for one in offered}


async def test_a_form_offers_what_the_case_takes_now_with_names_and_bounds(world: World) -> None:
    case = await world.reviewed()
    page = (await world.get(f"/v1/cases/{case}", world.clerk)).json()
    forms = {one["name"]: one["form"] for one in page["you"]["may"] if "form" in one}
    refusing = (await form(world, forms["intend_refusal"], Accept_Language="en"))["properties"]
    grounds = {one["const"]: one["title"] for one in refusing["ground"]["oneOf"]}
    assert "unsigned" not in grounds, "everybody has signed"
    assert all(" " in title for title in grounds.values())
    until = (await form(world, forms["return_application"]))["properties"]["until"]
    assert until["formatMinimum"] == today(1)
    assert today(5) < until["formatMaximum"] < today(100)
    asked = (await form(world, forms["escalate"], Accept_Language="en"))["properties"]["to"]
    assert {"const": "authority_lead", "title": asked["oneOf"][0]["title"]} in asked["oneOf"]
    ordering = await world.choosing(2)
    path = f"/v1/definitions/{page['edition']}/commands/place_order?case={ordering}"
    drawn = (await world.get(path, world.recipient(2))).json()["properties"]
    assert drawn["offer_id"]["x-choices"] == f"/v1/offers?case_id={ordering}"
    assert (drawn["quantity"]["minimum"], drawn["quantity"]["maximum"]) == (1, 1)


async def test_a_value_that_is_refused_is_answered_with_those_that_are_possible(
    world: World,
) -> None:
    case = await world.reviewed()
    wrong = {"ground": "unsigned", "reason": "Жоқ"}
    told = (await world.ask(case, "intend_refusal", world.clerk, wrong)).json()
    offered = [one["const"] for one in told["possible"]["ground"]["oneOf"]]
    assert "not_delivered" in offered
    assert "unsigned" not in offered
    late = {"what": "content", "until": today(400), "reason": "Жоқ"}
    told = (await world.ask(case, "return_application", world.clerk, late)).json()
    (reason,) = told["reasons"]
    right = told["possible"]["until"]
    assert (reason["facts"]["earliest"], reason["facts"]["latest"]) == (
        right["formatMinimum"],
        right["formatMaximum"],
    )
    assert f"{int(right['formatMaximum'][:4])}" in reason["text"], "the right days, in words"


async def test_what_is_about_the_whole_case_is_offered_though_its_first_period_has_ended(
    world: World,
) -> None:
    case = await world.choosing(1, item=BAGS)
    await world.act(case, "decline", world.recipient(), reason="Жоқ")
    told = await world.act(case, "escalate", world.clerk, to="authority_lead", reason="Вопрос")
    assert [one["status"] for one in told["periods"]] == ["lapsed", "planned"]
    assert len(await options(world, case, "answer_escalation", "escalation")) == 1
    forms = {one["name"]: one["form"] for one in told["you"]["may"] if "form" in one}
    until = (await form(world, forms["pause"]))["properties"]["until"]
    assert until["formatMinimum"] == today(1)
    wrong = {"ground": "court", "until": today(900), "reason": "Жоқ"}
    refused = (await world.ask(case, "pause", world.clerk, wrong)).json()
    assert refused["possible"]["until"] == until
    assert (await world.get(f"{forms['pause']}&period=7", world.clerk)).status_code == 404


async def test_a_form_says_what_holds_of_a_field_where_another_has_a_value(world: World) -> None:
    case = await world.reviewed()
    forms = f"/v1/definitions/social-code/commands/propose_correction?case={case}"
    drawn = await form(world, forms)
    (until,) = {
        one["then"]["properties"]["value"]["formatMaximum"]
        for one in drawn["allOf"]
        if one["then"]["properties"]["value"]
    }
    assert until == today()
    wrong = {"field": "developed_on", "value": today(1), "reason": "Жоқ"}
    told = (await world.ask(case, "propose_correction", world.clerk, wrong)).json()
    assert told["possible"]["value"]["formatMaximum"] == today()


async def test_a_statement_is_offered_for_the_payments_of_which_it_can_say_something(
    world: World,
) -> None:
    case, key, _ = await paying(world)
    forms = f"/v1/definitions/social-code/commands/enter_statement?case={case}"
    drawn = (await form(world, forms))["properties"]
    assert [one["const"] for one in drawn["key"]["oneOf"]] == [key]
    outcomes = {one["const"] for one in drawn["outcome"]["oneOf"]}
    assert outcomes == {"settled", "returned", "rejected"}


async def test_a_ground_to_revoke_is_chosen_by_name_and_no_other_is_taken(world: World) -> None:
    case = await world.choosing()
    drawn = await form(world, f"/v1/definitions/social-code/commands/revoke?case={case}")
    grounds = [one["const"] for one in drawn["properties"]["ground"]["oneOf"]]
    assert grounds == ["programme_revoked", "measure_removed", "person_died"]
    died = {"ground": "dead", "reason": "Қайтыс болды", "evidence": "Куәлік"}
    answer = await world.ask(case, "revoke", world.clerk, died)
    (mistake,) = answer.json()["errors"]
    assert (answer.status_code, mistake["pointer"]) == (422, "/ground")


async def test_who_disputes_a_term_says_from_which_day_or_by_which_calendar(world: World) -> None:
    case = await world.choosing()
    said = {"term": "choice", "reason": "Нет"}
    answer = await world.ask(case, "contest_deadline", world.recipient(), said)
    assert answer.status_code == 422
    assert [one["pointer"] for one in answer.json()["errors"]] == ["/start"]
    href = f"/v1/definitions/social-code/commands/contest_deadline?case={case}"
    drawn = (await world.get(href, world.recipient())).json()
    (calendar,) = drawn["properties"]["calendar"]["oneOf"]
    other = {**said, "calendar": calendar["const"]}
    assert (await world.ask(case, "contest_deadline", world.recipient(), other)).is_success


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
async def test_a_form_speaks_the_readers_language(world: World, language: str) -> None:
    law = next(iter(editions().values()))
    path = f"/v1/definitions/{law.code}/commands/pause"
    told = (await form(world, path, Accept_Language=language))["properties"]
    grounds = {one["const"]: one["title"] for one in told["ground"]["oneOf"]}
    assert set(grounds) == set(law.pause_grounds)
    every = {
        (await form(world, f"{path}?languages={one}"))["properties"]["reason"]["title"]
        for one in ("kk", "ru", "en")
    }
    assert len(every) == 3
    assert told["reason"]["title"] in every


@pytest.mark.parametrize("name", command_forms())
def test_every_form_can_be_read_in_every_language(name: str) -> None:
    for law in editions().values():
        shown = drawn(command_forms()[name], law, ["kk", "ru", "en"], {})["properties"]
        assert all(one["x-title"].keys() == {"kk", "ru", "en"} for one in named(shown))


def named(fields: dict[str, Any]) -> list[dict[str, Any]]:
    """All fields that somebody fills in."""
    return [one for name, one in fields.items() if name != "command"]


async def test_who_may_not_see_a_case_learns_nothing_of_its_choices(world: World) -> None:
    case = await world.choosing()
    path = f"/v1/definitions/order-379/commands/escalate?case={case}"
    assert (await world.get(path, world.foreign_clerk)).status_code == 404
    assert (await world.get("/v1/definitions/none/commands/sign", world.clerk)).status_code == 404
    unknown = "/v1/definitions/order-379/commands/none"
    assert (await world.get(unknown, world.clerk)).status_code == 404


async def test_a_command_that_there_is_not_is_answered_with_those_of_the_role(
    world: World,
) -> None:
    case = await world.choosing()
    answer = await world.ask(case, "fly", world.recipient())
    (mistake,) = answer.json()["errors"]
    assert (answer.status_code, mistake["pointer"]) == (422, "/command")
    assert "place_order" in mistake["text"]
    assert "approve" not in mistake["text"]
    other = await world.ask(case, "approve", world.recipient())
    assert other.status_code == 403


async def test_every_mistake_of_a_command_is_told_at_once_and_null_is_left_out(
    world: World,
) -> None:
    case = await world.ordered()
    await world.act(case, "confirm", world.supplier)
    wrong = {"on": "2026-13-01", "quantity": 0, "secret": 1}
    answer = await world.ask(case, "mark_delivered", world.supplier, wrong)
    told = {one["pointer"]: one["code"] for one in answer.json()["errors"]}
    assert told == {
        "/on": "format_date",
        "/quantity": "below_minimum",
        "/secret": "unknown_field",
        "/evidence": "required",
    }
    right = {"on": today(), "quantity": 1.0, "evidence": "Акт № 1", "period": None}
    assert (await world.ask(case, "mark_delivered", world.supplier, right)).status_code == 200


def test_what_is_personal_in_a_command_never_reaches_the_decider() -> None:
    forms = command_forms()
    said = {
        "command": "begin_representation",
        "iin": "860507300331",
        "kind": "GUARDIAN",
        "basis_number": "12-3",
        "basis_date": "2026-01-12",
        "evidence": "Шешім",
        "phone": "+77001234567",
    }
    form_ = forms["begin_representation"]
    told = form_.told(form_.read(said))
    hidden = {name for name, one in told.items() if one is True}
    assert {"iin", "basis_number", "evidence", "phone"} <= hidden


@pytest.mark.parametrize("field", ["reason", "evidence", "basis_number"])
@pytest.mark.parametrize("text", ["a" * 900_000 + "\x01", "\n" * 900_000, "a" * 3_900 + "\x01"])
def test_a_hostile_text_is_read_in_one_go(field: str, text: str) -> None:
    """A pattern would look for its match from every place: hours for what is sent in a second."""
    said = {
        "command": "begin_representation",
        "iin": "860507300331",
        "kind": "GUARDIAN",
        "basis_number": "12-3",
        "basis_date": "2026-01-12",
        "evidence": "Шешім",
    }
    name, rest = ("begin_representation", said) if field != "reason" else ("decline", {})
    with pytest.raises(FormInvalid) as invalid:
        command_forms()[name].read({**rest, "command": name, field: text})
    assert {fault.path for fault in invalid.value.faults} == {(field,)}


def test_words_have_something_to_be_seen() -> None:
    form_ = command_forms()["decline"]
    for blank in (" ", "\u200b", "\u3000\n", "\ufeff", "a\x00", "a\x85", "a\r"):
        with pytest.raises(FormInvalid):
            form_.read({"command": "decline", "reason": blank})
    assert form_.read({"command": "decline", "reason": "Жоқ\n\tрақмет"})["reason"]


async def test_a_supplier_is_offered_only_what_it_sees(world: World) -> None:
    case = await world.ordered()
    to = {"to": "authority_lead", "reason": "Вопрос"}
    await world.act(case, "escalate", world.clerk, **to)
    path = f"/v1/definitions/social-code/commands/contest_deadline?case={case}"
    answer = await world.get(path, world.supplier)
    terms = [one["const"] for one in answer.json()["properties"]["term"]["oneOf"]]
    assert terms == ["supplier_answer"]
    hidden = {"term": "choice", "start": today(), "reason": "Нет"}
    assert await world.refused(case, "contest_deadline", world.supplier, **hidden) == [
        "nothing_to_do"
    ]
    others = f"/v1/definitions/social-code/commands/answer_escalation?case={case}"
    assert (await world.get(others, world.supplier)).status_code == 403
