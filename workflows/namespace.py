"""The namespace that ozhb needs: how long it keeps what has ended, which attributes it knows."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from google.protobuf.duration_pb2 import Duration
from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import ListSearchAttributesRequest
from temporalio.api.workflowservice.v1 import (
    DescribeNamespaceRequest,
    GetSystemInfoRequest,
    RegisterNamespaceRequest,
)
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from workflows.pages import ATTRIBUTES, register

# Nothing of a case stands in a run that has ended. Somebody who looks why one ended needs it for a
# day; what we make keeps it for a week.
NEEDED: Final = timedelta(days=1)
MADE: Final = timedelta(days=7)
_PATIENCE: Final = timedelta(seconds=5)
_TRIES: Final = 40
_PAUSE_SECONDS: Final = 0.5


@dataclass(frozen=True)
class Namespace:
    """A namespace as it is; `lacks` is what its server cannot do."""

    version: str
    retention: timedelta
    attributes: dict[str, str]
    lacks: tuple[str, ...]


async def read_namespace(client: Client) -> Namespace:
    """The client's. RPCError: NOT_FOUND where it is not known."""
    service, name = client.workflow_service, client.namespace
    told = await service.describe_namespace(
        DescribeNamespaceRequest(namespace=name), timeout=_PATIENCE
    )
    system = await service.get_system_info(GetSystemInfoRequest(), timeout=_PATIENCE)
    known = await client.operator_service.list_search_attributes(
        ListSearchAttributesRequest(namespace=name), timeout=_PATIENCE
    )
    can = told.namespace_info.capabilities
    needed = {
        "updates": can.sync_update and can.async_update,
        "the search attribute TemporalReportedProblems": can.reported_problems_search_attribute,
    }
    return Namespace(
        version=system.server_version,
        retention=told.config.workflow_execution_retention_ttl.ToTimedelta(),
        attributes={
            one: IndexedValueType.Name(kind) for one, kind in known.custom_attributes.items()
        },
        lacks=tuple(one for one, there in needed.items() if not there),
    )


def differences(found: Namespace) -> Iterator[str]:
    """What is otherwise than needed, in words."""
    yield from of_retention(found)
    yield from of_attributes(found)


def of_retention(found: Namespace) -> Iterator[str]:
    """Whether it keeps what has ended for long enough."""
    if found.retention < NEEDED:
        yield f"it keeps what has ended for {found.retention}, and {NEEDED.days} day is needed"


def of_attributes(found: Namespace) -> Iterator[str]:
    """Whether it knows the search attributes as what they are."""
    for name in ATTRIBUTES:
        kind = found.attributes.get(name)
        if kind is None:
            yield f"the search attribute {name} (Keyword) is missing"
        elif kind != "INDEXED_VALUE_TYPE_KEYWORD":
            yield f"the search attribute {name} is {kind}, and must be a keyword"


async def ensure(client: Client) -> bool:
    """Make the namespace where it is missing, and the search attributes; whether it was made.

    Nothing that is there is changed. RPCError where the account may not.
    """
    made = not await _is_known(client)
    if made:
        await _make(client)
    await _register(client, _TRIES if made else 1)
    return made


async def _is_known(client: Client) -> bool:
    asked = DescribeNamespaceRequest(namespace=client.namespace)
    try:
        await client.workflow_service.describe_namespace(asked, timeout=_PATIENCE)
    except RPCError as error:
        if error.status != RPCStatusCode.NOT_FOUND:
            raise
        return False
    return True


async def _make(client: Client) -> None:
    kept = Duration()
    kept.FromTimedelta(MADE)
    asked = RegisterNamespaceRequest(
        namespace=client.namespace,
        description="ozhb",
        workflow_execution_retention_period=kept,
    )
    try:
        await client.workflow_service.register_namespace(asked, timeout=_PATIENCE)
    except RPCError as error:  # somebody else was faster
        if error.status != RPCStatusCode.ALREADY_EXISTS:
            raise


async def _register(client: Client, tries: int) -> None:
    """A server knows a new namespace everywhere only after some seconds."""
    for left in reversed(range(tries)):
        try:
            await register(client)
            return
        except RPCError as error:
            if not left or error.status != RPCStatusCode.NOT_FOUND:
                raise
            await asyncio.sleep(_PAUSE_SECONDS)
