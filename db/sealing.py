"""Enciphers personal data: each person under a key of their own, wrapped by a master key."""

import hashlib
import hmac
import os
from collections.abc import Mapping
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

NONCE_BYTES = 12
KEY_BYTES = 32


class Unreadable(Exception):
    """Sealed bytes do not open: a master key is missing, or the person has been erased."""


@dataclass(frozen=True)
class Seal:
    """Master keys by id (the first wraps, all unwrap) and the key of the blind index."""

    masters: Mapping[str, bytes] = field(repr=False)
    index_key: bytes = field(repr=False)

    def index(self, iin: str) -> bytes:
        """By what a person is found without the number standing anywhere."""
        return hmac.new(self.index_key, iin.encode(), hashlib.sha256).digest()

    def word(self, text: str) -> int:
        """A word by which somebody is found, as a number that tells nothing without the key.

        Made otherwise than fingerprints of what others send: nobody learns the number of a word by
        sending it and looking at what is kept.
        """
        made = hashlib.blake2b(text.encode(), digest_size=8, key=self.index_key, person=b"words")
        return int.from_bytes(made.digest(), signed=True)

    def mark(self, said: str) -> bytes:
        """What only we can say of a text, under a key that serves nothing else."""
        return hmac.new(self.key_for("check code"), said.encode(), hashlib.sha256).digest()

    def key_for(self, purpose: str) -> bytes:
        """A key that serves one purpose, and tells nothing about another's."""
        return HKDF(SHA256(), KEY_BYTES, None, f"ozhb {purpose}".encode()).derive(self.index_key)

    def new_key(self) -> bytes:
        """A fresh key, wrapped."""
        return self.wrap(AESGCM.generate_key(KEY_BYTES * 8))

    def wrap(self, key: bytes) -> bytes:
        """`<key id>:` and the sealed bytes, under the current master key."""
        name = next(iter(self.masters))
        return name.encode() + b":" + seal(self.masters[name], key)

    def unwrap(self, wrapped: bytes) -> bytes:
        name, _, sealed = wrapped.partition(b":")
        master = self.masters.get(name.decode("ascii", "replace"))
        if master is None:
            raise Unreadable("the master key of these bytes is not in the settings")
        return unseal(master, sealed)


def seal(key: bytes, data: bytes | bytearray) -> bytes:
    """AES-256-GCM with a random nonce in front."""
    nonce = os.urandom(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, data, None)


def unseal(key: bytes, sealed: bytes) -> bytes:
    try:
        return AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], None)
    except InvalidTag:
        raise Unreadable("the bytes were sealed under another key") from None
