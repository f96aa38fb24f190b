"""The reference data and verdicts that hold when a command is submitted, taken at the door."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection

from api.door import Desk, Prepared
from api.mistakes import mistake_at
from api.problems import Invalid
from db.authorities import without_account
from db.catalogues import is_brought
from db.documents import (
    DELIVER_TO,
    SIGNATURE,
    Paper,
    Placed,
    address_bytes,
    draft_account,
    draft_order,
    draft_version,
    drafted_sum,
    read_document,
)
from db.escalations import addressees, is_asked, told_addressees
from db.events import read_events
from db.persons import Contacts, save_contacts
from db.reference import offer_facts, successor_facts
from db.signers import TOLD, Opinion, SignedBytes, judge, signer_of
from domain.canonical import sha256_hex
from domain.case.periods import authorities_of
from domain.case.state import Case, Period
from domain.messages import Role
from domain.parties.sight import sight
from domain.signature_text import read_signature
from domain.terms.counting import local_day
from integrations.signatures import ExpectedSigner, SignatureFault, kept_form

OTHER_BYTES: Final = Opinion({"reason": TOLD[SignatureFault.DATA_MISMATCH], "certificate": None})
# What is said of an order beside its application and the signature.
ORDERED: Final = ("quantity", "price_shown", "co_payment_confirmed", "deliver_by", "companion")


def plain(desk: Desk) -> Prepared:
    """A command whose form is all there is to know."""
    return Prepared(desk.told)


def approving(desk: Desk) -> Prepared:
    """A decision on money: which payers lack an account."""
    poor = without_account(desk.connection, authorities_of(desk.case))
    return Prepared(desk.told, {"without_account": poor})


def escalating(desk: Desk) -> Prepared:
    """Whether who is meant can be asked; only where not, who could be."""
    if desk.case.measure is None:
        return Prepared(desk.told)
    found = addressees(desk.connection, desk.case)
    meant = [one for one in found if one.to == desk.said["to"]]
    return Prepared(desk.told, told_addressees(meant or found))


def answering(desk: Desk) -> Prepared:
    """Whether the question is put to the caller."""
    asked = is_asked(desk.connection, desk.case.id, desk.said["escalation"], desk.actor)
    return Prepared(desk.told, {"actor_is_asked": asked})


def contesting(desk: Desk) -> Prepared:
    """Which terms are not shown to the supplier that disputes one."""
    if desk.actor.role != Role.SUPPLIER:
        return plain(desk)
    events = read_events(desk.connection, desk.case.id)
    begun, own = Case(id=desk.case.id, edition=desk.edition.hash), str(desk.actor.on_behalf_of)
    seen = sight(begun, events, own, desk.edition.process)
    return Prepared(desk.told, {"terms_hidden": seen.hidden(desk.case)})


def entering_successor(desk: Desk) -> Prepared:
    """Whether the portal knows the successor, and whether a party acts for it."""
    named = desk.said["supplier_id"]
    facts = successor_facts(desk.connection, desk.case, named)
    return Prepared({**desk.told, "successor": named}, facts)


def ordering(desk: Desk) -> Prepared:
    """Offer, price, norm, the application that this order makes, and its signature."""
    said, cms = desk.said, _signature(desk, "signature")
    data = {
        "offer": said["offer_id"],
        "application": said["application_sha256"],
        "signature": sha256_hex(cms),
        **{name: said[name] for name in ORDERED if said[name] is not None},
    }
    papers = [Paper(SIGNATURE, cms)]
    if said["deliver_to"] is not None:
        papers.append(Paper(DELIVER_TO, address_bytes(_given(said["deliver_to"]))))
        data["deliver_to"] = papers[-1].sha256
    period = desk.period("choosing", "choice_expired")
    if period is None:
        return Prepared(data)
    if said["deliver_to"] is None and needs_address(desk.connection, desk.case, desk.now):
        raise without_address()
    offer = UUID(said["offer_id"])
    facts = offer_facts(desk.connection, desk.case, offer, desk.now, period.number)
    if "supplier" not in facts:
        return Prepared(data, facts)  # of no offer nothing else can be said
    placed = Placed.of(facts, said["quantity"], said["companion"])
    draft = draft_order(desk.connection, desk.seal, desk.case, period.number, placed)
    signer = _signer(desk)
    if said["application_sha256"] != draft.sha256:
        facts |= _drafted(desk, said["application_sha256"])
    opinion = _opinion(desk, cms, said["application_sha256"], draft, signer)
    facts |= {"application": draft.sha256, "signature": opinion.told}
    return Prepared(data, facts, (draft, *papers, *opinion.evidence))


def _given(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: one for name, one in fields.items() if one is not None}


def _drafted(desk: Desk, sha256: str) -> dict[str, int]:
    """The sum that the recipient was shown, where what was signed is an earlier draft."""
    shown = drafted_sum(desk.connection, desk.seal, desk.case.id, sha256)
    return {} if shown is None else {"drafted_sum": shown}


def needs_address(connection: Connection, case: Case, now: datetime) -> bool:
    """Goods are brought somewhere, which their order says."""
    assert case.measure is not None, "what is ordered has a measure"
    return is_brought(connection, case.measure.category, local_day(now))


def without_address() -> Invalid:
    """What an order of goods is answered that does not say where they are to be brought."""
    return Invalid([mistake_at("deliver_to", "required")])


def signing(desk: Desk) -> Prepared:
    """The signature over the application; a supplier's comes with that over its account."""
    said, cms = desk.said, _signature(desk, "signature")
    data: dict[str, Any] = {
        "application": said["application_sha256"],
        "signature": sha256_hex(cms),
    }
    period = desk.period()
    if period is None or period.application is None:
        return Prepared(data)
    found = _application(desk, period)
    signer = _signer(desk)
    opinion = _opinion(desk, cms, said["application_sha256"], found, signer)
    facts: dict[str, Any] = {"signature": opinion.told}
    papers: tuple[Paper, ...] = (Paper(SIGNATURE, cms), *opinion.evidence)
    if desk.actor.role == Role.SUPPLIER and said["account"] and said["account_signature"]:
        annex = _annex(desk, period, signer)
        data |= annex.data
        facts |= annex.facts
        papers += annex.papers
    return Prepared(data, facts, papers)


