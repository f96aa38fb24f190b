"""Speak to the e-government gateway (ШЭП, asynchronous channel): that a message of E-Собес came,
and through it to E-Собес, what became of measures and messages.

Each envelope is signed over its body as the gateway asks for it (WS-Security, RSA or ECDSA with
SHA-256), and answered with `sendMessageResponse` or `sendDeliveryNotificationResponse`.
"""

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID, uuid5

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from lxml import etree

from integrations.errors import OutsideRefusal, Unavailable
from integrations.esobes import SYSTEM, Esobes, MessageNotice
from integrations.http import exchange
from integrations.shep import CHANNEL, NOTIFICATION, SOAP_11
from integrations.xml import parse

DELIVERED: Final = "delivered"
# What is told, by the place where it is told without a gateway.
_KINDS: Final = {
    "/esobes/results": "result",
    "/esobes/returned-messages": "returned_message",
    "/esobes/message-notices": "message_notice",
}
# Under which the same key always makes the same id of a message: the gateway knows it again.
_OURS: Final = UUID("6d0a6d5e-7a2f-5b8e-9a52-1f7f0a8f3c11")
_OASIS: Final = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity"
WSU: Final = f"{_OASIS}-utility-1.0.xsd"
WSSE: Final = f"{_OASIS}-secext-1.0.xsd"
_TOKEN: Final = {
    "EncodingType": f"{_OASIS.replace('wss-wssecurity', 'wss-soap-message-security')}"
    "-1.0#Base64Binary",
    "ValueType": "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-x509-token-profile"
    "-1.0#X509v3",
}
# SOAP 1.1 answers a fault under 500, and some gateways under what it means.
_WITH_FAULTS: Final = (400, 409, 422, 500)


@dataclass(frozen=True)
class GatewayMember:
    """Who we are to the gateway: the service it knows us by, our name there, and what signs."""

    service: str
    sender: str
    password: str = field(repr=False)
    key: RSAPrivateKey | EllipticCurvePrivateKey = field(repr=False)
    certificate: x509.Certificate

    @classmethod
    def read(cls, named: tuple[str, str, str], key: str, certificate: str) -> "GatewayMember":
        """`named`: service, sender and password; key and certificate in PEM. ValueError."""
        found = serialization.load_pem_private_key(key.encode(), None)
        if not isinstance(found, RSAPrivateKey | EllipticCurvePrivateKey):
            raise ValueError("the gateway takes keys of RSA and of elliptic curves")
        proven = x509.load_pem_x509_certificate(certificate.encode())
        if proven.public_key() != found.public_key():
            raise ValueError("the certificate is of another key")
        return cls(*named, found, proven)

    def message(self, key: str, content: dict[str, Any], at: datetime) -> tuple[str, bytes]:
        """Something for E-Собес: its id, and the envelope of the `sendMessage`."""
        id_ = str(uuid5(_OURS, key))
        request, info = _request("sendMessage", "messageInfo")
        _add(info, "messageId", id_)
        _add(info, "serviceId", self.service)
        _add(info, "messageType", NOTIFICATION)
        _add(info, "messageDate", at.isoformat(timespec="milliseconds"))
        sender = etree.SubElement(info, "sender")
        _add(sender, "senderId", self.sender)
        _add(sender, "password", self.password)
        data = etree.SubElement(etree.SubElement(request, "messageData"), "data")
        data.text = json.dumps(content, ensure_ascii=False)
        return id_, self._enveloped(request)

    def delivery(self, message_id: str, since: datetime, at: datetime) -> bytes:
        """That a message has come and need not be sent again: `sendDeliveryNotification`."""
        request, told = _request("sendDeliveryNotification", "deliveryNotification")
        _add(told, "messageId", message_id)
        _add(told, "serviceId", self.service)
        _add(told, "notificationDate", at.isoformat(timespec="milliseconds"))
        status = etree.SubElement(told, "deliveryStatus")
        _add(status, "receiveStatus", "DELIVERED")
        _add(status, "statusDate", since.isoformat(timespec="milliseconds"))
        _add(status, "resendMessage", "false")
        return self._enveloped(request)

    def _enveloped(self, request: etree._Element) -> bytes:
        # What signs is loaded with the first that is signed.
        from signxml.algorithms import (
            CanonicalizationMethod,
            SignatureConstructionMethod,
            SignatureMethod,
        )
        from signxml.signer import XMLSigner

        envelope = etree.Element(f"{{{SOAP_11}}}Envelope", nsmap={"soap": SOAP_11})
        header = etree.SubElement(envelope, f"{{{SOAP_11}}}Header")
        body = etree.SubElement(envelope, f"{{{SOAP_11}}}Body", nsmap={"wsu": WSU})
        body.set(f"{{{WSU}}}Id", "body")
        operation = request.getparent()
        assert operation is not None
        body.append(operation)
        rsa = isinstance(self.key, RSAPrivateKey)
        signer = XMLSigner(
            method=SignatureConstructionMethod.detached,
            signature_algorithm=(
                SignatureMethod.RSA_SHA256 if rsa else SignatureMethod.ECDSA_SHA256
            ),
            c14n_algorithm=CanonicalizationMethod.EXCLUSIVE_XML_CANONICALIZATION_1_0,
        )
        made = signer.sign(envelope, key=self.key, cert=[self.certificate], reference_uri="#body")
        security = etree.SubElement(header, f"{{{WSSE}}}Security", nsmap={"wsse": WSSE})
        token = etree.SubElement(security, f"{{{WSSE}}}BinarySecurityToken", _TOKEN)
        der = self.certificate.public_bytes(serialization.Encoding.DER)
        token.text = base64.b64encode(der).decode()
        security.append(made if made.tag.endswith("}Signature") else made[0])
        return etree.tostring(envelope, xml_declaration=True, encoding="UTF-8")


