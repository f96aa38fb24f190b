"""Persons are found without their number standing anywhere, and read under their own key alone."""

import unicodedata
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest
from sqlalchemy import Engine

from db.persons import (
    Contacts,
    open_for,
    person_of,
    read_profile,
    save_contacts,
    save_representative,
    seal_for,
)
from db.sealing import Seal, Unreadable
from tests.support.intake import SEAL, iin, measure, take_in


def known(engine: Engine, number: int = 1) -> UUID:
    with engine.begin() as connection:
        return person_of(connection, SEAL, iin(number))


def test_a_person_is_made_once_however_many_ask_at_once(engine: Engine) -> None:
    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(lambda _: known(engine), range(16)))
    assert len(found) == 1
    assert known(engine, 2) not in found


def test_who_only_signed_in_is_known_by_number_alone(engine: Engine) -> None:
    with engine.begin() as connection:
        profile = read_profile(connection, SEAL, person_of(connection, SEAL, iin(1)))
    assert (profile.iin, profile.full_name, profile.phone) == (iin(1), "", None)


def test_names_are_kept_in_one_form(engine: Engine) -> None:
    decomposed = unicodedata.normalize("NFD", "Үлгібай")
    take_in(engine, measure(person__surname=decomposed))
    with engine.connect() as connection:
        profile = read_profile(connection, SEAL, known(engine))
    assert profile.surname == "Үлгібай" != decomposed


def test_contacts_entered_by_a_caseworker_replace_the_old_ones(engine: Engine) -> None:
    take_in(engine, measure())
    with engine.begin() as connection:
        save_contacts(connection, SEAL, known(engine), Contacts(phone="+77000000055"))
        profile = read_profile(connection, SEAL, known(engine))
    assert (profile.phone, profile.phone_confirmed, profile.email) == ("+77000000055", False, None)
    assert profile.full_name == "Үлгібаев Мысал"


def test_a_representative_keeps_what_they_are_known_by_as_a_recipient(engine: Engine) -> None:
    take_in(engine, measure(2, person__phone="+77000000002"))
    with engine.begin() as connection:
        told = {"iin": iin(2), "phone": "+77000000099", "email": None}
        save_representative(connection, SEAL, known(engine, 2), told)
        assert read_profile(connection, SEAL, known(engine, 2)).phone == "+77000000002"
        told["iin"] = iin(3)
        save_representative(connection, SEAL, known(engine, 3), told)
        assert read_profile(connection, SEAL, known(engine, 3)).phone == "+77000000099"


def test_what_is_sealed_for_one_person_is_closed_to_another(engine: Engine) -> None:
    with engine.begin() as connection:
        sealed = seal_for(connection, SEAL, known(engine, 1), b"free text")
        assert open_for(connection, SEAL, known(engine, 1), sealed) == b"free text"
        with pytest.raises(Unreadable):
            open_for(connection, SEAL, known(engine, 2), sealed)


def test_another_index_key_finds_nobody(engine: Engine) -> None:
    other = Seal(masters=SEAL.masters, index_key=b"x" * 32)
    with engine.begin() as connection:
        assert person_of(connection, other, iin(1)) != person_of(connection, SEAL, iin(1))


def test_a_new_master_key_still_reads_what_the_old_one_wrapped(engine: Engine) -> None:
    take_in(engine, measure())
    renewed = Seal(masters={"k2": b"n" * 32, **SEAL.masters}, index_key=SEAL.index_key)
    with engine.connect() as connection:
        assert read_profile(connection, renewed, known(engine)).surname == "Үлгібаев"
    lost = Seal(masters={"k2": b"n" * 32}, index_key=SEAL.index_key)
    with engine.connect() as connection, pytest.raises(Unreadable):
        read_profile(connection, lost, known(engine))
