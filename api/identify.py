"""Finds our own ids of those whom tokens name."""

from dataclasses import dataclass

from sqlalchemy import Engine

from api.access import OFFICIALS
from api.auth import Identity
from api.claims import Claims
from db.authorities import authority_of
from db.engine import reads
from db.officials import note_official
from db.persons import person_of, save_official
from db.reference import supplier_of
from db.sealing import Seal
from db.sides import note_acting
from domain.messages import Role

LONGEST_NAME = 140


@dataclass(frozen=True, slots=True)
class PersonRegister:
    """Persons and authorities get a row when they first sign in; a supplier is there or not yet.

    A stream keeps the identity that it began with, so an authority must not come into being later.
    """

    engine: Engine
    seal: Seal

    def identify(self, claims: Claims) -> Identity:
        """Incomplete while a supplier is not known to the portal, or a token names no authority."""
        with reads(self.engine) as connection:
            person = person_of(connection, self.seal, claims.iin) if claims.iin else None
            if person is not None and claims.name and Role(claims.role) in OFFICIALS:
                save_official(connection, self.seal, person, claims.name[:LONGEST_NAME])
            match claims.role:
                case "commission" | "administrator" if person is not None:
                    note_official(connection, person, Role(claims.role), claims.region or "")
                case "caseworker":
                    named = claims.authority
                    known = None if named is None else authority_of(connection, named)
                    if person is not None and known is not None:
                        note_official(connection, person, Role.CASEWORKER, str(known))
                    return Identity(person, known, complete=known is not None)
                case "supplier":
                    found = supplier_of(connection, bin=claims.bin, person=person)
                    if found is not None and person is not None:
                        with self.engine.begin() as writing:
                            note_acting(writing, found, person)
                    return Identity(person, found, complete=found is not None)
        return Identity(person)
