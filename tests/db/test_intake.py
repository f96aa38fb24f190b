"""What E-Собес sends becomes cases or mistakes, once each, whatever comes twice or at once."""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine, text

from db.intake import (
    finish_pending,
    retry_rejected,
    settle_all,
)
from db.journal import (
    ACCEPTED,
    CONFLICT,
    REJECTED,
    JournalVerdict,
    find_message,
    journal,
    read_raw,
    read_verdicts,
)
from db.opening import case_reference
from db.persons import person_of, read_profile
from db.sealing import Unreadable
from definitions.catalogues import current_catalogue
from definitions.editions import edition
from tests.support.catalogues import NEW_ITEM, bring_in, content, with_new_item
from tests.support.erasing import erased
from tests.support.intake import SEAL, iin, measure, raw, take_in


def rows(engine: Engine, statement: str, **values: Any) -> list[Any]:
    with engine.connect() as connection:
        return list(connection.execute(text(statement), values).all())


def only(engine: Engine, message: Any) -> JournalVerdict:
    (verdict,) = take_in(engine, message)
    return verdict


def test_a_right_message_opens_a_case_bound_to_the_edition_in_force(engine: Engine) -> None:
    verdict = only(engine, measure())
    assert verdict.status == ACCEPTED
    assert verdict.reference == case_reference(1)
    ((law,),) = rows(engine, "SELECT edition FROM case_head")
    assert edition(law).code == "social-code"
    ((name, data),) = rows(engine, "SELECT name, data FROM inbox")
    assert name == "measure_arrived"
    assert data["measure"]["unit_sum"] == (
        current_catalogue().items["MOBILITY-WHEELCHAIR-OUTDOOR"].sums[-1].tiyn
    )
    assert data["measure"]["reference"] == verdict.reference
    assert data["measure"]["region"] == "711110000"


def test_what_the_case_is_told_names_nobody(engine: Engine) -> None:
    only(engine, measure(representative={
        "iin": iin(7), "kind": "GUARDIAN", "basis_number": "12", "basis_date": "2026-01-01",
        "valid_until": None, "phone": "+77000000009", "email": None,
    }))  # fmt: skip
    ((told,),) = rows(engine, "SELECT data::text || facts::text FROM inbox")
    for personal in (iin(1), iin(7), "Үлгібаев", "Мысал", "+7700", "mysal@example.com"):
        assert personal not in told


def test_a_journalled_row_is_unreadable_without_the_key(engine: Engine) -> None:
    only(engine, measure())
    ((journalled, kept, profile),) = rows(
        engine, "SELECT j.sealed, i.sealed, p.sealed FROM journal j, inbox i, person p"
    )
    for sealed in (journalled, kept, profile):
        assert "Үлгібаев".encode() not in bytes(sealed)
        assert iin(1).encode() not in bytes(sealed)


def test_every_mistake_is_kept_with_its_pointer(engine: Engine) -> None:
    wrong = measure(person__iin="123", item__quantity=0)
    verdict = only(engine, wrong)
    assert verdict.status == REJECTED
    assert {m["pointer"]: m["code"] for m in verdict.mistakes} == {
        "/item/quantity": "below_minimum",
        "/person/iin": "format_iin",
    }
    assert set(verdict.mistakes[0]["text"]) == {"kk", "ru", "en"}
    assert rows(engine, "SELECT * FROM case_head") == []


@pytest.mark.parametrize("wrong", [None, 7, "word", [], {}, {"message_id": {"a": 1}}])
def test_anything_that_is_json_gets_a_verdict(engine: Engine, wrong: object) -> None:
    assert only(engine, wrong).status == REJECTED


def test_the_same_message_again_is_answered_the_same(engine: Engine) -> None:
    first = take_in(engine, measure(1), measure(2, payer="NOBODY"))
    again = take_in(engine, measure(1), measure(2, payer="NOBODY"))
    assert again == first
    assert len(rows(engine, "SELECT 1 FROM journal")) == 2
    assert len(rows(engine, "SELECT 1 FROM inbox")) == 1


def test_the_order_of_fields_and_blanks_make_no_other_message(engine: Engine) -> None:
    first = only(engine, measure())
    shuffled = dict(reversed(measure().items()))
    assert only(engine, shuffled) == first


def test_the_same_number_with_another_body_is_a_conflict_and_kept(engine: Engine) -> None:
    first = only(engine, measure())
    other = only(engine, measure(person__name="Үлгі"))
    assert other.status == CONFLICT
    assert other.case_id is None
    assert only(engine, measure()) == first
    assert [one["code"] for one in other.mistakes] == ["message_id_differs"]
    only(engine, measure(person__name="Үлгі"))
    conflicts = rows(
        engine,
        "SELECT t.state FROM journal j JOIN intake_task t ON t.journal_id = j.id"
        " WHERE j.verdict = 'conflict'",
    )
    assert conflicts == [("open",)]


