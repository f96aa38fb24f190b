"""What people may ask of a case: one typed address a command."""

from typing import Final

from fastapi import APIRouter
from starlette.responses import Response

from api.auth import (
    Answerer,
    Canceller,
    Caseworker,
    Changer,
    Official,
    Provider,
    Recipient,
    Signer,
    Supplier,
)
from api.bodies import (
    Accept,
    AnswerEscalation,
    AnswerObjection,
    Approve,
    ChangeAccount,
    ChangeContacts,
    ChangeContent,
    EnterProof,
    EnterStatement,
    Escalate,
    ExtendReview,
    ExtendTerm,
    MarkDelivered,
    Pause,
    PlaceOrder,
    Plain,
    ProvideAttachment,
    Reasoned,
    Refuse,
    ReopenCase,
    ReturnApplication,
    Revoke,
    Sign,
)
from api.calls import CallDep, command
from api.papers import papered, returned

router = APIRouter(prefix="/v1/cases/{case_id}", tags=["commands"])
WISH: Final = Plain()


# --- recipients ---


@router.post("/open", **command("openCase"))
async def open_case(call: CallDep, recipient: Recipient, body: Plain = WISH) -> Response:
    """Visit the case: from the first visit on, the recipient counts as notified."""
    return await call.make(recipient, "open_case", body)


@router.post("/place-order", **command("placeOrder"))
async def place_order(call: CallDep, recipient: Recipient, body: PlaceOrder) -> Response:
    """Order from a supplier, with the signed application that this order makes."""
    return await call.make(
        recipient, "place_order", body, call.facts.place_order(body), outside=True
    )


@router.post("/decline", **command("decline"))
async def decline(call: CallDep, recipient: Recipient, body: Reasoned) -> Response:
    """Renounce the measure."""
    return await call.make(recipient, "decline", body)


@router.post("/ask-reopening", **command("askReopening"))
async def ask_reopening(call: CallDep, recipient: Recipient, body: Reasoned) -> Response:
    """Ask for another two months after they have run out."""
    return await call.make(recipient, "ask_reopening", body)


@router.post("/accept", **command("accept"))
async def accept(call: CallDep, recipient: Recipient, body: Accept) -> Response:
    """Confirm what was received: all of it, or a part; the rest is then still owed."""
    return await call.make(recipient, "accept", body, call.facts.accept(body))


@router.post("/cancel-order", **command("cancelOrder"))
async def cancel_order(call: CallDep, canceller: Canceller, body: Reasoned) -> Response:
    """Cancel an order that is not confirmed, or that is long overdue."""
    return await call.make(canceller, "cancel_order", body)


@router.post("/sign", **command("sign"))
async def sign(call: CallDep, signer: Signer, body: Sign) -> Response:
    """Sign the application; a supplier names the account to be paid, and signs that too."""
    return await call.make(signer, "sign", body, call.facts.sign(body), outside=True)


@router.post("/take-back-decline", **command("takeBackDecline"))
async def take_back_decline(call: CallDep, recipient: Recipient, body: Plain = WISH) -> Response:
    """Want the measure after all, while the term of choice lasts."""
    return await call.make(recipient, "take_back_decline", body)


@router.post("/raise-objection", **command("raiseObjection"))
async def raise_objection(call: CallDep, signer: Signer, body: Reasoned) -> Response:
    """Object to a decision that is intended against you."""
    return await call.make(signer, "raise_objection", body)


@router.post("/provide-attachment", **command("provideAttachment"))
async def provide_attachment(call: CallDep, party: Provider, body: ProvideAttachment) -> Response:
    """Hand in the document that the application lacks."""
    return await call.make(party, "provide_attachment", body)


# --- suppliers ---


@router.post("/confirm", **command("confirmOrder"))
async def confirm(call: CallDep, supplier: Supplier, body: Plain = WISH) -> Response:
    """Confirm an order: the contract is made."""
    return await call.make(supplier, "confirm", body, call.facts.confirming(body))


@router.post("/refuse-order", **command("refuseOrder"))
async def refuse_order(call: CallDep, supplier: Supplier, body: Reasoned) -> Response:
    """Refuse an order: the recipient chooses another supplier."""
    return await call.make(supplier, "refuse_order", body)


@router.post("/mark-delivered", **command("markDelivered"))
async def mark_delivered(call: CallDep, supplier: Supplier, body: MarkDelivered) -> Response:
    """Tell that the order was handed over, or the hours of a month by its time sheet."""
    return await call.make(supplier, "mark_delivered", body, call.facts.mark_delivered(body))


