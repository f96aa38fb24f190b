"""Messages of E-Собес with good defaults, and cases made of them."""

import json
from typing import Any

from sqlalchemy import Engine

from db.intake import settle_all
from db.journal import JournalVerdict, Raw, journal, read_verdicts
from db.sealing import Seal
from domain.identifiers import control_digit

SEAL = Seal(masters={"k1": b"m" * 31 + b"1"}, index_key=b"i" * 31 + b"1")


def iin(number: int) -> str:
    """A valid IIN for each number below 100,000; invented."""
    for extra in range(4):
        prefix = f"900101{extra}{number:04d}"[:11].ljust(11, "0")
        digit = control_digit(prefix)
        if digit is not None:
            return prefix + str(digit)
    raise ValueError("no IIN of this number may be issued")


def measure(number: int = 1, **changes: Any) -> dict[str, Any]:
    """A right message about one measure of the person `number`; `a__b=c` changes a field within."""
    message: dict[str, Any] = {
        "message_id": f"message-{number}",
        "measure_id": f"M-{number:05d}",
        "programme": {
            "number": f"OZHB-2026-{number:05d}",
            "developed_on": "2026-10-12",
            "valid_until": None,
            "part": "SOCIAL",
            "revision": 1,
        },
        "person": {
            "iin": iin(number),
            "surname": "Үлгібаев",
            "name": "Мысал",
            "disability_group": "1",
            "phone": "+77000000001",
            "phone_confirmed": True,
            "email": "mysal@example.com",
            "email_confirmed": True,
            "language": "kk",
            "kato": "711110000",
            "authority_bin": "200140900011",
        },
        "item": {
            "classifier_code": "MOBILITY-WHEELCHAIR-OUTDOOR",
            "name_kk": "Серуендеуге арналған кресло-арба",
            "name_ru": "Кресло-коляска прогулочная",
            "category": "MOBILITY_AID",
            "quantity": 1,
            "unit": "PIECE",
        },
        "implement_until": "2027-10-12",
        "payer": "BUDGET",
    }
    for name, value in changes.items():
        *path, last = name.split("__")
        place = message
        for step in path:
            place = place[step]
        place[last] = value
    return message


def raw(message: Any) -> Raw:
    """A message as it would come."""
    return Raw(json.dumps(message, ensure_ascii=False).encode(), message)


def take_in(engine: Engine, *messages: Any) -> list[JournalVerdict]:
    """Journal and settle one request of E-Собес; the verdicts in its order."""
    with engine.begin() as connection:
        entries = journal(connection, SEAL, [raw(message) for message in messages])
    settle_all(engine, SEAL, [entry.id for entry in entries])
    with engine.connect() as connection:
        found = read_verdicts(connection, [entry.id for entry in entries])
    return [found[entry.id] for entry in entries]
