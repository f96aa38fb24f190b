"""Envelopes of the e-government gateway, plain and signed."""

import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from xml.sax.saxutils import escape

from cryptography.hazmat.primitives import serialization
from lxml import etree
from signxml.algorithms import CanonicalizationMethod, SignatureConstructionMethod
from signxml.signer import XMLSigner

from tests.integrations.ca import Owner, Signer, authority, rsa_key

SOAP_11 = "http://schemas.xmlsoap.org/soap/envelope/"
SOAP_12 = "http://www.w3.org/2003/05/soap-envelope"
TYPES = "http://bip.bee.kz/AsyncChannel/v10/Types"
WSU = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"
WSSE = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"


def envelope(
    data: Any = None,
    message_id: str = "gateway-1",
    *,
    prefix: str = "S",
    soap: str = SOAP_11,
    kind: str = "NOTIFICATION",
) -> bytes:
    """A `sendMessage` with a message in it (JSON of `data`, or `data` itself where it is text)."""
    told = data if isinstance(data, str) else json.dumps(data, ensure_ascii=False)
    content = "" if data is None else escape(told)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<{prefix}:Envelope xmlns:{prefix}="{soap}"><{prefix}:Header/>'
        f'<{prefix}:Body xmlns:u="{WSU}" u:Id="body-1"><n:sendMessage xmlns:n="{TYPES}">'
        f"<request><messageInfo><messageId>{escape(message_id)}</messageId>"
        "<correlationId>1000001</correlationId><serviceId>ESOBES_OZHB_MEASURE</serviceId>"
        f"<messageType>{kind}</messageType><messageDate>2026-11-28T21:10:20+05:00</messageDate>"
        "<sender><senderId>es</senderId><password>canary-password</password></sender>"
        f"</messageInfo><messageData><data>{content}</data></messageData></request>"
        f"</n:sendMessage></{prefix}:Body></{prefix}:Envelope>"
    ).encode()


@cache
def gateway_of(issuer: str = "national") -> Signer:
    """The gateway's key, and its certificate from an authority."""
    now = datetime.now(UTC).replace(microsecond=0)
    owner = Owner(
        key=rsa_key("gateway"),
        not_before=now - timedelta(days=1),
        not_after=now + timedelta(days=30),
    )
    return authority(issuer).issue(owner)


def signed(
    content: bytes,
    change: Callable[[etree._Element], None] = lambda header: None,
    by: Signer | None = None,
) -> bytes:
    """The envelope with a WS-Security header over its body; `change` is made to it afterwards."""
    gateway = by or gateway_of()
    key, certificate = gateway.key, gateway.certificate
    document = etree.fromstring(content)
    signer = XMLSigner(
        method=SignatureConstructionMethod.detached,
        c14n_algorithm=CanonicalizationMethod.EXCLUSIVE_XML_CANONICALIZATION_1_0,
    )
    made = signer.sign(document, key=key, cert=[certificate], reference_uri="#body-1")
    signature = made if made.tag.endswith("}Signature") else made[0]
    header = document[0]
    security = etree.SubElement(header, f"{{{WSSE}}}Security")
    token = etree.SubElement(security, f"{{{WSSE}}}BinarySecurityToken")
    der = certificate.public_bytes(serialization.Encoding.DER)
    token.text = base64.b64encode(der).decode()
    security.append(signature)
    change(document)
    return etree.tostring(document)
