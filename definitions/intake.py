"""Check a message of E-Собес: every mistake at once, each with its place and a plain sentence.

The shape is `schemas/esobes-message.schema.json`; what one field cannot know about another, and
what the catalogue knows, are the named checks below. A mistake never repeats the value it is about.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from definitions.catalogues import Catalogue, current_catalogue
from definitions.forms import (
    MOST_FOUND,
    Fault,
    FormMistake,
    Sound,
    load_schema,
    normalise,
    readable,
    shape_faults,
    told,
    validator,
)
from definitions.parsing import parse
from definitions.places import is_place
from domain.case.entitlements import Entitlement
from domain.identifiers import is_kato
from domain.parties.contacts import Contact, read_email, read_phone
from domain.process import Edition

ESOBES_MESSAGE_SCHEMA: Final = load_schema("esobes-message")
VALIDATOR: Final = validator(ESOBES_MESSAGE_SCHEMA)
PROGRAMME: Final = Entitlement.PROGRAMME.value.upper()
# What a caseworker may correct in a message; the rest is for E-Собес (row R2).
CONTACTS: Final = frozenset(
    f"/person/{name}" for name in ("phone", "phone_confirmed", "email", "email_confirmed")
)
_PERSONS: Final = {"person": "", "representative": "representative_"}
_CONTACTS: Final = {"phone": read_phone, "email": read_email}
# Fields that may be null, and those that may not but may be left out.
_PARTS: Final = [part for part in ESOBES_MESSAGE_SCHEMA["$defs"].values() if "properties" in part]
_FIELDS: Final = {name: rule for part in _PARTS for name, rule in part["properties"].items()}
_NULL: Final = frozenset(
    name
    for name, rule in _FIELDS.items()
    if rule.get("$ref", "").startswith("#/$defs/optional_") or None in rule.get("enum", ())
)
_LEFT_OUT: Final = frozenset(
    ("kind", "entitlement", "part", "disability_group", "phone_confirmed", "email_confirmed")
)
# A right message has some 2,000 signs.
LONGEST: Final = 64 * 1024


@dataclass(frozen=True, slots=True)
class Reading:
    """A message in the form in which it is taken over (see `normal_form`).

    `unusable` are contacts that were left out, or get no SMS, each with its flaw:
    `phone:landline`, `representative_email:unreadable`. `faults` are those of the text itself.
    """

    message: Any = field(repr=False)
    unusable: tuple[str, ...] = ()
    faults: tuple[Fault, ...] = ()


def read_message(text: str, message_id: str | None = None) -> Reading:
    """A message as it came; what cannot be read at all is a message with nothing but a fault.

    `message_id` is that of the envelope it came in: a message may leave it out, or repeat it.
    """
    if len(text) > LONGEST:
        return Reading(None, faults=(Fault((), "message_too_long", {"limit": LONGEST}),))
    try:
        parsed = parse(text)
    except RecursionError:
        return Reading(None, faults=(Fault((), "unreadable"),))
    except ValueError:  # only in an envelope: what came as JSON was proven to be it
        return Reading(None, faults=(Fault((), "envelope_data_not_json"),))
    message, unusable = _read_contacts(normalise(parsed.value))
    faults = tuple(fault for fault in parsed.faults if not _of_contact(fault))
    named = isinstance(message, dict) and message_id is not None
    if named and message.setdefault("message_id", message_id) != message_id:
        faults = (*faults, Fault(("message_id",), "envelope_id_differs"))
    return Reading(message, unusable, faults)


def normal_form(value: Any) -> Any:
    """What is taken over of a parsed message: texts as `normalise` has them, contacts in one form.

    A contact that cannot be used refuses nothing and is left out (row R2).
    """
    return _read_contacts(normalise(value))[0]


def _without_nothing(part: dict[str, Any]) -> dict[str, Any]:
    """Without what nobody filled in: an empty text where null may stand, null where nothing may."""
    filled = {name: None if one == "" and name in _NULL else one for name, one in part.items()}
    return {name: one for name, one in filled.items() if one is not None or name not in _LEFT_OUT}


def _read_contacts(message: Any) -> tuple[Any, tuple[str, ...]]:
    if not isinstance(message, dict):
        return message, ()
    taken, unusable = _without_nothing(message), []
    for name, part in taken.items():
        if isinstance(part, dict):
            taken[name] = _without_nothing(part)
    for who, prefix in _PERSONS.items():
        if isinstance(person := taken.get(who), dict):
            taken[who], flaws = _with_read_contacts(person)
            unusable += [f"{prefix}{flaw}" for flaw in flaws]
    return taken, tuple(unusable)


def _with_read_contacts(person: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """What is no text and no number is a contact that cannot be read."""
    taken, flaws = dict(person), []
    for name, read in _CONTACTS.items():
        value = person.get(name)
        if isinstance(value, int) and not isinstance(value, bool):
            value = str(value)
        if value is None:
            contact = Contact()
        else:
            contact = read(value) if isinstance(value, str) else Contact(flaw="unreadable")
            taken[name] = contact.value
        if contact.flaw:
            flaws.append(f"{name}:{contact.flaw}")
        if taken.get(name) is None and person.get(f"{name}_confirmed") is True:
            taken[f"{name}_confirmed"] = False
    return taken, flaws


def _of_contact(fault: Fault) -> bool:
    """Whether a fault of the text lies within a contact, which refuses nothing."""
    within = len(fault.path) > 1 and fault.path[0] in _PERSONS and fault.path[1] in _CONTACTS
    return within and (fault.code != "key_twice" or len(fault.path) > 2)


def check_message(
    value: object,
    catalogue: Catalogue | None = None,
    law: Edition | None = None,
    *,
    text: Sequence[Fault] = (),
    received_on: date | None = None,
) -> list[FormMistake]:
    """Every mistake of a parsed JSON value, ordered by pointer; none means it may be taken over.

    The normal form is checked (see `normal_form`): take over that and not the value as it came.
    `not_in_catalogue` may be cured by a later catalogue (row R2); the build's own is the default.
    `law` is the edition that says which kinds of entitlement are received; without it all are.
    `text` are the faults of the text, which tell of their places all there is to tell. A death lies
    no later than `received_on`, the local day of receipt; a revocation may be told ahead.
    """
    if not readable(value):
        return told([Fault((), "unreadable")])
    if any(fault.path == () for fault in text):
        return told(text)
    message = normal_form(value)
    spoilt = {fault.path for fault in text}
    faults = [fault for fault in shape_faults(VALIDATOR, message) if fault.path not in spoilt]
    faults += text
    if len(faults) >= MOST_FOUND:
        return told(faults)
    sound = Sound(message, frozenset(fault.path for fault in faults))
    if isinstance(message, dict) and message.get("kind") == "revocation":
        faults += _death_has_been(sound, received_on)
    elif isinstance(message, dict):
        faults += [fault for check in CHECKS for fault in check(sound)]
        faults += _catalogue_faults(sound, catalogue or current_catalogue())
        known = {(fault.path, fault.code) for fault in faults}
        more = _entitlement_faults(sound, law)
        faults += [fault for fault in more if (fault.path, fault.code) not in known]
    return told(faults)


def _dates_in_order(sound: Sound) -> Iterator[Fault]:
    until = sound.day("implement_until")
    developed = sound.day("programme", "developed_on")
    begins = sound.day("implement_from")
    ends = sound.day("programme", "valid_until")
    born = sound.day("person", "birth_date")
    if until and begins and until < begins:
        yield Fault(("implement_until",), "until_before_from")
    if until and developed and until < developed:
        yield Fault(("implement_until",), "until_before_programme")
    if ends and developed and ends < developed:
        yield Fault(("programme", "valid_until"), "programme_ends_before_start")
    if born and developed and born > developed:
        yield Fault(("person", "birth_date"), "born_after_programme")


def _representative_is_another(sound: Sound) -> Iterator[Fault]:
    iin = sound.at("representative", "iin")
    if iin is not None and iin == sound.at("person", "iin"):
        yield Fault(("representative", "iin"), "representative_is_recipient")
    begins = sound.day("representative", "basis_date")
    ends = sound.day("representative", "valid_until")
    if begins and ends and ends < begins:
        yield Fault(("representative", "valid_until"), "representative_ends_before_start")


def _death_has_been(sound: Sound, received_on: date | None) -> Iterator[Fault]:
    day = sound.day("effective_on")
    died = sound.at("reason") == "PERSON_DIED"
    if died and day is not None and received_on is not None and day > received_on:
        yield Fault(("effective_on",), "death_ahead")


def _place_is_known(sound: Sound) -> Iterator[Fault]:
    kato = sound.at("person", "kato")
    if isinstance(kato, str) and is_kato(kato) and not is_place(kato):
        yield Fault(("person", "kato"), "unknown_place")


CHECKS: Final = (_dates_in_order, _representative_is_another, _place_is_known)


def _entitlement_faults(sound: Sound, law: Edition | None) -> Iterator[Fault]:
    """A measure of a programme says group and part; the others are paid from the budget alone."""
    kind = sound.at("entitlement") or PROGRAMME
    if kind == PROGRAMME and sound.bad.isdisjoint({("entitlement",)}):
        for path in (("person", "disability_group"), ("programme", "part")):
            parent = sound.at(path[0])
            if isinstance(parent, dict) and path[1] not in parent:
                yield Fault(path, "required")
    elif sound.at("payer") == "EMPLOYER":
        yield Fault(("payer",), "not_allowed_value", {"allowed": "BUDGET"})
    if law is not None and isinstance(kind, str):
        received = [one.value.upper() for one, variant in law.entitlements.items() if variant.open]
        if kind not in received:
            yield Fault(("entitlement",), "not_allowed_value", {"allowed": ", ".join(received)})


def _catalogue_faults(sound: Sound, catalogue: Catalogue) -> list[Fault]:
    code = sound.at("item", "classifier_code")
    if not isinstance(code, str):
        return []
    item = catalogue.item(code)
    if item is None:
        return [Fault(("item", "classifier_code"), "not_in_catalogue")]
    faults = []
    granted = catalogue.categories[item.category].entitlements
    if (sound.at("entitlement") or PROGRAMME) not in granted:
        allowed = {"allowed": ", ".join(granted)}
        faults.append(Fault(("entitlement",), "not_allowed_value", allowed))
    for name, expected in (("category", item.category), ("unit", item.unit)):
        if sound.at("item", name) not in (None, expected):
            faults.append(Fault(("item", name), f"{name}_differs", {"expected": expected}))
    return faults
