"""Check a message of E-Собес: every mistake at once, each with its place and a plain sentence.

The shape is `schemas/esobes-message.schema.json`; what one field cannot know about another, and
what the catalogue knows, are the named checks below. A mistake never repeats the value it is about.
"""

from collections.abc import Iterator
from typing import Final

from definitions.catalogues import Catalogue, current_catalogue
from definitions.forms import (
    Fault,
    Mistake,
    Sound,
    load_schema,
    normalise,
    readable,
    shape_faults,
    told,
    validator,
)
from domain.entitlements import Entitlement
from domain.process import Edition

ESOBES_MESSAGE_SCHEMA: Final = load_schema("esobes-message")
VALIDATOR: Final = validator(ESOBES_MESSAGE_SCHEMA)
PROGRAMME: Final = Entitlement.PROGRAMME.value.upper()
# What a caseworker may correct in a message; the rest is for E-Собес (row R2).
CONTACTS: Final = frozenset(
    f"/person/{name}" for name in ("phone", "phone_confirmed", "email", "email_confirmed")
)


def check_message(
    value: object, catalogue: Catalogue | None = None, law: Edition | None = None
) -> list[Mistake]:
    """Every mistake of a parsed JSON value, ordered by pointer; none means it may be taken over.

    The normal form is checked (see `normalise`): take over that and not the value as it came.
    `not_in_catalogue` may be cured by a later catalogue (row R2); the build's own is the default.
    `law` is the edition that says which kinds of entitlement are received; without it all are.
    """
    if not readable(value):
        return told([Fault((), "unreadable")])
    message = normalise(value)
    faults = shape_faults(VALIDATOR, message)
    if isinstance(message, dict) and message.get("kind") != "revocation":
        sound = Sound(message, frozenset(fault.path for fault in faults))
        faults += [fault for check in CHECKS for fault in check(sound)]
        faults += _catalogue_faults(sound, catalogue or current_catalogue())
        faults += _entitlement_faults(sound, law)
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


def _confirmed_contact_is_given(sound: Sound) -> Iterator[Fault]:
    for contact in ("phone", "email"):
        confirmed = sound.at("person", f"{contact}_confirmed") is True
        broken = ("person", contact) in sound.bad
        if confirmed and not broken and sound.at("person", contact) is None:
            yield Fault(("person", f"{contact}_confirmed"), "confirmed_without_contact")


CHECKS: Final = (_dates_in_order, _representative_is_another, _confirmed_contact_is_given)


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
