"""What brings a case to a caseworker's desk without any server but the database."""

from datetime import date

from sqlalchemy import Connection, text

from domain.messages import Actor, Message, Role
from domain.terms.counting import local_day
from tests.support.casework import File, record


def today(connection: Connection) -> date:
    """The legal day."""
    return local_day(connection.execute(text("SELECT legal_now()")).scalar_one())


def fail_notice(connection: Connection, file: File) -> None:
    """The notice reached nobody: it lies on a caseworker's desk."""
    at = connection.execute(text("SELECT legal_now()")).scalar_one()
    message = Message(
        id="effect:2.1",
        name="notice_sent",
        at=at,
        actor=Actor(role=Role.SERVICE),
        period=1,
        data={"channels": [], "round": 1, "effect": "2.1"},
    )
    record(connection, file, message)
