"""Natural persons: found by a blind index, read and written under a key of their own."""

import json
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from secrets import token_bytes
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection, Row, TextClause, text

from db.sealing import Seal, Unreadable, seal, unseal
from db.words import words_of

# What is sealed of people, and the keys that it is sealed by, by their ids.
KeptPeople = Mapping[str, tuple[bytes | None, bytes | None]]

_FIND = text("SELECT id FROM person WHERE iin_index = :index")
# Nobody erases them until this is done; that others name them too is no matter.
_FIND_KEPT = text("SELECT id FROM person WHERE iin_index = :index FOR NO KEY UPDATE")
_LOCK = text("SELECT 1 FROM person WHERE id = :id FOR UPDATE")
_FIND_LOCKED = text(
    "SELECT p.id, p.sealed, k.wrapped FROM person p LEFT JOIN person_key k ON k.person_id = p.id"
    " WHERE p.iin_index = :index FOR UPDATE OF p"
)
_ADD = text(
    "WITH made AS (INSERT INTO person (iin_index, sealed, words) VALUES (:index, :sealed, :words)"
    "   ON CONFLICT (iin_index) DO NOTHING RETURNING id),"
    " keyed AS (INSERT INTO person_key (person_id, wrapped) SELECT id, :wrapped FROM made)"
    " SELECT id FROM made"
)
_KEY = text("SELECT wrapped FROM person_key WHERE person_id = :id")
# Two transactions may give an erased person a new key at once: both must then use the same.
_ADD_KEY = text(
    "INSERT INTO person_key (person_id, wrapped) VALUES (:id, :wrapped)"
    " ON CONFLICT (person_id) DO UPDATE SET wrapped = person_key.wrapped RETURNING wrapped"
)
_SEALED = text(
    "SELECT sealed, wrapped FROM person p LEFT JOIN person_key k ON k.person_id = p.id"
    " WHERE p.id = :id"
)
_LOCKED = text(
    "SELECT sealed, wrapped FROM person p LEFT JOIN person_key k ON k.person_id = p.id"
    " WHERE p.id = :id FOR UPDATE OF p"
)
_WRITE = text(
    "UPDATE person SET sealed = :sealed, words = :words, updated_at = clock_timestamp()"
    " WHERE id = :id"
)
_DELETE_KEY = text(
    "DELETE FROM person_key WHERE person_id = :id RETURNING encode(sha256(wrapped), 'hex')"
)
# By a random number nobody is found, whoever has the key of the index.
_BLANK = text(
    "WITH named AS (UPDATE supplier SET words = '{}' WHERE person_id = :id),"
    " lists AS (DELETE FROM kept_lists WHERE person_id = :id)"
    " UPDATE person SET sealed = NULL, words = '{}', iin_index = :index,"
    " updated_at = clock_timestamp() WHERE id = :id"
)


class Contacts(BaseModel):
    """How a person can be reached. A contact that nobody confirmed proves no delivery."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    phone: str | None = Field(default=None, repr=False)
    phone_confirmed: bool = False
    email: str | None = Field(default=None, repr=False)
    email_confirmed: bool = False


class Profile(BaseModel):
    """What is known of a person. Nothing of it stands anywhere unenciphered.

    `signed_in_as` is what the identity provider calls an official. `former` are the contacts that a
    caseworker has replaced, until E-Собес tells of others. `speaks` is the language that they have
    chosen for the pages; that of what is sent to them is E-Собес's `language`.
    `revisions` are, by programme, those from which contacts were taken, so that an older message
    does not bring old contacts back.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    iin: str = Field(repr=False)
    surname: str | None = Field(default=None, repr=False)
    name: str | None = Field(default=None, repr=False)
    patronymic: str | None = Field(default=None, repr=False)
    birth_date: str | None = Field(default=None, repr=False)
    disability_group: str | None = Field(default=None, repr=False)
    phone: str | None = Field(default=None, repr=False)
    phone_confirmed: bool = False
    email: str | None = Field(default=None, repr=False)
    email_confirmed: bool = False
    language: str = "kk"
    kato: str | None = Field(default=None, repr=False)
    former: Contacts | None = Field(default=None, repr=False)
    signed_in_as: str | None = Field(default=None, repr=False)
    speaks: str | None = None
    revisions: dict[str, int] = Field(default_factory=dict, repr=False)

    @property
    def known_as(self) -> str | None:
        """The full name, or as whom an official signs in."""
        return self.full_name or self.signed_in_as

    @property
    def full_name(self) -> str:
        """Surname, name, patronymic, as far as they are known."""
        return " ".join(part for part in (self.surname, self.name, self.patronymic) if part)


# What a message of E-Собес says of the recipient, under the same names.
_DELIVERED = (
    "surname",
    "name",
    "patronymic",
    "birth_date",
    "disability_group",
    "phone",
    "phone_confirmed",
    "email",
    "email_confirmed",
    "language",
    "kato",
)


def person_of(connection: Connection, sealer: Seal, iin: str) -> UUID:
    """The id of the person with an IIN; a person not known yet is made, with a key of their own."""
    return _found_or_made(connection, sealer, iin, _FIND)


