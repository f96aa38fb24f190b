"""How the treasury speaks: which version, prefix and level, and whether it tells by entries."""

from typing import Literal, Self

from fastapi import APIRouter
from pydantic import BaseModel, Field

from sandbox.store import Store

SETTING = "treasury_speech"


class Speech(BaseModel, extra="forbid", frozen=True):
    """As long as nobody says otherwise: pain.002.001.12 at the level of the transaction.

    `level` and `settlement` are of what it tells by itself: an enquiry is always answered in full.
    """

    version: str = Field(default="12", pattern=r"^(0[2-9]|1[0-9])$")
    prefix: str | None = Field(default=None, pattern=r"^[A-Za-z][A-Za-z0-9]{0,9}$")
    level: Literal["transaction", "block", "group"] = "transaction"
    settlement: Literal["pain.002", "camt.054"] = "pain.002"
    entries_version: str = Field(default="08", pattern=r"^(0[2-9]|1[0-9])$")

    @classmethod
    def read(cls, store: Store) -> Self:
        """As it was told last."""
        told = store.setting(SETTING)
        return cls() if told is None else cls.model_validate_json(told)


def routes(store: Store) -> APIRouter:
    """Show and change how it speaks, from the next order on."""
    router = APIRouter(prefix="/treasury/speech", tags=["controls"])

    @router.get("")
    async def show() -> Speech:
        return Speech.read(store)

    @router.put("")
    async def change(speech: Speech) -> Speech:
        store.remember(SETTING, speech.model_dump_json())
        return speech

    return router
