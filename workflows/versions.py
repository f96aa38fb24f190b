"""Builds side by side: Temporal hands work to the one that is current (Worker Versioning).

A case belongs to no build: with its next task it moves to the current one (auto-upgrade), which
the release check has seen to go on from where the case stands.
"""

import asyncio
from collections.abc import Awaitable
from datetime import datetime, timedelta
from time import monotonic
from typing import Final, TypeVar

from temporalio.api.deployment.v1 import WorkerDeploymentInfo
from temporalio.api.enums.v1 import VersionDrainageStatus, WorkerDeploymentVersionStatus
from temporalio.api.workflowservice.v1 import (
    DescribeWorkerDeploymentRequest,
    SetWorkerDeploymentCurrentVersionRequest,
)
from temporalio.client import Client
from temporalio.common import VersioningBehavior, WorkerDeploymentVersion
from temporalio.service import RPCError, RPCStatusCode
from temporalio.worker import WorkerDeploymentConfig

from definitions.build import build_id
from domain.messages import Frozen
from workflows.operations import TemporalDown

DEPLOYMENT: Final = "ozhb"
RPC_TIMEOUT: Final = timedelta(seconds=10)
LOOK_SECONDS: Final = 0.5
# Temporal has no version yet, or no worker of it on every queue; or somebody changes it just now.
_NOT_YET: Final = (RPCStatusCode.NOT_FOUND, RPCStatusCode.FAILED_PRECONDITION)
T = TypeVar("T")


class BuildUnknown(Exception):
    """No worker of this build asks Temporal for work, or none on one of the queues in use."""


class Build(Frozen):
    """A build as Temporal knows it.

    `status`: inactive (never had work), current, ramping, draining (runs that began on it may still
    need it), drained, unknown. `since`: the last time at which it became current.
    """

    id: str
    status: str
    since: datetime | None = None


def as_version() -> WorkerDeploymentConfig:
    """How a worker says which build it is."""
    return WorkerDeploymentConfig(
        version=WorkerDeploymentVersion(DEPLOYMENT, build_id()),
        use_worker_versioning=True,
        default_versioning_behavior=VersioningBehavior.AUTO_UPGRADE,
    )


async def builds(client: Client) -> tuple[Build, ...]:
    """What Temporal knows, the newest first; nothing before a worker came. Raises TemporalDown."""
    asked = DescribeWorkerDeploymentRequest(namespace=client.namespace, deployment_name=DEPLOYMENT)
    try:
        found = await client.workflow_service.describe_worker_deployment(asked, timeout=RPC_TIMEOUT)
    except RPCError as error:
        if error.status == RPCStatusCode.NOT_FOUND:
            return ()
        raise TemporalDown(f"Temporal answered {error.status.name}") from error
    summaries = found.worker_deployment_info.version_summaries
    newest = sorted(summaries, key=lambda one: one.create_time.ToNanoseconds(), reverse=True)
    return tuple(_build(one) for one in newest)


def _build(told: WorkerDeploymentInfo.WorkerDeploymentVersionSummary) -> Build:
    drained = told.drainage_status == VersionDrainageStatus.VERSION_DRAINAGE_STATUS_DRAINED
    name = WorkerDeploymentVersionStatus.Name(told.status)
    status = name.removeprefix("WORKER_DEPLOYMENT_VERSION_STATUS_").lower()
    since = told.last_current_time
    return Build(
        id=told.deployment_version.build_id,
        status="drained" if drained else "unknown" if status == "unspecified" else status,
        since=None if since.ToNanoseconds() == 0 else since.ToDatetime().astimezone(),
    )


async def set_current(client: Client, build: str, within: timedelta) -> str | None:
    """Have Temporal hand all work to a build; the build that was current before, if any.

    Waits until its workers have come. BuildUnknown where they have not; TemporalDown.
    """
    asked = SetWorkerDeploymentCurrentVersionRequest(
        namespace=client.namespace,
        deployment_name=DEPLOYMENT,
        build_id=build,
        identity=client.identity,
    )
    last = monotonic() + within.total_seconds()
    while True:
        setting = client.workflow_service.set_worker_deployment_current_version(
            asked, timeout=RPC_TIMEOUT
        )
        answer = await _unless_not_yet(setting)
        if answer is not None:
            return answer.previous_deployment_version.build_id or None
        if monotonic() > last:
            raise BuildUnknown(f"no worker of build {build} is known to Temporal on every queue")
        await asyncio.sleep(LOOK_SECONDS)


async def _unless_not_yet(setting: Awaitable[T]) -> T | None:
    try:
        return await setting
    except RPCError as error:
        if error.status in _NOT_YET:
            return None
        raise TemporalDown(f"Temporal answered {error.status.name}") from error


async def drained(client: Client, build: str, within: timedelta) -> bool:
    """Wait until no run needs a build that is not current any more. TemporalDown, BuildUnknown."""
    last = monotonic() + within.total_seconds()
    while True:
        found = {one.id: one for one in await builds(client)}
        if build not in found:
            raise BuildUnknown(f"Temporal knows no build {build}")
        if found[build].status in ("drained", "inactive"):
            return True
        if monotonic() > last:
            return False
        await asyncio.sleep(LOOK_SECONDS)
