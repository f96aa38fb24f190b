"""What people ask of the portal commission, what it concludes, and what comes back of the money."""

from fastapi import APIRouter
from starlette.responses import Response

from api.auth import (
    Caller,
    Caseworker,
    Commission,
    PartyToCase,
    Recipient,
    Referrer,
    Seeker,
    Supplier,
    Undertaker,
)
from api.bodies import (
    EnterSuccessor,
    Evidenced,
    Reasoned,
)
from api.calls import Call, CallDep, command
from api.dispute_bodies import Complain, ConfirmReturn, FindBreach, OrderRemedy, WriteOff
from api.papers import papered

router = APIRouter(prefix="/v1/cases/{case_id}", tags=["commands"])


async def _conclude(call: Call, caller: Caller, name: str, body: Reasoned, code: str) -> Response:
    """What is concluded is written down for the parties."""
    return await call.make(caller, name, body, papered(call.facts.seal, body, code))


# --- what is put before the commission ---


@router.post("/report-no-supplier", **command("reportNoSupplier"))
async def report_no_supplier(call: CallDep, seeker: Seeker, body: Reasoned) -> Response:
    """Say that nobody offers this where the recipient lives; the commission answers."""
    return await call.make(seeker, "report_no_supplier", body)


@router.post("/complain", **command("complain"))
async def complain(call: CallDep, recipient: Recipient, body: Complain) -> Response:
    """Complain of an order: nothing more is paid until the commission has decided."""
    return await call.make(recipient, "complain", body)


@router.post("/refer", **command("referToCommission"))
async def refer(call: CallDep, referrer: Referrer, body: Reasoned) -> Response:
    """Refer an order to the commission whose recipient has been silent for too long."""
    return await call.make(referrer, "refer", body)


@router.post("/state-position", **command("statePosition"))
async def state_position(call: CallDep, party: PartyToCase, body: Reasoned) -> Response:
    """Tell the commission how you see it."""
    return await call.make(party, "state_position", body)


# --- the end of an order by the parties ---


@router.post("/withdraw-order", **command("withdrawOrder"))
async def withdraw_order(call: CallDep, supplier: Supplier, body: Reasoned) -> Response:
    """Withdraw from an order that was confirmed: the commission learns of it."""
    return await call.make(supplier, "withdraw_order", body)


@router.post("/agree-to-cancel", **command("agreeToCancel"))
async def agree_to_cancel(call: CallDep, party: PartyToCase, body: Reasoned) -> Response:
    """Agree to cancel a confirmed order; it ends once both have."""
    return await call.make(party, "agree_to_cancel", body)


# --- the commission ---


@router.post("/confirm-no-supplier", **command("confirmNoSupplier"))
async def confirm_no_supplier(call: CallDep, commission: Commission, body: Reasoned) -> Response:
    """Conclude that there is no supplier: public procurement follows."""
    return await _conclude(call, commission, "confirm_no_supplier", body, "no_supplier_confirmed")


@router.post("/deny-no-supplier", **command("denyNoSupplier"))
async def deny_no_supplier(call: CallDep, commission: Commission, body: Reasoned) -> Response:
    """Conclude that there is a supplier: the recipient goes on choosing."""
    return await _conclude(call, commission, "deny_no_supplier", body, "no_supplier_denied")


@router.post("/hear-complaint", **command("hearComplaint"))
async def hear_complaint(call: CallDep, commission: Commission, body: Reasoned) -> Response:
    """Hear a complaint that came late."""
    return await call.make(commission, "hear_complaint", body)


@router.post("/dismiss-complaint", **command("dismissComplaint"))
async def dismiss_complaint(call: CallDep, commission: Commission, body: Reasoned) -> Response:
    """Dismiss a complaint that came late, or in which there is no breach."""
    return await _conclude(call, commission, "dismiss_complaint", body, "complaint_dismissed")


@router.post("/order-remedy", **command("orderRemedy"))
async def order_remedy(call: CallDep, commission: Commission, body: OrderRemedy) -> Response:
    """Give the supplier notice to set it right until a day; otherwise the order ends."""
    return await _conclude(call, commission, "order_remedy", body, "remedy")


@router.post("/decide-for-supplier", **command("decideForSupplier"))
async def decide_for_supplier(call: CallDep, commission: Commission, body: Reasoned) -> Response:
    """Decide a dispute for the supplier: the case goes on where it stood."""
    paper = papered(call.facts.seal, body, "for_supplier")
    prepared = call.facts.for_supplier(body, paper)
    return await call.make(commission, "decide_for_supplier", body, prepared)


@router.post("/decide-for-recipient", **command("decideForRecipient"))
async def decide_for_recipient(call: CallDep, commission: Commission, body: Reasoned) -> Response:
    """Decide a dispute for the recipient, who chooses another supplier."""
    return await _conclude(call, commission, "decide_for_recipient", body, "for_recipient")


@router.post("/find-breach", **command("findBreach"))
async def find_breach(call: CallDep, commission: Commission, body: FindBreach) -> Response:
    """Find a breach in what was paid for: the supplier pays it back."""
    return await _conclude(call, commission, "find_breach", body, "breach")


@router.post("/take-note", **command("takeNote"))
async def take_note(call: CallDep, commission: Commission, body: Reasoned) -> Response:
    """Have dealt with what a case says of its supplier."""
    return await call.make(commission, "take_note", body)


@router.post("/end-order", **command("endOrder"))
async def end_order(call: CallDep, caseworker: Caseworker, body: Reasoned) -> Response:
    """End an order on both sides of which one person stands; two different caseworkers must."""
    return await call.make(caseworker, "end_order", body)


@router.post("/reconsider", **command("reconsiderApproval"))
async def reconsider(call: CallDep, caseworker: Caseworker, body: Reasoned) -> Response:
    """Take back what was approved while one person stands on both sides and nothing has left."""
    return await call.make(caseworker, "reconsider", body)


@router.post("/supplier-ceased", **command("supplierCeased"))
async def supplier_ceased(call: CallDep, official: Undertaker, body: Evidenced) -> Response:
    """Enter, by the act, that the supplier has died or is no more."""
    return await call.make(official, "supplier_ceased", body)


# --- money that comes back, and who takes the supplier's place ---


@router.post("/confirm-return", **command("confirmReturn"))
async def confirm_return(call: CallDep, caseworker: Caseworker, body: ConfirmReturn) -> Response:
    """Confirm that the supplier has paid all of it back."""
    return await call.make(caseworker, "confirm_return", body)


@router.post("/write-off", **command("writeOff"))
async def write_off(call: CallDep, caseworker: Caseworker, body: WriteOff) -> Response:
    """Write off what cannot be collected; two different caseworkers must."""
    return await call.make(caseworker, "write_off", body)


@router.post("/enter-successor", **command("enterSuccessor"))
async def enter_successor(call: CallDep, caseworker: Caseworker, body: EnterSuccessor) -> Response:
    """Enter who acts and signs for a supplier that is no more; two different caseworkers must."""
    return await call.make(caseworker, "enter_successor", body, call.facts.succession(body))
