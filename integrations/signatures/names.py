"""Who has signed, for people: as the certificate in a signature names them."""

from integrations.signatures.profile import owner_name
from integrations.signatures.structure import take_apart


def signed_by(cms: bytes) -> str:
    """Person and organisation. Of a signature that nobody has verified it is what it claims."""
    return owner_name(take_apart(cms).certificate)
