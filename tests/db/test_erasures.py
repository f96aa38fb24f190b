"""A person is erased for good, with a certificate, unless something stands against it."""

import json
from uuid import UUID

import pytest
from sqlalchemy import Connection, Engine, text

from db.auditing import prove_record
from db.bundles import bundle
from db.envelopes import open_envelope
from db.erasures import ErasureRefused, against, approve, erase, last_certificate, propose
from db.heads import link_left, make_head
from db.holds import standing
from db.intake import read_contacts
from db.journal import journal, read_raw
from db.legal_holds import lift_hold, place_hold
from db.master_keys import rewrap, wrapped_by
from db.persons import open_for, person_of, read_profile, seal_for
from db.retention import due_persons, ends_before, keep_terms, law_now
from db.sealing import Seal, Unreadable
from domain.messages import Actor, Refusal, Role
from integrations.head_keys import HeadKey, make_head_key
from tests.support.effect_play import payable
from tests.support.erasing import end_all, erased
from tests.support.holding import hold
from tests.support.intake import SEAL, iin, measure, raw, take_in
from tests.support.servers import Database, wide_engine

KEY = HeadKey.read(make_head_key())
FIRST, SECOND = UUID(int=1), UUID(int=2)
ADMINISTRATOR = Actor(role=Role.ADMINISTRATOR, id=str(FIRST))


def known(engine: Engine, number: int = 1) -> UUID:
    with engine.begin() as connection:
        return person_of(connection, SEAL, iin(number))


def reasons(connection: Connection, person: UUID) -> set[str]:
    return {one.code for one in against(connection, SEAL, person)}


def test_an_erased_person_is_unreadable_for_ever_and_who_comes_back_is_somebody_new(
    engine: Engine,
) -> None:
    person = known(engine)
    with engine.begin() as connection:
        sealed = seal_for(connection, SEAL, person, b"free text")
        erase(connection, SEAL, person)
    with engine.begin() as connection:
        with pytest.raises(Unreadable):
            read_profile(connection, SEAL, person)
        with pytest.raises(Unreadable):
            open_for(connection, SEAL, person, sealed)
        assert reasons(connection, person) == {"erasure_nothing_kept"}
    take_in(engine, measure())
    with engine.begin() as connection:
        new = person_of(connection, SEAL, iin(1))
        assert new != person
        assert read_profile(connection, SEAL, new).surname == "Үлгібаев"
        seal_for(connection, SEAL, person, b"spoken of again")
        with pytest.raises(Unreadable):
            open_for(connection, SEAL, person, sealed)


def test_nobody_is_erased_while_a_case_is_open_money_owed_or_something_unsent(
    engine: Engine,
) -> None:
    """Each reason is told, and each alone is enough."""
    file = payable(engine)
    with engine.begin() as connection:
        person = connection.execute(text("SELECT person_id FROM case_head")).scalar_one()
        seal_for(connection, SEAL, person, b"so that they have a key")
        found = against(connection, SEAL, person)
        assert [one.code for one in found] == [
            "erasure_case_open",
            "erasure_money_owed",
            "erasure_not_sent",
        ]
        assert {one.facts["cases"] for one in found} == {reference(connection, file.id)}
        connection.execute(text("UPDATE case_view SET closed = true"))
        connection.execute(text("UPDATE supplier_view SET closed = true"))
        assert reasons(connection, person) == {"erasure_money_owed", "erasure_not_sent"}
        connection.execute(text("DELETE FROM owed"))
        with pytest.raises(ErasureRefused) as refused:
            erase(connection, SEAL, person)
        assert [one.code for one in refused.value.reasons] == ["erasure_money_owed"]


def reference(connection: Connection, case_id: str) -> str:
    asked = text("SELECT reference FROM case_head WHERE case_id = :id")
    return str(connection.execute(asked, {"id": case_id}).scalar_one())


def test_who_acts_for_another_is_not_erased_while_that_case_is_open(engine: Engine) -> None:
    take_in(engine, measure())
    guardian = known(engine, 2)
    with engine.begin() as connection:
        connection.execute(
            text("UPDATE case_view SET representative_ids = ARRAY[CAST(:id AS uuid)]"),
            {"id": guardian},
        )
        assert "erasure_case_open" in reasons(connection, guardian)


