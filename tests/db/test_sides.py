"""Who acts for a supplier: its owner, who signed in or acted, and who represents the owner."""

from uuid import UUID, uuid4

from sqlalchemy import Engine, text

from db.inbox import Submission, put
from db.persons import person_of
from db.reference import offer_facts, read_case
from db.sides import facts_of, note_acting, read_acts_for
from domain.messages import SERVICE
from tests.db.test_reference import NOW, offer_of, own_business
from tests.support.effect_play import arrived, order_placed, person_id, with_supplier
from tests.support.intake import SEAL, iin, measure


def made(engine: Engine, number: int) -> UUID:
    with engine.begin() as connection:
        return person_of(connection, SEAL, iin(number))


def test_who_acts_for_a_supplier_is_known_by_acts_and_by_signing_in(engine: Engine) -> None:
    (file,) = arrived(engine, measure())
    file = with_supplier(engine, file)
    stranger, staff = made(engine, 8), made(engine, 9)
    everybody = [str(stranger), str(staff), file.signatory]
    with engine.begin() as connection:
        assert read_acts_for(connection, [file.supplier], everybody) == {}
        put(connection, SEAL, Submission(file.id, "confirm", file.supplying, "k", b""))
        note_acting(connection, UUID(file.supplier), staff)
        note_acting(connection, UUID(file.supplier), staff)
        found = read_acts_for(connection, [file.supplier, str(uuid4())], everybody)
    assert found == {file.supplier: sorted((file.signatory, str(staff)))}


def test_who_represents_the_person_that_a_supplier_is_acts_for_it(engine: Engine) -> None:
    """A representative makes no bargain with another whom they also represent (CC 163(3))."""
    told = {"iin": iin(7), "kind": "GUARDIAN", "basis_number": "1", "basis_date": "2020-01-01"}
    seller = {**told, "basis_number": "2"}
    mine, _ = arrived(engine, measure(1, representative=told), measure(2, representative=seller))
    offer = offer_of(engine, own_business(engine, 2))
    with engine.connect() as connection:
        facts = offer_facts(connection, read_case(connection, mine.id), offer, NOW)
    assert (facts["supplier_is_party"], facts["supplier_is_representative"]) == (True, True)


def test_cases_are_told_as_soon_as_somebody_signs_in_for_the_other_side(engine: Engine) -> None:
    first, second = arrived(engine, measure(1), measure(2))
    first, second = with_supplier(engine, first), with_supplier(engine, second)
    order_placed(engine, first)
    recipient = person_id(engine, 1)
    with engine.begin() as connection:
        case = read_case(connection, first.id)
        assert facts_of(connection, case, SERVICE) == {"acts_for": {}}
        for _ in range(2):
            note_acting(connection, UUID(first.supplier), recipient)
        told = "SELECT case_id, facts FROM inbox WHERE name = 'conflict_found'"
        (row,) = connection.execute(text(told)).all()
    known = {"acts_for": {first.supplier: [str(recipient)]}}
    assert (str(row.case_id), row.facts) == (first.id, known)


def test_nobody_acts_for_a_supplier_in_a_case_in_which_nothing_was_ordered(engine: Engine) -> None:
    (file,) = arrived(engine, measure())
    with engine.connect() as connection:
        assert facts_of(connection, read_case(connection, file.id), SERVICE) == {"acts_for": {}}
