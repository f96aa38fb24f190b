"""Codes on papers, by which whoever holds one finds out whether it is ours.

A code is the reference of the case and a mark that only our key makes: of what a paper is about,
nothing can be read from it, and without a paper nobody guesses one (80 bits).
"""

import base64
import hmac
import re
from typing import Final

from db.sealing import Seal

_BYTES: Final = 10
# Letters that are mistaken for digits stand in no code, and are read as those.
_PLAIN: Final = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_SPOKEN: Final = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_MISTAKEN: Final = str.maketrans("OIL", "011")
_CODE: Final = re.compile(r"(OZ[0-9]{9,12})((?:-[0-9A-Z]{4}){4})", re.ASCII)


def document_subject(sha256: str) -> str:
    """What the code of a document is about."""
    return f"document {sha256}"


def deadline_subject(period: int, term: str, revision: int) -> str:
    """What the code of a certificate is about: one value of a deadline."""
    return f"deadline {period} {term} {revision}"


def check_code(sealer: Seal, reference: str, subject: str) -> str:
    """The code of a paper of a case."""
    made = base64.b32encode(sealer.mark(f"{reference} {subject}")[:_BYTES])
    mark = made.translate(bytes.maketrans(_PLAIN, _SPOKEN)).decode()
    return "-".join((reference, *(mark[at : at + 4] for at in range(0, len(mark), 4))))


def read_code(written: str) -> tuple[str, str] | None:
    """The reference in a code, and the whole of it as we write it; None for anything else."""
    found = _CODE.fullmatch(written.strip().upper())
    if found is None:
        return None
    return found[1], found[1] + found[2].translate(_MISTAKEN)


def is_code_of(sealer: Seal, code: str, reference: str, subject: str) -> bool:
    """Whether a code is that of a paper; it takes as long whatever is wrong with it."""
    return hmac.compare_digest(code, check_code(sealer, reference, subject))