def test_what_has_no_number_is_known_by_what_it_says(engine: Engine) -> None:
    first, second = take_in(engine, {}, {})
    again, other = take_in(engine, {}, {"a": 1})
    assert first == second == again
    assert other.status == REJECTED
    assert len(rows(engine, "SELECT 1 FROM journal")) == 2
    assert len(rows(engine, "SELECT 1 FROM intake_task")) == 2


def test_two_of_the_same_number_in_one_request_are_one_message(engine: Engine) -> None:
    first, second, third = take_in(engine, measure(), measure(), measure(payer="EMPLOYER"))
    assert first == second
    assert (first.status, third.status) == (ACCEPTED, CONFLICT)


def test_two_requests_at_once_open_one_case(engine: Engine) -> None:
    messages = [measure(number, measure_id="M-1", programme__number="P-1") for number in (1,) * 8]
    for place, message in enumerate(messages):
        message["message_id"] = f"message-{place}"
    with ThreadPoolExecutor(8) as pool:
        verdicts = list(pool.map(lambda message: only(engine, message), messages))
    assert len({verdict.case_id for verdict in verdicts}) == 1
    assert len(rows(engine, "SELECT 1 FROM inbox")) == 8


def test_two_requests_with_the_same_message_at_once_are_one_message(engine: Engine) -> None:
    with ThreadPoolExecutor(8) as pool:
        verdicts = list(pool.map(lambda _: only(engine, measure()), range(8)))
    assert len(set(map(str, verdicts))) == 1
    assert len(rows(engine, "SELECT 1 FROM inbox")) == 1


def test_requests_that_want_the_same_persons_in_another_order_all_get_through(
    engine: Engine,
) -> None:
    def batch(turn: int) -> list[JournalVerdict]:
        numbers = range(1, 9) if turn % 2 else range(8, 0, -1)
        return take_in(
            engine,
            *(measure(n, message_id=f"{turn}-{n}", programme__revision=turn + 1) for n in numbers),
        )

    with ThreadPoolExecutor(6) as pool:
        for verdicts in pool.map(batch, range(6)):
            assert {verdict.status for verdict in verdicts} == {ACCEPTED}
    assert len(rows(engine, "SELECT 1 FROM case_head")) == 8


def test_a_revision_goes_to_the_same_case_and_brings_new_contacts(engine: Engine) -> None:
    first = only(engine, measure())
    newer = measure(message_id="newer", programme__revision=2, person__phone="+77000000002")
    newer["person"].pop("email")
    newer["person"].pop("email_confirmed")
    assert only(engine, newer).case_id == first.case_id
    with engine.begin() as connection:
        profile = read_profile(connection, SEAL, person_of(connection, SEAL, iin(1)))
    assert (profile.phone, profile.email, profile.email_confirmed) == ("+77000000002", None, False)


def test_an_older_revision_that_comes_late_brings_no_old_contacts_back(engine: Engine) -> None:
    only(engine, measure(programme__revision=3, person__phone="+77000000003"))
    late = measure(message_id="late", programme__revision=2, person__phone="+77000000002")
    assert only(engine, late).status == ACCEPTED
    with engine.begin() as connection:
        profile = read_profile(connection, SEAL, person_of(connection, SEAL, iin(1)))
    assert profile.phone == "+77000000003"


def test_no_revision_hands_a_case_over_to_another_person(engine: Engine) -> None:
    only(engine, measure())
    other = only(engine, measure(message_id="m-2", programme__revision=2, person__iin=iin(2)))
    assert [mistake["code"] for mistake in other.mistakes] == ["person_differs"]
    assert "another person" in other.mistakes[0]["text"]["en"]
    assert len(rows(engine, "SELECT 1 FROM inbox")) == 1


def test_a_revocation_reaches_its_case(engine: Engine) -> None:
    first = only(engine, measure())
    revocation = {
        "message_id": "r-1",
        "kind": "revocation",
        "measure_id": "M-00001",
        "programme": {"number": "OZHB-2026-00001", "revision": 2},
        "reason": "PERSON_DIED",
    }
    assert only(engine, revocation).case_id == first.case_id
    ((data,),) = rows(engine, "SELECT data FROM inbox WHERE name = 'revoked'")
    assert data["ground"] == "person_died"


def test_a_revocation_of_an_unknown_measure_waits_for_it(engine: Engine) -> None:
    revocation = {
        "message_id": "r-1",
        "kind": "revocation",
        "measure_id": "M-77",
        "programme": {"number": "P", "revision": 1},
        "reason": "MEASURE_REMOVED",
    }
    verdict = only(engine, revocation)
    assert (verdict.status, verdict.case_id, verdict.mistakes) == ("waiting", None, ())


def test_an_ended_representation_gives_nobody_power(engine: Engine) -> None:
    told = {
        "iin": iin(9), "kind": "ATTORNEY", "basis_number": "1", "basis_date": "2019-01-01",
        "valid_until": "2020-01-01",
    }  # fmt: skip
    only(engine, measure(representative=told))
    ((data,),) = rows(engine, "SELECT data FROM inbox")
    assert data["measure"]["acting"]["representatives"] == []