def person_to_name(connection: Connection, sealer: Seal, iin: str) -> UUID:
    """The same for whoever writes that id down: they are not erased before that is committed, and
    who is being erased is somebody new.
    """
    return _found_or_made(connection, sealer, iin, _FIND_KEPT)


def _found_or_made(connection: Connection, sealer: Seal, iin: str, find: TextClause) -> UUID:
    index = {"index": sealer.index(iin)}
    found: UUID | None = connection.execute(find, index).scalar()
    if found is not None:
        return found
    made = _add(connection, sealer, Profile(iin=iin))
    if made is None:  # another transaction was faster, and is committed
        return _found_or_made(connection, sealer, iin, find)
    return made[0]


def lock_person(connection: Connection, person: UUID) -> None:
    """Whatever is written about them waits, or has been."""
    connection.execute(_LOCK, {"id": person})


def _add(connection: Connection, sealer: Seal, profile: Profile) -> tuple[UUID, bytes] | None:
    """Make a person, with a key of their own; None where there is one of this IIN."""
    wrapped = sealer.new_key()
    key = sealer.unwrap(wrapped)
    values = {
        "index": sealer.index(profile.iin),
        "wrapped": wrapped,
        "sealed": seal(key, _content(profile)),
        "words": _words(sealer, profile),
    }
    made: UUID | None = connection.execute(_ADD, values).scalar()
    return None if made is None else (made, key)


def read_profile(connection: Connection, sealer: Seal, person: UUID | str) -> Profile:
    """What is known of a person. Unreadable once they have been erased."""
    return Profiles(connection, sealer).of(person)


@dataclass(frozen=True)
class Profiles:
    """What is known of people; what was `kept` of some is in hand already."""

    connection: Connection
    sealer: Seal
    kept: KeptPeople = field(default_factory=dict)

    def of(self, person: UUID | str) -> Profile:
        """Unreadable once they have been erased."""
        if (kept := self.kept.get(str(person))) is None:
            held, _ = _held(self.connection, self.sealer, person, _SEALED)
        else:
            held, _ = _opened(self.sealer, *kept)
        if held is None:
            raise Unreadable("nothing is kept of this person")
        return held


def person_with_profile(
    connection: Connection, sealer: Seal, message: dict[str, Any]
) -> tuple[UUID, bytes]:
    """The recipient of a checked message of E-Собес, made where they are not known yet, and their
    key. Name and contacts are taken over.

    Contacts are replaced, not added to. A revision of the programme that was seen before, or an
    older one, changes nothing. Who was erased is not found, and is made anew.
    """
    iin = message["person"]["iin"]
    row = connection.execute(_FIND_LOCKED, {"index": sealer.index(iin)}).one_or_none()
    if row is None:
        fresh = _taken_over(None, message)
        assert fresh is not None, "of whom nothing is known everything is new"
        made = _add(connection, sealer, fresh)
        # None where another transaction was faster, and is committed: it is found now.
        return made or person_with_profile(connection, sealer, message)
    held, key = _opened(sealer, row.sealed, row.wrapped)
    key = key or _new_key(connection, sealer, row.id)
    if (taken := _taken_over(held, message)) is not None:
        _write(connection, sealer, row.id, taken, key)
    return row.id, key


def _taken_over(held: Profile | None, message: dict[str, Any]) -> Profile | None:
    """What is known of a recipient with a message; None where it brings nothing newer."""
    told, programme = message["person"], message["programme"]
    known = held.revisions if held else {}
    if programme["revision"] <= known.get(programme["number"], 0):
        return None
    values = {name: told[name] for name in _DELIVERED if told.get(name) is not None}
    revisions = {**known, programme["number"]: programme["revision"]}
    kept = held.model_dump(include={"signed_in_as", "speaks"}) if held else {}
    return Profile(iin=told["iin"], revisions=revisions, **kept, **values)


def save_official(connection: Connection, sealer: Seal, person: UUID, name: str) -> None:
    """Keep what an official is called by whom they sign in with; nothing where it is known."""
    known = read_profile(connection, sealer, person)
    if known.signed_in_as == name:
        return
    held, key = _held(connection, sealer, person, _LOCKED)
    if held is not None:
        update = {"signed_in_as": name}
        _write(connection, sealer, person, held.model_copy(update=update), key)


def save_speech(connection: Connection, sealer: Seal, person: UUID, language: str) -> None:
    """Keep the language that somebody has chosen for the pages. Unreadable if erased."""
    held, key = _held(connection, sealer, person, _LOCKED)
    if held is None:
        raise Unreadable("nothing is kept of this person")
    _write(connection, sealer, person, held.model_copy(update={"speaks": language}), key)


def save_representative(
    connection: Connection, sealer: Seal, person: UUID, told: dict[str, Any]
) -> None:
    """Keep how a representative can be reached; what they are known by as a recipient stays."""
    contacts = Contacts(
        phone=told.get("phone"),
        phone_confirmed=bool(told.get("phone_confirmed")),
        email=told.get("email"),
        email_confirmed=bool(told.get("email_confirmed")),
    )
    save_contacts_of_representative(connection, sealer, person, told["iin"], contacts)


