"""Envelopes of the e-government gateway (ШЭП), asynchronous channel: one notification, one message.

The message is JSON, written as text into `messageData/data`. `senderId` and `password` are not what
we trust (the bearer token is), and are not read. A WS-Security signature is proven where there is
one, and only what it signs is read then; GOST is beyond us and said to be.
"""

import base64
import binascii
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from cryptography import x509
from lxml import etree
from signxml import SignatureConfiguration, XMLVerifier
from signxml.algorithms import SignatureMethod
from signxml.exceptions import SignXMLException

from integrations.xml import parse

SOAP_11: Final = "http://schemas.xmlsoap.org/soap/envelope/"
SOAP_12: Final = "http://www.w3.org/2003/05/soap-envelope"
CHANNEL: Final = "http://bip.bee.kz/AsyncChannel/v10/Types"
COMMON: Final = "http://bip.bee.kz/common/v10/Types"
NOTIFICATION: Final = "NOTIFICATION"
_METHODS: Final = frozenset(
    (
        SignatureMethod.RSA_SHA256,
        SignatureMethod.RSA_SHA384,
        SignatureMethod.RSA_SHA512,
        SignatureMethod.ECDSA_SHA256,
        SignatureMethod.ECDSA_SHA384,
        SignatureMethod.ECDSA_SHA512,
    )
)
_PROOF: Final = SignatureConfiguration(expect_references=True, signature_methods=_METHODS)
_LONGEST_ID: Final = 200


class NoEnvelope(Exception):
    """These bytes are no envelope of a `sendMessage`, or one that nobody could answer."""


@dataclass(frozen=True)
class Notification:
    """What an envelope brings: the text of one message, or the code of why it brings none."""

    message_id: str
    correlation_id: str | None
    soap: str
    text: str | None = field(default=None, repr=False)
    fault: str | None = None


class _Faulty(Exception):
    """Why an envelope that can be answered brings no message."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def read_notification(content: bytes) -> Notification:
    """The notification in an envelope, whatever its prefixes. NoEnvelope."""
    document, _ = parse(content)
    name = None if document is None else etree.QName(document)
    if document is None or name is None or name.localname != "Envelope":
        raise NoEnvelope("not an envelope")
    if name.namespace not in (SOAP_11, SOAP_12):
        raise NoEnvelope("an envelope of another kind")
    soap = str(name.namespace)
    info = _find(_request(document, soap), "messageInfo")
    message_id = _text(_find(info, "messageId"))
    if not message_id or len(message_id) > _LONGEST_ID:
        raise NoEnvelope("no messageId")
    correlation_id = _text(_find(info, "correlationId"))
    try:
        text = _message(_proven(document, soap), message_id)
    except _Faulty as faulty:
        return Notification(message_id, correlation_id, soap, fault=faulty.code)
    return Notification(message_id, correlation_id, soap, text)


def _request(document: etree._Element, soap: str) -> etree._Element | None:
    bodies = document.findall(f"{{{soap}}}Body")
    if len(bodies) != 1:
        raise NoEnvelope("not one body")
    return _request_in(bodies[0])


def _request_in(body: etree._Element) -> etree._Element | None:
    send = body[0] if len(body) == 1 else None
    if send is None or send.tag != f"{{{CHANNEL}}}sendMessage":
        raise NoEnvelope("no sendMessage")
    return _find(send, "request")


def _message(request: etree._Element | None, message_id: str) -> str:
    """The text of the message of the request that counts."""
    info = _find(request, "messageInfo")
    if _text(_find(info, "messageId")) != message_id:
        raise _Faulty("signature_elsewhere")
    if _text(_find(info, "messageType")) != NOTIFICATION:
        raise _Faulty("envelope_not_notification")
    data = _find(_find(request, "messageData"), "data")
    if data is not None and len(data):
        raise _Faulty("envelope_data_not_json")
    text = _text(data)
    if not text:
        raise _Faulty("envelope_data_empty")
    return text


def _proven(document: etree._Element, soap: str) -> etree._Element | None:
    """The request as it was signed, or as it came where no signature is there."""
    header = document.find(f"{{{soap}}}Header")
    found = [] if header is None else [*header.iter("{http://www.w3.org/2000/09/xmldsig#}Signature")]
    if not found:
        return _request(document, soap)
    if len(found) > 1:
        raise _Faulty("signature_invalid")
    method = found[0].find(".//{http://www.w3.org/2000/09/xmldsig#}SignatureMethod")
    algorithm = "" if method is None else method.get("Algorithm", "")
    if algorithm not in {one.value for one in _METHODS}:
        raise _Faulty("signature_unsupported")
    certificate = _certificate(found[0])
    try:
        told = XMLVerifier().verify(document, x509_cert=certificate, expect_config=_PROOF)
    except (SignXMLException, ValueError, TypeError, etree.LxmlError):
        raise _Faulty("signature_invalid") from None
    signed = [one.signed_xml for one in (told if isinstance(told, list) else [told])]
    bodies = [one for one in signed if one is not None and one.tag == f"{{{soap}}}Body"]
    if len(bodies) != 1:
        raise _Faulty("signature_elsewhere")
    return _request_in(bodies[0])


def _certificate(signature: etree._Element) -> x509.Certificate:
    """The certificate that the header carries, as a token or within the signature."""
    names = ("BinarySecurityToken", "KeyIdentifier", "X509Certificate")
    header = signature.getparent()
    elements = () if header is None else header.iter()
    for element in elements:
        if isinstance(element.tag, str) and etree.QName(element).localname in names:
            return _read_certificate(element)
    raise _Faulty("signature_unsupported")


def _read_certificate(element: etree._Element) -> x509.Certificate:
    try:
        der = base64.b64decode("".join((element.text or "").split()), validate=True)
        certificate = x509.load_der_x509_certificate(der)
        now = datetime.now(UTC)
        if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
            raise _Faulty("signature_invalid")
    except (ValueError, binascii.Error):
        raise _Faulty("signature_invalid") from None
    return certificate


def _find(parent: etree._Element | None, name: str) -> etree._Element | None:
    """The one child of a name, in whatever namespace the sender's tools have put it."""
    if parent is None:
        return None
    found = [
        one for one in parent if isinstance(one.tag, str) and etree.QName(one).localname == name
    ]
    return found[0] if len(found) == 1 else None


