"""Who plays in the demonstration: invented people whose personal data carry a mark to be sought."""

import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import Enum
from typing import Any

from sandbox.identities import make_bin, make_iban, make_iin, make_phone

# Stands in every surname and every free text, so that a copy of either is found wherever it lies.
MARK = "ҚұпияБелгі"
REGION = "71"
# One of the sample authorities.
AUTHORITY = "200140900011"
KATO = "711110000"
BANK = "OZHBKZKA"
# A second run on the same data needs other people: norms are counted by person and year.
RUNS = 80_000
PEOPLE_A_RUN = 64


@dataclass(frozen=True)
class CastPerson:
    """Somebody who acts or is acted for; nothing of it may be found where it does not belong."""

    iin: str = field(repr=False)
    surname: str = field(repr=False)
    name: str
    phone: str = field(repr=False)
    email: str = field(repr=False)

    @property
    def full_name(self) -> str:
        return f"{self.surname} {self.name}"

    @property
    def born(self) -> date:
        """As the IIN says: six digits, and the century in the seventh."""
        century = {"3": 1900, "4": 1900, "5": 2000, "6": 2000}[self.iin[6]]
        year, month, day = (int(self.iin[at : at + 2]) for at in (0, 2, 4))
        return date(century + year, month, day)

    @property
    def marks(self) -> tuple[str, ...]:
        return (self.iin, self.surname, self.phone, self.email)


@dataclass(frozen=True)
class Firm:
    """A supplier with the person who signs for it, and what it offers: prices in tiyn by item."""

    bin: str
    name: str
    signatory: CastPerson
    iban: str = field(repr=False)
    offers: Mapping[str, int]

    @property
    def registration(self) -> dict[str, Any]:
        """What the supplier is registered with."""
        return {
            "bin": self.bin,
            "name": self.name,
            "phone": self.signatory.phone,
            "email": self.signatory.email,
            "regions": [REGION],
        }


class Casting:
    """Hands out people, firms and keys that no earlier run has used."""

    def __init__(self) -> None:
        run = secrets.randbelow(RUNS)
        self._next = run * PEOPLE_A_RUN
        self.key = f"D{run:05d}-{secrets.token_hex(4)}"
        self.people: list[CastPerson] = []
        self.firms: list[Firm] = []

    def person(self, name: str) -> CastPerson:
        """A new person of that first name."""
        number = self._next = self._next + 1
        made = CastPerson(
            iin=make_iin(number),
            surname=f"{MARK}{number % PEOPLE_A_RUN:02d}",
            name=name,
            phone=make_phone(number % 10_000_000),
            email=f"qupiya-belgi-{number}@example.com",
        )
        self.people.append(made)
        return made

    def firm(self, name: str, offers: Mapping[str, int]) -> Firm:
        """A new supplier with its signatory."""
        signatory = self.person("Қолтаңба")
        number = self._next
        made = Firm(make_bin(number), name, signatory, make_iban(number), offers)
        self.firms.append(made)
        return made

    def marks(self) -> Iterator[str]:
        """Everything personal that this run has told the portal."""
        yield MARK
        for person in self.people:
            yield from person.marks
        yield from (firm.iban for firm in self.firms)


class StoryKind(Enum):
    """What kind of message a story begins with."""

    PLAIN = "plain"
    GUARDED = "for a person under guardianship"
    MISTAKEN = "with five mistakes"


@dataclass(frozen=True)
class Item:
    """A line of the catalogue, as a programme grants it."""

    code: str
    category: str
    name_kk: str
    name_ru: str
    unit: str = "PIECE"
    quantity: int = 1

    def told(self) -> dict[str, Any]:
        """As a message of E-Собес names it."""
        return {
            "classifier_code": self.code,
            "name_kk": self.name_kk,
            "name_ru": self.name_ru,
            "category": self.category,
            "quantity": self.quantity,
            "unit": self.unit,
        }


def write_measure(
    key: str, person: CastPerson, item: Item, *, today: date, authority: str
) -> dict[str, Any]:
    """The message of E-Собес that brings one measure; `key` names programme and measure."""
    return {
        "message_id": f"{key}-1",
        "kind": "measure",
        "measure_id": f"{key}-01",
        "programme": {
            "number": key,
            "developed_on": (today - timedelta(days=10)).isoformat(),
            "valid_until": (today + timedelta(days=730)).isoformat(),
            "part": "SOCIAL",
            "revision": 1,
        },
        "person": {
            "iin": person.iin,
            "surname": person.surname,
            "name": person.name,
            "patronymic": None,
            "birth_date": person.born.isoformat(),
            "disability_group": "1",
            "phone": person.phone,
            "phone_confirmed": True,
            "email": person.email,
            "email_confirmed": True,
            "language": "kk",
            "kato": KATO,
            "authority_bin": authority,
        },
        "representative": None,
        "item": item.told(),
        "implement_from": None,
        "implement_until": (today + timedelta(days=365)).isoformat(),
        "payer": "BUDGET",
    }


def revised(message: dict[str, Any]) -> dict[str, Any]:
    """The same measure in a programme that was revised after a re-examination."""
    programme = message["programme"] | {"revision": 2}
    return message | {"message_id": f"{message['measure_id']}-revised", "programme": programme}


def write_revocation(key: str) -> dict[str, Any]:
    """The message of E-Собес that takes the measure back."""
    return {
        "message_id": f"{key}-2",
        "kind": "revocation",
        "measure_id": f"{key}-01",
        "programme": {"number": key, "revision": 2},
        "reason": "MEASURE_REMOVED",
    }


def with_guardian(message: dict[str, Any], guardian: CastPerson, today: date) -> dict[str, Any]:
    """The same measure for somebody in whose place a guardian acts."""
    ward = message["person"] | {"phone": None, "phone_confirmed": False}
    ward |= {"email": None, "email_confirmed": False}
    acting = {
        "iin": guardian.iin,
        "kind": "GUARDIAN",
        "basis_number": f"{MARK} 0001",
        "basis_date": (today - timedelta(days=400)).isoformat(),
        "valid_until": None,
        "phone": guardian.phone,
        "email": guardian.email,
    }
    return message | {"person": ward, "representative": acting}


# Where the five mistakes are.
WRONG = ("/implement_until", "/item/quantity", "/person/iin", "/person/kato", "/person/language")


def with_five_mistakes(message: dict[str, Any]) -> dict[str, Any]:
    """The same measure as a careless clerk might type it."""
    wrong_digit = str((int(message["person"]["iin"][-1]) + 1) % 10)
    person = message["person"] | {
        "iin": message["person"]["iin"][:-1] + wrong_digit,
        "kato": "999999999",
        "language": "english",
    }
    item = message["item"] | {"quantity": 0}
    return message | {"person": person, "item": item, "implement_until": "2027-02-30"}
