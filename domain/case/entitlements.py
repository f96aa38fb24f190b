"""The kinds of entitlement and how the law of each differs from that of a programme's measures."""

from enum import StrEnum

from pydantic import Field

from domain.messages import Frozen


class Entitlement(StrEnum):
    """What a person is entitled to (Order 379, point 7): three kinds, each with a cabinet view."""

    PROGRAMME = "programme"
    SPECIAL_SERVICES = "special_services"
    GUARANTEED_PACKAGE = "guaranteed_package"


class VariantTerm(Frozen):
    """A term that is another for a kind, and the text that says so."""

    length: str
    basis: str
    reminders: tuple[str, ...] = ()


class Variant(Frozen):
    """One kind: whether it is received at all, and what differs; all else is as for a programme.

    `basis` is why it is a kind of its own. `without` are rows that it does not have, each with the
    text that confines them to other kinds.
    """

    open: bool
    basis: str
    without: dict[str, str] = Field(default_factory=dict)
    terms: dict[str, VariantTerm] = Field(default_factory=dict)
