"""What a form offers by name where a command takes a code: authorities, places, suppliers.

It is `x-offered`, beside the schema of the field: programs that know a code of another one may say
it as before.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

from sqlalchemy import Connection

from api.language import languages
from db.authorities import list_authorities
from db.sealing import Seal
from db.suppliers import list_suppliers
from definitions.command_forms import said_of
from definitions.places import districts, place_name
from definitions.wording import spoken
from domain.case.context import Context

Named = tuple[str, Mapping[str, str]]
# So many suppliers are read at once.
AT_ONCE: Final = 200


def offered(
    connection: Connection, seal: Seal, context: Context, fields: Iterable[str]
) -> dict[str, dict[str, Any]]:
    """By field what people choose from, in the order of its names."""
    lists: Mapping[str, Callable[[], Iterator[Named]]] = {
        "authority_bin": lambda: _authorities(connection),
        "kato": _places,
        "supplier_id": lambda: _suppliers(connection, seal, context),
    }
    return {
        field: {"x-offered": _in_order(list_())}
        for field, list_ in lists.items()
        if field in fields
    }


def _in_order(found: Iterable[Named]) -> list[dict[str, Any]]:
    first = languages()[0]
    sorted_ = sorted(found, key=lambda one: (one[1][first].casefold(), one[0]))
    return [said_of(value, name, languages()) for value, name in sorted_]


def _authorities(connection: Connection) -> Iterator[Named]:
    for one in list_authorities(connection):
        yield one.bin, {language: one.forms(language)["nominative"] for language in spoken()}


def _places() -> Iterator[Named]:
    for beginning in districts():
        yield beginning.ljust(9, "0"), {one: place_name(beginning, one) for one in spoken()}


def _suppliers(connection: Connection, seal: Seal, context: Context) -> Iterator[Named]:
    """Every one but who acts now; of persons and organisations of one name the BIN tells them."""
    order = context.period.orders[-1] if context.period.orders else None
    acting, after = order and order.acting, None
    while part := list_suppliers(connection, seal, after, most=AT_ONCE):
        after = part[-1].id
        for one in part:
            called = one.contacts.name if one.contacts else None
            name = " · ".join(filter(None, (called, one.bin)))
            if name and str(one.id) != acting:
                yield str(one.id), dict.fromkeys(spoken(), name)
