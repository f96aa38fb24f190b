"""Signing with the phone: what eGov Mobile reads after a QR code, and what it sends back.

The code names the first address (API 1), which says who asks and until when, and names the second
(API 2), which gives out the documents and takes them back with a signature in place of each.
"""

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

PREFIX: Final = "mobileSign:"
# A detached CMS of each document.
METHOD: Final = "CMS_SIGN_ONLY"
# What it is called in its three languages.
NAMES: Final = {"ru": "nameRu", "kk": "nameKz", "en": "nameEn"}


class NotSigned(Exception):
    """What came back is not what was given out, with a signature in place of each document."""


@dataclass(frozen=True, slots=True)
class PhoneDocument:
    """A document for the phone; `names` in kk, ru and en."""

    names: Mapping[str, str]
    content: bytes = field(repr=False)
    mime: str = "application/json"


@dataclass(frozen=True, slots=True)
class WhoAsks:
    """Who asks for signatures: the names of an organisation in kk, ru and en, and its BIN."""

    names: Mapping[str, str]
    bin: str


def invitation(description: str, until: datetime, asking: WhoAsks, address: str) -> dict[str, Any]:
    """API 1. The address is a secret by itself, so that nothing else is asked for."""
    expires = until.astimezone(UTC).isoformat(timespec="milliseconds")
    return {
        "description": description,
        "expiry_date": expires,
        "organisation": {**_named(asking.names), "bin": asking.bin},
        "document": {"uri": address, "auth_type": "None", "auth_token": ""},
    }


def documents(asked: Sequence[PhoneDocument], reference: str) -> dict[str, Any]:
    """API 2, as it is read."""
    return {
        "signMethod": METHOD,
        "version": 1,
        "documentsToSign": [
            {
                "id": number,
                **_named(one.names),
                "meta": [{"name": "№", "value": reference}],
                "document": {
                    "file": {"mime": one.mime, "data": base64.b64encode(one.content).decode()}
                },
            }
            for number, one in enumerate(asked, 1)
        ],
    }


def signatures(body: Any, count: int) -> list[bytes]:
    """API 2, as it comes back: the signature of each document, in their order. NotSigned."""
    try:
        told = _Back.model_validate(body)
        found = {one.id: one.document.file.data for one in told.documentsToSign}
        if set(found) != set(range(1, count + 1)) or len(told.documentsToSign) != count:
            raise NotSigned("other documents than were given out")
        return [_decoded(found[number]) for number in range(1, count + 1)]
    except (ValidationError, binascii.Error) as error:
        raise NotSigned("not in the form of API 2") from error


def _decoded(data: str) -> bytes:
    """Phones break lines in what they encode."""
    return base64.b64decode("".join(data.split()), validate=True)


def _named(names: Mapping[str, str]) -> dict[str, str]:
    return {field: names[language] for language, field in NAMES.items()}


class _Told(BaseModel):
    """All other fields stay as they were given out; nothing depends on them."""

    model_config = ConfigDict(extra="ignore")


class _File(_Told):
    data: str = Field(max_length=128 * 1024)


class _Content(_Told):
    file: _File


class _Document(_Told):
    id: int
    document: _Content


class _Back(_Told):
    signMethod: Literal["CMS_SIGN_ONLY"]
    documentsToSign: list[_Document] = Field(max_length=20)
