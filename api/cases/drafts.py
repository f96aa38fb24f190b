"""Drafts: the very bytes that recipient and supplier are to sign, written from the case file."""

import base64
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from pydantic import Field
from sqlalchemy import Connection, Engine, Row

from api.access import Parties, actor_of, may_see
from api.auth import Caller, Drafter
from api.cases.facts import needs_address, not_payers_own, without_address
from api.cases.previews import DECIDING, NoticeDraft, NoticeForm, foreseen
from api.deps import EngineDep, SealDep
from api.printing import READABLE, paper_languages, press_of, wanted_form
from api.problems import Problem, Refused
from api.register.models import (
    ANSWERS,
    AccountDraft,
    AccountForm,
    ApplicationDraft,
    ApplicationForm,
)
from db.documents import Draft, Placed, StoredDocument, draft_account, draft_order, keep_sealed
from db.persons import key_of
from db.printed import Printing, print_document
from db.reference import known_of, offer_facts
from db.requests import read_case_row
from db.sealing import Seal, Unreadable
from definitions.calendars import current_calendar
from definitions.editions import edition
from definitions.papers.sheet import PrintedPaper
from domain.case.application import ApplicationText
from domain.case.periods import meant
from domain.case.state import Case, Period
from domain.decide import decide
from domain.messages import Actor, Message, Refusal, Role

router = APIRouter(prefix="/v1/cases/{case_id}", tags=["commands"])
# Only where an order may follow, or an account be named: a draft stays on file.
ORDERING = ("choosing", "choice_expired")
SIGNING = ("ordered", "in_fulfilment", "delivered", "awaiting_signatures", "payment_failed")
_REFUSED: dict[int | str, dict[str, Any]] = {
    **ANSWERS,
    409: {"description": "The case does not allow it, or would refuse what is signed with it"},
}


@router.post(
    "/drafts",
    operation_id="draft",
    response_model=ApplicationDraft | AccountDraft | NoticeDraft,
    responses={**_REFUSED, 200: {"description": "The draft", "content": READABLE}},
)
async def draft(
    request: Request,
    case_id: UUID,
    form: Annotated[ApplicationForm | AccountForm | NoticeForm, Field(discriminator="draft")],
    caller: Drafter,
    engine: EngineDep,
    seal: SealDep,
) -> Any:
    """The bytes to sign: of the application that an order would make, or of the account to be paid.
    To officials, what the parties would be told of an act, before they do it.

    A recipient places the order with the signature over the application, a supplier signs with that
    over the account beside it. An order that would be refused, above the norm of the year or for
    any other reason that stands already, is refused here with all its reasons; one of goods that
    does not say where they are to be brought, with that. For
    `Accept: text/html` or `application/pdf` what is to be signed comes as it will be read.
    """
    if isinstance(form, NoticeForm):
        if caller.role not in DECIDING:
            raise Problem("not_allowed")
        return await run_in_threadpool(foreseen, request.app.state.door, case_id, caller, form)
    shown = wanted_form(request)
    asked = (case_id, form, caller)
    made = await run_in_threadpool(_drafted, engine, seal, asked, shown != "json")
    if not isinstance(made, PrintedPaper):
        return made
    return await press_of(request).answer(request, made, shown, f"{form.draft}-draft")


def _drafted(
    engine: Engine,
    seal: Seal,
    asked: tuple[UUID, ApplicationForm | AccountForm, Caller],
    read: bool,
) -> ApplicationDraft | AccountDraft | PrintedPaper:
    """The draft as a program takes it, or as it is read."""
    case_id, form, party = asked
    with engine.begin() as connection:
        row, case = _case(connection, case_id, party)
        sellers: tuple[str, ...] = ()
        made: ApplicationDraft | AccountDraft
        if isinstance(form, ApplicationForm):
            draft, placed, made = _application(connection, seal, form, party, (row, case))
            sellers = (placed.supplier,)
        else:
            draft, made = _account(connection, seal, form, party, case)
        keep_sealed(connection, key_of(connection, seal, row), case.id, (draft,))
        if not read:
            return made
        document = StoredDocument(draft.kind, draft.content, row.now)
        wanted = Printing(document, paper_languages(), sellers=sellers)
        return print_document(connection, seal, case.id, wanted)