@router.post("/report-co-payment-missing", **command("reportCoPaymentMissing"))
async def report_co_payment_missing(
    call: CallDep, supplier: Supplier, body: Plain = WISH
) -> Response:
    """Tell that the difference was not paid: the term of the delivery stands still."""
    return await call.make(supplier, "report_co_payment_missing", body)


@router.post("/report-co-payment-received", **command("reportCoPaymentReceived"))
async def report_co_payment_received(
    call: CallDep, supplier: Supplier, body: Plain = WISH
) -> Response:
    """Tell that the difference has come: the term of the delivery goes on."""
    return await call.make(supplier, "report_co_payment_received", body)


@router.post("/change-account", **command("changeAccount"))
async def change_account(call: CallDep, supplier: Supplier, body: ChangeAccount) -> Response:
    """Name another account after a payment has failed."""
    return await call.make(
        supplier, "change_account", body, call.facts.change_account(body), outside=True
    )


@router.post("/change-content", **command("changeContent"))
async def change_content(call: CallDep, changer: Changer, body: ChangeContent) -> Response:
    """Ask for less: a new version of the application, to be signed anew."""
    return await call.make(changer, "change_content", body, call.facts.change_content(body))


# --- caseworkers ---


@router.post("/enter-proof", **command("enterProof"))
async def enter_proof(call: CallDep, caseworker: Caseworker, body: EnterProof) -> Response:
    """Enter that the recipient was notified on paper or by hand."""
    return await call.make(caseworker, "enter_proof", body)


@router.post("/change-contacts", **command("changeContacts"))
async def change_contacts(call: CallDep, caseworker: Caseworker, body: ChangeContacts) -> Response:
    """Enter other contacts of the recipient, and notify anew."""
    return await call.make(caseworker, "change_contacts", body, call.facts.change_contacts(body))


@router.post("/reopen", **command("reopen"))
async def reopen(call: CallDep, caseworker: Caseworker, body: Reasoned) -> Response:
    """Begin another two months after they have run out."""
    return await call.make(caseworker, "reopen", body)


@router.post("/deny-reopening", **command("denyReopening"))
async def deny_reopening(call: CallDep, caseworker: Caseworker, body: Reasoned) -> Response:
    """Answer no to a request for another two months."""
    return await call.make(caseworker, "deny_reopening", body)


@router.post("/intend-closing", **command("intendClosing"))
async def intend_closing(call: CallDep, caseworker: Caseworker, body: Reasoned) -> Response:
    """Tell the recipient that the case is about to be closed, so that they may object."""
    paper = papered(call.facts.seal, body, "preliminary_closing")
    return await call.make(caseworker, "intend_closing", body, paper)


@router.post("/close", **command("closeCase"))
async def close(call: CallDep, caseworker: Caseworker, body: Reasoned) -> Response:
    """Close a case whose two months have long run out, after the recipient was heard."""
    paper = papered(call.facts.seal, body, "closing")
    return await call.make(caseworker, "close", body, paper)


@router.post("/approve", **command("approve"))
async def approve(call: CallDep, caseworker: Caseworker, body: Approve | None = None) -> Response:
    """Approve the payment; two different caseworkers must."""
    said = body or Approve()
    return await call.make(caseworker, "approve", said, call.facts.deciding(said))


@router.post("/withdraw-approval", **command("withdrawApproval"))
async def withdraw_approval(call: CallDep, caseworker: Caseworker, body: Plain = WISH) -> Response:
    """Take one's own first approval back."""
    return await call.make(caseworker, "withdraw_approval", body)


@router.post("/extend-review", **command("extendReview"))
async def extend_review(call: CallDep, caseworker: Caseworker, body: ExtendReview) -> Response:
    """Extend the review once, with a reason."""
    return await call.make(caseworker, "extend_review", body)


@router.post("/return-application", **command("returnApplication"))
async def return_application(
    call: CallDep, caseworker: Caseworker, body: ReturnApplication
) -> Response:
    """Return the application for correction; the second time two different caseworkers must."""
    paper = returned(call.facts.seal, body)
    return await call.make(caseworker, "return_application", body, paper)


@router.post("/return-unremedied", **command("returnUnremedied"))
async def return_unremedied(call: CallDep, caseworker: Caseworker, body: Reasoned) -> Response:
    """Give the application back, because what was missing has not come in time."""
    paper = returned(call.facts.seal, body)
    return await call.make(caseworker, "return_unremedied", body, paper)


