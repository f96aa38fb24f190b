"""The blind index: numbers by which persons and suppliers are found, and that tell nothing."""

from db.sealing import Seal
from domain.searching import beginnings, wanted_beginnings


def words_of(sealer: Seal, name: str | None, phone: str | None = None) -> list[int]:
    """By what somebody with this name and phone (E.164) is found; its order tells nothing."""
    found = [_of_name(sealer, one) for one in beginnings(name or "")]
    return sorted([*found, *words_of_phone(sealer, phone)] if phone else found)


def words_of_name(sealer: Seal, query: str) -> list[int]:
    """By what all are found whose name a query may mean."""
    return [_of_name(sealer, one) for one in wanted_beginnings(query)]


def words_of_phone(sealer: Seal, phone: str) -> list[int]:
    """By what all are found who have a phone."""
    return [sealer.word(f"phone:{phone}")]


def _of_name(sealer: Seal, word: str) -> int:
    return sealer.word(f"name:{word}")
