"""What Temporal's own pages show of a case: codes only, nothing of a person.

They stand there in the clear. A namespace must know the search attributes before a run sets them.
"""

from collections.abc import Sequence
from typing import Final

from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import (
    AddSearchAttributesRequest,
    ListSearchAttributesRequest,
)
from temporalio.client import Client
from temporalio.common import (
    SearchAttributeKey,
    SearchAttributeUpdate,
    TypedSearchAttributes,
)

from db.casefile import Look, Owed
from domain.case.projection import Heading
from workflows.codec import Shown

STATUS: Final = SearchAttributeKey.for_keyword("OzhbStatus")
REGION: Final = SearchAttributeKey.for_keyword("OzhbRegion")
EDITION: Final = SearchAttributeKey.for_keyword("OzhbEdition")
ATTRIBUTES: Final = (STATUS.name, REGION.name, EDITION.name)


def details(heading: Heading) -> str:
    """Where the case stands, who acts, until when."""
    until = f", until {heading.due_at.isoformat()}" if heading.due_at else ""
    return f"**{heading.status}**: {', '.join(heading.waits_for) or 'nobody'}{until}"


def changes(heading: Heading, known: TypedSearchAttributes) -> list[SearchAttributeUpdate[str]]:
    """What the search attributes of a run do not say yet."""
    wanted = ((STATUS, heading.status), (REGION, heading.region), (EDITION, heading.edition))
    return [key.value_set(value) for key, value in wanted if known.get(key) != value]


def of_timer(look: Look) -> Shown:
    """For what the run waits: term, what of it, and the instant."""
    return Shown(f"{look.wake_for} {look.wake_at.isoformat() if look.wake_at else ''}")


def of_effects(owed: Sequence[Owed]) -> Shown:
    """What an activity does: `12.0 tell order_placed`."""
    return Shown(", ".join(f"{one.key} {one.kind} {one.about}".rstrip() for one in owed))


async def register(client: Client) -> None:
    """Have the namespace know the search attributes. Raises RPCError."""
    service, namespace = client.operator_service, client.namespace
    asked = ListSearchAttributesRequest(namespace=namespace)
    known = await service.list_search_attributes(asked)
    if missing := set(ATTRIBUTES) - set(known.custom_attributes):
        keyword = IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD
        await service.add_search_attributes(
            AddSearchAttributesRequest(
                namespace=namespace, search_attributes=dict.fromkeys(missing, keyword)
            )
        )
