"""Tables of what a browser holds a secret for: signing in, and signing with a phone."""

from datetime import datetime

from sqlalchemy import Column, LargeBinary, func
from sqlmodel import Field, SQLModel

from db.columns import instant


class BrowserSession(SQLModel, table=True):
    """Somebody who is signed in with a browser: found by a fingerprint of the secret of its cookie.

    What the session holds is sealed under a key that this secret alone gives. `whose` and
    `at_provider` are what the provider calls its person and its own session, as nobody reads them.
    """

    __tablename__ = "browser_session"
    id: bytes = Field(sa_column=Column(LargeBinary, primary_key=True))
    sealed: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    until: datetime = Field(sa_column=instant())
    whose: bytes | None = Field(default=None, sa_column=Column(LargeBinary, index=True))
    at_provider: bytes | None = Field(default=None, sa_column=Column(LargeBinary, index=True))
    began_at: datetime = Field(sa_column=instant(func.now()))
    used_at: datetime = Field(sa_column=instant(func.now()))


class PhoneSigning(SQLModel, table=True):
    """What somebody has to sign with the phone, found by a fingerprint of the secret in a QR code.

    Both that and the signatures are sealed under a key that this secret alone gives.
    """

    __tablename__ = "phone_signing"
    id: bytes = Field(sa_column=Column(LargeBinary, primary_key=True))
    sealed: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    signed: bytes | None = Field(default=None, sa_column=Column(LargeBinary))
    until: datetime = Field(sa_column=instant())