def test_officials_and_those_who_sell_are_not_erased(engine: Engine) -> None:
    person = known(engine)
    with engine.begin() as connection:
        official = "INSERT INTO official (person_id, role, place) VALUES (:id, 'caseworker', '')"
        connection.execute(text(official), {"id": person})
        assert reasons(connection, person) == {"erasure_official"}


def test_a_legal_hold_stands_against_it_until_it_is_lifted(engine: Engine) -> None:
    person = known(engine)
    with engine.begin() as connection:
        held = place_hold(connection, SEAL, ADMINISTRATOR, person, "Суд, дело 12-3")
        assert not isinstance(held, Refusal)
        assert b"12-3" not in bytes(held.reason)
        assert reasons(connection, person) == {"erasure_legal_hold"}
        again = place_hold(connection, SEAL, ADMINISTRATOR, person, "Еще раз")
        assert again == Refusal(code="legal_hold_stands")
        lift_hold(connection, ADMINISTRATOR, person)
        assert lift_hold(connection, ADMINISTRATOR, person) == Refusal(code="no_legal_hold")
        assert reasons(connection, person) == set()


def test_two_administrators_decide_and_a_certificate_says_so(engine: Engine) -> None:
    take_in(engine, measure())
    person = known(engine)
    with engine.begin() as connection:
        with pytest.raises(ErasureRefused):
            propose(connection, SEAL, FIRST, person, "request")
        end_all(connection, person)
        asked = propose(connection, SEAL, FIRST, person, "request")
        assert approve(connection, SEAL, FIRST, asked.id) == Refusal(code="same_person")
        place_hold(connection, SEAL, ADMINISTRATOR, person, "Суд")
    with pytest.raises(ErasureRefused), engine.begin() as connection:
        approve(connection, SEAL, SECOND, asked.id)
    with engine.begin() as connection:
        assert last_certificate(connection, person) is None
        lift_hold(connection, ADMINISTRATOR, person)
        wrapped = connection.execute(
            text("SELECT encode(sha256(wrapped), 'hex') FROM person_key WHERE person_id = :id"),
            {"id": person},
        ).scalar_one()
        approve(connection, SEAL, SECOND, asked.id)
        made = last_certificate(connection, person)
        assert made is not None
        assert (made.ground, made.erasure_id, made.cases) == ("request", asked.id, 1)
        assert made.key_sha256 == wrapped
        approve(connection, SEAL, SECOND, asked.id)
        assert last_certificate(connection, person) == made


def test_messages_that_became_no_case_go_with_the_person_once_no_desk_has_them(
    engine: Engine,
) -> None:
    person = known(engine)
    with engine.begin() as connection:
        entries = journal(connection, SEAL, [raw(measure(payer="NOBODY")), raw(measure(2))])
    with engine.begin() as connection:
        assert "erasure_message_open" in reasons(connection, person)
        connection.execute(text("UPDATE journal SET verdict = 'rejected'"))
        erase(connection, SEAL, person)
        with pytest.raises(Unreadable):
            read_raw(connection, SEAL, entries[0].id)
        assert read_contacts(connection, SEAL, entries[0].id) is None
        assert json.loads(read_raw(connection, SEAL, entries[1].id)) == measure(2)


def test_a_later_message_about_the_case_of_an_erased_person_is_taken_nowhere(
    engine: Engine,
) -> None:
    take_in(engine, measure())
    with engine.begin() as connection:
        person = person_of(connection, SEAL, iin(1))
        erased(connection, person)
    (later,) = take_in(engine, measure(1, message_id="later", programme__revision=2))
    assert [one["code"] for one in later.mistakes] == ["person_erased"]
    with engine.begin() as connection:
        assert connection.execute(text("SELECT count(*) FROM person_key")).scalar_one() == 0


# --- the record ---


