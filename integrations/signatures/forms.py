"""The one form in which a signature is kept."""

from integrations.signatures.structure import Rejected, take_apart


def kept_form(content: bytes) -> bytes:
    """A signature as it is kept: in its one form; what is none stays as it came, to be refused."""
    try:
        return take_apart(content).content
    except Rejected:
        return content
