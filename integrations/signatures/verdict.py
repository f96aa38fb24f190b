"""What is known of a signature after it was verified, and whether it is the expected person's."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Literal, Protocol

from pydantic import BaseModel, ConfigDict, Field

Role = Literal["recipient", "supplier", "caseworker"]

# Owner types: extended key usages of the national certificate authority.
NATURAL_PERSON: Final = "1.2.398.3.3.4.1.1"
LEGAL_ENTITY: Final = "1.2.398.3.3.4.1.2"
HEAD: Final = "1.2.398.3.3.4.1.2.1"
SIGNATORY: Final = "1.2.398.3.3.4.1.2.2"
FINANCIAL_SIGNATORY: Final = "1.2.398.3.3.4.1.2.3"
STAFF_OFFICER: Final = "1.2.398.3.3.4.1.2.4"
EMPLOYEE: Final = "1.2.398.3.3.4.1.2.5"

# A time stamp is not of later than this after the signature came: clocks differ.
STAMP_SKEW: Final = timedelta(minutes=5)
_FOR_AN_ORGANISATION: Final[Mapping[Role, frozenset[str]]] = {
    "recipient": frozenset(),
    "supplier": frozenset({HEAD, SIGNATORY, FINANCIAL_SIGNATORY}),
    "caseworker": frozenset({HEAD, SIGNATORY, FINANCIAL_SIGNATORY, EMPLOYEE}),
}


class SignatureFault(StrEnum):
    """Why a signature does not count; the last six concern the person, not the signature."""

    STRUCTURE_INVALID = "structure_invalid"
    NOT_DETACHED = "not_detached"
    SIGNER_COUNT = "signer_count"
    CERTIFICATE_MISSING = "certificate_missing"
    CERTIFICATE_COUNT = "certificate_count"
    UNSIGNED_TOO_MUCH = "unsigned_too_much"
    GOST_UNSUPPORTED = "gost_unsupported"
    ALGORITHM_UNSUPPORTED = "algorithm_unsupported"
    DIGEST_WEAK = "digest_weak"
    KEY_WEAK = "key_weak"
    ATTRIBUTES_MISSING = "attributes_missing"
    DATA_MISMATCH = "data_mismatch"
    SIGNATURE_INVALID = "signature_invalid"
    TIMESTAMP_INVALID = "timestamp_invalid"
    USAGE_WRONG = "usage_wrong"
    NOT_YET_VALID = "not_yet_valid"
    EXPIRED = "expired"
    ISSUER_UNTRUSTED = "issuer_untrusted"
    REVOKED = "revoked"
    REVOCATION_UNAVAILABLE = "revocation_unavailable"
    VERIFIER_UNAVAILABLE = "verifier_unavailable"
    IDENTITY_MISSING = "identity_missing"
    WRONG_SIGNER = "wrong_signer"
    WRONG_ORGANISATION = "wrong_organisation"
    NOT_A_PERSONS = "not_a_persons"
    ORGANISATION_MISSING = "organisation_missing"
    NOT_ENTITLED = "not_entitled"


class Revocation(StrEnum):
    """What its authority says of the certificate at the moment in question."""

    GOOD = "GOOD"
    REVOKED = "REVOKED"
    UNKNOWN = "UNKNOWN"


class Stamp(StrEnum):
    """What is known of a time stamp over the signature."""

    GOOD = "good"
    # Its hash is of this signature or cannot be computed, and nobody proved who made it.
    UNPROVEN = "unproven"


class SignatureVerdict(BaseModel):
    """The outcome of one verification, to be kept as JSON with the signature.

    Where `ok` is false, `reason_code` says why, and the certificate's fields are what it claims,
    not what was proven. `retryable` says that nothing was found out about the signature: verify
    again later. `cert_serial` and `cert_sha256` are hexadecimal, `owner_types` are OIDs.

    What it rests on: `certificates` from the root to the signer and `ocsp` answers in DER, lists of
    revoked certificates by their hash in `revocation_source`, and what another verifier `answered`.
    """

    model_config = ConfigDict(
        frozen=True, extra="forbid", ser_json_bytes="base64", val_json_bytes="base64"
    )

    ok: bool
    reason_code: SignatureFault | None
    retryable: bool
    signer_iin: str | None = Field(default=None, repr=False)
    signer_bin: str | None = Field(default=None, repr=False)
    owner_types: tuple[str, ...] = ()
    algorithm: str | None = None
    cert_serial: str | None = None
    cert_sha256: str | None = None
    not_before: datetime | None = None
    not_after: datetime | None = None
    revocation: Revocation = Revocation.UNKNOWN
    revocation_source: str | None = None
    stamp: Stamp | None = None
    stamped_at: datetime | None = None
    certificates: tuple[bytes, ...] = Field(default=(), repr=False)
    ocsp: tuple[bytes, ...] = Field(default=(), repr=False)
    answered: str | None = Field(default=None, repr=False)
    verifier: str
    verifier_version: str


class SignatureVerifier(Protocol):
    """Proves a detached CMS signature; whatever is wrong with it becomes a verdict."""

    def verify(self, cms: bytes, data: bytes, at: datetime) -> SignatureVerdict:
        """Judge `cms` (DER) over exactly `data` as of the instant `at`."""


@dataclass(frozen=True)
class ExpectedSigner:
    """Who may sign: one of `iins`, for the organisation `bin` or (None) for themselves alone."""

    role: Role
    iins: frozenset[str] = field(repr=False)
    bin: str | None = field(repr=False)
    owner_types: frozenset[str]


def expected_signer(role: Role, iins: frozenset[str], bin: str | None = None) -> ExpectedSigner:
    """The expectation with the owner types that entitle the role to act."""
    entitled = frozenset({NATURAL_PERSON}) if bin is None else _FOR_AN_ORGANISATION[role]
    return ExpectedSigner(role=role, iins=iins, bin=bin, owner_types=entitled)


def check_signer(verdict: SignatureVerdict, expected: ExpectedSigner) -> SignatureFault | None:
    """None if a sound signature is the expected signer's; else why it does not count.

    Who signs for themselves is never told about an organisation that they might act for.
    """
    if not verdict.ok:
        return verdict.reason_code or SignatureFault.STRUCTURE_INVALID
    if verdict.signer_iin is None or verdict.signer_iin not in expected.iins:
        return SignatureFault.WRONG_SIGNER
    entitled = bool(expected.owner_types & set(verdict.owner_types))
    if expected.bin is None:
        own = entitled and verdict.signer_bin is None
        return None if own else SignatureFault.NOT_A_PERSONS
    if verdict.signer_bin is None:
        return SignatureFault.ORGANISATION_MISSING
    if verdict.signer_bin != expected.bin:
        return SignatureFault.WRONG_ORGANISATION
    return None if entitled else SignatureFault.NOT_ENTITLED
