"""What a verdict on a signature rests on, kept with it for as long as the case is."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Engine, Row, text
from sqlalchemy.exc import SQLAlchemyError

from db.documents import Paper
from db.sealing import Seal, Unreadable, unseal
from domain.canonical import canonical_bytes, sha256_hex
from integrations.errors import Unavailable
from integrations.signatures import SignatureVerdict

EVIDENCE: Final = "evidence"
_LIST: Final = "crl:sha256:"
_KEEP_LIST = text(
    "INSERT INTO revocation_list (sha256, content) VALUES (:sha256, :content)"
    " ON CONFLICT (sha256) DO NOTHING"
)
_READ_LISTS = text(
    "SELECT sha256, content FROM revocation_list WHERE sha256 = ANY(CAST(:hashes AS text[]))"
)
_READ = text(
    "SELECT d.sealed, k.wrapped FROM document d JOIN case_head h USING (case_id)"
    " LEFT JOIN person_key k USING (person_id) WHERE d.case_id = :case_id AND d.kind = 'evidence'"
    " ORDER BY d.made_at, d.sha256"
)


@dataclass(frozen=True)
class SignatureEvidence:
    """Why a signature was taken for good, or not: `signature` and `document` by their hashes.

    `verdict` holds the certificates, the responder's answers and NCANode's; `lists` are the lists
    of revoked certificates that it names, in DER by their hash. The time stamp stands in the CMS.
    """

    signature: str
    document: str
    at: datetime
    verdict: SignatureVerdict = field(repr=False)
    lists: dict[str, bytes] = field(repr=False)


def evidence_paper(cms: bytes, content: bytes, at: datetime, verdict: SignatureVerdict) -> Paper:
    """The verdict on a signature that came at an instant, as it is kept with the case."""
    told: dict[str, Any] = {
        "signature": sha256_hex(cms),
        "document": sha256_hex(content),
        "at": at.isoformat(),
        "verdict": verdict.model_dump(mode="json"),
    }
    return Paper(EVIDENCE, canonical_bytes(told))


def keeps_lists(engine: Engine) -> Callable[[str, bytes], None]:
    """Keeps lists of revoked certificates, before anything rests on them; else Unavailable."""

    def keep(sha256: str, content: bytes) -> None:
        try:
            with engine.begin() as connection:
                connection.execute(_KEEP_LIST, {"sha256": sha256, "content": content})
        except SQLAlchemyError as error:
            name = type(error).__name__
            raise Unavailable("ca", f"a list could not be kept: {name}") from None

    return keep


def read_evidence(connection: Connection, sealer: Seal, case_id: str) -> list[SignatureEvidence]:
    """What is kept of every signature of a case, as they were judged; a signature may have several.

    Unreadable once the person of the case has been erased.
    """
    rows = connection.execute(_READ, {"case_id": case_id})
    told = [json.loads(_opened(sealer, row)) for row in rows]
    verdicts = [SignatureVerdict.model_validate_json(json.dumps(one["verdict"])) for one in told]
    lists = _lists(connection, verdicts)
    return [
        SignatureEvidence(
            signature=one["signature"],
            document=one["document"],
            at=datetime.fromisoformat(one["at"]),
            verdict=verdict,
            lists={sha256: lists[sha256] for sha256 in _named(verdict)},
        )
        for one, verdict in zip(told, verdicts, strict=True)
    ]


def _opened(sealer: Seal, row: Row[Any]) -> bytes:
    if row.wrapped is None:
        raise Unreadable("the person has been erased")
    return unseal(sealer.unwrap(bytes(row.wrapped)), bytes(row.sealed))


def _named(verdict: SignatureVerdict) -> list[str]:
    sources = (verdict.revocation_source or "").split()
    return [one.removeprefix(_LIST) for one in sources if one.startswith(_LIST)]


def _lists(connection: Connection, verdicts: list[SignatureVerdict]) -> dict[str, bytes]:
    hashes = sorted({sha256 for one in verdicts for sha256 in _named(one)})
    found = connection.execute(_READ_LISTS, {"hashes": hashes})
    return {row.sha256: bytes(row.content) for row in found}
