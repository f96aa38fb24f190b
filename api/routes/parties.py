"""Who acts for a recipient and where they live: one typed address a command."""

from fastapi import APIRouter
from starlette.responses import Response

from api.auth import Canceller, Caseworker, Recipient
from api.calls import CallDep, command
from api.parties import (
    AttestHandover,
    BeginRepresentation,
    Consent,
    EndRepresentation,
    Move,
    RecordCapacity,
)

router = APIRouter(prefix="/v1/cases/{case_id}", tags=["commands"])


@router.post("/begin-representation", **command("beginRepresentation"))
async def begin_representation(
    call: CallDep, caseworker: Caseworker, body: BeginRepresentation
) -> Response:
    """Enter somebody who acts for the recipient, with the paper that says so."""
    prepare = call.parties.begin_representation(body)
    return await call.make(caseworker, "begin_representation", body, prepare)


@router.post("/end-representation", **command("endRepresentation"))
async def end_representation(
    call: CallDep, canceller: Canceller, body: EndRepresentation
) -> Response:
    """Record that a power has ended; a power of attorney also by who gave it or who has it."""
    prepare = call.parties.end_representation(body)
    return await call.make(canceller, "end_representation", body, prepare)


@router.post("/record-capacity", **command("recordCapacity"))
async def record_capacity(call: CallDep, caseworker: Caseworker, body: RecordCapacity) -> Response:
    """Record that the recipient has come of age, or is capable otherwise than before."""
    prepare = call.parties.record_capacity(body)
    return await call.make(caseworker, "record_capacity", body, prepare)


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
