"""Why bytes are not taken as a document."""

from enum import StrEnum
from typing import TypeAlias

# As they were received: nothing copies them only to change their type.
Content: TypeAlias = bytes | bytearray


class Flaw(StrEnum):
    """Each has a sentence: `mistake.<flaw>` in the texts."""

    UNKNOWN = "document_unknown"
    DAMAGED = "document_damaged"
    ENCRYPTED = "document_encrypted"
    ACTIVE = "document_active"
    MIXED = "document_mixed"
    BOMB = "document_bomb"


class WrongDocument(Exception):
    """The bytes are none of the types that are taken, or not as they should be."""

    def __init__(self, flaw: Flaw) -> None:
        super().__init__(flaw.value)
        self.flaw = flaw
