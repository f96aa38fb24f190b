"""Suppliers taken off the register by two administrators, as their approval does it."""

from typing import Final
from uuid import UUID, uuid4

from sqlalchemy import Engine

from db.register_tables import RemovalChange
from db.removal_changes import CHANGES, propose
from db.removals import told_cases
from tests.support.intake import SEAL

WORDS: Final = {"reason": "Шарт бұзылды", "evidence": "Хаттама № 7"}


def take_off(engine: Engine, supplier: UUID, ground: str) -> list[str]:
    """The cases that were told; none of them is woken."""
    with engine.begin() as connection:
        proposed = propose(connection, SEAL, uuid4(), supplier, {"ground": ground, **WORDS})
        assert isinstance(proposed, RemovalChange), proposed
        done = CHANGES.approve(connection, uuid4(), proposed.id)
        assert isinstance(done, RemovalChange), done
        assert done.removal_id is None, "it is written with what was carried out"
        held = CHANGES.read(connection, proposed.id)
        assert held is not None
        assert held.removal_id is not None
        return told_cases(connection, held.removal_id, 100)