def test_what_was_journalled_before_a_kill_becomes_a_case(engine: Engine) -> None:
    with engine.begin() as connection:
        journal(connection, SEAL, [raw(measure())])
    finish_pending(engine, SEAL)  # still in the hands of its request
    assert rows(engine, "SELECT 1 FROM case_head") == []
    with engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO journal (batch_id, place, message_id, body_hash, sealed, received_at,"
                " verdict) SELECT batch_id, 1, 'message-9', body_hash, sealed,"
                " received_at - interval '1 minute', 'pending' FROM journal"
            )
        )
    finish_pending(engine, SEAL)
    ((case_id, hash_),) = rows(engine, "SELECT case_id, edition FROM case_head")
    assert edition(hash_).code == "social-code"
    finish_pending(engine, SEAL)
    assert rows(engine, "SELECT case_id FROM case_head") == [(case_id,)]


def test_a_row_that_no_code_of_ours_can_settle_is_work_and_holds_up_no_other(
    engine: Engine,
) -> None:
    with engine.begin() as connection:
        entries = journal(connection, SEAL, [raw(measure(number)) for number in (1, 2, 3)])
        connection.execute(
            text("UPDATE journal SET sealed = '\\x00' WHERE message_id = 'message-2'")
        )
    settle_all(engine, SEAL, [entry.id for entry in entries])
    told = rows(engine, "SELECT verdict FROM journal ORDER BY place")
    assert [verdict for (verdict,) in told] == [ACCEPTED, REJECTED, ACCEPTED]
    ((task, code),) = rows(
        engine,
        "SELECT t.state, j.mistakes -> 0 ->> 'code' FROM intake_task t"
        " JOIN journal j ON j.id = t.journal_id",
    )
    assert (task, code) == ("open", "unsettled")


def test_what_one_build_could_not_settle_the_next_one_does(engine: Engine) -> None:
    with engine.begin() as connection:
        (entry,) = journal(connection, SEAL, [raw(measure())])
        kept = connection.execute(text("SELECT sealed FROM journal")).scalar_one()
        connection.execute(text("UPDATE journal SET sealed = '\\x00'"))
    settle_all(engine, SEAL, [entry.id])
    retry_rejected(engine, SEAL)
    assert rows(engine, "SELECT verdict FROM journal") == [(REJECTED,)]
    with engine.begin() as connection:
        connection.execute(text("UPDATE journal SET sealed = :kept"), {"kept": kept})
    retry_rejected(engine, SEAL)
    told = rows(engine, "SELECT j.verdict, t.state FROM journal j, intake_task t")
    assert told == [(ACCEPTED, "cured")]


def test_r2_an_item_that_the_catalogue_lacked_is_tried_again(engine: Engine) -> None:
    unknown = measure(1, item__classifier_code=NEW_ITEM)
    lacking, wrong = take_in(engine, unknown, measure(2, payer="NOBODY"))
    assert [m["code"] for m in lacking.mistakes] == ["not_in_catalogue"]
    retry_rejected(engine, SEAL)
    bring_in(engine, with_new_item(content()))
    retry_rejected(engine, SEAL)
    ((case_id,),) = rows(engine, "SELECT case_id::text FROM case_head")
    with engine.connect() as connection:
        cured = find_message(connection, "message-1")
        still = find_message(connection, "message-2")
    assert cured is not None
    assert (cured.status, cured.case_id) == (ACCEPTED, case_id)
    assert still == wrong


def test_erasing_a_person_erases_what_was_journalled_too(engine: Engine) -> None:
    with engine.begin() as connection:
        (entry,) = journal(connection, SEAL, [raw(measure())])
    settle_all(engine, SEAL, [entry.id])
    with engine.begin() as connection:
        assert json.loads(read_raw(connection, SEAL, entry.id)) == measure()
        person = person_of(connection, SEAL, iin(1))
        erased(connection, person)
    with engine.begin() as connection, pytest.raises(Unreadable):
        read_raw(connection, SEAL, entry.id)


@pytest.mark.long
def test_hundreds_of_new_measures_are_taken_in_at_once(engine: Engine) -> None:
    messages = [raw(measure(number)) for number in range(1, 401)]
    with engine.begin() as connection:
        entries = journal(connection, SEAL, messages)
    settle_all(engine, SEAL, [entry.id for entry in entries])
    with engine.connect() as connection:
        verdicts = read_verdicts(connection, [entry.id for entry in entries])
    assert len(verdicts) == 400
    assert {verdict.status for verdict in verdicts.values()} == {ACCEPTED}


def test_a_slip_of_the_pen_in_a_reference_is_noticed() -> None:
    right = {case_reference(number) for number in range(200)}
    assert all(len(reference) == 11 for reference in right)
    for reference in sorted(right):
        for place in range(2, 10):
            wrong = str((int(reference[place]) + 1) % 10)
            assert reference[:place] + wrong + reference[place + 1 :] not in right


def test_ids_are_known_by_the_message(engine: Engine) -> None:
    verdict = only(engine, measure())
    with engine.connect() as connection:
        assert find_message(connection, "message-1") == verdict
        assert find_message(connection, "message-2") is None
    assert verdict.case_id == str(UUID(verdict.case_id))
