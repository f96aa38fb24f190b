"""The reference data and verdicts that hold when a command is submitted, taken at the door."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from sqlalchemy import Connection

from activities.signatures import TOLD, Signed, judge, signer_of
from api.bodies import (
    Accept,
    Account,
    Body,
    ChangeAccount,
    ChangeContacts,
    ChangeContent,
    EnterSuccessor,
    Escalate,
    MarkDelivered,
    PlaceOrder,
    Sign,
)
from api.door import Desk, Prepared
from api.mistakes import mistake_at
from api.parties import AttestHandover
from api.problems import Invalid
from db.authorities import without_account
from db.catalogues import is_brought
from db.documents import (
    DELIVER_TO,
    SIGNATURE,
    Draft,
    Placed,
    address_bytes,
    draft_account,
    draft_order,
    draft_version,
    drafted_sum,
    keep,
    read_document,
)
from db.engine import reads
from db.escalations import addressees, is_asked, told_addressees
from db.persons import Contacts, save_contacts
from db.reference import offer_facts, successor_facts
from db.sealing import Seal
from domain.canonical import sha256_hex
from domain.case import Period
from domain.messages import Role
from domain.periods import authorities_of, meant
from domain.terms import local_day
from integrations.signatures import (
    ExpectedSigner,
    Reason,
    SignatureVerifier,
    kept_form,
    read_signature,
)

Verdict = dict[str, str | None]
OTHER_BYTES: Final[Verdict] = {"reason": TOLD[Reason.DATA_MISMATCH], "certificate": None}


@dataclass(frozen=True, slots=True)
class Facts:
    """Prepares commands. Where the status does not allow one, nothing is looked up for it."""

    seal: Seal
    signatures: SignatureVerifier

    def plain(self, body: Body) -> Callable[[Desk], Prepared]:
        """A command whose body is all there is to know."""
        return lambda _: Prepared(data=body.told())

    def deciding(self, body: Body) -> Callable[[Desk], Prepared]:
        """A decision on money: which payers lack an account."""

        def prepare(desk: Desk) -> Prepared:
            with reads(desk.engine) as connection:
                poor = without_account(connection, authorities_of(desk.case))
            return Prepared(data=body.told(), facts={"without_account": poor})

        return prepare

    def escalating(self, body: Escalate) -> Callable[[Desk], Prepared]:
        """Whether who is meant can be asked; only where not, who could be."""

        def prepare(desk: Desk) -> Prepared:
            if desk.case.measure is None:
                return Prepared(data=body.told())
            with reads(desk.engine) as connection:
                found = addressees(connection, desk.case)
            meant = [one for one in found if one.to == body.to]
            return Prepared(data=body.told(), facts=told_addressees(meant or found))

        return prepare

    def answering(self, body: Body) -> Callable[[Desk], Prepared]:
        """Whether a question is put to the caller."""

        def prepare(desk: Desk) -> Prepared:
            with reads(desk.engine) as connection:
                asked = is_asked(connection, desk.case.id, desk.actor.id)
            return Prepared(data=body.told(), facts={"actor_is_asked": asked})

        return prepare

    def succession(self, body: EnterSuccessor) -> Callable[[Desk], Prepared]:
        """Whether the portal knows the successor, and whether a party acts for it."""

        def prepare(desk: Desk) -> Prepared:
            named = str(body.supplier_id)
            data = {**body.told(), "successor": named}
            with reads(desk.engine) as connection:
                facts = successor_facts(connection, desk.case, named)
            return Prepared(data=data, facts=facts)

        return prepare

    def place_order(self, body: PlaceOrder) -> Callable[[Desk], Prepared]:
        """Offer, price, norm, the application that this order makes, and its signature."""

        def prepare(desk: Desk) -> Prepared:
            cms = signed_by(body.signature)
            data = {
                "offer": str(body.offer_id),
                "application": body.application_sha256,
                "signature": sha256_hex(cms),
                **body.model_dump(mode="json", include=_ORDERED, exclude_none=True),
            }
            papers = {SIGNATURE: cms}
            if body.deliver_to is not None:
                told = body.deliver_to.model_dump(mode="json", exclude_none=True)
                papers[DELIVER_TO] = address_bytes(told)
                data["deliver_to"] = sha256_hex(papers[DELIVER_TO])
            period = period_of(desk, body, ("choosing", "choice_expired"))
            if period is None:
                return Prepared(data)
            with desk.engine.begin() as connection:
                _check_address(connection, desk, body)
                facts = offer_facts(connection, desk.case, body.offer_id, desk.now, period.number)
                if "supplier" not in facts:
                    return Prepared(data, {**facts, "signature": OTHER_BYTES})
                placed = Placed.of(facts, body.quantity, body.companion)
                draft = draft_order(connection, self.seal, desk.case, period.number, placed)
                signer = self._signer(connection, desk)
                if body.application_sha256 != draft.sha256:
                    facts |= self._drafted(connection, desk, body.application_sha256)
            facts |= {
                "application": draft.sha256,
                "signature": self._verdict(desk, cms, body.application_sha256, draft, signer),
            }
            return Prepared(data, facts, lambda c: self._keep_all(c, desk, papers))

        return prepare

    def _keep_all(self, connection: Connection, desk: Desk, papers: Mapping[str, bytes]) -> None:
        for kind, paper in papers.items():
            keep(connection, self.seal, desk.case.id, kind, paper)

    def _drafted(self, connection: Connection, desk: Desk, sha256: str) -> dict[str, int]:
        """The sum that the recipient was shown, where what was signed is an earlier draft."""
        shown = drafted_sum(connection, self.seal, desk.case.id, sha256)
        return {} if shown is None else {"drafted_sum": shown}

    def sign(self, body: Sign) -> Callable[[Desk], Prepared]:
        """The signature over the application; a supplier's comes with that over its account."""

        def prepare(desk: Desk) -> Prepared:
            cms = signed_by(body.signature)
            data: dict[str, Any] = {
                "application": body.application_sha256,
                "signature": sha256_hex(cms),
            }
            period = period_of(desk, body)
            if period is None or period.application is None:
                return Prepared(data)
            with desk.engine.begin() as connection:
                found = self._application(connection, desk, period)
                signer = self._signer(connection, desk)
            facts: dict[str, Any] = {
                "signature": self._verdict(desk, cms, body.application_sha256, found, signer)
            }
            papers = [cms]
            if desk.actor.role == Role.SUPPLIER and body.account and body.account_signature:
                annex = self._annex(desk, period, body.account, body.account_signature)
                data |= annex.data
                facts |= annex.facts
                papers.append(signed_by(body.account_signature))
            return Prepared(data, facts, self._keeper(desk, *papers))

        return prepare

    def change_account(self, body: ChangeAccount) -> Callable[[Desk], Prepared]:
        """The annex with another account."""

        def prepare(desk: Desk) -> Prepared:
            cms = signed_by(body.account_signature)
            data: dict[str, Any] = {
                "application": body.application_sha256,
                "account_signature": sha256_hex(cms),
            }
            period = period_of(desk, body)
            if period is None or period.application is None:
                return Prepared(data)
            annex = self._annex(desk, period, body.account, body.account_signature)
            return Prepared({**data, **annex.data}, annex.facts, self._keeper(desk, cms))

        return prepare

    def accept(self, body: Accept) -> Callable[[Desk], Prepared]:
        """The application for what is accepted, where there is none for so much."""
        return lambda desk: self._with_application(desk, body, body.quantity, "delivered")

    def attest_handover(self, body: AttestHandover) -> Callable[[Desk], Prepared]:
        """The same, entered by a caseworker (row L3)."""
        return lambda desk: self._with_application(desk, body, body.quantity, "delivered")

    def for_supplier(
        self, body: Body, conclude: Callable[[Desk], Prepared]
    ) -> Callable[[Desk], Prepared]:
        """A conclusion of the commission, after which what was delivered counts as accepted."""

        def prepare(desk: Desk) -> Prepared:
            concluded = conclude(desk)
            period = period_of(desk, body, ("disputed",))
            if period is None or period.delivery is None:
                return concluded
            drafted = self._with_application(desk, body, period.delivery.quantity, "disputed")
            return replace(concluded, facts={**concluded.facts, **drafted.facts})

        return prepare

    def mark_delivered(self, body: MarkDelivered) -> Callable[[Desk], Prepared]:
        """Likewise under an edition that asks for no acceptance."""

        def prepare(desk: Desk) -> Prepared:
            if desk.edition.acceptance:
                return Prepared(body.told())
            return self._with_application(desk, body, body.quantity, "in_fulfilment")

        return prepare

    def _with_application(self, desk: Desk, body: Body, quantity: int, status: str) -> Prepared:
        period = period_of(desk, body, (status,))
        held = period.application if period else None
        if period is None or period.order is None or (held and held.quantity == quantity):
            return Prepared(body.told())
        with desk.engine.begin() as connection:
            draft = draft_version(connection, self.seal, desk.case, period.number, quantity)
        return Prepared(body.told(), {"application": draft.sha256})

    def change_content(self, body: ChangeContent) -> Callable[[Desk], Prepared]:
        """The next version of the application."""

        def prepare(desk: Desk) -> Prepared:
            period = period_of(desk, body, ("awaiting_signatures",))
            if period is None or period.order is None or period.application is None:
                return Prepared(body.told())
            with desk.engine.begin() as connection:
                draft = draft_version(
                    connection, self.seal, desk.case, period.number, body.quantity
                )
            return Prepared(body.told(), {"application": draft.sha256})

        return prepare

    def change_contacts(self, body: ChangeContacts) -> Callable[[Desk], Prepared]:
        """Contacts go to the person, not into the file."""
        contacts = Contacts(**body.model_dump(exclude={"period"}))

        def prepare(desk: Desk) -> Prepared:
            return Prepared(keep=lambda c: save_contacts(c, self.seal, desk.person, contacts))

        return prepare

    def _application(self, connection: Connection, desk: Desk, period: Period) -> Draft:
        assert period.application is not None
        sha256 = period.application.sha256
        found = read_document(connection, self.seal, desk.case.id, sha256)
        assert found is not None, "what was signed once is kept"
        return Draft(found.content, sha256)

    def _annex(self, desk: Desk, period: Period, account: Account, signature: str) -> Prepared:
        cms = signed_by(signature)
        if period.order is None or period.order.acting != desk.actor.on_behalf_of:
            return Prepared()
        with desk.engine.begin() as connection:
            named = (account.iban, account.bic)
            draft = draft_account(connection, self.seal, desk.case, period.number, named)
            signer = self._signer(connection, desk)
        verdict = self._verdict(desk, cms, draft.sha256, draft, signer)
        return Prepared(
            {"account": draft.sha256, "account_signature": sha256_hex(cms)},
            {"account_signature": verdict},
        )

    def _signer(self, connection: Connection, desk: Desk) -> ExpectedSigner:
        """The caller in person; for an organisation also with its BIN."""
        actor, person = desk.actor, desk.actor.id
        assert person is not None, "only a person signs"
        return signer_of(connection, self.seal, actor.role, person, actor.on_behalf_of)

    def _verdict(
        self, desk: Desk, cms: bytes, named: str, document: Draft, signer: ExpectedSigner
    ) -> Verdict:
        """What is wrong with a signature: None, a reason, or `unchecked` if nobody could tell."""
        if named != document.sha256:
            return OTHER_BYTES
        return judge(self.signatures, Signed(cms, document.content, desk.now), signer)

    def _keeper(self, desk: Desk, *papers: bytes) -> Callable[[Connection], None]:
        def keep_papers(connection: Connection) -> None:
            for paper in papers:
                keep(connection, self.seal, desk.case.id, SIGNATURE, paper)

        return keep_papers


def _check_address(connection: Connection, desk: Desk, body: PlaceOrder) -> None:
    """Goods are brought somewhere: Invalid for an order that does not say where."""
    measure = desk.case.measure
    assert measure is not None, "what is ordered has a measure"
    if body.deliver_to is None and is_brought(connection, measure.category, local_day(desk.now)):
        raise Invalid([mistake_at("deliver_to", "required")])


def signed_by(text: str) -> bytes:
    """A signature of a body, whatever form it came in, in the one in which it is kept."""
    return kept_form(read_signature(text))


_ORDERED: Final = {"companion", "quantity", "price_shown", "co_payment_confirmed", "deliver_by"}


def period_of(desk: Desk, body: Body, statuses: tuple[str, ...] | None = None) -> Period | None:
    """The period that is meant, if it stands where the command is possible at all."""
    if not desk.case.periods:
        return None
    period = meant(desk.case, body.period, desk.edition.process, desk.actor)
    if not isinstance(period, Period) or (statuses is not None and period.status not in statuses):
        return None
    return period
