"""The signer on somebody's own machine, as NCALayer answers pages over a local web socket.

It signs as the persona that this browser has signed in as, with a key of the moment.
"""

import asyncio
import base64
import json
from typing import Any, Final

import httpx
from fastapi import APIRouter, WebSocket, WebSocketDisconnect

from sandbox.identity import TokenRequest
from sandbox.party import HEAD, LEGAL_ENTITY, NATURAL_PERSON, Identity, Party
from sandbox.signing_in import COOKIE, SignIn

MODULE: Final = "kz.gov.pki.knca.basics"
HELLO: Final = {"result": {"version": "sandbox"}}


def routes(sign_in: SignIn, sandbox_url: str) -> APIRouter:
    """`/ncalayer`, a web socket: a message a question, a message an answer."""
    router = APIRouter(tags=["signer"])

    @router.websocket("/ncalayer")
    async def listen(socket: WebSocket) -> None:
        await socket.accept()
        await socket.send_json(HELLO)
        title = socket.cookies.get(COOKIE, "")
        try:
            while True:
                asked = await socket.receive_text()
                await socket.send_json(await _answer(sign_in, sandbox_url, title, asked))
        except WebSocketDisconnect:
            return

    return router


async def _answer(sign_in: SignIn, sandbox_url: str, title: str, asked: str) -> dict[str, Any]:
    """What NCALayer says to one question: a signature, or why there is none."""
    try:
        question = json.loads(asked)
        module, method, said = question["module"], question["method"], question["args"]
        content = base64.b64decode(said["data"], validate=True)
        form = said["format"]
        stamped = said.get("signingParams", {}).get("tsaProfile") is not None
    except (ValueError, KeyError, TypeError, AttributeError):
        return _refused("500", "the question is not understood")
    if (module, method, form) != (MODULE, "sign", "cms"):
        return _refused("500", "only CMS signatures are made here")
    persona = next((one for one in sign_in.personas() if one.title == title), None)
    if persona is None:
        return {"status": True, "body": {"result": []}, "message": "action.canceled"}
    try:
        made = await asyncio.to_thread(sign_as, sandbox_url, persona.claims, content, stamped)
    except httpx.HTTPError as error:
        return _refused("500", type(error).__name__)
    return {"status": True, "body": {"result": [made]}}


def sign_as(sandbox_url: str, claims: TokenRequest, content: bytes, stamped: bool = False) -> str:
    """The signature of a persona, with a key of the moment; with a time stamp where it is asked."""
    assert claims.iin is not None, "a persona is a person"
    who: Identity = {
        "role": claims.role,
        "iin": claims.iin,
        "common_name": (claims.name or claims.role).upper(),
        "bin": claims.bin,
        "organisation": claims.bin and "ЖШС",
        "owner_types": [LEGAL_ENTITY, HEAD] if claims.bin else [NATURAL_PERSON],
    }
    party = Party.enrol(sandbox_url, **who)
    return party.sign_stamped(content) if stamped else party.sign(content)


def _refused(code: str, message: str) -> dict[str, Any]:
    return {"status": False, "code": code, "message": message}
