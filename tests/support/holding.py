"""An administrator who holds what goes out, and lets it go."""

from uuid import UUID

from sqlalchemy import Engine

from db.holds import Switch, place, release
from domain.messages import Actor, Role
from tests.support.intake import SEAL

ADMINISTRATOR = Actor(role=Role.ADMINISTRATOR, id="01a207b7-0000-7000-8000-000000000001")


def hold(engine: Engine, switch: Switch) -> None:
    """From now on it waits."""
    with engine.begin() as connection:
        made = place(connection, SEAL, ADMINISTRATOR, switch, "Счет заблокирован")
    assert isinstance(made, UUID), made


def let_go(engine: Engine, switch: Switch) -> None:
    """It goes on."""
    with engine.begin() as connection:
        ended = release(connection, ADMINISTRATOR, switch)
    assert isinstance(ended, UUID), ended