def _application(
    connection: Connection, seal: Seal, form: ApplicationForm, recipient: Caller, of: Any
) -> tuple[Draft, Placed, ApplicationDraft]:
    row, case = of
    if recipient.role != Role.RECIPIENT:
        raise Problem("not_allowed")
    period = _period(case, form.period, recipient, ORDERING)
    facts = offer_facts(connection, case, form.offer_id, row.now, period.number)
    if facts.get("offer_item") != (case.measure and case.measure.item):
        raise Problem("not_found")
    placed = Placed.of(facts, form.quantity, form.companion)
    try:
        made = draft_order(connection, seal, case, period.number, placed)
    except Unreadable:
        raise Problem("person_erased") from None
    said = made.application
    assert said is not None
    actor = actor_of(recipient, Parties.of(row._mapping))
    order = Message(
        id="",
        name="place_order",
        at=row.now,
        actor=actor,
        period=period.number,
        data=_order(form, made, said),
        facts={
            **known_of(connection, case, actor),
            **facts,
            "application": made.sha256,
            "signature": {"reason": None},
        },
    )
    _refuse_beforehand(case, order)
    if (
        form.deliver_to is None
        and _orders(case, actor)
        and needs_address(connection, case, row.now)
    ):
        raise without_address()
    answer = ApplicationDraft(
        **_told(made),
        unit_price=said.unit_price,
        unit_sum=said.unit_sum,
        amount=said.amount,
        co_payment=said.co_payment,
        catalogue=said.catalogue,
    )
    return made, placed, answer


def _orders(case: Case, actor: Actor) -> bool:
    """Whether who drafts will order: a trustee only consents to what the ward will order."""
    assert case.measure is not None, "what is drafted has a measure"
    acting = case.measure.acting
    return acting.capacity != "assisted" or actor.id == case.measure.recipient


def _order(form: ApplicationForm, draft: Draft, said: ApplicationText) -> dict[str, Any]:
    """What the order will say that is placed with this draft."""
    return {
        "offer": str(form.offer_id),
        "application": draft.sha256,
        "signature": draft.sha256,
        "quantity": form.quantity,
        "price_shown": said.unit_price,
        "co_payment_confirmed": said.co_payment,
        **({"companion": True} if form.companion else {}),
        **({"deliver_by": form.deliver_by.isoformat()} if form.deliver_by else {}),
    }


def _refuse_beforehand(case: Case, order: Message) -> None:
    """Refused where the order would be, once it was signed: nobody signs in vain.

    A trustee consents to the draft itself, so that is not asked for yet.
    """
    made = decide(case, order, edition(case.edition), current_calendar())[0]
    reasons = made.data["reasons"] if made.type == "refused" else ()
    if told := [one for one in reasons if one["code"] != "consent_missing"]:
        raise Refused(told)


def _account(
    connection: Connection, seal: Seal, form: AccountForm, supplier: Caller, case: Case
) -> tuple[Draft, AccountDraft]:
    if supplier.role != Role.SUPPLIER:
        raise Problem("not_allowed")
    period = _period(case, form.period, supplier, SIGNING)
    if period.application is None:
        refusal = {"code": "status_does_not_allow", "facts": {"status": period.status}}
        raise Refused([refusal])
    not_payers_own(period, form.iban, "iban")
    made = draft_account(connection, seal, case, period.number, (form.iban, form.bic))
    return made, AccountDraft(**_told(made))


def _case(connection: Connection, case_id: UUID, caller: Caller) -> tuple[Row[Any], Case]:
    """The case as it stands. To those who may not see it, it does not exist."""
    row = read_case_row(connection, case_id)
    if row is None or row.seq is None or not may_see(caller, Parties.of(row._mapping)):
        raise Problem("not_found")
    return row, Case.model_validate(row.state)


def _period(case: Case, number: int | None, caller: Caller, statuses: tuple[str, ...]) -> Period:
    period = meant(case, number, edition(case.edition).process, caller.actor)
    if isinstance(period, Refusal):
        raise Refused([period.model_dump(mode="json")])
    if period.status not in statuses:
        refusal = {"code": "status_does_not_allow", "facts": {"status": period.status}}
        raise Refused([refusal])
    return period


def _told(draft: Draft) -> dict[str, str]:
    return {"bytes": base64.b64encode(draft.content).decode(), "sha256": draft.sha256}