@router.post("/intend-refusal", **command("intendRefusal"))
async def intend_refusal(call: CallDep, caseworker: Caseworker, body: Refuse) -> Response:
    """Tell the parties that a refusal is intended and why, so that they may object."""
    paper = papered(call.facts.seal, body, "preliminary_refusal")
    return await call.make(caseworker, "intend_refusal", body, paper)


@router.post("/withdraw-intention", **command("withdrawIntention"))
async def withdraw_intention(call: CallDep, caseworker: Caseworker, body: Reasoned) -> Response:
    """Take back what was intended; the review goes on."""
    paper = papered(call.facts.seal, body, "withdrawal")
    return await call.make(caseworker, "withdraw_intention", body, paper)


@router.post("/answer-objection", **command("answerObjection"))
async def answer_objection(
    call: CallDep, caseworker: Caseworker, body: AnswerObjection
) -> Response:
    """Answer what a party says against an intended decision."""
    paper = papered(call.facts.seal, body, "answer")
    return await call.make(caseworker, "answer_objection", body, paper)


@router.post("/refuse", **command("refuse"))
async def refuse(call: CallDep, caseworker: Caseworker, body: Refuse) -> Response:
    """Refuse what the parties were heard about; two different caseworkers must."""
    paper = papered(call.facts.seal, body, "refusal")
    return await call.make(caseworker, "refuse", body, paper)


@router.post("/confirm-funds", **command("confirmFunds"))
async def confirm_funds(call: CallDep, caseworker: Caseworker, body: Plain = WISH) -> Response:
    """Tell that the money is there: the payment goes out."""
    return await call.make(caseworker, "confirm_funds", body)


@router.post("/retry-payment", **command("retryPayment"))
async def retry_payment(call: CallDep, caseworker: Caseworker, body: Plain = WISH) -> Response:
    """Pay once more what has failed; two different caseworkers must.

    It goes out once the treasury has confirmed what became of every earlier attempt.
    """
    return await call.make(caseworker, "retry_payment", body)


@router.post("/check-account", **command("checkAccount"))
async def check_account(call: CallDep, caseworker: Caseworker, body: Plain = WISH) -> Response:
    """Confirm a changed account; two different caseworkers must."""
    return await call.make(caseworker, "check_account", body)


@router.post("/enter-statement", **command("enterStatement"))
async def enter_statement(call: CallDep, caseworker: Caseworker, body: EnterStatement) -> Response:
    """Enter what the bank statement says of a payment; two different caseworkers must."""
    return await call.make(caseworker, "enter_statement", body)


@router.post("/reopen-case", **command("reopenCase"))
async def reopen_case(call: CallDep, caseworker: Caseworker, body: ReopenCase) -> Response:
    """Have a closed case go on, as a court or an appeal wants; two different caseworkers must."""
    return await call.make(caseworker, "reopen_case", body)


@router.post("/judge-revision", **command("judgeRevision"))
async def judge_revision(call: CallDep, caseworker: Caseworker, body: Reasoned) -> Response:
    """Decide that an order stands although the programme has changed."""
    return await call.make(caseworker, "judge_revision", body)


@router.post("/revoke", **command("revoke"))
async def revoke(call: CallDep, caseworker: Caseworker, body: Revoke) -> Response:
    """Withdraw the measure, on paper evidence."""
    return await call.make(caseworker, "revoke", body)


@router.post("/pause", **command("pauseCase"))
async def pause(call: CallDep, caseworker: Caseworker, body: Pause) -> Response:
    """Have the terms of a case stand still on a ground of the law; their rests are kept."""
    return await call.make(caseworker, "pause", body)


@router.post("/resume", **command("resumeCase"))
async def resume(call: CallDep, caseworker: Caseworker, body: Reasoned) -> Response:
    """Have the terms of a paused case go on."""
    return await call.make(caseworker, "resume", body)


@router.post("/extend-term", **command("extendTerm"))
async def extend_term(call: CallDep, caseworker: Caseworker, body: ExtendTerm) -> Response:
    """Move a term forward that policy set; terms of the law have commands of their own."""
    return await call.make(caseworker, "extend_term", body)


@router.post("/escalate", **command("escalate"))
async def escalate(call: CallDep, official: Official, body: Escalate) -> Response:
    """Put a question to a desk or a person; it is in their work list until it is answered.

    A wrong addressee is answered with those that are possible.
    """
    return await call.make(official, "escalate", body, call.facts.escalating(body))


@router.post("/answer-escalation", **command("answerEscalation"))
async def answer_escalation(call: CallDep, answerer: Answerer, body: AnswerEscalation) -> Response:
    """Answer a question that was put."""
    return await call.make(answerer, "answer_escalation", body, call.facts.answering(body))
