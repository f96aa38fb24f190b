"""Enciphers everything that Temporal keeps of a case, and opens nothing that others wrote.

Each payload is bound to its place: namespace, workflow and purpose. One that is in the clear, of an
unknown key or from another place is refused where somebody wants to read it: an update is
rejected, a task fails for all to see. Keys rotate by their ids.
"""

import dataclasses
import json
import os
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from temporalio.api.common.v1 import Payload
from temporalio.contrib.pydantic import PydanticPayloadConverter
from temporalio.converter import (
    ActivitySerializationContext,
    CompositePayloadConverter,
    DataConverter,
    DefaultFailureConverterWithEncodedAttributes,
    EncodingPayloadConverter,
    PayloadCodec,
    SerializationContext,
    WithSerializationContext,
    WorkflowSerializationContext,
)

ENCODING: Final = b"binary/ozhb-2"
NONCE_BYTES: Final = 12
_REFUSED: Final = "binary/refused"
_SHOWN: Final = "shown"
# What the SDK answers to the pages of Temporal: names of messages, and the current details.
_ABOUT_A_RUN: Final = b"temporal.api.sdk.v1.WorkflowMetadata"


class NotOurs(Exception):
    """A payload that was not written by us, or not for the place where it is read."""


class Shown(str):
    """Codes that Temporal's own pages show: they stand there in the clear, and are never read."""

    __slots__ = ()


@dataclass(frozen=True)
class EncipheringCodec(PayloadCodec, WithSerializationContext):
    """AES-256-GCM over compressed payloads; the first key enciphers, every key deciphers."""

    keys: Mapping[str, bytes] = field(repr=False)
    place: bytes | None = None

    def with_context(self, context: SerializationContext) -> "EncipheringCodec":
        """The same for payloads of one place."""
        return dataclasses.replace(self, place=_place(context))

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        return [one if _is_shown(one) else self._sealed(one) for one in payloads]

    async def decode(self, payloads: Iterable[Payload]) -> list[Payload]:
        return [self._opened(payload) for payload in payloads]

    def _sealed(self, payload: Payload) -> Payload:
        if self.place is None:
            raise NotOurs("a payload without a place would open everywhere")
        name, key = next(iter(self.keys.items()))
        nonce = os.urandom(NONCE_BYTES)
        plain = zlib.compress(payload.SerializeToString(), 1)
        metadata = {"encoding": ENCODING, "key": name.encode()}
        sealed = AESGCM(key).encrypt(nonce, plain, self.place)
        return Payload(metadata=metadata, data=nonce + sealed)

    def _opened(self, payload: Payload) -> Payload:
        """What cannot be opened is refused by whoever reads it: nobody reads most of it."""
        if payload.metadata.get("encoding") != ENCODING:
            return _refused("it is not enciphered by us")
        name = payload.metadata.get("key", b"").decode("ascii", "replace")
        if name not in self.keys:
            return _refused(f"no key {name} is in the settings")
        nonce, sealed = payload.data[:NONCE_BYTES], payload.data[NONCE_BYTES:]
        try:
            plain = AESGCM(self.keys[name]).decrypt(nonce, sealed, self.place)
        except (InvalidTag, ValueError):
            return _refused(f"it was written under another key {name}, or for another place")
        return Payload.FromString(zlib.decompress(plain))


@lru_cache(maxsize=1000)
def _place(context: SerializationContext) -> bytes:
    match context:
        case ActivitySerializationContext():
            where = [context.namespace, context.workflow_id, "activity", context.activity_type]
        case WorkflowSerializationContext():
            where = [context.namespace, context.workflow_id, "workflow"]
        case _:
            raise NotOurs(f"nothing of ours is in a {type(context).__name__}")
    return json.dumps(where).encode()


def _is_shown(payload: Payload) -> bool:
    return _SHOWN in payload.metadata or payload.metadata.get("messageType") == _ABOUT_A_RUN


def _refused(why: str) -> Payload:
    return Payload(metadata={"encoding": _REFUSED.encode()}, data=why.encode())


class _Refusing(EncodingPayloadConverter):
    """Reads what the codec could not open."""

    @property
    def encoding(self) -> str:
        return _REFUSED

    def to_payload(self, value: Any) -> Payload | None:
        return None

    def from_payload(self, payload: Payload, type_hint: type | None = None) -> Any:
        raise NotOurs(payload.data.decode())


# The SDK makes a converter for each payload: they share all that is costly.
_CONVERTERS: Final = {**PydanticPayloadConverter().converters, _REFUSED.encode(): _Refusing()}


class Converter(CompositePayloadConverter):
    """Pydantic; what is to be shown is marked, what was refused raises NotOurs."""

    def __init__(self) -> None:
        self.converters = _CONVERTERS

    def to_payloads(self, values: Sequence[Any]) -> list[Payload]:
        payloads = super().to_payloads(values)
        for value, payload in zip(values, payloads, strict=True):
            if isinstance(value, Shown):
                payload.metadata[_SHOWN] = b"codes"
        return payloads


def make_data_converter(keys: Mapping[str, bytes]) -> DataConverter:
    """The converter of every client, worker and replayer: pydantic, enciphered, failures too."""
    return DataConverter(
        payload_converter_class=Converter,
        payload_codec=EncipheringCodec(keys),
        failure_converter_class=DefaultFailureConverterWithEncodedAttributes,
    )
