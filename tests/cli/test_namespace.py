"""`ozhb namespace ensure` makes what ozhb needs of Temporal, and says what it may not change."""

from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from google.protobuf.duration_pb2 import Duration
from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest
from temporalio.api.workflowservice.v1 import RegisterNamespaceRequest
from temporalio.client import Client

from tests.support.forks import run_command
from tests.test_processes import environment
from workflows.namespace import MADE, NEEDED, Namespace, differences, read_namespace
from workflows.pages import ATTRIBUTES

KEYWORD = "INDEXED_VALUE_TYPE_KEYWORD"


@pytest.fixture
def told(tmp_path: Path, temporal_address: str) -> dict[str, str]:
    """The settings of an installation whose namespace nobody has made."""
    name = f"trial-{uuid4().hex[:8]}"
    return environment(tmp_path, temporal_address=temporal_address, temporal_namespace=name)


async def of(told: dict[str, str]) -> Client:
    address, name = told["OZHB_TEMPORAL_ADDRESS"], told["OZHB_TEMPORAL_NAMESPACE"]
    return await Client.connect(address, namespace=name)


async def test_a_namespace_is_made_once_and_left_as_it_is(told: dict[str, str]) -> None:
    name = told["OZHB_TEMPORAL_NAMESPACE"]
    first, second = (run_command(("namespace", "ensure"), told) for _ in range(2))
    assert (first.returncode, first.stdout) == (0, f"{name} was made\n"), first.stderr
    assert (second.returncode, second.stdout) == (0, f"{name} is as it should be\n"), second.stderr
    made = await read_namespace(await of(told))
    assert made.retention == MADE
    assert {one: made.attributes[one] for one in ATTRIBUTES} == dict.fromkeys(ATTRIBUTES, KEYWORD)
    assert list(differences(made)) == []


async def test_what_differs_is_said_and_not_changed(told: dict[str, str]) -> None:
    client = await of(told)
    kept = Duration()
    kept.FromTimedelta(NEEDED)
    await client.workflow_service.register_namespace(
        RegisterNamespaceRequest(
            namespace=client.namespace, workflow_execution_retention_period=kept
        )
    )
    number = AddSearchAttributesRequest(
        namespace=client.namespace,
        search_attributes={"OzhbStatus": IndexedValueType.INDEXED_VALUE_TYPE_INT},
    )
    await client.operator_service.add_search_attributes(number)
    differing = run_command(("namespace", "ensure"), told)
    assert differing.returncode == 1
    assert "OzhbStatus is INDEXED_VALUE_TYPE_INT, and must be a keyword" in differing.stderr
    assert "OzhbRegion" not in differing.stderr, "what is missing was added"


def test_what_has_ended_is_kept_long_enough() -> None:
    kept = Namespace("1.32.0", NEEDED - timedelta(hours=1), dict.fromkeys(ATTRIBUTES, KEYWORD), ())
    assert list(differences(kept)) == ["it keeps what has ended for 23:00:00, and 1 day is needed"]


def test_a_temporal_that_is_away_is_told(tmp_path: Path) -> None:
    away = run_command(("namespace", "ensure"), environment(tmp_path))
    assert (away.returncode, "Temporal does not answer" in away.stderr) == (3, True)


def test_a_command_says_what_the_settings_have_it_speak_in_the_clear(tmp_path: Path) -> None:
    told = {"allow_plaintext_on": "10.0.0.0/8", "treasury_url": "http://10.1.2.3"}
    away = run_command(("namespace", "ensure"), environment(tmp_path, **told))
    assert "in the clear: spoken to without TLS: OZHB_TREASURY_URL\n" in away.stderr