def test_the_record_and_the_bundle_hold_after_an_erasure_and_after_a_rotation(
    engine: Engine, database: Database
) -> None:
    """Of words in envelopes too: a master key may change, and the key of one be destroyed."""
    take_in(engine, measure())
    hold(engine, "payments")
    owner = wide_engine(database.owner_url)
    list(link_left(engine))
    make_head(engine, KEY)
    with engine.begin() as connection:
        case_id = str(connection.execute(text("SELECT case_id FROM case_head")).scalar_one())
        connection.execute(
            text(
                "INSERT INTO person_search (actor_id, actor_role, kinds, query, reason, hits)"
                " SELECT placed_by, 'caseworker', ARRAY['iin'], 'q', reason, 1 FROM hold"
            )
        )
        person = person_of(connection, SEAL, iin(1))
        erased(connection, person)
    make_head(engine, KEY)
    ring = Seal({"k2": b"n" * 32, **SEAL.masters}, SEAL.index_key)
    assert [*rewrap(owner, ring)][-1].rewrapped > 1
    with engine.begin() as connection:
        assert faults(connection) == []
        assert standing(connection)[0].reason(Seal({"k2": b"n" * 32}, SEAL.index_key))
        named = {"most": 10}
        destroy = text("SELECT destroy_old_keys('person_search', legal_now(), :most)")
        assert connection.execute(destroy, named).scalar_one() == 1
        assert connection.execute(destroy, named).scalar_one() == 0
        (words,) = connection.execute(text("SELECT reason FROM person_search")).scalars()
        with pytest.raises(Unreadable):
            open_envelope(ring, bytes(words))
        assert faults(connection) == []
        assert bundle(connection, ring, case_id)
    with owner.begin() as connection:
        assert wrapped_by(connection).keys() == {"k2"}
        changed = "UPDATE hold SET reason = reason || '\\x00'::bytea"
        connection.execute(text("ALTER TABLE hold DISABLE TRIGGER ALL"))
        connection.execute(text(changed))
        assert [one[:1] for one in faults(connection)] == [("hold",)]
    owner.dispose()


def faults(connection: Connection) -> list[tuple[str, str]]:
    return [(one.table, one.what) for part in prove_record(connection) for one in part]


# --- terms ---


def test_whose_term_is_over_is_told_and_erased_only_where_the_edition_says_so(
    engine: Engine,
) -> None:
    take_in(engine, measure(1), measure(2), measure(3))
    with engine.begin() as connection:
        law, now = law_now(connection)
        people = [person_of(connection, SEAL, iin(number)) for number in (1, 2, 3)]
        for person in people:
            end_all(connection, person)
        long_ago = ends_before(law, "keep_person", now)
        connection.execute(
            text(
                "UPDATE case_view SET since = CAST(:ago AS timestamptz) - interval '1 second'"
                " WHERE recipient_id <> :third"
            ),
            {"ago": long_ago, "third": people[2]},
        )
        place_hold(connection, SEAL, ADMINISTRATOR, people[1], "Суд")
    found = due_persons(engine, SEAL, law, now)
    told = {one.person: [two.code for two in one.reasons] for one in found}
    assert told == {people[0]: [], people[1]: ["erasure_legal_hold"]}
    assert list(keep_terms(engine, SEAL)) == []
    saying = law.model_copy(update={"values": {**law.values, "keep_person": "P5Y"}})
    assert sum(keep_terms(engine, SEAL, saying)) == 1
    with engine.begin() as connection:
        made = last_certificate(connection, people[0])
        assert made is not None
        assert (made.ground, made.erasure_id) == ("term", None)
        assert read_profile(connection, SEAL, people[1]).surname
        assert read_profile(connection, SEAL, people[2]).surname


def test_what_is_kept_of_messages_and_of_words_ends_by_its_own_term(
    engine: Engine, owner: Engine
) -> None:
    (lacking,) = take_in(engine, measure(payer="NOBODY"))
    assert lacking.mistakes
    hold(engine, "payments")
    with engine.begin() as connection:
        law, _ = law_now(connection)
        row = connection.execute(text("SELECT id FROM journal")).scalar_one()
        connection.execute(text("UPDATE intake_task SET state = 'cured', closed_at = '2020-01-01'"))
        connection.execute(
            text(
                "INSERT INTO person_search (at, actor_id, actor_role, kinds, query, reason, hits)"
                " SELECT '2020-01-01', placed_by, 'caseworker', ARRAY['iin'], 'q', reason, 1"
                " FROM hold"
            )
        )
    with owner.begin() as connection:
        connection.execute(text("UPDATE journal SET received_at = '2019-12-31'"))
    saying = law.model_copy(
        update={"values": {**law.values, "keep_message": "P12M", "keep_reason": "P36M"}}
    )
    assert sum(keep_terms(engine, SEAL, saying)) == 2
    with engine.begin() as connection, pytest.raises(Unreadable):
        read_raw(connection, SEAL, row)
    assert sum(keep_terms(engine, SEAL, saying)) == 0