def save_contacts_of_representative(
    connection: Connection, sealer: Seal, person: UUID, iin: str, contacts: Contacts
) -> None:
    """The same, of contacts in hand; without any the ones that are known stay."""
    held, key = _held(connection, sealer, person, _LOCKED)
    if held is not None and (held.surname is not None or contacts == Contacts()):
        return
    known = held or Profile(iin=iin)
    _write(connection, sealer, person, known.model_copy(update=contacts.model_dump()), key)


def save_contacts(connection: Connection, sealer: Seal, person: UUID, contacts: Contacts) -> None:
    """Replace a person's contacts by those that a caseworker entered. Unreadable if erased."""
    held, key = _held(connection, sealer, person, _LOCKED)
    if held is None:
        raise Unreadable("nothing is kept of this person")
    former = held.former or Contacts(**held.model_dump(include=set(Contacts.model_fields)))
    kept = former if former.phone or former.email else None
    update = {**contacts.model_dump(), "former": kept}
    _write(connection, sealer, person, held.model_copy(update=update), key)


def forget(connection: Connection, person: UUID) -> str:
    """Destroy the key of a person, and whatever they are found by; the hash of the wrapped key.

    `db.erasures` says when this may be done.
    """
    key_sha256: str = connection.execute(_DELETE_KEY, {"id": person}).scalar_one()
    connection.execute(_BLANK, {"id": person, "index": token_bytes(32)})
    return key_sha256


def is_kept(connection: Connection, person: UUID) -> bool:
    """Whether there is somebody of this id who can be read."""
    return connection.execute(_KEY, {"id": person}).first() is not None


def seal_for(connection: Connection, sealer: Seal, person: UUID, content: bytes) -> bytes:
    """Encipher under a person's own key. A person without one, once erased, gets a new one."""
    return seal(_key(connection, sealer, person) or _new_key(connection, sealer, person), content)


def key_of(connection: Connection, sealer: Seal, owner: Row[Any]) -> bytes:
    """The key of a person (`person_id`, `wrapped`): of somebody erased, who is spoken of again, a
    new one.
    """
    if owner.wrapped is None:
        return _new_key(connection, sealer, owner.person_id)
    return sealer.unwrap(bytes(owner.wrapped))


def open_for(connection: Connection, sealer: Seal, person: UUID, sealed: bytes) -> bytes:
    """Decipher what was sealed for a person. Unreadable once they have been erased."""
    key = _key(connection, sealer, person)
    if key is None:
        raise Unreadable("the person has been erased")
    return unseal(key, sealed)


def open_all(
    connection: Connection, sealer: Seal, person: UUID, sealed: Mapping[UUID, bytes]
) -> dict[UUID, bytes]:
    """The same of several things sealed for one person."""
    key = _key(connection, sealer, person)
    if key is None:
        raise Unreadable("the person has been erased")
    return {name: unseal(key, one) for name, one in sealed.items()}


def _key(connection: Connection, sealer: Seal, person: UUID) -> bytes | None:
    wrapped = connection.execute(_KEY, {"id": person}).scalar()
    return None if wrapped is None else sealer.unwrap(bytes(wrapped))


def _new_key(connection: Connection, sealer: Seal, person: UUID) -> bytes:
    added = {"id": person, "wrapped": sealer.new_key()}
    return sealer.unwrap(bytes(connection.execute(_ADD_KEY, added).scalar_one()))


def _held(
    connection: Connection, sealer: Seal, person: UUID | str, statement: TextClause
) -> tuple[Profile | None, bytes | None]:
    """What is kept of a person, and their key; either may be missing."""
    row = connection.execute(statement, {"id": person}).one()
    return _opened(sealer, row.sealed, row.wrapped)


def _opened(
    sealer: Seal, sealed: bytes | None, wrapped: bytes | None
) -> tuple[Profile | None, bytes | None]:
    key = None if wrapped is None else sealer.unwrap(bytes(wrapped))
    if sealed is None or key is None:
        return None, key
    return Profile.model_validate_json(unseal(key, bytes(sealed))), key


def _write(
    connection: Connection, sealer: Seal, person: UUID, profile: Profile, key: bytes | None
) -> None:
    sealed = seal(key or _new_key(connection, sealer, person), _content(profile))
    words = _words(sealer, profile)
    connection.execute(_WRITE, {"id": person, "sealed": sealed, "words": words})


def _words(sealer: Seal, profile: Profile) -> list[int]:
    """By which people are found."""
    return words_of(sealer, profile.full_name, profile.phone)


def _content(profile: Profile) -> bytes:
    """All of it, validated as it will be read."""
    held = Profile.model_validate(profile.model_dump())
    # Kazakh letters such as Й come decomposed from some keyboards; one form can be compared.
    content = json.dumps(held.model_dump(), ensure_ascii=False)
    return unicodedata.normalize("NFC", content).encode()
