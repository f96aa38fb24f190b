"""Envelopes of the e-government gateway (ШЭП), asynchronous channel: one notification, one message.

The message is JSON, written as text into `messageData/data`. `senderId` and `password` are not what
we trust (the bearer token is), and are not read. A WS-Security signature is proven where there is
one, by a certificate that rests on the anchors of the installation, and only what it signs is read
then; GOST is beyond us and said to be.
"""

import base64
import binascii
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Protocol

from cryptography import x509
from lxml import etree

from integrations.xml import parse

SOAP_11: Final = "http://schemas.xmlsoap.org/soap/envelope/"
SOAP_12: Final = "http://www.w3.org/2003/05/soap-envelope"
CHANNEL: Final = "http://bip.bee.kz/AsyncChannel/v10/Types"
COMMON: Final = "http://bip.bee.kz/common/v10/Types"
NOTIFICATION: Final = "NOTIFICATION"
_XMLDSIG: Final = "http://www.w3.org/2000/09/xmldsig#"
# SHA-1 proves nothing any more, and no library that is kept well knows GOST.
_METHODS: Final = frozenset(
    f"http://www.w3.org/2001/04/xmldsig-more#{key}-sha{length}"
    for key in ("rsa", "ecdsa")
    for length in (256, 384, 512)
)
_LONGEST_ID: Final = 200


class NoEnvelope(ValueError):
    """These bytes are no envelope of a `sendMessage`, or one that nobody could answer."""


@dataclass(frozen=True)
class Notification:
    """What an envelope brings: the text of one message, or the code of why it brings none."""

    message_id: str
    correlation_id: str | None
    soap: str
    text: str | None = field(default=None, repr=False)
    fault: str | None = None

    @property
    def unproven(self) -> bool:
        """Whether it may have been changed on its way, so that not even its id counts."""
        return self.fault is not None and self.fault.startswith("signature_")


class Trusting(Protocol):
    """Knows which certificates rest on the anchors of this installation."""

    def certifies(self, certificate: x509.Certificate, at: datetime) -> bool:
        """Whether this one does at an instant."""


class _Faulty(Exception):
    """Why an envelope that can be answered brings no message."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def read_notification(
    content: bytes, at: datetime | None = None, trust: Trusting | None = None
) -> Notification:
    """The notification in an envelope, whatever its prefixes. NoEnvelope.

    `at`: when it came, on which day the certificate of its signature must hold and be certified by
    `trust` (None certifies nothing); None for one whose certificate was proven before.
    """
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
        request, certificate = _proven(document, soap)
        if certificate is not None and at is not None:
            _check(certificate, at, trust)
        text = _message(request, message_id)
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
    text = (_text(data) or "").removeprefix("\ufeff")
    if not text:
        raise _Faulty("envelope_data_empty")
    return text


def _check(certificate: x509.Certificate, at: datetime, trust: Trusting | None) -> None:
    begins, ends = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    if not begins <= at <= ends:
        raise _Faulty("signature_invalid")
    if trust is None or not trust.certifies(certificate, at):
        raise _Faulty("signature_untrusted")


def _proven(
    document: etree._Element, soap: str
) -> tuple[etree._Element | None, x509.Certificate | None]:
    """The request as it was signed, and by whom; or as it came where no signature is there."""
    header = document.find(f"{{{soap}}}Header")
    found = [] if header is None else [*header.iter(f"{{{_XMLDSIG}}}Signature")]
    if not found:
        return _request(document, soap), None
    if len(found) > 1:
        raise _Faulty("signature_invalid")
    method = found[0].find(f".//{{{_XMLDSIG}}}SignatureMethod")
    if method is None or method.get("Algorithm") not in _METHODS:
        raise _Faulty("signature_unsupported")
    certificate = _certificate(found[0])
    signed = _signed(document, certificate)
    bodies = [one for one in signed if one.tag == f"{{{soap}}}Body"]
    if len(bodies) != 1:
        raise _Faulty("signature_elsewhere")
    return _request_in(bodies[0]), certificate


def _signed(document: etree._Element, certificate: x509.Certificate) -> list[etree._Element]:
    """The elements that the signature covers, made anew of the bytes that it covers."""
    # Few envelopes are signed: what proves them is loaded with the first.
    from signxml.exceptions import SignXMLException
    from signxml.verifier import SignatureConfiguration, XMLVerifier

    proof = SignatureConfiguration(expect_references=True)
    try:
        told = XMLVerifier().verify(document, x509_cert=certificate, expect_config=proof)
    except (SignXMLException, ValueError, TypeError, etree.LxmlError):
        raise _Faulty("signature_invalid") from None
    results = told if isinstance(told, list) else [told]
    return [one.signed_xml for one in results if one.signed_xml is not None]


def _certificate(signature: etree._Element) -> x509.Certificate:
    """The certificate that the header carries, as a token or within the signature."""
    names = ("BinarySecurityToken", "KeyIdentifier", "X509Certificate")
    header = signature.getparent()
    elements = () if header is None else header.iter()
    for element in elements:
        if etree.QName(element).localname in names:
            return _read_certificate(element)
    raise _Faulty("signature_unsupported")


def _read_certificate(element: etree._Element) -> x509.Certificate:
    try:
        der = base64.b64decode("".join((element.text or "").split()), validate=True)
        return x509.load_der_x509_certificate(der)
    except (ValueError, binascii.Error):
        raise _Faulty("signature_invalid") from None


def _find(parent: etree._Element | None, name: str) -> etree._Element | None:
    """The one child of a name, in whatever namespace the sender's tools have put it."""
    if parent is None:
        return None
    found = [one for one in parent if etree.QName(one).localname == name]
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