@dataclass(frozen=True)
class EsobesByGateway(Esobes):
    """E-Собес, reached through the gateway at `url`."""

    url: str
    member: GatewayMember
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)

    def notify(self, notice: MessageNotice) -> None:
        """That a message has come is said to the gateway, all else to E-Собес."""
        if notice.kind != DELIVERED:
            super().notify(notice)
        elif notice.message_id is not None:
            content = self.member.delivery(notice.message_id, notice.at, self.clock())
            self._say(content, "sendDeliveryNotificationResponse", None)

    def _tell(self, path: str, content: dict[str, Any]) -> None:
        said = {"type": _KINDS[path], **content}
        id_, envelope = self.member.message(content["key"], said, self.clock())
        self._say(envelope, "sendMessageResponse", id_)

    def _say(self, envelope: bytes, answered: str, id_: str | None) -> None:
        """Unavailable where that is not answered in so many words; OutsideRefusal for a fault."""
        headers = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": '""'}
        request = self.client.build_request("POST", self.url, content=envelope, headers=headers)
        answer = exchange(self.client, SYSTEM, request, _WITH_FAULTS)
        document, _ = parse(answer.body)
        body = None if document is None else document.find(f"{{{SOAP_11}}}Body")
        told = None if body is None or len(body) != 1 else body[0]
        if told is not None and told.tag == f"{{{SOAP_11}}}Fault":
            _refuse(told, answer.status)
        taken = told is not None and told.tag == f"{{{CHANNEL}}}{answered}"
        if told is None or not taken or id_ not in (None, _named(told, "messageId")):
            raise Unavailable(SYSTEM, f"{answer.status} without an acknowledgement")


def _refuse(fault: etree._Element, status: int) -> None:
    """What is wrong with what we said is refused; what is wrong there may pass."""
    whose = (fault.findtext("faultcode") or "").rpartition(":")[2]
    code = _named(fault, "errorCode") or "no_code"
    if whose == "Client" and code.isascii() and code.isprintable() and len(code) <= 60:
        raise OutsideRefusal(SYSTEM, code)
    raise Unavailable(SYSTEM, f"{status}, a fault")


def _named(parent: etree._Element, name: str) -> str | None:
    """The text of the first element of a name within, whatever its namespace."""
    for one in parent.iter(etree.Element):
        if etree.QName(one).localname == name:
            return (one.text or "").strip() or None
    return None


def _request(operation: str, about: str) -> tuple[etree._Element, etree._Element]:
    """The request of an operation, and the part of it that says what it is about."""
    said = etree.Element(f"{{{CHANNEL}}}{operation}", nsmap={"ns2": CHANNEL})
    request = etree.SubElement(said, "request")
    return request, etree.SubElement(request, about)


def _add(parent: etree._Element, name: str, text: str) -> None:
    etree.SubElement(parent, name).text = text
