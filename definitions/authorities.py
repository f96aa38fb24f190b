"""Authorities and commissions as they are imported: checked as a whole, every mistake at once."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

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
from domain.identifiers import plain_bic, plain_iban
from domain.parties.contacts import Contact, read_email, read_phone

NAMES: Final = "authorities_field"
AUTHORITIES_SCHEMA: Final = load_schema("authorities")
VALIDATOR: Final = validator(AUTHORITIES_SCHEMA)


class AuthoritiesInvalid(ValueError):
    """A list of authorities is not what its schema and rules ask for: every mistake in it."""

    def __init__(self, mistakes: list[FormMistake]) -> None:
        super().__init__("; ".join(f"{one.pointer or '/'}: {one.code}" for one in mistakes))
        self.mistakes = mistakes


def check_authorities(value: object) -> list[FormMistake]:
    """Every mistake of a parsed list, ordered by place."""
    if not readable(value):
        return told([Fault((), "unreadable")], NAMES)
    content = _read(value)
    faults = shape_faults(VALIDATOR, content)
    if isinstance(content, dict) and len(faults) < MOST_FOUND:
        sound = Sound(content, frozenset(fault.path for fault in faults))
        faults += [*_named_once(sound), *_not_its_own_superior(sound)]
    return told(faults, NAMES)


def read_authorities(value: object) -> dict[str, Any]:
    """A parsed list in normal form, proven; raises `AuthoritiesInvalid` with every mistake."""
    if mistakes := check_authorities(value):
        raise AuthoritiesInvalid(mistakes)
    content: dict[str, Any] = _read(value)
    return {"commissions": [], **content}


def _read(value: object) -> Any:
    """In normal form, accounts and contacts too, however they were copied into it."""
    content = normalise(value)
    for group in ("authorities", "commissions"):
        entries = content.get(group) if isinstance(content, dict) else None
        for one in entries if isinstance(entries, list) else ():
            for *way, name, plain in _COPIED:
                held = one.get(way[0]) if way and isinstance(one, dict) else one
                if isinstance(held, dict) and isinstance(held.get(name), str):
                    held[name] = plain(held[name])
    return content


def _contact(read: Callable[[str], Contact]) -> Callable[[str], str]:
    """A contact in its one form; what is none stays as it is, and is told of by its format."""
    return lambda written: read(written).value or written


_COPIED: Final = (
    ("account", "iban", plain_iban),
    ("account", "bic", plain_bic),
    ("phone", _contact(read_phone)),
    ("head", "email", _contact(read_email)),
    ("chair", "email", _contact(read_email)),
)


def superior_faults(content: Mapping[str, Any], known: Mapping[str, str | None]) -> list[Fault]:
    """Superiors that nobody knows, and authorities that would stand above themselves.

    `known` are the authorities there are, each with its superior (BIN).
    """
    entries = content["authorities"]
    above = {**known, **{one["bin"]: one.get("superior") for one in entries}}
    faults = []
    for place, one in enumerate(entries):
        superior = one.get("superior")
        if superior is not None and superior not in above:
            faults.append(Fault(("authorities", place, "superior"), "unknown_authority"))
        elif _stands_above_itself(one["bin"], above):
            faults.append(Fault(("authorities", place, "superior"), "superior_of_itself"))
    return faults


def _stands_above_itself(bin: str, above: Mapping[str, str | None]) -> bool:
    seen = {bin}
    while (higher := above.get(bin)) is not None:
        if higher in seen:
            return True
        seen.add(higher)
        bin = higher
    return False


def told_faults(faults: list[Fault]) -> list[FormMistake]:
    """Faults in words, with the names of these fields."""
    return told(faults, NAMES)


def _named_once(sound: Sound) -> Iterator[Fault]:
    for group, name in (("authorities", "bin"), ("commissions", "region")):
        seen = set()
        for place in range(sound.count(group)):
            code = sound.at(group, place, name)
            if code is not None and code in seen:
                yield Fault((group, place, name), "stands_twice")
            seen.add(code)


def _not_its_own_superior(sound: Sound) -> Iterator[Fault]:
    for place in range(sound.count("authorities")):
        superior = sound.at("authorities", place, "superior")
        if superior is not None and superior == sound.at("authorities", place, "bin"):
            yield Fault(("authorities", place, "superior"), "superior_of_itself")
