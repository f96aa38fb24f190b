"""The e-government gateway (ШЭП), asynchronous channel: takes what ozhb says to E-Собес through it.

Each envelope must be signed over its body; whose certificate it is, is kept with the delivery.
"""

import base64
import json
from datetime import UTC, datetime
from typing import Any, Final

from cryptography import x509
from fastapi import APIRouter, Request, Response
from lxml import etree
from pydantic import TypeAdapter, ValidationError
from signxml.exceptions import SignXMLException
from signxml.verifier import SignatureConfiguration, XMLVerifier

from sandbox.esobes import Esobes, MessageNotice, Result, ReturnedMessage
from sandbox.store import Store

SOAP: Final = "http://schemas.xmlsoap.org/soap/envelope/"
CHANNEL: Final = "http://bip.bee.kz/AsyncChannel/v10/Types"
COMMON: Final = "http://bip.bee.kz/common/v10/Types"
TOLD: Final[dict[str, TypeAdapter[Any]]] = {
    "result": TypeAdapter(Result),
    "returned_message": TypeAdapter(ReturnedMessage),
    "message_notice": TypeAdapter(MessageNotice),
}


class WrongEnvelope(Exception):
    """Why an envelope is answered with a fault: a code of the gateway."""


class AsyncChannel:
    """One end of the gateway; at the other is E-Собес."""

    def __init__(self, store: Store, esobes: Esobes) -> None:
        self._store, self._esobes = store, esobes

    def take(self, content: bytes) -> bytes:
        """The answer to an envelope, or WrongEnvelope."""
        operation = _signed_operation(content)
        match etree.QName(operation).localname:
            case "sendMessage":
                return self._take_message(operation)
            case "sendDeliveryNotification":
                return self._take_delivery(operation)
            case _:
                raise WrongEnvelope("unknown_operation")

    def _take_message(self, operation: etree._Element) -> bytes:
        info = _the(operation, "request/messageInfo")
        for name in ("messageId", "serviceId", "messageDate", "sender/senderId"):
            _text(info, name)
        if _text(info, "messageType") != "NOTIFICATION":
            raise WrongEnvelope("wrong_message_type")
        try:
            said = json.loads(_text(operation, "request/messageData/data"))
            told = TOLD[said.pop("type")].validate_python(said)
        except (ValueError, KeyError, AttributeError, ValidationError):
            raise WrongEnvelope("wrong_data") from None
        self._esobes.acknowledge(told)
        return _answer("sendMessageResponse", messageId=_text(info, "messageId"))

    def _take_delivery(self, operation: etree._Element) -> bytes:
        told = _the(operation, "request/deliveryNotification")
        status = _text(told, "deliveryStatus/receiveStatus")
        if status not in ("DELIVERED", "NOT_DELIVERED"):
            raise WrongEnvelope("wrong_status")
        self._store.run(
            "insert into delivery values (?, 1, ?)"
            " on conflict (key) do update set received = received + 1",
            _text(told, "messageId"),
            json.dumps({"status": status, "at": _text(told, "deliveryStatus/statusDate")}),
        )
        return _answer("sendDeliveryNotificationResponse")

    def deliveries(self) -> list[dict[str, Any]]:
        """Which messages have come, the first ones first, and how often each was told."""
        rows = self._store.rows("select * from delivery order by rowid")
        return [
            {"message_id": row["key"], **json.loads(row["body"]), "received": row["received"]}
            for row in rows
        ]


def _signed_operation(content: bytes) -> etree._Element:
    """What the signature covers: the one operation in the body."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
    try:
        document = etree.fromstring(content, parser)
    except etree.XMLSyntaxError:
        raise WrongEnvelope("no_envelope") from None
    token = next(
        (one for one in document.iter() if str(one.tag).endswith("}BinarySecurityToken")), None
    )
    if token is None:
        raise WrongEnvelope("not_signed")
    try:
        certificate = x509.load_der_x509_certificate(base64.b64decode(token.text or ""))
        proof = SignatureConfiguration(expect_references=True)
        found = XMLVerifier().verify(document, x509_cert=certificate, expect_config=proof)
    except (SignXMLException, ValueError):
        raise WrongEnvelope("wrong_signature") from None
    covered = [one.signed_xml for one in (found if isinstance(found, list) else [found])]
    bodies = [one for one in covered if one is not None and one.tag == f"{{{SOAP}}}Body"]
    if len(bodies) != 1 or len(bodies[0]) != 1:
        raise WrongEnvelope("wrong_signature")
    return bodies[0][0]


def _the(parent: etree._Element, path: str) -> etree._Element:
    found = parent.find(path)
    if found is None:
        raise WrongEnvelope(f"no_{path.rpartition('/')[2]}")
    return found


def _text(parent: etree._Element, path: str) -> str:
    found = (_the(parent, path).text or "").strip()
    if not found:
        raise WrongEnvelope(f"no_{path.rpartition('/')[2]}")
    return found


def _answer(operation: str, **told: str) -> bytes:
    answer = etree.Element(f"{{{CHANNEL}}}{operation}", nsmap={"ns2": CHANNEL})
    response = etree.SubElement(answer, "response")
    told["responseDate"] = _now()
    for name, value in told.items():
        etree.SubElement(response, name).text = value
    return _enveloped(answer)


def _fault(code: str) -> bytes:
    fault = etree.Element(f"{{{SOAP}}}Fault", nsmap={"soap": SOAP})
    etree.SubElement(fault, "faultcode").text = "soap:Client"
    etree.SubElement(fault, "faultstring").text = code
    detail = etree.SubElement(fault, "detail")
    info = etree.SubElement(detail, f"{{{COMMON}}}ErrorInfo", nsmap={"c": COMMON})
    for name, value in (("errorCode", code), ("errorMessage", code), ("errorDate", _now())):
        etree.SubElement(info, name).text = value
    return _enveloped(fault)


def _enveloped(content: etree._Element) -> bytes:
    envelope = etree.Element(f"{{{SOAP}}}Envelope", nsmap={"soap": SOAP})
    etree.SubElement(envelope, f"{{{SOAP}}}Body").append(content)
    return etree.tostring(envelope, xml_declaration=True, encoding="UTF-8")


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def routes(channel: AsyncChannel) -> APIRouter:
    """The channel; for tests, which messages are said to have come."""
    router = APIRouter(prefix="/shep", tags=["esobes"])

    @router.post("/async")
    async def take(request: Request) -> Response:
        try:
            content, status = channel.take(await request.body()), 200
        except WrongEnvelope as wrong:
            content, status = _fault(str(wrong)), 500
        return Response(content, status, media_type="text/xml; charset=utf-8")

    @router.get("/deliveries")
    async def deliveries() -> list[dict[str, Any]]:
        return channel.deliveries()

    return router
