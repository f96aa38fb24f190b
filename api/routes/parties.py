"""Who acts for a recipient and where they live: one typed address a command."""

from fastapi import APIRouter
from starlette.responses import Response

from api.auth import Canceller, Caseworker, Recipient
from api.calls import CallDep, command
from api.parties import (
    AttestHandover,
    BeginRepresentation,
    ConfirmRepresentation,
    Consent,
    EndRepresentation,
    Move,
    RecordCapacity,
    RefuseRepresentation,
)

router = APIRouter(prefix="/v1/cases/{case_id}", tags=["commands"])


@router.post("/begin-representation", **command("beginRepresentation"))
async def begin_representation(
    call: CallDep, caseworker: Caseworker, body: BeginRepresentation
) -> Response:
    """Enter somebody who acts for the recipient, by a paper; a second caseworker confirms."""
    prepare = call.parties.begin_representation(body)
    return await call.make(caseworker, "begin_representation", body, prepare)


@router.post("/end-representation", **command("endRepresentation"))
async def end_representation(
    call: CallDep, canceller: Canceller, body: EndRepresentation
) -> Response:
    """Record that a power has ended: of attorney by who gave or has it, else by two caseworkers."""
    prepare = call.parties.end_representation(body)
    return await call.make(canceller, "end_representation", body, prepare)


@router.post("/record-capacity", **command("recordCapacity"))
async def record_capacity(call: CallDep, caseworker: Caseworker, body: RecordCapacity) -> Response:
    """Enter that the recipient has come of age, or another capacity; a second one confirms."""
    prepare = call.parties.record_capacity(body)
    return await call.make(caseworker, "record_capacity", body, prepare)


@router.post("/confirm-representation", **command("confirmRepresentation"))
async def confirm_representation(
    call: CallDep, caseworker: Caseworker, body: ConfirmRepresentation
) -> Response:
    """Confirm, as the second caseworker, what another entered of who acts for the recipient."""
    prepare = call.parties.confirm_representation(body)
    return await call.make(caseworker, "confirm_representation", body, prepare)


@router.post("/refuse-representation", **command("refuseRepresentation"))
async def refuse_representation(
    call: CallDep, caseworker: Caseworker, body: RefuseRepresentation
) -> Response:
    """Do not confirm it: it has come to nothing."""
    prepare = call.parties.refuse_representation(body)
    return await call.make(caseworker, "refuse_representation", body, prepare)


@router.post("/consent", **command("consent"))
async def consent(call: CallDep, recipient: Recipient, body: Consent) -> Response:
    """Consent, as the trustee, to what the ward is about to do."""
    return await call.make(recipient, "consent", body, call.parties.consent(body))


@router.post("/move", **command("moveCase"))
async def move(call: CallDep, caseworker: Caseworker, body: Move) -> Response:
    """Pass the recipient's cases on to the authority of their new place."""
    return await call.make(caseworker, "move", body, call.parties.move(body))


@router.post("/attest-handover", **command("attestHandover"))
async def attest_handover(call: CallDep, caseworker: Caseworker, body: AttestHandover) -> Response:
    """After the recipient's death: enter the act of hand-over in place of their word."""
    return await call.make(caseworker, "attest_handover", body, call.facts.attest_handover(body))
