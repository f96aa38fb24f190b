"""What holds when an order is placed: the offer, whose it is, and what the person already has."""

from datetime import UTC, datetime
from uuid import UUID, uuid4

from sqlalchemy import Engine, text

from db.authorities import authority_of
from db.documents import draft_order, keep, read_account, read_document
from db.inbox import Submission, put
from db.reference import offer_facts, read_case, supplier_of
from db.suppliers import NewSupplier, SupplierContacts, add_supplier, put_offer
from domain.canonical import sha256_hex
from domain.messages import Actor, Role
from tests.support.authorities import account_of
from tests.support.effect_play import (
    ADMINISTRATOR,
    BIC,
    IBAN,
    PRICE,
    arrived,
    order_placed,
    payment_due,
    person_id,
    placed,
    with_supplier,
)
from tests.support.intake import SEAL, iin, measure

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
ITEM = "MOBILITY-WHEELCHAIR-OUTDOOR"
AUTHORITY = "200140900011"


def offer_of(engine: Engine, supplier: UUID, *, active: bool = True) -> UUID:
    with engine.begin() as connection:
        offer = put_offer(connection, ADMINISTRATOR, supplier, ITEM, (PRICE, active))
    assert offer is not None
    return offer.id


def own_business(engine: Engine, number: int) -> UUID:
    """The person `number` as a supplier."""
    with engine.begin() as connection:
        new = NewSupplier(SupplierContacts(name="Үлгі"), ["71"], iin=iin(number))
        return add_supplier(connection, SEAL, ADMINISTRATOR, new)[0].id


def test_who_names_neither_bin_nor_person_is_no_supplier(engine: Engine) -> None:
    """An organisation is no person, and a person has no BIN: neither is found by what it lacks."""
    (file,) = arrived(engine, measure())
    own_business(engine, 2)
    with engine.connect() as connection:
        assert with_supplier(engine, file).supplier
        assert supplier_of(connection) is None


def test_the_facts_of_an_order_are_those_of_the_offer(engine: Engine) -> None:
    (file,) = arrived(engine, measure())
    file = with_supplier(engine, file)
    offer = offer_of(engine, UUID(file.supplier))
    with engine.connect() as connection:
        case = read_case(connection, file.id)
        assert case.measure is not None
        assert offer_facts(connection, case, offer, NOW) == {
            "supplier": file.supplier,
            "supplier_active": True,
            "offer_item": ITEM,
            "offer_regions": ["71"],
            "price": PRICE,
            "supplier_is_party": False,
            "supplier_is_representative": False,
            "norm_used": 0,
            "payer": {
                "authority": case.measure.authority,
                "bin": AUTHORITY,
                "name": {
                    "kk": "Астана қаласының жұмыспен қамту және әлеуметтік қорғау басқармасы",
                    "ru": "Управление занятости и социальной защиты города Астаны",
                },
                **account_of(AUTHORITY),
            },
            "unit_sum": PRICE,
            "unit": "PIECE",
            "yearly_norm": 1,
            "catalogue": "2026-11",
            "share": None,
            "companion_sum": None,
        }


def test_an_unknown_or_withdrawn_offer_offers_nothing(engine: Engine) -> None:
    (file,) = arrived(engine, measure())
    file = with_supplier(engine, file)
    withdrawn = offer_of(engine, UUID(file.supplier), active=False)
    with engine.connect() as connection:
        case = read_case(connection, file.id)
        assert offer_facts(connection, case, uuid4(), NOW) == {"norm_used": 0}
        assert offer_facts(connection, case, withdrawn, NOW)["offer_item"] is None


def test_nobody_is_their_own_supplier_nor_their_representatives(engine: Engine) -> None:
    told = {"iin": iin(7), "kind": "PARENT", "basis_number": "1", "basis_date": "2020-01-01"}
    (file,) = arrived(engine, measure(1, representative=told))
    for number, is_one in ((1, True), (7, True), (8, False)):
        offer = offer_of(engine, own_business(engine, number))
        with engine.connect() as connection:
            facts = offer_facts(connection, read_case(connection, file.id), offer, NOW)
        assert facts["supplier_is_party"] is is_one


def test_who_has_acted_for_an_organisation_is_its_party(engine: Engine) -> None:
    first, second = arrived(engine, measure(1), measure(2))
    second = with_supplier(engine, second)
    offer = offer_of(engine, UUID(second.supplier))
    recipient = str(person_id(engine, 1))
    acting = Actor(role=Role.SUPPLIER, id=recipient, on_behalf_of=second.supplier)
    with engine.begin() as connection:
        case = read_case(connection, first.id)
        assert not offer_facts(connection, case, offer, NOW)["supplier_is_party"]
        put(connection, SEAL, Submission(second.id, "confirm", acting, "k", b""))
        assert offer_facts(connection, case, offer, NOW)["supplier_is_party"]


def test_other_cases_of_the_person_use_up_the_norm(engine: Engine) -> None:
    first, second = arrived(engine, measure(1), measure(1, message_id="b", measure_id="B"))
    first = with_supplier(engine, first)
    order_placed(engine, first)
    with engine.connect() as connection:
        at = connection.execute(text("SELECT legal_now()")).scalar_one()
        mine = offer_facts(connection, read_case(connection, first.id), uuid4(), at)
        other = offer_facts(connection, read_case(connection, second.id), uuid4(), at)
    assert (mine["norm_used"], other["norm_used"]) == (0, 1)


def test_an_authority_is_one_row_by_its_number(engine: Engine) -> None:
    with engine.begin() as connection:
        first = authority_of(connection, "200140900011")
        assert authority_of(connection, "200140900011") == first


def test_the_same_order_is_the_same_document_kept_once_and_sealed(engine: Engine) -> None:
    (file,) = arrived(engine, measure())
    file = with_supplier(engine, file)
    with engine.begin() as connection:
        case = read_case(connection, file.id)
        one = draft_order(connection, SEAL, case, 1, placed(file))
        two = draft_order(connection, SEAL, case, 1, placed(file))
        other = draft_order(connection, SEAL, case, 1, placed(file, PRICE + 1))
        keep(connection, SEAL, case.id, one, other)
        keep(connection, SEAL, case.id, two)
        assert one.content == two.content != other.content
        assert one.sha256 == sha256_hex(one.content)
        kept = read_document(connection, SEAL, file.id, one.sha256)
        assert kept is not None
        assert (kept.kind, kept.content) == ("application", one.content)
        sealed = connection.execute(text("SELECT sealed FROM document")).scalars().all()
    assert len(sealed) == 2
    assert all(iin(1).encode() not in bytes(row) for row in sealed)


def test_a_document_belongs_to_its_case_alone(engine: Engine) -> None:
    first, second = arrived(engine, measure(1), measure(2))
    first = with_supplier(engine, first)
    with engine.begin() as connection:
        case = read_case(connection, first.id)
        draft = draft_order(connection, SEAL, case, 1, placed(first))
        assert read_document(connection, SEAL, second.id, draft.sha256) is None


def test_the_account_to_be_paid_is_read_from_the_annex(engine: Engine) -> None:
    (file,) = arrived(engine, measure())
    file = with_supplier(engine, file)
    payment_due(engine, file)
    with engine.connect() as connection:
        application = read_case(connection, file.id).periods[1].application
        assert application is not None
        assert application.account is not None
        said = read_account(connection, SEAL, file.id, application.account.sha256)
        assert said is not None
        assert (said.application, said.iban, said.bic) == (application.sha256, IBAN, BIC)
        assert read_account(connection, SEAL, file.id, application.sha256) is None