def changing_account(desk: Desk) -> Prepared:
    """The annex with another account."""
    data: dict[str, Any] = {
        "application": desk.said["application_sha256"],
        "account_signature": sha256_hex(_signature(desk, "account_signature")),
    }
    period = desk.period()
    if period is None or period.application is None:
        return Prepared(data)
    annex = _annex(desk, period, _signer(desk))
    return replace(annex, data={**data, **annex.data})


def accepting(desk: Desk) -> Prepared:
    """The application for what is accepted or attested, where there is none for so much (L3)."""
    return _with_application(desk, desk.said["quantity"], "delivered")


def delivering(desk: Desk) -> Prepared:
    """Likewise under an edition that asks for no acceptance."""
    if desk.edition.acceptance:
        return plain(desk)
    return _with_application(desk, desk.said["quantity"], "in_fulfilment")


def for_supplier(conclude: Callable[[Desk], Prepared]) -> Callable[[Desk], Prepared]:
    """A conclusion of the commission, after which what was delivered counts as accepted."""

    def prepare(desk: Desk) -> Prepared:
        concluded, period = conclude(desk), desk.period("disputed")
        if period is None or period.delivery is None:
            return concluded
        drafted = _with_application(desk, period.delivery.quantity, "disputed")
        facts = {**concluded.facts, **drafted.facts}
        return replace(concluded, facts=facts, papers=(*concluded.papers, *drafted.papers))

    return prepare


def _with_application(desk: Desk, quantity: int, status: str) -> Prepared:
    period = desk.period(status)
    held = period.application if period else None
    if period is None or period.order is None or (held and held.quantity == quantity):
        return plain(desk)
    draft = draft_version(desk.connection, desk.seal, desk.case, period.number, quantity)
    return Prepared(desk.told, {"application": draft.sha256}, (draft,))


def changing_content(desk: Desk) -> Prepared:
    """The next version of the application."""
    period, quantity = desk.period("awaiting_signatures"), desk.said["quantity"]
    if period is None or period.order is None or period.application is None:
        return plain(desk)
    draft = draft_version(desk.connection, desk.seal, desk.case, period.number, quantity)
    return Prepared(desk.told, {"application": draft.sha256}, (draft,))


def changing_contacts(desk: Desk) -> Prepared:
    """Contacts go to the person, not into the file."""
    contacts = Contacts(**{name: desk.said[name] for name in Contacts.model_fields})
    return Prepared(keep=lambda: save_contacts(desk.connection, desk.seal, desk.person, contacts))


def _application(desk: Desk, period: Period) -> Paper:
    assert period.application is not None
    sha256 = period.application.sha256
    found = read_document(desk.connection, desk.seal, desk.case.id, sha256)
    assert found is not None, "what was signed once is kept"
    return Paper(found.kind, found.content)


def _annex(desk: Desk, period: Period, signer: ExpectedSigner) -> Prepared:
    cms, named = _signature(desk, "account_signature"), desk.said["account"]
    if period.order is None or period.order.acting != desk.actor.on_behalf_of:
        return Prepared()
    not_payers_own(period, named["iban"], "account/iban")
    account = (named["iban"], named["bic"])
    draft = draft_account(desk.connection, desk.seal, desk.case, period.number, account)
    opinion = _opinion(desk, cms, draft.sha256, draft, signer)
    return Prepared(
        {"account": draft.sha256, "account_signature": sha256_hex(cms)},
        {"account_signature": opinion.told},
        (draft, Paper(SIGNATURE, cms), *opinion.evidence),
    )


def not_payers_own(period: Period, iban: str, field: str) -> None:
    """Invalid for the account that the order is paid from: no supplier has it."""
    payer = period.order and period.order.paid_from
    if payer and payer.iban == iban:
        raise Invalid([mistake_at(field, "own_account")])


def _signature(desk: Desk, field: str) -> bytes:
    """A signature of the form, however it came, in the one form in which it is kept."""
    return kept_form(read_signature(desk.said[field]))


def _signer(desk: Desk) -> ExpectedSigner:
    """The caller in person; for an organisation also with its BIN."""
    actor, person = desk.actor, desk.actor.id
    assert person is not None, "only a person signs"
    return signer_of(desk.connection, desk.seal, actor.role, person, actor.on_behalf_of)


def _opinion(
    desk: Desk, cms: bytes, named: str, document: Paper, signer: ExpectedSigner
) -> Opinion:
    """What is wrong with a signature: None, a reason, or `unchecked` if nobody could tell."""
    if named != document.sha256:
        return OTHER_BYTES
    return judge(desk.signatures, SignedBytes(cms, document.content, desk.now), signer)
