"""Enciphers everything that Temporal keeps of a case; keys rotate by their ids."""

import dataclasses
import os
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import temporalio.converter
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from temporalio.api.common.v1 import Payload
from temporalio.contrib.pydantic import pydantic_data_converter

ENCODING = b"binary/ozhb-1"
NONCE_BYTES = 12


class UnknownKey(Exception):
    """A payload was written under a key that the settings do not have (any more)."""


@dataclass(frozen=True)
class EncipheringCodec(temporalio.converter.PayloadCodec):
    """AES-256-GCM over compressed payloads; the first key enciphers, every key deciphers."""

    keys: Mapping[str, bytes] = field(repr=False)

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        name, key = next(iter(self.keys.items()))
        cipher = AESGCM(key)
        return [self._encode(payload, name, cipher) for payload in payloads]

    def _encode(self, payload: Payload, name: str, cipher: AESGCM) -> Payload:
        nonce = os.urandom(NONCE_BYTES)
        plain = zlib.compress(payload.SerializeToString(), 1)
        metadata = {"encoding": ENCODING, "key": name.encode()}
        return Payload(metadata=metadata, data=nonce + cipher.encrypt(nonce, plain, None))

    async def decode(self, payloads: Iterable[Payload]) -> list[Payload]:
        return [self._decode(payload) for payload in payloads]

    def _decode(self, payload: Payload) -> Payload:
        if payload.metadata.get("encoding") != ENCODING:
            return payload
        name = payload.metadata["key"].decode("ascii", "replace")
        if name not in self.keys:
            raise UnknownKey(f"no key {name} is in the settings")
        nonce, sealed = payload.data[:NONCE_BYTES], payload.data[NONCE_BYTES:]
        try:
            plain = AESGCM(self.keys[name]).decrypt(nonce, sealed, None)
        except InvalidTag:
            raise UnknownKey(f"key {name} is not the one that enciphered this payload") from None
        return Payload.FromString(zlib.decompress(plain))


def make_data_converter(keys: Mapping[str, bytes]) -> temporalio.converter.DataConverter:
    """The converter of every client, worker and replayer: pydantic, enciphered, failures too."""
    return dataclasses.replace(
        pydantic_data_converter,
        payload_codec=EncipheringCodec(keys),
        failure_converter_class=temporalio.converter.DefaultFailureConverterWithEncodedAttributes,
    )