def _text(element: etree._Element | None) -> str | None:
    return None if element is None else (element.text or "").strip() or None


def response(notification: Notification, at: datetime) -> bytes:
    """The envelope that says that a notification was taken."""
    told = etree.Element(f"{{{CHANNEL}}}sendMessageResponse", nsmap={"ns2": CHANNEL})
    answer = etree.SubElement(told, "response")
    _add(answer, "messageId", notification.message_id)
    if notification.correlation_id:
        _add(answer, "correlationId", notification.correlation_id)
    _add(answer, "responseDate", at.isoformat(timespec="milliseconds"))
    return _enveloped(told, notification.soap)


def fault(code: str, words: str, data: str, at: datetime, soap: str = SOAP_11) -> bytes:
    """The envelope that says why not; `data` names every mistake."""
    told = etree.Element(f"{{{soap}}}Fault", nsmap={"soap": soap})
    if soap == SOAP_11:
        _add(told, "faultcode", "soap:Client")
        _add(told, "faultstring", words)
        detail = etree.SubElement(told, "detail")
    else:
        reason = etree.SubElement(told, f"{{{soap}}}Code")
        _add(reason, f"{{{soap}}}Value", "soap:Sender")
        text = etree.SubElement(etree.SubElement(told, f"{{{soap}}}Reason"), f"{{{soap}}}Text")
        text.set("{http://www.w3.org/XML/1998/namespace}lang", "ru")
        text.text = words
        detail = etree.SubElement(told, f"{{{soap}}}Detail")
    info = etree.SubElement(detail, f"{{{COMMON}}}ErrorInfo", nsmap={"c": COMMON})
    _add(info, "errorCode", code)
    _add(info, "errorMessage", words)
    if data:
        _add(info, "errorData", data)
    _add(info, "errorDate", at.isoformat(timespec="milliseconds"))
    return _enveloped(told, soap)


def _add(parent: etree._Element, name: str, text: str) -> None:
    etree.SubElement(parent, name).text = text


def _enveloped(content: etree._Element, soap: str) -> bytes:
    envelope = etree.Element(f"{{{soap}}}Envelope", nsmap={"soap": soap})
    etree.SubElement(envelope, f"{{{soap}}}Body").append(content)
    return etree.tostring(envelope, xml_declaration=True, encoding="UTF-8")
