"""Seal what belongs to no person yet, or to an organisation: a fresh key in front of each text."""

from db.sealing import KEY_BYTES, Seal, seal, unseal

# The length of the wrapped key, in as many bytes.
_LENGTH_BYTES = 2
# In place of the length and the wrapped key, once that was destroyed.
_NO_KEY = bytes(_LENGTH_BYTES)


def envelop(sealer: Seal, content: bytes) -> bytes:
    """The content under a key of its own, which stands in front, wrapped by the master key."""
    wrapped = sealer.new_key()
    key = sealer.unwrap(wrapped)
    assert len(key) == KEY_BYTES
    return len(wrapped).to_bytes(_LENGTH_BYTES) + wrapped + seal(key, content)


def open_envelope(sealer: Seal, sealed: bytes) -> bytes:
    """The content. Unreadable if its master key is missing or the bytes were changed."""
    end = _LENGTH_BYTES + int.from_bytes(sealed[:_LENGTH_BYTES])
    return unseal(sealer.unwrap(sealed[_LENGTH_BYTES:end]), sealed[end:])


def is_destroyed(sealed: bytes) -> bool:
    """Whether its key was destroyed."""
    return sealed.startswith(_NO_KEY)


def destroyed(sealed: bytes) -> bytes:
    """The same without its key: nobody opens it any more, and its hash beyond the key is as before.

    So `beyond_key` in the database knows it.
    """
    end = _LENGTH_BYTES + int.from_bytes(sealed[:_LENGTH_BYTES])
    return _NO_KEY + sealed[end:]
